"""From queued to sent: the gate, the provider, and what nobody can know."""

from datetime import timedelta
from typing import Any

import pytest

from regulars.platform.db import Database
from regulars.platform.events import event
from regulars.platform.mailer import Mail, MailRefused, MailUnknown
from regulars.platform.privacy.suppressions import suppress_address
from regulars.rule_engine.service import (
    choose_provider,
    pause_rule,
    resolve_message,
    resume_rule,
)
from tests.support.clocks import MovableClock
from tests.support.rule_shop import SYSTEM, RuleShop, journey, sms

DAY = timedelta(days=1)
QUIET = {"purpose": "marketing", "quiet_hours": ["21:00", "09:00"]}
EMAIL = {
    "kind": "message", "key": "hello",
    "channels": {"email": {"subject": "Hi {name}", "markdown": "Dear {name},\n\n- one\n- two"}},
}  # fmt: skip
BY_EMAIL = journey(
    steps=[{"id": "hello", "do": "send_message", "message": "hello", "channel": "email"}]
)


def by_email(shop: RuleShop) -> int:
    """Publish the e-mail rule, send through the mail server, and place an order."""
    shop.publish(EMAIL, BY_EMAIL)
    with shop.work() as uow:
        choose_provider(uow, SYSTEM, "email", "smtp")
    anna = shop.customer(name="Anna", email="anna@example.com")
    shop.consent(anna, channel="email")
    shop.order(anna)
    return anna


def test_at_night_a_message_waits_for_the_morning(shop: RuleShop, clock: MovableClock) -> None:
    shop.publish(sms(), journey(guards=QUIET))
    anna = shop.customer()
    clock.forward(hours=10)  # 22:00 in Shanghai
    shop.order(anna)
    shop.tick()
    (message,) = shop.messages()
    assert message.status == "queued"
    assert message.reason["code"] == "quiet-hours"
    assert message.due_at.isoformat() == "2026-03-11T01:00:00+00:00"
    clock.forward(hours=10)
    shop.tick()
    assert shop.messages()[0].status == "queued"
    clock.forward(hours=1)
    shop.tick()
    assert shop.messages()[0].status == "sent"


def test_a_message_that_would_be_too_late_in_the_morning_is_dropped_at_night(
    shop: RuleShop, clock: MovableClock
) -> None:
    step = {
        "do": "send_message", "message": "hello", "channel": "sms", "not_later_than": "same_day",
    }  # fmt: skip
    shop.publish(sms(), journey(guards=QUIET, steps=[step]))
    anna = shop.customer()
    clock.forward(hours=10)
    shop.order(anna)
    shop.tick()
    (message,) = shop.messages()
    assert (message.status, message.reason["code"]) == (
        "suppressed", "too-late-after-quiet-hours",
    )  # fmt: skip


def test_quiet_hours_can_mean_not_at_all(shop: RuleShop, clock: MovableClock) -> None:
    shop.publish(sms(), journey(guards={**QUIET, "on_quiet": "skip"}))
    anna = shop.customer()
    clock.forward(hours=10)
    shop.order(anna)
    shop.tick()
    assert shop.messages()[0].reason["code"] == "quiet-hours"
    assert shop.messages()[0].status == "suppressed"


def test_consent_withdrawn_between_queue_and_send_means_no_message(
    shop: RuleShop, clock: MovableClock
) -> None:
    shop.publish(sms(), journey(guards=QUIET))
    anna = shop.customer()
    clock.forward(hours=10)
    shop.order(anna)
    shop.tick()
    shop.consent(anna, "withdraw", at=clock.now)
    clock.forward(hours=11)
    shop.tick()
    (message,) = shop.messages()
    assert message.status == "suppressed"
    assert message.reason["code"] == "consent-withdrawn"


