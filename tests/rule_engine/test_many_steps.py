"""Steps that go several ways or over several records: split, for_each, call_rule, on_error."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.origin import PAGE, Origin
from regulars.form_builder.records import create_record, delete_record
from regulars.platform.errors import Invalid
from regulars.platform.events import Event, record_events
from regulars.rule_engine.service import pause_rule
from regulars.rule_engine.steps.flow import bucket_of
from tests.support.rule_shop import SYSTEM, RuleShop, journey, sms

OPEN = {"field": "status", "op": "is", "value": "open"}
COUPON = {
    "id": "coupon", "do": "create_record", "form": "coupons",
    "values": {
        "customer": {"formula": "subject"}, "amount": {"formula": "order.amount / 10"},
        "code": {"formula": "RANDOM_CODE(8)"},
    },
}  # fmt: skip
EACH_ORDER = {
    "id": "each", "do": "for_each", "form": "orders", "link": "customer", "as": "order",
    "where": OPEN, "then": [COUPON],
}  # fmt: skip


def on_note(*steps: dict[str, Any], key: str = "greet", **parts: Any) -> dict[str, Any]:
    return journey(
        key,
        **{"trigger": {"on": "record_updated", "fields": ["note"]}, "steps": list(steps)} | parts,
    )


def tag(name: str, step: str = "tag") -> dict[str, Any]:
    return {"id": step, "do": "add_tags", "tags": [name]}


def coupons(shop: RuleShop) -> list[tuple[int, Decimal]]:
    with shop.work() as uow:
        table = catalog_of(uow).tables["coupons"].main
        rows = list(uow.execute(table.select().order_by(table.c.id)))
    return [(row.customer, row.amount) for row in rows]


def start(shop: RuleShop, customer: int) -> None:
    shop.change("customers", customer, note="now")
    shop.tick()


def codes(caught: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(p.path.split("/", 2)[2], p.code) for p in caught.value.problems]


def test_a_loop_goes_over_each_record_once_and_then_on(shop: RuleShop) -> None:
    shop.publish(on_note(EACH_ORDER, tag("done")))
    anna, other = shop.customer(), shop.customer()
    for amount in ("10", "20", "30"):
        shop.order(anna, amount=amount, status="open")
    shop.order(anna, amount="99", status="paid")
    shop.order(other, amount="70", status="open")
    start(shop, anna)
    assert coupons(shop) == [(anna, Decimal(1)), (anna, Decimal(2)), (anna, Decimal(3))]
    (run,) = shop.runs("greet")
    assert (run.status, run.loops, run.iteration, set(run.context)) == (
        "done",
        None,
        0,
        {"trigger"},
    )
    done = [(step.step, step.outcome) for step in shop.trace(run.id)]
    assert done == [("each", "next"), ("coupon", "done")] * 3 + [("each", "done"), ("tag", "done")]


def test_a_loop_that_waits_inside_goes_on_where_it_stood(shop: RuleShop) -> None:
    wait = {"id": "wait", "do": "wait", "for": {"n": 1, "unit": "day"}}
    shop.publish(on_note({**EACH_ORDER, "then": [wait, COUPON]}))
    anna = shop.customer()
    first, second = (shop.order(anna, amount=n, status="open") for n in ("10", "20"))
    start(shop, anna)
    (run,) = shop.runs("greet")
    assert (run.status, run.loops[0]["ids"]) == ("live", [first, second])
    with shop.work() as uow:
        delete_record(uow, SYSTEM, "orders", second, origin=Origin("cli"))
        later = uow.now + timedelta(days=1, minutes=1)
    shop.tick(later)
    (run,) = shop.runs("greet")
    assert (run.status, coupons(shop)) == ("done", [(anna, Decimal(1))])  # the other one is gone


def test_loops_stand_inside_each_other(shop: RuleShop) -> None:
    inner = {**EACH_ORDER, "id": "inner", "as": "order"}
    outer = {**EACH_ORDER, "id": "outer", "as": "every", "then": [inner]}
    shop.publish(on_note(outer))
    anna = shop.customer()
    for amount in ("10", "20"):
        shop.order(anna, amount=amount, status="open")
    start(shop, anna)
    assert [amount for _who, amount in coupons(shop)] == [1, 2, 1, 2]


def test_a_long_loop_goes_on_after_the_others_have_had_their_turn(shop: RuleShop) -> None:
    mark = {"id": "mark", "do": "update_record", "of": "order", "values": {"status": "paid"}}
    shop.publish(on_note({**EACH_ORDER, "then": [mark]}))
    anna = shop.customer()
    for _ in range(60):
        shop.order(anna, status="open", automation="none")
    start(shop, anna)
    (run,) = shop.runs("greet")
    assert (run.status, len(shop.trace(run.id))) == ("done", 121)
    assert shop.read("customers", anna)["total_spend"] == 6000


def test_related_records_are_changed_together(shop: RuleShop) -> None:
    change = {
        "id": "close", "do": "update_related", "form": "orders", "where": OPEN, "as": "order",
        "values": {"status": "paid", "amount": {"formula": "order.amount * 2"}},
    }  # fmt: skip
    shop.publish(on_note(change))
    anna = shop.customer()
    first, second = (shop.order(anna, amount=n, status="open") for n in ("10", "20"))
    start(shop, anna)
    assert [shop.read("orders", o)["amount"] for o in (first, second)] == [20, 40]
    assert shop.trace(shop.runs("greet")[0].id)[0].output == {"form": "orders", "records": 2}


def test_a_split_sends_the_same_person_the_same_way(shop: RuleShop) -> None:
    split = {
        "id": "half", "do": "split", "percent": 50,
        "then": [tag("a", "a")], "else": [tag("b", "b")],
    }  # fmt: skip
    shop.publish(on_note(split))
    people = [shop.customer() for _ in range(12)]
    for each in people:
        shop.change("customers", each, note="now")
    shop.tick()
    for each in people:
        wanted = "a" if bucket_of(f"greet:half:customers:{each}") < 50 else "b"
        assert shop.read("customers", each)["tags"] == {wanted}
    assert {row.output["bucket"] < 50 for row in (shop.trace(r.id)[0] for r in shop.runs())}


def test_one_rule_starts_another(shop: RuleShop) -> None:
    thanks = on_note(
        tag("thanked"), key="thanks", trigger={"on": "manual"},
        when={"field": "tier", "op": "is", "value": "gold"},
    )  # fmt: skip
    shop.publish(thanks)
    shop.publish(on_note({"id": "call", "do": "call_rule", "rule": "thanks"}))
    gold, basic = shop.customer(tier="gold"), shop.customer(tier="basic")
    for each in (gold, basic):
        shop.change("customers", each, note="now")
    shop.tick()
    assert [run.record for run in shop.runs("thanks")] == [gold]
    assert shop.runs("thanks")[0].chain == ["greet"]
    held = [shop.trace(run.id)[0] for run in shop.runs("greet")]
    assert [row.outcome for row in held] == ["done", "not-started"]
    assert held[1].output["held"] == "does-not-fit"
    with shop.work() as uow:
        pause_rule(uow, SYSTEM, "thanks")
    start(shop, gold)
    shop.change("customers", gold, note="again")
    shop.tick()
    assert shop.trace(shop.runs("greet")[-1].id)[0].output["held"] == "paused"


def test_rules_that_call_each_other_come_to_an_end(shop: RuleShop) -> None:
    def caller(key: str, other: str) -> dict[str, Any]:
        return on_note(tag(key), {"id": "on", "do": "call_rule", "rule": other}, key=key)

    shop.publish(on_note(tag("x"), key="ping"), on_note(tag("y"), key="pong"))
    shop.publish(caller("ping", "pong"), caller("pong", "ping"))
    anna = shop.customer()
    start(shop, anna)
    by_rule = sorted(run.rule for run in shop.runs())
    assert by_rule == ["ping", "ping", "pong", "pong"]  # each once by the note, once by the other
    assert {run.status for run in shop.runs()} == {"done"}


def test_what_cannot_be_done_is_done_otherwise(shop: RuleShop) -> None:
    taken = {"id": "code", "do": "create_record", "form": "coupons", "values": {"code": "ONE"}}
    shop.publish(on_note({**taken, "on_error": [tag("no-coupon")]}, tag("last", "last")))
    anna, bert = shop.customer(), shop.customer()
    start(shop, anna)
    start(shop, bert)
    assert shop.read("customers", anna)["tags"] == {"last"}
    assert shop.read("customers", bert)["tags"] == {"last", "no-coupon"}
    failed = shop.trace(shop.runs("greet")[1].id)
    assert [(row.step, row.outcome) for row in failed] == [
        ("code", "failed"), ("tag", "done"), ("last", "done"),
    ]  # fmt: skip
    assert failed[0].error["code"] == "record-refused"


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ({**EACH_ORDER, "then": []}, ("steps/0/then", "no-steps")),
        ({**EACH_ORDER, "as": "name"}, ("steps/0/as", "name-taken")),
        ({**EACH_ORDER, "form": "nothing"}, ("steps/0/form", "unpublished-form")),
        ({"do": "call_rule", "rule": "greet"}, ("steps/0/rule", "rule-calls-itself")),
        ({"do": "call_rule", "rule": "none"}, ("steps/0/rule", "no-such-rule")),
        (
            {"do": "update_related", "form": "orders", "values": {"nope": 1}},
            ("steps/0/values/nope", "unknown-field"),
        ),
        ({"do": "split", "percent": 100}, ("steps/0/percent", "shape-maximum")),
        (
            {"do": "wait_until", "window": ["09:00", "09:00"]},
            ("steps/0/window", "window-is-empty"),
        ),
    ],
)
def test_what_makes_no_sense_is_refused(
    shop: RuleShop, step: dict[str, Any], problem: tuple[str, str]
) -> None:
    with pytest.raises(Invalid) as caught:
        shop.publish(on_note({"id": "s", **step}))
    assert problem in {(p.path.removeprefix("rule/greet/"), p.code) for p in caught.value.problems}


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-03-10T02:00:00+00:00", "2026-03-10T02:00:00+00:00"),  # 10:00 in the shop: inside
        ("2026-03-10T12:00:00+00:00", "2026-03-11T01:00:00+00:00"),  # 20:00: the next morning
        ("2026-03-13T12:00:00+00:00", "2026-03-16T01:00:00+00:00"),  # on Friday night: Monday
    ],
)
def test_a_window_of_the_day_is_waited_for(shop: RuleShop, at: str, until: str) -> None:
    wait = {
        "id": "w", "do": "wait_until", "window": ["09:00", "18:00"], "weekdays": [0, 1, 2, 3, 4],
    }  # fmt: skip
    now, meant = datetime.fromisoformat(at), datetime.fromisoformat(until)
    shop.publish(on_note(wait, tag("morning")), at=now - timedelta(days=1))
    anna = shop.customer(at=now)
    shop.change("customers", anna, at=now, note="now")
    shop.tick(now)
    shop.tick(meant - timedelta(minutes=1) if meant > now else now)
    assert bool(shop.read("customers", anna)["tags"]) is (meant == now)
    shop.tick(meant)
    assert shop.read("customers", anna)["tags"] == {"morning"}


def test_a_filled_in_form_starts_a_rule_and_an_import_does_not(shop: RuleShop) -> None:
    trigger = {"on": "form_submitted", "form": "orders", "link": "customer"}
    shop.publish(on_note(tag("seen"), trigger=trigger))
    anna, bert = shop.customer(), shop.customer()
    shop.order(anna)
    with shop.work() as uow:
        create_record(uow, SYSTEM, "orders", {"customer": bert}, origin=PAGE)
    shop.tick()
    assert [run.record for run in shop.runs("greet")] == [bert]


def test_a_deleted_record_starts_a_rule_about_whom_it_belonged_to(shop: RuleShop) -> None:
    trigger = {"on": "record_deleted", "form": "orders", "link": "customer"}
    shop.publish(on_note(tag("lost"), trigger=trigger))
    anna = shop.customer()
    order = shop.order(anna)
    shop.tick()
    with shop.work() as uow:
        delete_record(uow, SYSTEM, "orders", order, origin=Origin("cli"))
    shop.tick()
    assert shop.read("customers", anna)["tags"] == {"lost"}


def test_a_deleted_subject_cannot_start_steps_about_itself(shop: RuleShop) -> None:
    with pytest.raises(Invalid) as caught:
        shop.publish(on_note(tag("lost"), trigger={"on": "record_deleted"}))
    assert [p.code for p in caught.value.problems] == ["deleted-subject-starts-nothing"]


def test_what_becomes_of_a_message_starts_a_rule(shop: RuleShop) -> None:
    shop.publish(sms(), journey())
    trigger = {"on": "message_sent", "message": "hello"}
    shop.publish(on_note(tag("written-to"), key="after", trigger=trigger))
    anna = shop.customer()
    shop.order(anna)
    shop.tick()
    assert shop.read("customers", anna)["tags"] == {"written-to"}


def test_an_event_by_name_brings_its_values(shop: RuleShop) -> None:
    trigger = {"on": "event", "name": "visit", "data": {"store": "north"}}
    note = {"id": "n", "do": "update_record", "values": {"note": {"event": "till.no"}}}
    shop.publish(on_note(note, trigger=trigger))
    anna = shop.customer()
    with shop.work() as uow:
        for store, number in (("north", "7"), ("south", "8")):
            data = {"name": "visit", "data": {"store": store, "till": {"no": number}}}
            record_events(uow, [Event("event", "customers", anna, data=data)])
    shop.tick()
    assert [run.status for run in shop.runs("greet")] == ["done"]
    assert shop.read("customers", anna)["note"] == "7"
