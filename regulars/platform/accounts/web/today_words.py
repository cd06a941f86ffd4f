"""The first page in words and as JSON. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from regulars.platform.i18n import find_text, pick, translate
from regulars.platform.today import Person, Reason, Today, Trouble

COST_UNIT = 10_000  # costs are ten-thousandths of the shop's currency


def trouble_text(trouble: Trouble, locale: str) -> str:
    """What is stuck, in one sentence."""
    return translate(f"today.trouble.{trouble.code}", locale, **trouble.params)


def is_named_reason(code: str, locale: str) -> bool:
    """Whether a reason for holding back has words of its own here."""
    return find_text(f"today.held-back.{code}", locale) is not None


def as_json(today: Today, locale: str) -> dict[str, Any]:
    """The page for programs; instants stay instants."""
    sent, held = today.sent, today.held
    return {
        "calls": [
            {
                "person": _person(call.person),
                "reasons": [_reason(each, locale) for each in call.reasons],
            }
            for call in today.calls
        ],
        "tasks": [
            {
                "id": line.id, "title": line.title, "kind": line.kind, "due_at": line.due_at,
                "late": line.is_late,
                "person": None if line.person is None else _person(line.person),
            }
            for line in today.tasks
        ],
        "troubles": [
            {"code": each.code, "text": trouble_text(each, locale)} for each in today.troubles
        ],
        "sent": None
        if sent is None
        else {
            "number": sent.number, "cost": str(Decimal(sent.cost) / COST_UNIT),
            "by_channel": dict(sent.by_channel), "held_back": dict(sent.held_back),
            "waiting": sent.waiting,
        },
        "stopped": None
        if held is None
        else {"reason": held.reason, "by": held.by, "since": held.since},
    }  # fmt: skip


def _person(person: Person) -> dict[str, Any]:
    return {
        "form": person.form, "id": person.record, "title": person.title, "phone": person.phone,
    }  # fmt: skip


def _reason(reason: Reason, locale: str) -> dict[str, Any]:
    return {
        "kind": reason.kind, "text": pick(reason.words, locale), "due_at": reason.due_at,
        "task": reason.task,
    }  # fmt: skip
