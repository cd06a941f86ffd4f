"""F26: rules that start each other come to an end, and say which chain it was."""

from regulars.rule_engine.tables import decision
from tests.support.busy_shop import finish
from tests.support.rule_faults import LedgerMailer, assert_sound
from tests.support.rule_shop import RuleShop, journey


def test_f26_two_rules_that_answer_each_other_stop_and_tell_the_chain(
    busy: RuleShop, mailer: LedgerMailer
) -> None:
    rules = [
        journey(
            name, trigger={"on": "record_updated", "form": "customers", "fields": [hears]},
            steps=[{"do": "update_record", "values": {says: {"formula": 'CONCAT(note, "x")'}}}],
            guards={},
        )
        for name, hears, says in (("ping", "note", "name"), ("pong", "name", "note"))
    ]  # fmt: skip
    busy.publish(*rules)
    anna = busy.customer()
    busy.change("customers", anna, note="go")
    finish(busy, mailer)
    assert [run.rule for run in busy.runs() if run.record == anna] == ["ping", "pong"]
    with busy.work() as uow:
        (kept_out,) = uow.execute(decision.select().where(decision.c.record == anna)).all()
    assert kept_out.reason == {"code": "loop", "chain": ["ping", "pong"]}
    assert_sound(busy, mailer)
