"""Rules out of stored JSON: what this release does not know, or what was damaged, is no rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars.rule_engine.definition import DAMAGE, Rule
from regulars.rule_engine.steps.base import step_kinds
from regulars.rule_engine.triggers.base import trigger_kinds


def read_rule(raw: Mapping[str, Any]) -> Rule:
    """The rule. Raises one of `DAMAGE` where it cannot be understood."""
    rule = Rule.from_json(raw)
    trigger_kinds.get(rule.trigger.on)
    for step in rule.walk():
        step_kinds.get(step.do)
    return rule


def find_rule(raw: Mapping[str, Any]) -> Rule | None:
    """The rule, or None where it cannot be understood."""
    try:
        return read_rule(raw)
    except DAMAGE:
        return None
