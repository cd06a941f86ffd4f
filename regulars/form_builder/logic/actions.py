"""Rules of a form as frozen objects, parsed once from its JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regulars.platform.i18n import Text

STATES = ("show", "hide", "require", "read_only")
"""What a rule may say about a field besides its value."""


@dataclass(frozen=True)
class State:
    """``fields`` are shown, hidden, required or read-only (`STATES`) while the rule holds."""

    kind: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class SetValue:
    """``field`` takes a fixed ``value`` or what a ``formula`` gives; maybe only when empty."""

    field: str
    value: Any = None
    formula: str | None = None
    if_empty: bool = False


@dataclass(frozen=True)
class Fill:
    """Fields take values of the record that the link path ``source`` leads to.

    ``fields`` says for each field of this form which field there.
    """

    source: str
    fields: Mapping[str, str]
    if_empty: bool = False


@dataclass(frozen=True)
class Options:
    """What ``field`` offers: some of its ``values``, or the linked records that meet ``where``.

    In ``where`` a value may be ``{"record": "city"}``: the field of the record being filled in.
    """

    field: str
    values: tuple[str, ...] | None = None
    where: Mapping[str, Any] | None = None


Action = State | SetValue | Fill | Options


@dataclass(frozen=True)
class LogicRule:
    """While ``when`` holds (always without one), the actions of ``then`` hold."""

    when: Mapping[str, Any] | None
    then: tuple[Action, ...]
    key: str = ""
    label: Text | None = None


def rules_from_json(raw: Sequence[Mapping[str, Any]]) -> tuple[LogicRule, ...]:
    """The rules of a JSON list whose shape has been checked."""
    return tuple(
        LogicRule(
            each.get("when") or None,
            tuple(_action(part) for part in each["then"]),
            each.get("key", ""),
            each.get("label"),
        )
        for each in raw
    )


def _action(raw: Mapping[str, Any]) -> Action:
    [(kind, body)] = raw.items()
    if kind in STATES:
        return State(kind, tuple(body))
    if kind == "set":
        return SetValue(
            body["field"], body.get("value"), body.get("formula"), bool(body.get("if_empty"))
        )
    if kind == "fill":
        return Fill(body["from"], dict(body["fields"]), bool(body.get("if_empty")))
    values = body.get("values")
    return Options(body["field"], None if values is None else tuple(values), body.get("where"))


def named_fields(action: Action) -> Iterator[tuple[str, str]]:
    """(place within the action, key) of every field of the form that an action is about."""
    if isinstance(action, State):
        yield from ((f"{action.kind}/{n}", key) for n, key in enumerate(action.fields))
    elif isinstance(action, SetValue):
        yield "set/field", action.field
    elif isinstance(action, Fill):
        yield from ((f"fill/fields/{key}", key) for key in action.fields)
    else:
        yield "options/field", action.field
