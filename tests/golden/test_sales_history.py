"""A real sales history, all the way: file → import → tags → rules → messages → reports.

The walk is the one of docs/guide/import-your-sales-history.md: a workspace of its own with the
retail pack, the stored map, a second file with the members' phones and their consent, then the
rules and reports as of 10 December 2011, ten o'clock in London.
"""

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.importing import batches, files, running
from regulars.form_builder.importing.batches import Batch
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, Workspace
from regulars.platform.events import event
from regulars.platform.mailer import MemoryMailer
from regulars.platform.workspaces import create_workspace
from regulars.report_builder.result import Note, Result
from regulars.report_builder.service import Wish, run_report
from regulars.rule_engine import service
from regulars.rule_engine.channels.base import Surroundings
from regulars.rule_engine.tables import mirror_member, outbound, run
from regulars.rule_engine.ticking import Engine
from regulars.seed_templates.catalogue import get_pack
from regulars.seed_templates.installer import Wishes, install
from regulars.wiring import wire
from tests.support import databases
from tests.support.clocks import MovableClock
from tests.support.options import chosen_databases

pytestmark = pytest.mark.real_data
HERE = Path(__file__).parent
OWNER = system_access("en")
AT = datetime(2011, 12, 10, 10, tzinfo=ZoneInfo("Europe/London"))
MEMBERS_MAP: dict[str, Any] = {
    "kind": "import_map",
    "schema": 1,
    "automation": "none",
    "targets": [
        {
            "form": "customers",
            "key": "external_code",
            "fields": {"external_code": {"column": "Code"}, "mobile": {"column": "Mobile"}},
            "consent": [
                {
                    "purpose": "marketing",
                    "channel": "sms",
                    "given": {"column": "Agreed"},
                    "evidence": {"column": "Evidence"},
                }
            ],
        }
    ],
}


@dataclass
class Shop:
    """The workspace after the import, and what the import said."""

    database: Database
    workspace: Workspace
    batch: Batch
    codes: list[str]

    def report(self, key: str, at: datetime | None = AT, **params: Any) -> Result:
        with self.database.workspace_tx(self.workspace, write=False) as uow:
            return run_report(uow, OWNER, key, Wish(params, at))

    def engine(self) -> Engine:
        return Engine(self.database, Surroundings(MemoryMailer()))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "shop" in metafunc.fixturenames:
        kinds = chosen_databases(metafunc.config)
        metafunc.parametrize("shop", kinds, indirect=True, scope="module")


@pytest.fixture(scope="module")
def shop(
    request: pytest.FixtureRequest,
    real_data: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Shop]:
    wire()
    source = real_data("online_retail_2010_2011.csv.gz")
    folder = tmp_path_factory.mktemp("history") / "data"
    with databases.copied(request, request.param, folder, MovableClock()) as database:
        place = create_workspace(
            database, "giftshop", "Gift shop", zone="Europe/London", currency="GBP", locale="en"
        )
        with database.workspace_tx(place) as uow:
            install(uow, OWNER, get_pack("retail_crm"), Wishes())
        raw_map = json.loads((HERE / "online_retail_map.json").read_text("utf-8"))
        batch = bring_in(database, place, source, raw_map)
        codes = customer_codes(source)
        members = tmp_path_factory.mktemp("members") / "members.csv"
        members.write_text(members_file(codes), "utf-8")
        bring_in(database, place, members, MEMBERS_MAP)
        yield Shop(database, place, batch, codes)
        database.close()


def bring_in(database: Database, place: Workspace, path: Path, raw_map: dict[str, Any]) -> Batch:
    with database.workspace_tx(place) as uow:
        file = files.store_file(uow, path, path.name, raw_map.get("file", {}))
        form = raw_map["targets"][0]["form"]
        batch = batches.create_batch(uow, OWNER, form, file.id, raw_map)
        batches.start_batch(uow, OWNER, batch.id)
    running.run_batch(database, place, batch.id)
    with database.workspace_tx(place, write=False) as uow:
        return batches.get_batch(uow, OWNER, batch.id)


def customer_codes(source: Path) -> list[str]:
    with gzip.open(source, "rt", encoding="utf-8", newline="") as lines:
        return sorted({row["CustomerID"] for row in csv.DictReader(lines)} - {""})


def members_file(codes: list[str]) -> str:
    """A phone for each customer; every third agreed on paper, every third has no proof."""
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow(["Code", "Mobile", "Agreed", "Evidence"])
    for n, code in enumerate(codes):
        agreed = "no" if n % 3 == 2 else "yes"
        proof = f"card {code}" if n % 3 == 0 else ""
        out.writerow([code, f"+4474000{int(code):05d}", agreed, proof])
    return text.getvalue()


def count(shop: Shop, statement: Any) -> int:
    with shop.database.workspace_tx(shop.workspace, write=False) as uow:
        return int(uow.scalar(statement))


def test_everything_came_in_and_started_nothing(shop: Shop) -> None:
    with shop.database.workspace_tx(shop.workspace, write=False) as uow:
        tables = catalog_of(uow).tables
        sizes = {
            key: uow.scalar(sa.select(sa.func.count()).select_from(tables[key].main))
            for key in ("customers", "orders", "returns")
        }
        lines = uow.scalar(
            sa.select(sa.func.count()).select_from(tables["orders"].rows["items"].main)
        )
        waiting = uow.scalar(
            sa.select(sa.func.count()).select_from(event).where(event.c.processed_at.is_(None))
        )
    assert shop.batch.state == "done", shop.batch
    assert (sizes["customers"], sizes["orders"], lines) == (4372, 18532, 397884)
    assert sizes["returns"] == 3658 - 4  # invoices of returns with a customer, lines summed
    assert waiting == 0
    assert count(shop, sa.select(sa.func.count()).select_from(run)) == 0


