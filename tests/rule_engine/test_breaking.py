"""A rule that runs wild is held: rates, the fuse, the guard against loops, the backlog by days."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from regulars.platform.definitions import store
from regulars.platform.tasks.tables import task
from regulars.rule_engine import breaking
from regulars.rule_engine.publishing import inside_older, settle_inside, stop_everyone
from regulars.rule_engine.service import pause_rule, resume_rule
from regulars.rule_engine.tables import decision, rule_state
from tests.support.clocks import NOW
from tests.support.rule_shop import SILENT_30, SYSTEM, RuleShop, journey, sms

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ON_NOTE = {"on": "record_updated", "fields": ["note"]}
WAIT = {"id": "wait", "do": "wait", "for": {"n": 7, "unit": "day"}}


def tag(name: str, step: str = "tag") -> dict[str, Any]:
    return {"id": step, "do": "add_tags", "tags": [name]}


def state_of(shop: RuleShop, key: str = "greet") -> Any:
    with shop.work() as uow:
        return uow.execute(rule_state.select().where(rule_state.c.rule == key)).one()


def told(shop: RuleShop) -> list[str]:
    with shop.work() as uow:
        return list(uow.execute(sa.select(task.c.title).order_by(task.c.id)).scalars())


def test_a_rule_sends_at_most_so_many_in_an_hour(shop: RuleShop) -> None:
    guards = {"purpose": "marketing", "quiet_hours": None, "max_per_hour": 2}
    shop.publish(sms(), journey(guards=guards))
    for _ in range(5):
        shop.order(shop.customer())
    shop.tick(NOW)
    assert [m.status for m in shop.messages()] == ["sent", "sent", "queued", "queued", "queued"]
    waiting = shop.messages()[2]
    assert (waiting.reason["code"], waiting.due_at) == ("rule-rate", NOW + HOUR)
    shop.tick(NOW + HOUR + timedelta(seconds=1))
    assert [m.status for m in shop.messages()].count("sent") == 4


def test_a_rule_that_sends_far_more_than_foreseen_pauses_itself(
    shop: RuleShop, monkeypatch: Any
) -> None:
    monkeypatch.setattr(breaking, "FEW_SENDS", 3)
    monkeypatch.setattr(breaking, "expected_peak_per_hour", lambda _uow, _rule: 1)
    shop.publish(sms(), journey())
    for _ in range(6):
        shop.order(shop.customer())
    shop.tick(NOW)
    assert [m.status for m in shop.messages()].count("sent") == 3
    state = state_of(shop)
    assert (state.state, state.reason) == (
        "paused", {"code": "too-many-sends", "sent": 3, "expected": 1},
    )  # fmt: skip
    assert told(shop) == ["“greet”自动暂停了，请看一下"]
    shop.tick(NOW + 2 * HOUR)
    assert [m.status for m in shop.messages()].count("sent") == 3
    with shop.work(NOW + 2 * HOUR) as uow:
        resume_rule(uow, SYSTEM, "greet")
    shop.tick(NOW + 2 * HOUR)
    assert state_of(shop).reason is None
    assert {m.status for m in shop.messages()} == {"sent"}


def test_a_rule_whose_steps_fail_pauses_itself(shop: RuleShop, monkeypatch: Any) -> None:
    monkeypatch.setattr(breaking, "FEW_STEPS", 4)
    same = {"id": "code", "do": "create_record", "form": "coupons", "values": {"code": "ONE"}}
    shop.publish(journey(trigger=ON_NOTE, steps=[same]))
    for _ in range(5):
        shop.change("customers", shop.customer(), note="now")
    shop.tick()
    assert state_of(shop).reason == {"code": "too-many-failures", "failed": 4, "tried": 5}
    assert len(told(shop)) == 1


def test_one_record_comes_in_only_so_often_within_an_hour(shop: RuleShop) -> None:
    shop.publish(journey(trigger=ON_NOTE, steps=[tag("x")], entry={"max_per_hour": 2}))
    anna, bert = shop.customer(), shop.customer()
    for n in range(4):
        shop.change("customers", anna, note=str(n))
        shop.tick()
    shop.change("customers", bert, note="1")
    shop.tick()
    assert [run.record for run in shop.runs("greet")] == [anna, anna, bert]
    with shop.work() as uow:
        reasons = list(uow.execute(sa.select(decision.c.reason)).scalars())
    assert reasons == [{"code": "too-often", "n": 2}] * 2


def test_a_circle_is_told_to_the_owner_with_the_rules_in_it(shop: RuleShop) -> None:
    def writer(key: str, field: str, other: str) -> dict[str, Any]:
        step = {"id": "w", "do": "update_record", "values": {other: "x"}}
        return journey(key, trigger={"on": "record_updated", "fields": [field]}, steps=[step])

    shop.publish(writer("one", "note", "name"), writer("two", "name", "note"))
    shop.change("customers", shop.customer(note="a"), note="b")
    shop.tick()
    assert sorted(run.rule for run in shop.runs()) == ["one", "two"]
    assert told(shop) == ["“one”差点绕圈，请看一下"]
    with shop.work() as uow:
        assert "one → two → one" in uow.execute(sa.select(task.c.details)).scalar_one()


def test_a_rule_may_be_allowed_to_start_on_what_it_did_itself(shop: RuleShop) -> None:
    step = {"id": "w", "do": "update_record", "values": {"note": {"formula": 'CONCAT(note, "x")'}}}
    shop.publish(journey(trigger=ON_NOTE, steps=[step], entry={"allow_self": True}))
    anna = shop.customer()
    shop.change("customers", anna, note="a")
    shop.tick()
    assert shop.read("customers", anna)["note"] == "axxxxx"  # a chain is five rules long at most


def test_the_backlog_enters_by_and_by(shop: RuleShop) -> None:
    people = [shop.customer() for _ in range(5)]
    for each in people:
        shop.order(each, paid_at=NOW - 60 * DAY)
    trigger = {"on": "scan", "every": "day", "at": "10:00"}
    entry = {"backlog": "enrol", "per_day": 2}
    shop.publish(journey(trigger=trigger, when=SILENT_30, steps=[tag("x")], entry=entry), at=NOW)
    counts = []
    for day in range(4):
        shop.tick(NOW + day * DAY)
        counts.append(sum(run.status != "skipped" for run in shop.runs("greet")))
    assert counts == [2, 4, 5, 5]
    assert state_of(shop).enrol_per_day is None


def waiting_inside(shop: RuleShop) -> int:
    shop.publish(journey(trigger=ON_NOTE, steps=[WAIT, tag("old")]))
    anna = shop.customer(at=NOW)
    shop.change("customers", anna, at=NOW, note="now")
    shop.tick(NOW)
    return anna


def test_people_inside_finish_what_they_began(shop: RuleShop) -> None:
    anna = waiting_inside(shop)
    shop.publish(journey(trigger=ON_NOTE, steps=[tag("first"), WAIT, tag("new", "t2")]), at=NOW)
    with shop.work(NOW) as uow:
        assert inside_older(uow, "greet") == 1
        assert settle_inside(uow, SYSTEM, "greet", "finish") == 0
    shop.tick(NOW + 8 * DAY)
    assert shop.read("customers", anna)["tags"] == {"old"}


def test_people_inside_go_on_where_their_step_still_is(shop: RuleShop) -> None:
    anna = waiting_inside(shop)
    shop.publish(journey(trigger=ON_NOTE, steps=[tag("first"), WAIT, tag("new", "t2")]), at=NOW)
    with shop.work(NOW) as uow:
        assert settle_inside(uow, SYSTEM, "greet", "move") == 1
    shop.tick(NOW + 8 * DAY)
    assert shop.read("customers", anna)["tags"] == {"new"}
    assert shop.runs("greet")[0].version == 2


def test_people_whose_step_is_gone_finish_and_others_can_be_let_out(shop: RuleShop) -> None:
    anna = waiting_inside(shop)
    shop.publish(journey(trigger=ON_NOTE, steps=[tag("new", "wait")]), at=NOW)
    with shop.work(NOW) as uow:
        assert settle_inside(uow, SYSTEM, "greet", "move") == 0
        assert settle_inside(uow, SYSTEM, "greet", "stop") == 1
    shop.tick(NOW + 8 * DAY)
    assert not shop.read("customers", anna)["tags"]
    assert shop.runs("greet")[0].outcome == "replaced"


def test_everybody_in_a_rule_can_be_let_out(shop: RuleShop) -> None:
    anna = waiting_inside(shop)
    with shop.work(NOW) as uow:
        assert stop_everyone(uow, SYSTEM, "greet") == 1
    shop.tick(NOW + 8 * DAY)
    assert not shop.read("customers", anna)["tags"]


def test_i11_a_pause_stops_entry_steps_and_queued_messages_at_once(shop: RuleShop) -> None:
    send = {"id": "s", "do": "send_message", "message": "hello", "channel": "sms"}
    quiet = {"purpose": "marketing", "quiet_hours": ["11:00", "13:00"]}  # it is noon
    shop.publish(
        sms(), journey(trigger=ON_NOTE, steps=[send, WAIT, send | {"id": "s2"}], guards=quiet)
    )
    anna = shop.customer(at=NOW)
    shop.change("customers", anna, at=NOW, note="1")
    shop.tick(NOW)
    assert [m.status for m in shop.messages()] == ["queued"]
    with shop.work(NOW) as uow:
        pause_rule(uow, SYSTEM, "greet")
    shop.change("customers", shop.customer(at=NOW), at=NOW, note="2")
    for later in (timedelta(0), 2 * HOUR, 8 * DAY):
        shop.tick(NOW + later)
    assert [m.status for m in shop.messages()] == ["queued"]
    assert [(run.record, run.status) for run in shop.runs("greet")] == [(anna, "live")]
    with shop.work() as uow:
        assert store.get_draft(uow, "rule", "greet").published == 1
