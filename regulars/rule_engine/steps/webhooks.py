"""call_webhook: another program is told; the call leaves through the same outbox as messages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from regulars.platform.privacy.purposes import SERVICE
from regulars.platform.problems import Problem, under
from regulars.rule_engine.definition import Step
from regulars.rule_engine.scope import Meaning
from regulars.rule_engine.steps.base import (
    NAME_SETTING,
    Answer,
    Done,
    Settings,
    StepKind,
    StepWork,
    scope_of,
)
from regulars.rule_engine.steps.values import is_formula
from regulars.rule_engine.webhooks import CHANNEL, written


class CallWebhook(StepKind):
    """Call the program kept under the key ``to`` with ``values``: literals and formulas by name.

    The call is signed and repeated until it is taken, always with the same ``webhook-id``. The run
    does not wait for it.
    """

    name = "call_webhook"
    icon = "webhook"
    settings: ClassVar[Settings] = {
        "to": NAME_SETTING,
        "values": {
            "type": "object", "maxProperties": 50,
            "propertyNames": {"pattern": "^[a-z](_?[a-z0-9]){0,47}$"},
        },
    }  # fmt: skip
    required_settings = ("to",)

    def check(self, step: Step, meaning: Meaning) -> Iterator[Problem]:
        for name, value in step.settings.get("values", {}).items():
            if is_formula(value):
                _tree, problems = scope_of(meaning).formula(str(value["formula"]))
                yield from under(f"values/{name}", problems)

    def perform(self, work: StepWork) -> Answer:
        run, own = work.run, work.step.settings
        values = {name: _value(work, value) for name, value in own.get("values", {}).items()}
        text = written({
            "type": f"rule.{work.rule.key}", "timestamp": run.meant_at.isoformat(),
            "data": {
                "rule": work.rule.key, "run": run.id, "step": work.step.id, "form": run.form,
                "record": run.record, "values": values,
            },
        })  # fmt: skip
        work.seen.update(to=own["to"], values=sorted(values))
        work.effects.messages.append({
            "idempotency_key": work.key, "run": run.id, "rule": work.rule.key,
            "rule_version": run.version, "step": work.step.id, "message": own["to"],
            "message_version": 0, "form": run.form, "record": run.record, "purpose": SERVICE,
            "channel": CHANNEL, "address": own["to"], "locale": work.uow.workspace.locale,
            "body": {"text": text}, "merged": None,
            "status": "queued", "reason": None, "due_at": work.uow.now,
            "meant_at": run.meant_at, "expires_at": None, "attempts": 0,
            "created_at": work.uow.now, "finished_at": None,
        })  # fmt: skip
        return Done(output={"key": work.key})


def _value(work: StepWork, value: Any) -> Any:
    return (
        _plain(work.sight.value(work.scope, str(value["formula"]))) if is_formula(value) else value
    )


def _plain(value: Any) -> Any:
    """A value as JSON: exact numbers and instants as text, tags in order."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, (Decimal, datetime, date)):
        return value.isoformat() if isinstance(value, date) else str(value)
    return value