def test_withdrawing_ends_the_waiting_runs_of_that_purpose_only(
    shop: RuleShop, clock: MovableClock
) -> None:
    waits = [
        {"do": "wait", "for": "1d"},
        {"do": "send_message", "message": "hello", "channel": "sms"},
    ]
    service = {**sms("care"), "purpose": "service"}
    cares = [waits[0], {**waits[1], "message": "care"}]
    shop.publish(
        sms(), service, journey("sells", steps=waits),
        journey("cares", guards={"purpose": "service"}, steps=cares),
    )  # fmt: skip
    anna = shop.customer()
    shop.order(anna)
    shop.tick()
    shop.consent(anna, "withdraw")
    shop.tick()
    assert {run.rule: (run.status, run.outcome) for run in shop.runs()} == {
        "sells": ("done", "consent_withdrawn"), "cares": ("live", None),
    }  # fmt: skip
    clock.forward(days=1)
    shop.tick()
    assert [(m.message, m.status) for m in shop.messages()] == [("care", "sent")]


def test_service_messages_need_no_consent_but_a_refusal_is_obeyed(shop: RuleShop) -> None:
    shop.publish(
        {**sms(), "purpose": "service"}, journey(guards={"purpose": "service"})
    )  # fmt: skip
    shop.order(shop.customer(agrees=False))
    shop.tick()
    assert [m.status for m in shop.messages()] == ["sent"]


def test_a_cap_counts_the_last_days_across_rules(shop: RuleShop, clock: MovableClock) -> None:
    guards = {"purpose": "marketing", "quiet_hours": None, "cap": {"n": 2, "days": 7}}
    shop.publish(sms(), journey("one", guards=guards), journey("two", guards=guards))
    anna, bob = shop.customer(), shop.customer()
    shop.order(anna)
    shop.tick()
    clock.forward(days=3)
    shop.order(anna)
    shop.order(bob)
    shop.tick()
    assert [m.status for m in shop.messages(record=anna)] == ["sent"] * 2 + ["suppressed"] * 2
    assert shop.messages(record=anna)[2].reason == {
        "code": "frequency-cap", "n": 2, "days": 7, "used": 2,
    }  # fmt: skip
    assert [m.status for m in shop.messages(record=bob)] == ["sent", "sent"]
    clock.forward(days=4)  # the first two are seven days old now
    shop.order(anna)
    shop.tick()
    assert [m.status for m in shop.messages(record=anna)][4:] == ["sent", "sent"]


def test_an_address_on_the_suppression_list_gets_nothing_and_is_not_stored_there(
    shop: RuleShop,
) -> None:
    shop.publish(sms(), journey())
    with shop.work() as uow:
        suppress_address(uow, SYSTEM, "sms", "+86 138 0000 0001", "asked by phone")
    shop.order(shop.customer())
    shop.tick()
    assert shop.messages()[0].reason == {"code": "on-suppression-list"}


def test_pausing_stops_queued_messages_and_running_steps(
    shop: RuleShop, clock: MovableClock
) -> None:
    shop.publish(sms(), journey(guards=QUIET))
    anna = shop.customer()
    clock.forward(hours=10)
    shop.order(anna)
    shop.tick()
    with shop.work() as uow:
        pause_rule(uow, SYSTEM, "greet")
    clock.forward(hours=11)
    shop.order(anna)
    assert shop.tick().messages == 0
    assert [m.status for m in shop.messages()] == ["queued"]
    assert len(shop.runs("greet")) == 1
    with shop.work() as uow:
        resume_rule(uow, SYSTEM, "greet")
    shop.tick()
    assert [m.status for m in shop.messages()] == ["sent"]


def test_a_message_from_before_a_long_pause_is_not_sent_any_more(
    shop: RuleShop, clock: MovableClock
) -> None:
    shop.publish(sms(), journey())
    shop.order(shop.customer())
    with shop.work() as uow:
        pause_rule(uow, SYSTEM, "greet")
    shop.tick()
    with shop.work() as uow:
        resume_rule(uow, SYSTEM, "greet")
    shop.order(shop.customer())
    clock.forward(days=3)
    shop.tick()
    assert [(m.status, m.reason["code"]) for m in shop.messages()] == [("suppressed", "too-late")]


