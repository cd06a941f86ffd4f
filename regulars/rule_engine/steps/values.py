"""The values that create_record and update_record write: literals and formulas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import BadValue, Reading, field_types
from regulars.platform.events import event
from regulars.platform.problems import Problem, under
from regulars.rule_engine.scope import Meaning
from regulars.rule_engine.steps.base import StepWork, scope_of
from regulars.rule_engine.steps.targets import check_writable
from regulars.rule_engine.triggers.outside import EVENT, HOOK_EVENT, found_at

READING = Reading(ZoneInfo("UTC"), "CNY", datetime(2000, 1, 1, tzinfo=UTC))
VALUES_SETTING = {"type": "object", "maxProperties": 200}


def is_told(value: Any) -> bool:
    """Whether a value is taken from what the starting event said: ``{"event": "order.no"}``."""
    return isinstance(value, Mapping) and set(value) == {"event"}


def is_formula(value: Any) -> bool:
    """Whether a value is computed: ``{"formula": "…"}``."""
    return isinstance(value, Mapping) and set(value) == {"formula"}


def check_values(
    form: FormDefinition, values: Mapping[str, Any], meaning: Meaning
) -> Iterator[Problem]:
    """Every problem of the values a step writes into ``form``; paths start with ``values``."""
    for key, value in values.items():
        place = f"values/{key}"
        problems = list(check_writable(form, key, place))
        yield from problems
        if problems:
            continue
        field = form.by_key[key]
        if is_formula(value):
            yield from under(place, _check_formula(field, str(value["formula"]), meaning))
        elif is_told(value):
            yield from under(place, _check_told(value["event"], meaning))
        else:
            yield from under(place, _check_literal(field, value))


def _check_formula(field: FieldDefinition, text: str, meaning: Meaning) -> list[Problem]:
    tree, problems = scope_of(meaning).formula(text)
    if problems or tree.type is None:
        return problems
    wanted = field_types.get(field.type).value_type(field)
    if expressing.fits(tree.type, wanted):
        return []
    return [
        Problem("", "formula-of-other-kind", {"field": field.name, "kind": tree.type.kind.value})
    ]


def _check_literal(field: FieldDefinition, value: Any) -> list[Problem]:
    try:
        field_types.get(field.type).convert(field, value, READING)
    except BadValue as bad:
        return [Problem("", bad.code, bad.params)]
    return []


def values_of(work: StepWork, form: FormDefinition) -> dict[str, Any]:
    """The values to write, formulas computed as of now and fitted to their fields."""
    values: dict[str, Any] = {}
    for key, value in work.step.settings["values"].items():
        if is_formula(value):
            computed = work.sight.value(work.scope, str(value["formula"]))
            values[key] = fitted(form.by_key.get(key), computed, work)
        elif is_told(value):
            values[key] = told_value(work, str(value["event"]))
        else:
            values[key] = value
    return values


def _check_told(path: Any, meaning: Meaning) -> Iterator[Problem]:
    if not isinstance(path, str) or not all(path.split(".")):
        yield Problem("", "bad-data-path", {"path": str(path)[:60]})
    if meaning.rule is not None and meaning.rule.trigger.on not in (EVENT, HOOK_EVENT):
        yield Problem("", "nobody-told-anything")


def told_value(work: StepWork, path: str) -> Any:
    """What the event that started this run said at a path; None when it said nothing there."""
    found = work.uow.scalar(sa.select(event.c.data).where(event.c.id == work.run.trigger_event))
    data = found or {}
    value = found_at(data.get("body", data.get("data")), path)
    return None if isinstance(value, Mapping) else value


def fitted(field: FieldDefinition | None, value: Any, work: StepWork) -> Any:
    """A computed value as its field keeps it: so many places, the day of an instant."""
    if field is None or value is None:
        return value
    wanted = field_types.get(field.type).value_type(field)
    return expressing.fitted(value, wanted, expressing.moment_of(work.uow))
