"""What the log says of a busy hour: which rule did how much, which run went wrong, and nobody's
name, number or address."""

import io
import json

import pytest

from regulars.rule_engine.steps.base import StepWork
from regulars.rule_engine.steps.messages import SendMessage
from tests.support.busy_shop import PEOPLE, finish
from tests.support.clocks import MovableClock
from tests.support.rule_faults import LedgerMailer
from tests.support.rule_shop import RuleShop

NAME = "Canary Featherstone"


def test_a_busy_hour_is_told_by_rule_and_run_and_without_anybodys_data(
    busy: RuleShop, mailer: LedgerMailer, clock: MovableClock, log: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    anna = busy.customer(name=NAME, email="canary@example.com", mobile="13900001111")
    busy.order(anna)
    send = SendMessage.perform

    def perform(self: SendMessage, work: StepWork) -> object:
        if work.run.record == anna:
            raise ValueError(
                f"{NAME!r} <canary@example.com> 13900001111: not written"
            )  # as drivers do
        return send(self, work)

    monkeypatch.setattr(SendMessage, "perform", perform)
    for _ in range(4):
        finish(busy, mailer)
        clock.forward(minutes=15)
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    (mine,) = [run for run in busy.runs("thanks") if run.record == anna]
    about = [line for line in lines if line.get("run") == mine.id]
    assert {line["error"]["kind"] for line in about} == {"builtins.ValueError"}
    done = [line for line in lines if line["message"] == "steps" and line["rule"] == "thanks"]
    assert sum(line["steps"] for line in done) >= 4 * PEOPLE
    assert sum(line["failed"] for line in done) == mine.attempts == len(about)
    said = log.getvalue()
    kept = ("Canary", "Featherstone", "canary@", "1390000", "138000", "@example.com")
    assert [each for each in kept if each in said] == []
