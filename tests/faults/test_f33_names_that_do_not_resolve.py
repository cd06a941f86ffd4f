"""F33: the resolver is slow or dead; a call or a mail ends in its time, nobody else waits for it,
and what was to be sent goes out once the names are known again."""

import socket
import threading
from typing import Any

import pytest

from regulars.platform import mailer, safe_http
from regulars.platform.mailer import Mail, MailRefused, SmtpMailer
from regulars.platform.safe_http import Door, NoAnswer
from regulars.rule_engine.channels import webhook
from regulars.rule_engine.channels.base import Surroundings
from regulars.rule_engine.ticking import Engine
from regulars.rule_engine.webhooks import WebhookWish, add_webhook
from tests.support.busy_shop import PEOPLE
from tests.support.channels import SEAL
from tests.support.clocks import MovableClock
from tests.support.provider import Turn, fake_provider
from tests.support.rule_faults import LedgerMailer, promises_kept
from tests.support.rule_shop import SYSTEM, RuleShop, journey


def dead(*_asked: Any, **_more: Any) -> list[tuple[Any, ...]]:
    raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


def test_f33_a_dead_resolver_is_no_answer() -> None:
    with pytest.raises(NoAnswer, match="Temporary failure"):
        Door(resolve=dead).post("https://till.example/in", b"{}", {})


def test_f33_a_slow_resolver_is_not_waited_for_longer_than_a_call() -> None:
    never = threading.Event()

    def slow(*_asked: Any, **_more: Any) -> list[tuple[Any, ...]]:
        never.wait(30)
        return []

    with pytest.raises(NoAnswer, match="in time"):
        Door(resolve=slow, timeout=0.05).post("https://till.example/in", b"{}", {})
    assert not never.is_set()
    never.set()  # the thread that still waits may go


@pytest.mark.parametrize("how", ["dead", "slow"])
def test_f33_a_mail_waits_for_a_name_no_longer_than_for_a_server(
    monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    never = threading.Event()

    def slow(*_asked: Any, **_more: Any) -> list[tuple[Any, ...]]:
        never.wait(30)
        return []

    resolve = {"dead": dead, "slow": slow}[how]
    monkeypatch.setattr(mailer, "TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(
        mailer, "resolved", lambda *asked: safe_http.resolved(*asked, resolve=resolve)
    )
    with pytest.raises(MailRefused) as refused:
        SmtpMailer("mail.example", 587, "shop@example.com").send(
            Mail("a@b.example", "x", "x", "k")
        )
    assert not refused.value.permanent  # it is tried again
    assert not never.is_set()
    never.set()


def test_f33_rules_go_on_and_calls_go_out_once_names_are_known_again(
    busy: RuleShop, mailer: LedgerMailer, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    blind = Door(frozenset({"127.0.0.1"}), resolve=dead)
    with fake_provider() as till:
        till.usual = Turn(body=b"{}")
        with busy.work() as uow:
            add_webhook(uow, SYSTEM, SEAL, WebhookWish("till", "Till", f"{till.url}/in", True))
        call = {"do": "call_webhook", "to": "till", "values": {"amount": {"value": "1"}}}
        busy.publish(journey("tell", steps=[call], guards={}))
        engine = Engine(busy.database, Surroundings(mailer, SEAL))
        with monkeypatch.context() as patched:
            patched.setattr(webhook, "door_to", lambda *_url, **_local: blind)
            engine.tick(None, busy.workspace)
        waiting = busy.messages(address="till")
        assert {(m.status, m.reason["code"]) for m in waiting} == {("queued", "no-answer")}
        assert [run.cursor for run in busy.runs("thanks")] == ["steps/4"] * PEOPLE
        assert till.seen == []
        clock.forward(minutes=2)
        engine.tick(None, busy.workspace)
        assert {m.status for m in busy.messages(address="till")} == {"sent"}
        assert len(till.seen) == len(waiting) == PEOPLE
    promises_kept(busy.database, busy.workspace)
