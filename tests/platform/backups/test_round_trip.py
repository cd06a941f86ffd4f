"""What comes back is what went in, on either database, whichever it came from."""

import json
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from regulars.platform.accounts.tables import member, user
from regulars.platform.backups.checking import check_backup
from regulars.platform.backups.making import Order, make_backup
from regulars.platform.backups.service import (
    look_into,
    restore_as_new,
    restore_everything,
    restore_over,
)
from regulars.platform.db import Database, Workspace
from regulars.platform.hold import find_hold, lift_hold
from tests.platform.backups.conftest import BackUp, join, restoring, silent
from tests.support.rule_shop import RuleShop

NOTED_ANEW = {"store_note", "workspace_counter", "member"}
"""Tables in which a restore writes itself."""


def content(path: Path, store: str) -> dict[str, Any]:
    """The rows of one store of an archive by table, and its tables' shapes."""
    found: dict[str, Any] = {}
    with tarfile.open(path) as tar:
        for info in tar:
            top, _, rest = info.name.partition("/")
            if top != "stores" or not rest.startswith(f"{store}/"):
                continue
            file = tar.extractfile(info)
            assert file is not None
            if rest.endswith("tables.json"):
                about = json.loads(file.read())
                found["shapes"] = {each["name"]: columns_of(each) for each in about["tables"]}
                continue
            table = rest.split("/")[2]
            if table not in NOTED_ANEW:
                found.setdefault(table, []).extend(file.read().splitlines())
    return found


def columns_of(table: dict[str, Any]) -> dict[str, Any]:
    """What must be the same on both databases."""
    return {
        each["name"]: (each["kind"], each["required"], each["key"]) for each in table["columns"]
    }


def test_a_workspace_goes_to_another_installation_and_back(
    shop: RuleShop, elsewhere: Database, back_up: BackUp, tmp_path: Path
) -> None:
    shop.workspace = replace(shop.workspace, leap_day="after")
    first = back_up().path
    job = restoring(elsewhere, first, members="create")
    moved = restore_as_new(look_into(first), job)
    assert (moved.key, moved.name) == ("shop", shop.workspace.name)
    assert moved.leap_day == "after"
    order = Order("workspace", [moved], tmp_path / "back.tar.gz", elsewhere.clock())
    second = make_backup(elsewhere, order, silent).path
    there, here = content(second, moved.store), content(first, shop.workspace.store)
    assert there.keys() == here.keys()
    for table in here:
        assert there[table] == here[table], table
    restore_over(look_into(second), shop.workspace, restoring(shop.database, second))
    again = content(back_up("again.tar.gz").path, shop.workspace.store)
    assert again == here


def test_the_moved_shop_works_on(shop: RuleShop, elsewhere: Database, back_up: BackUp) -> None:
    first = back_up().path
    moved = restore_as_new(look_into(first), restoring(elsewhere, first, members="create"))
    there = RuleShop(elsewhere, moved, _mobiles=10)
    with there.work() as uow:
        assert lift_hold(uow)
    newcomer = there.customer(name="Dora")
    there.order(newcomer)
    there.tick()
    assert there.read("customers", newcomer)["name"] == "Dora"
    assert newcomer > max(run.record for run in shop.runs())
    assert [message.status for message in there.messages()] == ["sent"] * 4


def test_a_whole_installation_comes_back_with_its_people(
    shop: RuleShop, elsewhere: Database, back_up: BackUp
) -> None:
    path = back_up(scope="installation").path
    (place,) = restore_everything(look_into(path), restoring(elsewhere, path))
    assert place == shop.workspace
    with elsewhere.main_tx(write=False) as connection:
        assert connection.execute(sa.select(user.c.email)).scalars().all() == [
            "alice@shop.example"
        ]
    there = RuleShop(elsewhere, place)
    assert len(there.messages()) == len(shop.messages()) == 3
    join(elsewhere, place, "new@shop.example", "clerk")  # numbers go on behind the old ones


def test_a_copy_beside_the_original_shares_nothing_with_it(
    shop: RuleShop, back_up: BackUp
) -> None:
    path = back_up().path
    offer = look_into(path)
    ((store, about),) = offer.workspaces.items()
    as_before = {key: value for key, value in about.items() if key != "leap_day"}
    offer = replace(offer, workspaces={store: as_before})  # by a release that knew nothing of it
    copy = restore_as_new(offer, restoring(shop.database, path), name="Practice")
    assert (copy.key, copy.name, copy.leap_day) == ("shop-2", "Practice", "before")
    there = RuleShop(shop.database, copy, _mobiles=20)
    there.customer(name="Only there")
    with shop.work() as uow:
        assert find_hold(uow) is None
    assert len(there.messages()) == 3
    assert content(back_up("again.tar.gz").path, shop.workspace.store) == content(
        path, shop.workspace.store
    )


def test_members_are_found_by_address_and_strangers_stay_outside(
    shop: RuleShop, elsewhere: Database, workspace: Workspace, back_up: BackUp
) -> None:
    join(shop.database, workspace, "bob@shop.example", "clerk")
    path = back_up().path
    elsewhere_shop = restore_as_new(look_into(path), restoring(elsewhere, path))
    with elsewhere.workspace_tx(elsewhere_shop) as uow:
        assert not any(uow.execute(sa.select(member.c.active)).scalars())
    bob = join(elsewhere, elsewhere_shop, "bob@shop.example", "manager")
    restore_over(look_into(path), elsewhere_shop, restoring(elsewhere, path))
    with elsewhere.workspace_tx(elsewhere_shop) as uow:
        rows = (
            uow.execute(sa.select(member).where(member.c.active == sa.literal(1)))
            if (uow.dialect == "sqlite")
            else uow.execute(sa.select(member).where(member.c.active))
        )
        assert [(row.email, row.user_id, row.role) for row in rows] == [
            ("bob@shop.example", bob.id, "clerk")
        ]


def test_a_backup_is_good_once_it_has_been_read_back(back_up: BackUp, tmp_path: Path) -> None:
    made = back_up(scope="installation")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    assert check_backup(made.path, scratch) == made.rows
    assert made.total > 50
