"""The JSON Schemas of rules and messages, composed of every registered trigger and step."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from regulars.platform.json_schema import packaged, shape_problems, validator
from regulars.platform.problems import Problem
from regulars.rule_engine.definition import BLOCKS
from regulars.rule_engine.steps.base import StepKind, step_kinds
from regulars.rule_engine.triggers.base import TriggerKind, trigger_kinds

_OUTCOME = {"type": "string", "pattern": "^[a-z](_?[a-z0-9]){0,39}$"}
_ABOUT_RECORDS: Mapping[str, Any] = {
    "form": {"$ref": "#/$defs/key"},
    "link": {"$ref": "#/$defs/path"},
    "where": {"$ref": "#/$defs/condition"},
}


@cache
def rule_schema() -> dict[str, Any]:
    """The whole schema of a rule; ask only after `wiring` has registered triggers and steps."""
    schema = _read("rule")
    kinds = list(trigger_kinds)
    parts = schema["$defs"]
    parts["trigger"] = {"oneOf": [_trigger(kind) for kind in kinds if kind.may_start]}
    parts["match"] = {"oneOf": [_trigger(kind) for kind in kinds if kind.by_event]}
    parts["exit"] = {
        "oneOf": [_trigger(kind, {"outcome": _OUTCOME}) for kind in kinds if kind.by_event]
    }
    parts["step"] = {"oneOf": [_step(kind) for kind in step_kinds]}
    return schema


@cache
def message_schema() -> dict[str, Any]:
    """The schema of a message."""
    return _read("message")


def _read(name: str) -> dict[str, Any]:
    return packaged("regulars.rule_engine", f"{name}.schema.json")


def _trigger(kind: TriggerKind, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    about = _ABOUT_RECORDS if kind.about_records else {}
    return {
        "type": "object",
        "properties": {"on": {"const": kind.name}, **about, **kind.settings, **(more or {})},
        "required": ["on", *kind.required_settings],
        "additionalProperties": False,
    }


def _step(kind: StepKind) -> dict[str, Any]:
    common = {
        "id": {"$ref": "#/$defs/step_id"},
        "do": {"const": kind.name},
        "label": {"$ref": "#/$defs/text"},
        "on_error": {"$ref": "#/$defs/steps"},
    }
    return {
        "type": "object",
        "properties": {**common, **kind.settings},
        "required": ["do", *kind.required_settings],
        "additionalProperties": False,
    }


@cache
def _rule_validator() -> Any:
    return validator(rule_schema())


@cache
def _message_validator() -> Any:
    return validator(message_schema())


def rule_problems(raw: Any) -> list[Problem]:
    """Every way a rule's JSON departs from its schema; unknown triggers and steps by name."""
    if not isinstance(raw, Mapping):
        return [Problem("", "shape-type", {"expected": ["object"]})]
    unknown = [*_unknown_triggers(raw), *_unknown_steps(raw.get("steps"), "steps")]
    places = [problem.path.rpartition("/")[0] for problem in unknown]
    known = [
        problem
        for problem in shape_problems(_rule_validator(), raw)
        if not any(_is_below(problem.path, place) for place in places)
    ]
    return sorted(known + unknown, key=lambda problem: problem.path)


def message_problems(raw: Any) -> list[Problem]:
    """Every way a message's JSON departs from its schema."""
    return shape_problems(_message_validator(), raw)


def _is_below(path: str, place: str) -> bool:
    return path == place or path.startswith(f"{place}/")


def _unknown_triggers(raw: Mapping[str, Any]) -> list[Problem]:
    found = []
    trigger = raw.get("trigger")
    if isinstance(trigger, Mapping):
        found += _unknown(trigger, "trigger", starts=True)
    for position, each in enumerate(_list(raw.get("exit"))):
        if isinstance(each, Mapping):
            found += _unknown(each, f"exit/{position}", starts=False)
    return found


def _unknown(raw: Mapping[str, Any], place: str, *, starts: bool) -> list[Problem]:
    kind = trigger_kinds.find(str(raw.get("on", "")))
    if kind is None or not (kind.may_start if starts else kind.by_event):
        return [
            Problem(f"{place}/on", "unknown-trigger", {"trigger": str(raw.get("on", ""))[:40]})
        ]
    return []


def _unknown_steps(raw: Any, place: str) -> list[Problem]:
    found = []
    for position, each in enumerate(_list(raw)):
        if not isinstance(each, Mapping):
            continue
        here = f"{place}/{position}"
        if str(each.get("do", "")) not in step_kinds:
            name = str(each.get("do", ""))[:40]
            found.append(Problem(f"{here}/do", "unknown-step", {"step": name}))
        for number, awaited in enumerate(_list(each.get("any"))):
            if isinstance(awaited, Mapping):
                found += _unknown(awaited, f"{here}/any/{number}", starts=False)
        for block in BLOCKS:
            found += _unknown_steps(each.get(block), f"{here}/{block}")
    return found


def _list(raw: Any) -> list[Any]:
    return raw if isinstance(raw, list) else []
