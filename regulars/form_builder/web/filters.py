"""The filter builder of lists: conditions as rows of field, operator and value. Pure.

The address holds one condition as JSON. Rows are the leaves of its ``all``; anything else stays
whole and is shown as one chip.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regulars.form_builder.color_rules import ColorRule, rules_from
from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import BadValue, field_types
from regulars.form_builder.field_types.file import FILE_TYPES
from regulars.form_builder.field_types.phone import PhoneField
from regulars.platform.expressions.operators import LIST_OPS, NO_VALUE_OPS
from regulars.platform.expressions.types import Kind
from regulars.platform.problems import Problem
from regulars.platform.web.addresses import DIGITS

Condition = Mapping[str, Any]

_EMPTY = ("is_empty", "is_not_empty")
_DATES = (
    "within", "older_than", "is", "before", "after", "on_or_before", "on_or_after", "between",
    "same_day_of_year", *_EMPTY,
)  # fmt: skip
OFFERED: Mapping[Kind, tuple[str, ...]] = {
    Kind.TEXT: ("contains", "not_contains", "is", "is_not", "starts_with", *_EMPTY),
    Kind.CHOICE: ("is", "is_not", "in", *_EMPTY),
    Kind.NUMBER: ("is", "gt", "gte", "lt", "lte", "between", *_EMPTY),
    Kind.BOOLEAN: ("is", *_EMPTY),
    Kind.DATE: _DATES,
    Kind.DATETIME: _DATES,
    Kind.TAGS: ("has", "has_any", "has_all", "has_none", *_EMPTY),
    Kind.LINK: ("is", "is_not", *_EMPTY),
}
MEMBER_OPS = ("is", "is_not", "is_me", *_EMPTY)
UNIT_OPS = ("is", "is_not", "in_my_units", *_EMPTY)
CASCADE_OPS = ("under", "is", "is_not", *_EMPTY)
CALENDARS = (
    "today", "yesterday", "this_week", "last_week", "this_month", "last_month", "this_quarter",
    "last_quarter", "this_year", "last_year",
)  # fmt: skip
LAST_DAYS = (7, 30, 90, 365)


@dataclass(frozen=True)
class Typed:
    """One row as it was typed: ``value`` and the end of a range as texts, several for a list."""

    field: str
    op: str
    values: Sequence[str] = ()


def offered_ops(field: FieldDefinition) -> tuple[str, ...]:
    """The operators that a list offers for a field."""
    if field.type in ("unit", "member", "created_by", "updated_by"):
        return UNIT_OPS if field.type == "unit" else MEMBER_OPS
    if field.has_links:
        return OFFERED[Kind.TAGS]
    if field.type == "location":
        return _EMPTY
    if field.type == "cascade":
        return CASCADE_OPS
    if field.type in FILE_TYPES:
        return _EMPTY
    if field.type == "json":
        return ("contains", "not_contains", *_EMPTY)
    return OFFERED.get(field_types.get(field.type).value_type(field).kind, ())


def leaf_of(typed: Typed, field: FieldDefinition) -> dict[str, Any]:
    """The condition leaf that a typed row means; raises MissingValue when its value is missing."""
    leaf: dict[str, Any] = {"field": typed.field, "op": typed.op}
    given = [text.strip() for text in typed.values if text.strip()]
    if typed.op in NO_VALUE_OPS:
        return leaf
    if not given or (typed.op == "between" and len(given) < 2):
        raise MissingValue
    if typed.op == "within":
        return {**leaf, "value": _window(given[0])}
    if typed.op == "older_than":
        if not _is_number(given[0]):
            raise MissingValue
        return {**leaf, "value": {"n": int(given[0]), "unit": "day"}}
    if typed.op in ("contains", "not_contains", "starts_with"):
        return {**leaf, "value": given[0]}
    values = [_literal(field, text) for text in given]
    return {**leaf, "value": values if typed.op in LIST_OPS else values[0]}


class MissingValue(ValueError):
    """A row without the value its operator needs."""

    problem = Problem("value", "required")


def leaves_of(condition: Condition | None) -> list[Condition]:
    """The rows of a condition, or the whole of it as one."""
    if not condition:
        return []
    if set(condition) == {"all"} and isinstance(condition["all"], list):
        return [each for each in condition["all"] if isinstance(each, Mapping)]
    return [condition]


def joined(leaves: Iterable[Condition]) -> dict[str, Any] | None:
    """One condition of several rows; None of no row."""
    kept = [dict(leaf) for leaf in leaves]
    return {"all": kept} if kept else None


def both(first: Condition | None, second: Condition | None) -> dict[str, Any] | None:
    """The condition that both hold."""
    return joined([*leaves_of(first), *leaves_of(second)])


def to_address(condition: Condition | None) -> str:
    """The condition as it stands in an address."""
    if not condition:
        return ""
    return json.dumps(condition, ensure_ascii=False, separators=(",", ":"))


def from_address(text: str) -> dict[str, Any] | None:
    """The condition of an address; None when there is none or it is no JSON object."""
    try:
        found = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and found else None


def colors_to_address(rules: Iterable[ColorRule] | None) -> str:
    """Colours by condition as they stand in an address; "" for None, which is not the same as
    no rule at all."""
    if rules is None:
        return ""
    return json.dumps([r.as_json for r in rules], ensure_ascii=False, separators=(",", ":"))


def colors_from_address(text: str) -> tuple[ColorRule, ...] | None:
    """The colours of an address; None when it has none, or nothing that can be read."""
    try:
        found = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
    return rules_from(found) if isinstance(found, list) else None


def _is_number(text: str) -> bool:
    return re.fullmatch(DIGITS, text) is not None


def _window(text: str) -> dict[str, Any]:
    if _is_number(text):
        return {"last": int(text), "unit": "day"}
    return {"calendar": text}


def _literal(field: FieldDefinition, text: str) -> Any:
    kind = field_types.get(field.type).value_type(field).kind
    if kind is Kind.BOOLEAN:
        return text == "true"
    if (kind is Kind.LINK or field.has_links) and _is_number(text):
        return int(text)
    return _canonical(field, text)


def _canonical(field: FieldDefinition, text: str) -> str:
    """A whole phone number is stored in international form; a part of one stays as typed."""
    served = field_types.get(field.type)
    if isinstance(served, PhoneField):
        try:
            return served.refine(field, text)
        except BadValue:
            return text
    return text
