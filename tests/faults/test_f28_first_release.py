"""F28: a store of the first revision opens in the code of today, and its work goes on."""

from decimal import Decimal
from pathlib import Path

import pytest

from regulars.platform import migrations
from regulars.platform.backups.upgrading import bring_up, newest_way_back, step_back
from regulars.platform.db import Database
from regulars.platform.workspaces import list_workspaces
from regulars.wiring import wire
from tests.support.clocks import MovableClock
from tests.support.rule_faults import promises_kept
from tests.support.rule_shop import RuleShop


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    wire()
    return tmp_path / "backups"


def said(lines: list[str]) -> str:
    return "\n".join(lines)


def opened(database: Database, kept: Path) -> RuleShop:
    lines: list[str] = []
    assert bring_up(database, kept, lines.append) == 2
    assert "after a backup" in said(lines)
    (place,) = list_workspaces(database)
    return RuleShop(database, place, _mobiles=100)


def test_records_of_the_first_release_are_all_there(golden_store: Database, kept: Path) -> None:
    shop = opened(golden_store, kept)
    assert shop.read("customers", 1)["note"] == "likes tea"
    assert shop.read("customers", 2)["name"] == "Björk"
    assert shop.read("customers", 3)["total_spend"] == Decimal("34.50")
    assert shop.read("customers", 1)["order_count"] == 0  # its order is in the bin
    fresh = shop.order(3, amount="5.00")
    assert fresh == 11
    assert shop.read("customers", 3)["total_spend"] == Decimal("39.50")


def test_runs_in_flight_finish_with_the_rule_they_began_with(
    golden_store: Database, kept: Path, clock: MovableClock
) -> None:
    shop = opened(golden_store, kept)
    waiting = [run for run in shop.runs(rule="slow") if run.status == "live"]
    assert waiting
    before = len(shop.messages())
    shop.tick()
    assert {run.status for run in shop.runs(rule="slow")} == {"done"}
    assert len(shop.messages()) > before
    shop.order(shop.customer(name="New"))
    shop.tick()
    assert not [run for run in shop.runs() if run.status in ("failed", "stuck")]
    promises_kept(shop.database, shop.workspace)


def test_opening_twice_changes_nothing_and_needs_no_second_backup(
    golden_store: Database, kept: Path
) -> None:
    opened(golden_store, kept)
    assert bring_up(golden_store, kept, print) == 0
    assert len(list((kept / "upgrades").iterdir())) == 1


def test_there_is_a_way_back_to_the_revision_of_before(golden_store: Database, kept: Path) -> None:
    shop = opened(golden_store, kept)
    shop.customer(name="After the upgrade")
    path = newest_way_back(kept)
    assert path is not None
    step_back(golden_store, path, print)
    for store in ("main", shop.workspace.store):
        with golden_store.snapshot_tx(store) as connection:
            assert migrations.revision_of(connection) == "0001"
    assert opened(golden_store, kept).read("customers", 1)["note"] == "likes tea"
