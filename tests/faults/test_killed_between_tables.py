"""A process that installs a pack or erases a person dies between two tables: nothing is half done,
and doing it again ends as if nothing had happened."""

import pytest

from regulars.form_builder.people.erase_plan import EraseWish
from regulars.form_builder.people.erasing import erase_person
from regulars.form_builder.records import get_record
from regulars.platform.db import Database, Workspace
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import NotFound
from regulars.seed_templates.installed import find_installed
from regulars.seed_templates.installer import Wishes, install
from regulars.wiring import wire
from tests.seed_templates.small_pack import small_pack
from tests.support.busy_shop import finish
from tests.support.rule_faults import LedgerMailer, dies, promises_kept
from tests.support.rule_shop import SYSTEM, RuleShop


@pytest.mark.parametrize("point", ["pack-draft@2", "pack-published"])
def test_a_killed_install_leaves_nothing_of_a_pack(
    database: Database, workspace: Workspace, point: str
) -> None:
    wire()

    def work() -> None:
        with database.workspace_tx(workspace) as uow:
            install(uow, SYSTEM, small_pack(), Wishes())

    dies(database, point, work)
    with database.workspace_tx(workspace, write=False) as uow:
        assert "guests" not in snapshot(uow).all("form")
        assert find_installed(uow, "small_inn") is None
    work()
    with database.workspace_tx(workspace, write=False) as uow:
        assert {"guests", "stays"} <= set(snapshot(uow).all("form"))


@pytest.mark.parametrize("point", ["erase-links", "erase-records", "erase-tables", "erase-swept"])
def test_a_killed_erasure_has_erased_nothing_and_is_done_whole_the_next_time(
    busy: RuleShop, mailer: LedgerMailer, point: str
) -> None:
    finish(busy, mailer)
    anna = busy.customer(name="Anna", email="anna@example.com")
    busy.order(anna)
    finish(busy, mailer)

    def work() -> None:
        with busy.work() as uow:
            erase_person(uow, SYSTEM, EraseWish("customers", anna, confirm="Anna"))

    dies(busy.database, point, work)
    assert busy.read("customers", anna)["email"] == "anna@example.com"
    assert [run.record for run in busy.runs("thanks")].count(anna) == 1
    promises_kept(busy.database, busy.workspace)
    work()
    with busy.work() as uow, pytest.raises(NotFound):
        get_record(uow, SYSTEM, "customers", anna)
    assert anna not in [run.record for run in busy.runs("thanks")]
    promises_kept(busy.database, busy.workspace)
