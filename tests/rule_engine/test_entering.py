"""Who enters, and how often."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from regulars.form_builder.origin import Origin
from regulars.form_builder.records import create_record
from regulars.platform.events import Event, record_events
from regulars.rule_engine.circles import Circle, last_circle
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.entering import arm_of, key_text
from regulars.rule_engine.service import enrol_people, pause_rule, resume_rule, start_manually
from regulars.rule_engine.tables import decision, fire
from tests.support.clocks import NOW, MovableClock
from tests.support.rule_shop import PAID, SILENT_30, SYSTEM, RuleShop, journey, mirror, sms

DAY = timedelta(days=1)
LAPSED = {
    "trigger": {"on": "scan", "every": "day", "at": "10:00"},
    "when": SILENT_30,
    "entry": {"key": "LAST(orders).id"},
}


def lapsed(key: str = "lapsed", **entry: Any) -> dict[str, Any]:
    return journey(key, **{**LAPSED, "entry": {**LAPSED["entry"], **entry}})


def test_a_condition_about_the_order_and_one_about_the_customer(shop: RuleShop) -> None:
    shop.publish(
        sms(),
        journey(
            trigger={"on": "record_created", "form": "orders", "where": PAID},
            when={"field": "order_count", "op": "is", "value": 1},
        ),
    )
    first, later = shop.customer(), shop.customer()
    shop.order(first)
    shop.order(later, status="open")
    shop.tick()
    shop.order(first)
    shop.tick()
    assert [run.record for run in shop.runs("greet")] == [first]


def test_an_event_delivered_twice_starts_one_run(shop: RuleShop) -> None:
    shop.publish(sms(), journey())
    anna = shop.customer()
    order = shop.order(anna)
    from_where = shop.runs("greet")
    assert from_where == []
    shop.tick()
    with shop.work() as uow:
        record_events(uow, [Event("record_created", "orders", order)])
    shop.tick()
    (run,) = shop.runs("greet")
    assert run.entry_key == f"orders:{order}"


@pytest.mark.parametrize(
    ("trigger", "changes", "enters"),
    [
        ({"fields": ["note"]}, {"note": "x"}, True),
        ({"fields": ["note"]}, {"name": "x"}, False),
        ({}, {"name": "x"}, True),
        ({"fields": ["tier"], "from": "basic", "to": "gold"}, {"tier": "gold"}, True),
        ({"fields": ["tier"], "to": "diamond"}, {"tier": "gold"}, False),
        ({"fields": ["tier"], "from": None}, {"tier": "gold"}, False),
    ],
)
def test_a_change_of_certain_fields(
    shop: RuleShop, trigger: dict[str, Any], changes: dict[str, Any], enters: bool
) -> None:
    shop.publish(sms(), journey(trigger={"on": "record_updated", **trigger}))
    anna = shop.customer(tier="basic")
    shop.change("customers", anna, **changes)
    shop.tick()
    assert len(shop.runs("greet")) == enters


def test_consent_given_starts_a_rule_once_per_word(shop: RuleShop) -> None:
    shop.publish(sms(), journey(trigger={"on": "consent_granted", "purpose": "marketing"}))
    anna = shop.customer()
    shop.tick()
    shop.consent(anna, "withdraw")
    shop.consent(anna)
    shop.tick()
    assert len(shop.runs("greet")) == 2


def test_a_birthday_comes_every_year_and_is_early_by_the_offset(
    shop: RuleShop, clock: MovableClock
) -> None:
    trigger = {
        "on": "date_field",
        "field": "birthday",
        "offset": -2,
        "at": "09:30",
        "yearly": True,
    }
    shop.publish(sms(), journey(trigger=trigger))
    anna = shop.customer(birthday="1990-03-13")
    shop.tick()
    clock.forward(days=1)  # 11 March, noon
    shop.tick()
    (run,) = shop.runs("greet")
    assert (run.record, run.entry_key) == (anna, "2026")
    assert run.entered_at.isoformat() == "2026-03-11T01:30:00+00:00"
    clock.forward(days=365)
    shop.tick()
    assert [run.entry_key for run in shop.runs("greet")] == ["2026", "2027"]


def test_the_29th_of_february_falls_on_the_28th_in_common_years(
    shop: RuleShop, clock: MovableClock
) -> None:
    trigger = {"on": "date_field", "field": "birthday", "at": "09:00", "yearly": True}
    shop.publish(sms(), journey(trigger=trigger))
    shop.customer(birthday="1992-02-29")
    clock.forward(days=355)  # 28 February 2027
    shop.tick()
    assert [run.entered_at.date().isoformat() for run in shop.runs("greet")] == ["2027-02-28"]


def test_the_29th_of_february_falls_on_1_march_where_the_shop_says_so(
    shop: RuleShop, clock: MovableClock
) -> None:
    shop.workspace = replace(shop.workspace, leap_day="after")
    trigger = {"on": "date_field", "field": "birthday", "at": "09:00", "yearly": True}
    shop.publish(sms(), journey(trigger=trigger))
    shop.customer(birthday="1992-02-29")
    clock.forward(days=355)  # 28 February 2027
    shop.tick()
    assert shop.runs("greet") == []
    clock.forward(days=1)
    shop.tick()
    assert [run.entered_at.date().isoformat() for run in shop.runs("greet")] == ["2027-03-01"]


def test_days_missed_while_the_shop_was_off_are_made_up_but_stale_wishes_are_not_sent(
    shop: RuleShop, clock: MovableClock
) -> None:
    trigger = {"on": "date_field", "field": "birthday", "at": "09:00", "yearly": True}
    step = {
        "do": "send_message", "message": "hello", "channel": "sms", "not_later_than": "same_day",
    }  # fmt: skip
    shop.publish(sms(), journey(trigger=trigger, steps=[step]))
    yesterday = shop.customer(birthday="1990-03-12")
    today = shop.customer(birthday="1990-03-13")
    clock.forward(days=3)  # 13 March, noon; nobody ticked on the 11th and 12th
    shop.tick()
    assert {m.record: m.status for m in shop.messages()} == {
        yesterday: "suppressed", today: "sent",
    }  # fmt: skip
    assert shop.messages(record=yesterday)[0].reason["code"] == "too-late"


def test_a_gap_keeps_people_out_until_it_is_over(shop: RuleShop, clock: MovableClock) -> None:
    shop.publish(sms(), journey(entry={"min_gap_days": 7}))
    anna = shop.customer()
    shop.order(anna)
    shop.tick()
    clock.forward(days=6)
    shop.order(anna)
    shop.tick()
    clock.forward(days=1)
    shop.order(anna)
    shop.tick()
    assert [run.entered_at for run in shop.runs("greet")] == [NOW, NOW + 7 * DAY]


def test_a_group_has_so_many_live_runs_per_person(shop: RuleShop) -> None:
    waiting = [{"do": "wait", "for": "7d"}]
    group = {"group": "retention", "max_live_per_group": 1}
    shop.publish(
        journey("one", entry=group, steps=waiting), journey("two", entry=group, steps=waiting)
    )
    anna, bob = shop.customer(), shop.customer()
    shop.order(anna)
    shop.tick()
    shop.order(anna)
    shop.order(bob)
    shop.tick()
    live = [(run.rule, run.record) for run in shop.runs(status="live")]
    assert sorted(record for _rule, record in live) == [anna, bob]


def test_the_control_group_is_always_the_same_people_and_gets_no_message(
    shop: RuleShop,
) -> None:
    guards = {"purpose": "marketing", "quiet_hours": None, "control_group": 50}
    rule = Rule.from_json(journey(guards=guards))
    arms = [arm_of(rule, record) for record in range(1, 2001)]
    assert 900 < arms.count("control") < 1100
    assert arms == [arm_of(rule, record) for record in range(1, 2001)]
    shop.publish(sms(), journey(guards=guards))
    people = [shop.customer() for _ in range(8)]
    for person in people:
        shop.order(person)
    shop.tick()
    for message in shop.messages():
        control = arm_of(rule, message.record) == "control"
        assert message.status == ("withheld" if control else "sent")
        assert message.reason == ({"code": "control-group"} if control else None)
    assert {m.status for m in shop.messages()} == {"withheld", "sent"}


def test_a_scan_is_missed_once_and_means_its_own_time(shop: RuleShop, clock: MovableClock) -> None:
    shop.publish(sms(), lapsed())
    anna = shop.customer()
    shop.order(anna)
    clock.forward(days=40, hours=6)
    shop.tick()
    (run,) = shop.runs("lapsed")
    assert run.entered_at.isoformat() == "2026-04-19T02:00:00+00:00"
    with shop.work() as uow:
        (row,) = uow.execute(fire.select())
    assert (row.state, row.matched, row.entered) == ("done", 1, 1)


def test_people_who_match_because_of_an_import_are_backlog(
    shop: RuleShop, clock: MovableClock
) -> None:
    shop.publish(sms(), lapsed())
    imported, alive = shop.customer(), shop.customer()
    shop.order(alive, at=NOW - 29 * DAY)
    clock.forward(hours=1)
    shop.order(imported, paid_at=NOW - 90 * DAY, automation="none")
    clock.forward(days=1)
    shop.tick()
    assert {run.record: run.status for run in shop.runs("lapsed")} == {
        imported: "skipped", alive: "done",
    }  # fmt: skip


def test_imported_people_who_come_to_match_later_are_no_backlog(
    shop: RuleShop, clock: MovableClock
) -> None:
    shop.publish(sms(), lapsed())
    long_gone, soon = shop.customer(), shop.customer()
    clock.forward(minutes=1)
    shop.order(long_gone, paid_at=NOW - 90 * DAY, automation="none")
    shop.order(soon, paid_at=NOW - 29 * DAY, automation="none")
    clock.forward(minutes=2)
    shop.tick()
    assert {run.record: run.status for run in shop.runs("lapsed")} == {long_gone: "skipped"}
    clock.forward(days=1)
    shop.tick()
    assert {run.record: run.status for run in shop.runs("lapsed")} == {
        long_gone: "skipped", soon: "done",
    }  # fmt: skip


def test_backlog_is_enrolled_deliberately_as_of_an_instant_and_by_portions(
    shop: RuleShop,
) -> None:
    people = [shop.customer() for _ in range(5)]
    for person in people:
        shop.order(person, paid_at=NOW - 90 * DAY)
    shop.tick()
    shop.publish(sms(), lapsed())
    with shop.work(NOW) as uow:
        first = enrol_people(uow, SYSTEM, "lapsed", limit=2)
        again = enrol_people(uow, SYSTEM, "lapsed")
        nothing = enrol_people(uow, SYSTEM, "lapsed")
    assert (first.entered, again.entered, nothing.entered) == (2, 3, 0)
    assert nothing.known == 5
    shop.tick()
    assert sorted(m.record for m in shop.messages(status="sent")) == people


def test_enrolling_into_a_mirror_rule_takes_its_members(shop: RuleShop) -> None:
    rich = mirror(
        "rich", {"field": "total_spend", "op": "gte", "value": 500},
        {"field": "tags", "add": "rich"},
    )  # fmt: skip
    anna = shop.customer()
    shop.order(anna, amount="900")
    shop.publish(sms(), rich, journey(trigger={"on": "mirror_entered", "rule": "rich"}))
    shop.tick()
    with shop.work() as uow:
        assert enrol_people(uow, SYSTEM, "greet").entered == 1
        assert enrol_people(uow, SYSTEM, "greet").entered == 0
    shop.tick()
    assert [m.record for m in shop.messages(status="sent")] == [anna]


def test_a_paused_rule_lets_nobody_in_and_what_came_meanwhile_is_backlog(
    shop: RuleShop, clock: MovableClock
) -> None:
    shop.publish(sms(), lapsed())
    before, meanwhile, after = (shop.customer() for _ in range(3))
    with shop.work() as uow:
        pause_rule(uow, SYSTEM, "lapsed")
    shop.order(meanwhile, at=NOW - 25 * DAY)
    shop.order(after, at=NOW - 15 * DAY)
    clock.forward(days=10)
    shop.tick()
    with shop.work() as uow:
        resume_rule(uow, SYSTEM, "lapsed")
    clock.forward(days=6)
    shop.tick()
    assert {run.record: run.status for run in shop.runs("lapsed")} == {
        meanwhile: "skipped", after: "done",
    }  # fmt: skip
    assert before not in {run.record for run in shop.runs("lapsed")}


def test_by_hand_for_chosen_people_but_not_twice_at_the_same_time(shop: RuleShop) -> None:
    shop.publish(journey(trigger={"on": "manual"}, steps=[{"do": "wait", "for": "1h"}]))
    anna, bob = shop.customer(), shop.customer()
    with shop.work() as uow:
        assert start_manually(uow, SYSTEM, "greet", [anna, bob, 999]).entered == 2
        again = start_manually(uow, SYSTEM, "greet", [anna])
    assert (again.entered, again.known) == (0, 1)


def test_by_hand_only_for_those_whom_the_rule_is_for(shop: RuleShop) -> None:
    gold = {"field": "tier", "op": "is", "value": "gold"}
    shop.publish(journey(trigger={"on": "manual"}, when=gold, steps=[{"do": "stop"}]))
    anna, bob = shop.customer(tier="gold"), shop.customer(tier="basic")
    with shop.work() as uow:
        done = start_manually(uow, SYSTEM, "greet", [anna, bob])
    assert (done.entered, done.held) == (1, {"does-not-fit": 1})
    assert [run.record for run in shop.runs("greet")] == [anna]


def test_a_rule_does_not_start_on_what_it_caused_itself(shop: RuleShop) -> None:
    shop.publish(
        journey(
            "again",
            trigger={"on": "record_created", "form": "orders"},
            steps=[
                {
                    "do": "create_record", "form": "orders",
                    "values": {"customer": {"formula": "subject"}, "amount": "1"},
                }
            ],
        )
    )  # fmt: skip
    shop.order(shop.customer())
    shop.tick()
    assert len(shop.runs("again")) == 1
    with shop.work() as uow:
        (held,) = uow.execute(decision.select())
        circle = last_circle(uow, "again")
        assert last_circle(uow, "other") is None
        uow.now = NOW + timedelta(days=15)
        assert last_circle(uow, "again") is None
    assert held.reason == {"code": "loop", "chain": ["again"]}
    assert circle == Circle("loop", "again → again", NOW)


def test_rules_that_start_each_other_stop_after_five(shop: RuleShop) -> None:
    def passing_on(n: int) -> dict[str, Any]:
        return journey(
            f"r{n}",
            trigger={"on": "record_updated", "fields": ["note"], "to": f"n{n}"},
            steps=[{"do": "update_record", "values": {"note": f"n{n + 1}"}}],
        )

    shop.publish(*[passing_on(n) for n in range(1, 9)])
    anna = shop.customer()
    shop.change("customers", anna, note="n1")
    shop.tick()
    assert [run.rule for run in shop.runs()] == ["r1", "r2", "r3", "r4", "r5"]
    assert shop.read("customers", anna)["note"] == "n6"


def test_a_historic_change_starts_nothing(shop: RuleShop) -> None:
    shop.publish(sms(), journey())
    anna = shop.customer()
    with shop.work() as uow:
        origin = Origin("import", automation="none")
        create_record(uow, SYSTEM, "orders", {"customer": anna}, origin=origin)
    shop.tick()
    assert shop.runs("greet") == []


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (True, "true"), (7, "7"), ("x", "x"), (NOW, NOW.isoformat())],
)
def test_entry_keys_are_compared_as_texts(value: object, text: str) -> None:
    assert key_text(value) == text
