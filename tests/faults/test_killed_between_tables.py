"""A process that installs a pack or erases a person dies between two tables: nothing is half done,
and doing it again ends as if nothing had happened; one that dies while it looks for what is left
of an erased person is followed by another that goes on from there."""

import pytest
import sqlalchemy as sa

from regulars.form_builder.people import sweeping, sweeps
from regulars.form_builder.people.erase_plan import EraseWish
from regulars.form_builder.people.erasing import erase_person
from regulars.form_builder.people.person_log import log_of
from regulars.form_builder.people.sweeps import SweepDesk
from regulars.form_builder.people.tables import erasure_sweep
from regulars.form_builder.records import get_record
from regulars.platform.db import Database, Workspace
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import NotFound
from regulars.platform.health.findings import Place
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


@pytest.mark.parametrize("point", ["erase-links", "erase-records", "erase-tables"])
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


@pytest.mark.parametrize("point", ["W2", "erase-part@7", "erase-parted@1"])
def test_a_killed_search_for_an_erased_person_is_gone_on_with(
    busy: RuleShop, mailer: LedgerMailer, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    monkeypatch.setattr(sweeping, "WINDOW", 2)
    finish(busy, mailer)
    anna = busy.customer(name="Anna", email="anna@example.com")
    others = [busy.customer(note="sister of anna@example.com") for _ in range(5)]
    finish(busy, mailer)

    def work() -> None:
        with busy.work() as uow:
            erase_person(uow, SYSTEM, EraseWish("customers", anna, confirm="Anna"))

    dies(busy.database, point, work)
    with busy.work() as uow:
        with pytest.raises(NotFound):
            get_record(uow, SYSTEM, "customers", anna)
        (kept,) = uow.execute(erasure_sweep.select()).all()
    assert "anna" not in kept.sealed
    assert {busy.read("customers", each)["note"] for each in others} == {
        "sister of anna@example.com"
    }
    desk, now = SweepDesk(busy.database), busy.database.clock()
    assert desk.is_due(now)
    desk.answer()
    assert not desk.is_due(now)
    assert {busy.read("customers", each)["note"] for each in others} == {"sister of ▇▇▇"}
    assert said_anywhere(busy, "anna@example.com") == []
    with busy.work() as uow:
        (line,) = log_of(uow, "customers", anna)
    assert line.detail["counts"]["f_customers"] == len(others)
    promises_kept(busy.database, busy.workspace)


def test_what_cannot_be_looked_for_any_more_is_told(busy: RuleShop) -> None:
    with busy.work() as uow:
        row = {"line": 1, "sealed": "1.00000000.AAAA", "begun_at": uow.now - 2 * sweeps.LATE}
        uow.execute(erasure_sweep.insert().values(row))
    SweepDesk(busy.database).answer()  # nobody else waits for it
    found = sweeps.erasures(Place(busy.database, busy.workspace, busy.database.clock()))
    assert [(each.level, each.code) for each in found] == [("bad", "erasure-unfinished")]


def said_anywhere(shop: RuleShop, text: str) -> list[str]:
    """The tables of the workspace that hold a text."""
    found = []
    with shop.work() as uow:
        for name in sa.inspect(uow.connection).get_table_names():
            table = sa.Table(name, sa.MetaData(), autoload_with=uow.connection)
            held = [sa.cast(column, sa.Text).contains(text) for column in table.columns]
            if uow.execute(sa.select(sa.literal(1)).where(sa.or_(*held)).limit(1)).first():
                found.append(name)
    return found