def test_the_revenue_is_the_published_one(shop: Shop) -> None:
    result = shop.report("revenue", period={"from": "2010-12-01", "to": "2011-12-10"})
    assert result.values("revenue") == [Decimal("8911407.90")]


def test_lifecycle_is_the_published_one(shop: Shop) -> None:
    result = shop.report("new_and_returning")
    assert result.values("active") == [
        885, 741, 758, 974, 856, 1056, 991, 949, 935, 1266, 1364, 1664, 615,
    ]  # fmt: skip
    assert result.values("new") == [
        885, 417, 380, 452, 300, 284, 242, 188, 169, 299, 358, 323, 41,
    ]  # fmt: skip
    assert result.values("returning")[1:] == [
        324, 262, 290, 304, 368, 410, 365, 388, 425, 489, 622, 371,
    ]  # fmt: skip
    assert result.values("resurrected")[1:] == [
        0, 116, 232, 252, 404, 339, 396, 378, 542, 517, 719, 203,
    ]  # fmt: skip
    assert [f"{rate:.4f}" for rate in result.values("rate")[1:]] == [
        "0.3661", "0.3536", "0.3826", "0.3121", "0.4299", "0.3883", "0.3683", "0.4089", "0.4545",
        "0.3863", "0.4560", "0.2230",
    ]  # fmt: skip
    assert Note("unfinished-period", date(2011, 12, 1)) in result.notes


def test_cohorts_retention_and_repurchase_are_the_published_ones(shop: Shop) -> None:
    cohorts = shop.report("cohorts")
    december = [row[3] for row in cohorts.rows if row[0] == date(2010, 12, 1)]
    january = [row[3] for row in cohorts.rows if row[0] == date(2011, 1, 1)]
    assert december == [885, 324, 286, 340, 321, 352, 321, 309, 313, 350, 331, 445, 235]
    assert january == [417, 92, 111, 96, 134, 120, 103, 101, 125, 136, 152, 49]
    november = next(r for r in shop.report("retention_rate").rows if r[0] == date(2011, 11, 1))
    assert november[1:4] == (2461, 2840, 2232)
    assert shop.report("repurchase_rate").values("rate") == [Decimal("0.643154")]


def test_rfm_cuts_are_the_published_ones(shop: Shop) -> None:
    result = shop.report("rfm")
    cuts = next(note.value for note in result.notes if note.code == "rfm-cuts")
    assert [f"{cut:.1f}" for cut in cuts["r"]] == ["13.8", "33.0", "72.0", "180.0"]
    assert cuts["f"] == [1, 2, 3, 6]
    assert [f"{cut:.2f}" for cut in cuts["m"]] == ["250.19", "490.10", "942.28", "2058.43"]


def test_lapsed_customers_are_the_published_ones(shop: Shop) -> None:
    result = shop.report("lapsed_customers")
    assert result.rows[0] == (2767, 1983, 1463, 869)


def test_mirrors_follow_as_of_that_day(shop: Shop) -> None:
    shop.engine().tick(AT, shop.workspace)
    sleeping = sa.select(sa.func.count()).where(mirror_member.c.rule == "sleeping_90_days")
    assert count(shop, sleeping) == 1463


def test_win_back_reaches_those_who_agreed_and_says_why_not_the_others(shop: Shop) -> None:
    with shop.database.workspace_tx(shop.workspace, now=AT) as uow:
        if service.state_of(uow, "win_back_30") == "paused":
            service.resume_rule(uow, OWNER, "win_back_30")
        entered = service.enrol(uow, OWNER, "win_back_30")
    assert entered == 2767
    shop.engine().tick(AT, shop.workspace)
    with shop.database.workspace_tx(shop.workspace, write=False) as uow:
        table = catalog_of(uow).tables["customers"].main
        lapsed = uow.execute(
            sa.select(table.c.external_code, outbound.c.status, outbound.c.reason)
            .join(outbound, outbound.c.record == table.c.id)
            .where(outbound.c.rule == "win_back_30", outbound.c.message == "win_back_1")
        ).all()
    agreed = {code for n, code in enumerate(shop.codes) if n % 3 == 0}
    states: dict[str, int] = {}
    for code, status, reason in lapsed:
        states[status] = states.get(status, 0) + 1
        if status == "sent":
            assert code in agreed
        elif status == "suppressed":
            assert reason["code"] == "no-consent"
            assert code not in agreed
        else:
            assert status == "withheld"
    assert sum(states.values()) == 2767
    lapsed_agreed = sum(1 for code, _status, _reason in lapsed if code in agreed)
    assert 0 < states["sent"] < lapsed_agreed  # the control group got none
    assert states["sent"] > lapsed_agreed * 0.85


def test_december_returns_to_finished_once_the_year_is_over(shop: Shop) -> None:
    result = shop.report("new_and_returning", at=None)
    assert not [note for note in result.notes if note.code == "unfinished-period"]
