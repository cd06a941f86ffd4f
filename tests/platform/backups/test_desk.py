"""Backups that make themselves, are checked, are kept for a while, and say when they fail."""

from datetime import timedelta
from pathlib import Path

import pytest

from regulars.platform.backups import records
from regulars.platform.backups.desk import BackupDesk
from regulars.platform.backups.plans import Plan
from regulars.platform.backups.records import Backup, Wish
from regulars.platform.hold import find_hold
from regulars.platform.workspaces import archive_workspace, list_workspaces
from tests.support.clocks import MovableClock
from tests.support.rule_shop import RuleShop


@pytest.fixture
def desk(shop: RuleShop, tmp_path: Path) -> BackupDesk:
    return BackupDesk(shop.database, tmp_path / "kept")


def ask(shop: RuleShop, kind: str = "manual", **then: object) -> int:
    wish = Wish(shop.workspace.id, kind, "member:1", then=dict(then) or None)
    with shop.database.main_tx() as connection:
        made = records.ask(connection, wish, now=shop.database.clock())
    assert made is not None
    return made


def get(shop: RuleShop, backup_id: int) -> Backup:
    with shop.database.main_tx(write=False) as connection:
        return records.get(connection, backup_id)


def of_shop(shop: RuleShop) -> list[Backup]:
    with shop.database.main_tx(write=False) as connection:
        return records.of_workspace(connection, shop.workspace.id)


def test_one_asked_for_is_made_and_checked(shop: RuleShop, desk: BackupDesk) -> None:
    made = ask(shop)
    assert desk.is_due(shop.database.clock())
    desk.answer()
    found = get(shop, made)
    assert (found.state, found.problem, found.is_under_way) == ("good", None, False)
    assert found.size == desk.path_of(found).stat().st_size
    assert desk.path_of(found).stat().st_mode & 0o077 == 0
    assert not desk.is_due(shop.database.clock())


def test_a_day_brings_one_backup_however_often_it_is_looked_after(
    shop: RuleShop, desk: BackupDesk, clock: MovableClock
) -> None:
    desk.plan(clock())
    assert of_shop(shop) == []  # the shop was opened today
    clock.forward(days=1)
    for _ in range(3):
        desk.plan(clock())
        desk.answer()
    assert [each.kind for each in of_shop(shop)] == ["daily"]
    with shop.database.main_tx(write=False) as connection:
        accounts = records.of_workspace(connection, None)
    assert [each.state for each in accounts] == ["good"]


def test_a_shop_at_rest_is_not_backed_up_every_day(
    shop: RuleShop, desk: BackupDesk, clock: MovableClock
) -> None:
    archive_workspace(shop.database, shop.workspace, now=clock())
    clock.forward(days=2)
    desk.plan(clock())
    assert of_shop(shop) == []


def test_old_ones_go_with_their_files(
    shop: RuleShop, desk: BackupDesk, clock: MovableClock
) -> None:
    with shop.database.main_tx() as connection:
        records.set_plan(connection, shop.workspace.id, Plan(keep_days=2, keep_weeks=1))
    for _ in range(5):
        clock.forward(days=1)
        desk.plan(clock())
        desk.answer()
    clock.forward(days=1)
    desk.prune(clock())
    stay = of_shop(shop)
    assert len(stay) in (2, 3)
    files = {path.name for path in (desk.folder / f"w_{shop.workspace.id}").iterdir()}
    assert files == {Path(each.file).name for each in stay}


def test_a_folder_that_is_none_is_named(shop: RuleShop, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    made = ask(shop)
    BackupDesk(shop.database, tmp_path / "file").answer()
    found = get(shop, made)
    assert found.state == "failed"
    assert (found.problem or {})["code"] == "backup-disk"


def test_one_left_by_a_dead_process_is_taken_up_and_given_up_in_the_end(
    shop: RuleShop, desk: BackupDesk, clock: MovableClock
) -> None:
    made = ask(shop)
    for _ in range(3):
        with shop.database.main_tx() as connection:
            held = records.claim(connection, now=clock())
            assert held is not None
            assert records.claim(connection, now=clock()) is None
        clock.forward(minutes=11)
    desk.answer()
    assert (get(shop, made).problem or {})["code"] == "backup-gave-up"
    with shop.database.main_tx() as connection:
        assert not records.keep_up(connection, held, now=clock(), state="good")  # too late


def test_a_restore_keeps_what_was_there_and_pauses(
    shop: RuleShop, desk: BackupDesk, clock: MovableClock
) -> None:
    first = ask(shop)
    desk.answer()
    shop.customer(name="After the backup")
    clock.forward(hours=1)
    second = ask(shop, "before", do="restore", backup=first)
    desk.answer()
    assert not get(shop, second).is_under_way
    with shop.work() as uow:
        found = find_hold(uow)
        assert found is not None
        assert found.as_of == clock() - timedelta(hours=1)
    third = ask(shop, "before", do="restore", backup=second)
    desk.answer()
    assert get(shop, third).problem is None
    assert shop.read("customers", 4)["name"] == "After the backup"


def test_a_deletion_leaves_a_last_backup(shop: RuleShop, desk: BackupDesk) -> None:
    made = ask(shop, "last", do="delete")
    desk.answer()
    assert list_workspaces(shop.database, archived=True) == []
    assert desk.path_of(get(shop, made)).is_file()
    desk.prune(shop.database.clock())
    assert desk.path_of(get(shop, made)).is_file()


def test_a_file_that_has_gone_bad_is_not_restored(shop: RuleShop, desk: BackupDesk) -> None:
    first = ask(shop)
    desk.answer()
    path = desk.path_of(get(shop, first))
    path.write_bytes(path.read_bytes()[:-200])
    again = ask(shop, "before", do="restore", backup=first)
    desk.answer()
    problem = get(shop, again).problem
    assert problem is not None
    assert problem["code"] in ("backup-damaged", "backup-incomplete")
    with shop.work() as uow:
        assert find_hold(uow) is None
