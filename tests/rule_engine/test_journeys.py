"""Journeys from the event to the message, on both databases."""

from datetime import timedelta

from tests.support.clocks import NOW, MovableClock
from tests.support.rule_shop import PAID, SILENT_30, RuleShop, journey, sms

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_a_new_order_sends_one_message_with_the_customers_name(shop: RuleShop) -> None:
    shop.publish(sms(), journey())
    anna = shop.customer(name="Anna")
    shop.order(anna)
    shop.tick()
    (message,) = shop.messages()
    assert (message.status, message.body["text"], message.address) == (
        "sent", "Anna, hello! 拒收请回复R", "+8613800000001",
    )  # fmt: skip
    (run,) = shop.runs("greet")
    assert (run.status, run.outcome, run.record) == ("done", "finished", anna)
    assert [(step.do, step.outcome) for step in shop.trace(run.id)] == [("send_message", "done")]


def test_ticking_again_changes_nothing(shop: RuleShop) -> None:
    shop.publish(sms(), journey())
    shop.order(shop.customer())
    assert not shop.tick().is_nothing
    assert shop.tick().is_nothing
    assert len(shop.messages()) == 1


def test_without_consent_nothing_is_sent_and_the_reason_is_kept(shop: RuleShop) -> None:
    shop.publish(sms(), journey())
    shop.order(shop.customer(agrees=False))
    shop.tick()
    (message,) = shop.messages()
    assert message.status == "suppressed"
    assert message.reason == {"code": "no-consent", "purpose": "marketing", "channel": "sms"}


def test_win_back_waits_a_week_and_writes_a_second_time(
    shop: RuleShop, clock: MovableClock
) -> None:
    shop.publish(sms("first"), sms("second"), win_back())
    silent, buyer = shop.customer(name="A"), shop.customer(name="B")
    shop.order(silent, at=NOW - 29 * DAY)
    shop.order(buyer, at=NOW - 29 * DAY)
    shop.tick()
    assert shop.runs("win_back") == []
    clock.forward(days=1)
    shop.tick()
    assert len(shop.runs("win_back", status="live")) == 2
    assert [m.message for m in shop.messages(status="sent")] == ["first", "first"]
    clock.forward(days=2)
    shop.order(buyer)
    shop.tick()
    ended = {run.record: run.outcome for run in shop.runs("win_back", status="done")}
    assert ended == {buyer: "goal"}
    clock.forward(days=5)
    shop.tick()
    assert [(m.record, m.message) for m in shop.messages()][2:] == [(silent, "second")]
    clock.forward(days=40)
    shop.tick()
    assert len(shop.runs("win_back")) == 3  # the buyer has lapsed again, the silent one has not


def test_people_who_match_when_a_rule_is_published_are_backlog(
    shop: RuleShop, clock: MovableClock
) -> None:
    old = shop.customer()
    shop.order(old, at=NOW - 60 * DAY)
    shop.tick()
    shop.publish(sms("first"), sms("second"), win_back())
    clock.forward(days=3)
    shop.tick()
    (run,) = shop.runs("win_back")
    assert (run.status, run.reason) == ("skipped", {"code": "backlog"})
    shop.order(old)
    shop.tick()
    clock.forward(days=31)
    shop.tick()
    assert [run.status for run in shop.runs("win_back")] == ["skipped", "live"]


def win_back(**parts: object) -> dict[str, object]:
    bought = {"on": "record_created", "form": "orders", "link": "customer", "where": PAID}
    return journey(
        "win_back",
        trigger={"on": "scan", "every": "day", "at": "10:00"},
        when=SILENT_30,
        entry={"key": "LAST(orders).id"},
        exit=[{**bought, "outcome": "goal"}],
        steps=[
            {"id": "s1", "do": "send_message", "message": "first", "channel": "sms"},
            {
                "id": "s2", "do": "wait_for", "any": [bought], "timeout": "7d",
                "then": [{"do": "stop", "outcome": "answered"}],
                "timed_out": [
                    {"id": "s3", "do": "send_message", "message": "second", "channel": "sms"}
                ],
            },
        ],
        **parts,
    )  # fmt: skip
