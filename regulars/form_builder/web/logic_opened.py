"""A part of a form's logic as the inputs of its small form show it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from regulars.form_builder.edits import StepRefused
from regulars.form_builder.logic import grouping
from regulars.form_builder.logic.actions import STATES
from regulars.platform.expressions.condition import parse_condition
from regulars.platform.expressions.formula_writer import formula_text

Open = dict[str, Any]


def opened(form: Mapping[str, Any], asked: Mapping[str, Any]) -> Open:
    """The inputs of the place that is asked for: as it stands, unless something was chosen since.

    ``form`` is a form's JSON whose rules have keys; ``asked`` names the place by at, rule and n.
    """
    at, text = asked.get("at"), str(asked.get("n", ""))
    if set(asked) - {"at", "rule", "n"}:
        return dict(asked)
    if at == "row":
        return {**asked, **row_open(_placed(_condition(form, asked), text))}
    if not text.isdecimal() or len(text) > 5:
        return dict(asked)
    number = int(text)
    if at == "check":
        check = _of(form.get("checks", ()), number)
        return {**asked, "at_field": check.get("at", "")}
    then = _rule(form, asked).get("then", ())
    return {**asked, **_action(_of(then, number))} if at == "action" else dict(asked)


def _rule(form: Mapping[str, Any], asked: Mapping[str, Any]) -> Mapping[str, Any]:
    rules: Sequence[Mapping[str, Any]] = form.get("logic", ())
    return next((each for each in rules if each["key"] == asked.get("rule")), {})


def _condition(form: Mapping[str, Any], asked: Mapping[str, Any]) -> Any:
    """That of a rule, or of a check (``check:0``)."""
    kind, colon, number = str(asked.get("rule", "")).partition(":")
    if kind == "check" and colon and number.isdecimal() and len(number) < 5:
        return _of(form.get("checks", ()), int(number)).get("must")
    return _rule(form, asked).get("when")


def _placed(when: Mapping[str, Any] | None, text: str) -> Mapping[str, Any]:
    """The row at a place; nothing for a new one, or where none is."""
    try:
        found = grouping.find(when, grouping.place_of(text))
    except StepRefused:
        return {}
    return found if isinstance(found, Mapping) else {}


def row_open(leaf: Mapping[str, Any]) -> Open:
    """One row of a condition as its inputs show it; what they cannot hold opens as a formula."""
    if "formula" in leaf:
        return {"way": "formula", "formula": leaf["formula"]}
    value = leaf.get("value", [])
    if set(leaf) <= {"field", "op", "value"} and "field" in leaf and _is_plain(value):
        return {"f": leaf["field"], "op": leaf.get("op", ""), "held": _texts(value)}
    return _as_formula(leaf) if leaf else {}


def _is_plain(value: Any) -> bool:
    """Whether one row of inputs says all of it: texts, days, a calendar part."""
    if isinstance(value, Mapping):
        known = set(value) <= {"n", "last", "calendar", "unit"} and len(set(value) - {"unit"}) == 1
        return known and value.get("unit", "day") == "day"
    several = value if isinstance(value, list) else [value]
    return not any(isinstance(each, Mapping | list) for each in several)


def _as_formula(leaf: Mapping[str, Any]) -> Open:
    tree, problems = parse_condition(leaf)
    return {} if problems else {"way": "formula", "formula": formula_text(tree)}


def _action(action: Mapping[str, Any]) -> Open:
    for kind, body in action.items():
        if kind in STATES:
            return {"kind": kind, "held": list(body)}
        extra = {"if_empty": "1"} if body.get("if_empty") else {}
        if kind == "set":
            how = "formula" if "formula" in body else "fixed"
            held = _texts(body.get("value"))
            common = {"kind": kind, "field": body["field"], "how": how, "held": held, **extra}
            return {**common, "formula": body.get("formula", "")}
        if kind == "fill":
            pairs = list(body["fields"].items())
            return {"kind": kind, "from": body["from"], "pairs": pairs, **extra}
        where = body.get("where") or {}
        value = where.get("value")
        here = value.get("record", "") if isinstance(value, Mapping) else ""
        return {"kind": kind, "field": body["field"], "held": _texts(body.get("values")),
                "there": where.get("field", ""), "here": here}  # fmt: skip
    return {}


def _texts(value: Any) -> list[str]:
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, Mapping):
        return [
            str(v) for v in (value.get("last") or value.get("calendar") or value.get("n"),) if v
        ]
    several = value if isinstance(value, list) else [value]
    return [str(each) for each in several if each is not None]


def _of(items: Sequence[Any], number: int) -> Mapping[str, Any]:
    found = items[number] if number < len(items) else {}
    return found if isinstance(found, Mapping) else {}
