"""What each step does, and what becomes of a step that cannot be done."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from regulars.form_builder.origin import Origin
from regulars.form_builder.records import delete_record
from regulars.platform.events import event
from regulars.rule_engine.standing import retry_run, stop_run
from regulars.rule_engine.steps.flow import Stop
from tests.support.clocks import NOW, MovableClock
from tests.support.rule_shop import PAID, SYSTEM, RuleShop, journey, sms

DAY = timedelta(days=1)
NEW_ORDER = {"on": "record_created", "form": "orders", "link": "customer"}


def steps(*each: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return journey(steps=list(each), **parts)


COUPON = {
    "id": "coupon", "do": "create_record", "form": "coupons", "as": "coupon",
    "values": {
        "code": {"formula": "RANDOM_CODE(8)"},
        "customer": {"formula": "subject"},
        "amount": {"formula": "trigger.amount / 3"},
        "expires_at": {"formula": "DATEADD(TODAY(), 14, \"day\")"},
    },
}  # fmt: skip


def test_a_made_record_can_be_spoken_of_later(shop: RuleShop) -> None:
    text = "{name|friend}: {coupon.code}, {coupon.amount}, {coupon.expires_at:month_day}"
    shop.publish(
        sms(text={"en": text, "zh-Hans": text}),
        steps(COUPON, {"do": "send_message", "message": "hello", "channel": "sms"}),
    )
    anna = shop.customer(name="Anna", language="en")
    shop.order(anna, amount="100")
    shop.tick()
    (run,) = shop.runs("greet")
    form, coupon = run.context["coupon"]
    values = shop.read(form, coupon)
    assert values["customer"] == anna
    assert values["amount"] == Decimal("33.33")
    assert values["expires_at"] == date(2026, 3, 24)
    (message,) = shop.messages()
    assert (
        message.body["text"] == f"Anna: {values['code']}, ¥33.33, 24 March Reply STOP to opt out"
    )
    assert shop.trace(run.id)[0].output["record"] == coupon


def test_what_a_run_writes_names_it_in_history_and_carries_the_chain(shop: RuleShop) -> None:
    shop.publish(steps(COUPON))
    shop.order(shop.customer())
    shop.tick()
    with shop.work() as uow:
        (made,) = uow.execute(event.select().where(event.c.form == "coupons"))
    assert (made.kind, made.chain) == ("record_created", ["greet"])


def test_a_record_that_the_form_refuses_fails_the_run_with_every_problem(shop: RuleShop) -> None:
    broken = {**COUPON, "values": {"code": "SAME"}}
    shop.publish(steps(broken))
    anna = shop.customer()
    shop.order(anna)
    shop.tick()
    shop.order(anna)
    shop.tick()
    fine, failed = shop.runs("greet")
    assert (fine.status, failed.status) == ("done", "failed")
    assert failed.reason["code"] == "record-refused"
    assert [p["path"] for p in failed.reason["problems"]] == ["code"]
    assert [step.outcome for step in shop.trace(failed.id)] == ["failed"]


def test_a_failed_run_is_taken_up_at_the_step_where_it_stood(shop: RuleShop) -> None:
    shop.publish(
        steps(
            {"do": "add_tags", "tags": ["seen"]}, {**COUPON, "values": {"code": "SAME"}}
        )
    )  # fmt: skip
    anna, bob = shop.customer(), shop.customer()
    shop.order(anna)
    shop.tick()
    coupon = shop.runs("greet")[0].context["coupon"][1]
    shop.order(bob)
    shop.tick()
    failed = shop.runs("greet")[1]
    assert failed.cursor == "steps/1"
    with shop.work() as uow:
        delete_record(uow, SYSTEM, "coupons", coupon, origin=Origin("cli"))
        retry_run(uow, SYSTEM, failed.id)
    shop.tick()
    assert shop.runs("greet")[1].outcome == "finished"
    assert shop.read("customers", bob)["tags"] == {"seen"}


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"do": "update_record", "values": {"note": "hi", "tier": "gold"}}, ("hi", "gold")),
        ({"do": "update_record", "values": {"note": {"formula": 'name & "!"'}}}, ("Anna!", None)),
        ({"do": "update_record", "of": "trigger.customer", "values": {"note": "t"}}, ("t", None)),
    ],
)  # fmt: skip
def test_records_are_changed(
    shop: RuleShop, step: dict[str, Any], expected: tuple[str, str | None]
) -> None:
    shop.publish(steps(step))
    anna = shop.customer(name="Anna")
    shop.order(anna)
    shop.tick()
    values = shop.read("customers", anna)
    assert (values["note"], values["tier"]) == expected


def test_tags_come_and_go_without_touching_others(shop: RuleShop) -> None:
    shop.publish(
        steps(
            {"do": "add_tags", "tags": ["a", "b"]},
            {"do": "remove_tags", "field": "tags", "tags": ["old", "b"]},
        )
    )
    anna = shop.customer(tags=["old", "mine"])
    shop.order(anna)
    shop.tick()
    assert shop.read("customers", anna)["tags"] == {"mine", "a"}
    (run,) = shop.runs("greet")
    assert shop.trace(run.id)[0].input == {"before": ["mine", "old"]}


def test_waiting_is_a_row_with_an_instant(shop: RuleShop, clock: MovableClock) -> None:
    shop.publish(steps({"do": "wait", "for": "2d"}, {"do": "add_tags", "tags": ["later"]}))
    anna = shop.customer()
    shop.order(anna)
    shop.tick()
    (run,) = shop.runs("greet")
    assert (run.status, run.wait_kind, run.due_at) == ("live", "wait", NOW + 2 * DAY)
    clock.forward(days=2, minutes=-1)
    shop.tick()
    assert shop.read("customers", anna)["tags"] == frozenset()
    clock.forward(minutes=1)
    shop.tick()
    assert shop.read("customers", anna)["tags"] == {"later"}
    assert [step.outcome for step in shop.trace(run.id)] == ["done", "done"]


@pytest.mark.parametrize(
    ("settings", "due"),
    [
        ({"at": "18:30"}, "2026-03-10T10:30:00+00:00"),
        ({"at": "09:00"}, "2026-03-11T01:00:00+00:00"),
        ({"at": "09:00", "weekdays": [5, 6]}, "2026-03-14T01:00:00+00:00"),
        ({"formula": "birthday", "at": "08:00"}, "2026-03-20T00:00:00+00:00"),
        ({"formula": "DATEADD(NOW(), 3, \"hour\")"}, "2026-03-10T07:00:00+00:00"),
    ],
)  # fmt: skip
def test_waiting_until_a_time(shop: RuleShop, settings: dict[str, Any], due: str) -> None:
    shop.publish(steps({"do": "wait_until", **settings}))
    shop.order(shop.customer(birthday="2026-03-20"))
    shop.tick()
    (run,) = shop.runs("greet")
    assert run.due_at.isoformat() == due


def test_a_time_in_the_past_does_not_hold_up_a_run(shop: RuleShop) -> None:
    shop.publish(steps({"do": "wait_until", "formula": "birthday"}))
    shop.order(shop.customer(birthday="1990-03-20"))
    shop.tick()
    assert shop.runs("greet")[0].outcome == "finished"


WAIT_FOR_ORDER = {
    "id": "w", "do": "wait_for", "any": [{**NEW_ORDER, "where": PAID}], "timeout": "7d",
    "then": [{"do": "add_tags", "tags": ["yes"]}],
    "timed_out": [{"do": "add_tags", "tags": ["no"]}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("order", "tags"), [({}, {"yes"}), ({"status": "open"}, {"no"}), (None, {"no"})]
)
def test_waiting_for_something_takes_one_way_or_the_other(
    shop: RuleShop, clock: MovableClock, order: dict[str, Any] | None, tags: set[str]
) -> None:
    first = {"field": "order_count", "op": "is", "value": 1}
    shop.publish(steps(WAIT_FOR_ORDER, when=first))
    anna = shop.customer()
    shop.order(anna)
    shop.tick()
    assert shop.runs("greet")[0].status == "live"  # the order that started it is no answer
    clock.forward(days=1)
    if order is not None:
        shop.order(anna, **order)
        shop.order(shop.customer())
    shop.tick()
    clock.forward(days=7)
    shop.tick()
    assert shop.read("customers", anna)["tags"] == tags


def test_an_answer_between_sending_and_starting_to_wait_is_not_missed(
    shop: RuleShop, clock: MovableClock
) -> None:
    waits_later = {**WAIT_FOR_ORDER, "timeout": "1d"}
    shop.publish(
        sms(),
        steps(
            {"do": "send_message", "message": "hello", "channel": "sms"},
            {"do": "wait", "for": "2d"},
            waits_later,
            when={"field": "order_count", "op": "is", "value": 1},
        ),
    )
    anna = shop.customer()
    shop.order(anna)
    shop.tick()
    clock.forward(days=1)
    shop.order(anna)
    shop.tick()
    clock.forward(days=1)
    shop.tick()
    assert shop.read("customers", anna)["tags"] == {"yes"}


def test_a_branch_looks_at_the_present(shop: RuleShop, clock: MovableClock) -> None:
    branch = {
        "do": "branch", "when": {"field": "trigger.status", "op": "is", "value": "paid"},
        "then": [{"do": "add_tags", "tags": ["paid"]}],
        "else": [{"do": "stop", "outcome": "gone"}],
    }  # fmt: skip
    shop.publish(steps({"do": "wait", "for": "1d"}, branch))
    anna, bob = shop.customer(), shop.customer()
    shop.order(anna)
    refunded = shop.order(bob)
    shop.tick()
    shop.change("orders", refunded, status="refunded")
    clock.forward(days=1)
    shop.tick()
    assert [run.outcome for run in shop.runs("greet")] == ["finished", "gone"]
    assert shop.read("customers", anna)["tags"] == {"paid"}
    assert shop.trace(shop.runs("greet")[0].id)[1].input == {
        "holds": True,
        "found": [[True, "paid", []]],
    }


def test_a_missing_value_without_a_fallback_sends_nothing(shop: RuleShop) -> None:
    shop.publish(sms(text="{name}, welcome to {tier}"), journey())
    shop.order(shop.customer())
    shop.tick()
    (run,) = shop.runs("greet")
    assert (run.status, run.reason) == (
        "failed",
        {"code": "missing-merge-value", "paths": ["name", "tier"], "message": "hello"},
    )
    assert shop.messages() == []


def test_each_person_reads_their_own_language_and_the_labels_of_choices(shop: RuleShop) -> None:
    texts = {"en": "{tier} on {trigger.paid_at:date}", "zh-Hans": "{tier}，{trigger.paid_at:date}"}
    shop.publish(sms(text=texts), journey())
    anna = shop.customer(tier="gold", language="en")
    zhang = shop.customer(tier="gold")
    for person in (anna, zhang):
        shop.order(person)
    shop.tick()
    assert [m.body["text"] for m in shop.messages()] == [
        "Gold on 10 March 2026 Reply STOP to opt out",
        "金卡，2026年3月10日 拒收请回复R",
    ]


def test_a_value_that_looks_like_a_merge_field_is_only_text(shop: RuleShop) -> None:
    shop.publish(sms(text="{name} {{7*7}}"), journey())
    shop.order(shop.customer(name="{mobile} {{x}}"))
    shop.tick()
    assert shop.messages()[0].body["text"] == "{mobile} {{x}} {{7*7}} 拒收请回复R"


def test_no_address_is_a_reason_not_a_failure(shop: RuleShop) -> None:
    shop.publish(sms(), journey())
    shop.order(shop.customer(mobile=None))
    shop.tick()
    assert [(m.status, m.reason) for m in shop.messages()] == [
        ("suppressed", {"code": "no-address"})
    ]
    assert shop.runs("greet")[0].outcome == "finished"


def test_a_run_whose_record_is_gone_ends(shop: RuleShop, clock: MovableClock) -> None:
    shop.publish(
        journey(
            trigger={"on": "record_created"},
            steps=[{"do": "wait", "for": "1d"}, {"do": "add_tags", "tags": ["x"]}],
        )
    )
    anna = shop.customer()
    shop.tick()
    with shop.work() as uow:
        delete_record(uow, SYSTEM, "customers", anna, origin=Origin("cli"))
    clock.forward(days=1)
    shop.tick()
    assert shop.runs("greet")[0].outcome == "record_deleted"


def test_an_exit_takes_back_what_is_queued(shop: RuleShop, clock: MovableClock) -> None:
    guards = {"purpose": "marketing", "quiet_hours": ["21:00", "09:00"]}
    shop.publish(
        sms(),
        journey(
            trigger={"on": "record_updated", "fields": ["note"]},
            guards=guards,
            exit=[{**NEW_ORDER, "outcome": "goal"}],
            steps=[
                {"do": "send_message", "message": "hello", "channel": "sms"},
                {"do": "wait", "for": "7d"},
            ],
        ),
    )
    anna = shop.customer()
    clock.forward(hours=11)  # 23:00 in Shanghai
    shop.change("customers", anna, note="x")
    shop.tick()
    assert [m.status for m in shop.messages()] == ["queued"]
    shop.order(anna)
    shop.tick()
    clock.forward(days=1)
    shop.tick()
    assert shop.runs("greet")[0].outcome == "goal"
    assert shop.messages()[0].reason == {"code": "run-ended", "outcome": "goal"}


def test_a_person_can_stop_a_run(shop: RuleShop) -> None:
    shop.publish(steps({"do": "wait", "for": "7d"}))
    shop.order(shop.customer())
    shop.tick()
    (run,) = shop.runs("greet")
    with shop.work() as uow:
        stop_run(uow, SYSTEM, run.id)
    assert shop.runs("greet")[0].outcome == "stopped_by_hand"


def test_a_step_that_stumbles_is_tried_again_later_and_gives_up_in_the_end(
    shop: RuleShop, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_args: object) -> None:
        raise RuntimeError("out of breath")

    monkeypatch.setattr(Stop, "perform", stumble)
    shop.publish(steps({"do": "add_tags", "tags": ["x"]}, {"do": "stop"}))
    anna = shop.customer()
    shop.order(anna)
    shop.tick()
    (run,) = shop.runs("greet")
    assert (run.status, run.cursor) == ("live", "steps/1")
    assert run.reason == {"code": "step-error", "error": "RuntimeError: out of breath"}
    assert run.due_at > NOW
    assert shop.read("customers", anna)["tags"] == {"x"}  # the step before it stays done
    for _ in range(12):
        clock.forward(hours=2)
        shop.tick()
    assert [run.status for run in shop.runs("greet")] == ["stuck"]
    monkeypatch.undo()
    with shop.work() as uow:
        retry_run(uow, SYSTEM, run.id)
    shop.tick()
    assert shop.runs("greet")[0].outcome == "stopped"


def test_a_run_keeps_to_the_version_it_started_with(shop: RuleShop, clock: MovableClock) -> None:
    shop.publish(steps({"do": "wait", "for": "1d"}, {"do": "add_tags", "tags": ["old"]}))
    anna, bob = shop.customer(), shop.customer()
    shop.order(anna)
    shop.tick()
    shop.publish(steps({"do": "wait", "for": "1d"}, {"do": "add_tags", "tags": ["new"]}))
    shop.order(bob)
    shop.tick()
    clock.forward(days=1)
    shop.tick()
    assert [shop.read("customers", who)["tags"] for who in (anna, bob)] == [{"old"}, {"new"}]
    assert [run.version for run in shop.runs("greet")] == [1, 2]
