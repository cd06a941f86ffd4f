"""F04: the process of a page dies after the save and before it could wake anybody."""

from regulars.form_builder.origin import Origin
from regulars.form_builder.records import create_record
from tests.support.busy_shop import PEOPLE, finish
from tests.support.rule_faults import LedgerMailer, assert_sound, dies
from tests.support.rule_shop import SYSTEM, RuleShop


def test_f04_what_was_saved_is_found_by_the_next_tick(
    busy: RuleShop, mailer: LedgerMailer
) -> None:
    anna = busy.customer()

    def order() -> None:
        with busy.work() as uow:
            given = {"customer": anna, "paid_at": uow.now}
            uow.after_commit(lambda: None)  # as the page's ring is
            create_record(uow, SYSTEM, "orders", given, origin=Origin("page"))

    dies(busy.database, "W2", order)
    finish(busy, mailer)
    assert len(busy.runs("thanks")) == PEOPLE + 1
    assert [run.record for run in busy.runs("thanks")].count(anna) == 1
    assert_sound(busy, mailer)
