"""What happened after the backup and must not be undone by restoring it."""

import sqlalchemy as sa

from regulars.platform.backups.service import look_into, restore_as_new, restore_over
from regulars.platform.hold import lift_hold
from regulars.platform.privacy.consents import consents_of
from regulars.platform.privacy.erasure_log import erasure
from regulars.platform.privacy.suppressions import suppression
from tests.platform.backups.conftest import BackUp, restoring
from tests.support.clocks import MovableClock
from tests.support.rule_shop import RuleShop


def test_a_refusal_after_the_backup_holds(
    shop: RuleShop, back_up: BackUp, clock: MovableClock
) -> None:
    path = back_up().path
    clock.forward(hours=1)
    shop.consent(1, "withdraw")
    restore_over(look_into(path), shop.workspace, restoring(shop.database, path))
    with shop.work() as uow:
        assert [state.granted for state in consents_of(uow, "customers", 1)] == [False]
        assert [state.granted for state in consents_of(uow, "customers", 2)] == [True]
        lift_hold(uow)
    shop.order(1)
    shop.tick()
    assert [m.status for m in shop.messages() if m.record == 1][-1] != "sent"


def test_numbers_given_out_after_the_backup_are_not_given_out_again(
    shop: RuleShop, back_up: BackUp
) -> None:
    path = back_up().path
    late = shop.customer(name="After the backup")
    restore_over(look_into(path), shop.workspace, restoring(shop.database, path))
    assert shop.customer(name="After the restore") > late


def test_who_was_erased_does_not_return_in_a_copy(
    shop: RuleShop, back_up: BackUp, clock: MovableClock
) -> None:
    path = back_up().path
    with shop.database.main_tx() as connection:
        born = {"1": clock().isoformat()}
        connection.execute(
            erasure.insert().values(
                workspace_id=shop.workspace.id, form="customers", born=born, relations={},
                actor="member:1", at=clock(), done_at=clock(),
            )
        )  # fmt: skip
    copy = restore_as_new(look_into(path), restoring(shop.database, path), name="Practice")
    there = RuleShop(shop.database, copy)
    with there.work() as uow:
        assert "Anna" not in str(uow.execute(_names()).all())
        assert "Björk" in str(uow.execute(_names()).all())


def _names() -> sa.Select[tuple[str]]:
    return sa.select(sa.table("f_customers", sa.column("name")).c.name)


def test_an_address_that_said_stop_stays_on_the_list(shop: RuleShop, back_up: BackUp) -> None:
    path = back_up().path
    with shop.work() as uow:
        row = {"channel": "sms", "digest": "a digest", "reason": "stop", "at": uow.now}
        uow.execute(suppression.insert().values(**row))
    with shop.work() as uow:
        before = uow.execute(suppression.select()).all()
    restore_over(look_into(path), shop.workspace, restoring(shop.database, path))
    with shop.work() as uow:
        assert uow.execute(suppression.select()).all() == before