def test_mail_goes_out_with_a_key_that_never_changes(shop: RuleShop) -> None:
    by_email(shop)
    shop.tick()
    (mail,) = shop.mailer.outbox
    assert (mail.to, mail.subject) == ("anna@example.com", "Hi Anna")
    (told,) = shop.messages()
    made = int(told.created_at.timestamp())
    assert mail.key == f"{shop.workspace.id}.{told.idempotency_key.replace(':', '.')}.{made}"
    assert mail.text.startswith("Dear Anna,\n\n- one\n- two\n\n")
    (message,) = shop.messages()
    assert (message.status, message.provider) == ("sent", "smtp")


def test_being_sent_is_an_event(shop: RuleShop) -> None:
    shop.publish(sms(), journey())
    shop.order(shop.customer())
    shop.tick()
    with shop.work() as uow:
        (told,) = uow.execute(event.select().where(event.c.kind == "message_sent"))
    assert (told.data["step"], told.data["rule"], told.chain) == ("hello", "greet", ["greet"])


class Scripted:
    """A mail server that answers as told."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.seen: list[Mail] = []

    def send(self, mail: Mail) -> str:
        self.seen.append(mail)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return str(answer)


def test_a_server_that_is_busy_is_asked_again_later(shop: RuleShop, clock: MovableClock) -> None:
    server = Scripted(MailRefused("451 later", permanent=False), "<id>")
    shop.mailer = server  # type: ignore[assignment]
    by_email(shop)
    shop.tick()
    (message,) = shop.messages()
    assert (message.status, message.reason["code"]) == ("queued", "provider-refused")
    clock.forward(minutes=5)
    shop.tick()
    assert [m.status for m in shop.messages()] == ["sent"]
    assert len(server.seen) == 2
    assert len({mail.key for mail in server.seen}) == 1


def test_a_server_that_refuses_for_good_is_not_asked_again(
    shop: RuleShop, clock: MovableClock
) -> None:
    server = Scripted(MailRefused("550 no such user", permanent=True))
    shop.mailer = server  # type: ignore[assignment]
    by_email(shop)
    shop.tick()
    clock.forward(days=1)
    shop.tick()
    (message,) = shop.messages()
    assert message.status == "failed"
    assert message.reason == {"code": "provider-refused", "detail": "550 no such user"}
    assert len(server.seen) == 1


@pytest.mark.parametrize("doubt", [MailUnknown("reset"), RuntimeError("never foreseen")])
def test_a_doubtful_mail_is_never_repeated_but_a_person_decides(
    shop: RuleShop, clock: MovableClock, doubt: Exception
) -> None:
    server = Scripted(doubt, "<id>")
    shop.mailer = server  # type: ignore[assignment]
    by_email(shop)
    shop.tick()
    clock.forward(days=1)
    shop.tick()
    (message,) = shop.messages()
    assert (message.status, message.reason["code"]) == ("unknown", "outcome-unknown")
    assert len(server.seen) == 1
    with shop.work() as uow:
        resolve_message(uow, SYSTEM, message.id, "resend")
    shop.tick()
    assert [m.status for m in shop.messages()] == ["sent"]


def test_a_person_may_say_that_it_did_arrive(shop: RuleShop) -> None:
    shop.mailer = Scripted(MailUnknown("reset"))  # type: ignore[assignment]
    by_email(shop)
    shop.tick()
    with shop.work() as uow:
        resolve_message(uow, SYSTEM, 1, "sent")
    assert [(m.status, m.resolved_by) for m in shop.messages()] == [("sent", "system")]


def test_two_engines_send_each_message_once(shop: RuleShop, database: Database) -> None:
    shop.publish(sms(), journey())
    people = [shop.customer() for _ in range(6)]
    for person in people:
        shop.order(person)
    first, second = shop.engine, shop.engine
    for _ in range(4):
        first.round(shop.workspace, database.clock, anyway=False)
        second.round(shop.workspace, database.clock, anyway=False)
    assert sorted(m.record for m in shop.messages(status="sent")) == people
