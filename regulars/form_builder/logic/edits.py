"""The logic page's steps as pure functions: a form's JSON in, the changed JSON out.

Rules are named by their key; one without gets one before the first step. Actions and checks are
named by their place in the list, rows of a condition by the way down (`logic.grouping`).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

from regulars.form_builder.edits import Form, Json, StepRefused, reworded

Change = Callable[[Json], Json]


def named(form: Form) -> Json:
    """A copy in which every rule has a key."""
    made = copy.deepcopy(dict(form))
    rules = made.get("logic", [])
    taken = {rule["key"] for rule in rules if rule.get("key")}
    for rule in rules:
        if not rule.get("key"):
            rule["key"] = _free(taken)
            taken.add(rule["key"])
    return made


def add_rule(form: Form, action: Json | None) -> Json:
    """A new rule at the end, with its first action."""
    made = named(form)
    rules = made.setdefault("logic", [])
    rules.append(
        {"key": _free({rule["key"] for rule in rules}), "then": [action] if action else []}
    )
    return made


def change_rule(form: Form, key: str, change: Change) -> Json:
    """One rule as ``change`` makes it."""
    made = named(form)
    at = _place(made, key)
    made["logic"][at] = change(made["logic"][at])
    return made


def remove_rule(form: Form, key: str) -> Json:
    """The form without a rule."""
    made = named(form)
    del made["logic"][_place(made, key)]
    if not made["logic"]:
        del made["logic"]
    return made


def move_rule(form: Form, key: str, by: int) -> Json:
    """A rule so many places further down; at an end it stays."""
    made = named(form)
    at = _place(made, key)
    rule = made["logic"].pop(at)
    made["logic"].insert(max(0, at + by), rule)
    return made


def copy_rule(form: Form, key: str) -> Json:
    """The same rule once more, below."""
    made = named(form)
    at = _place(made, key)
    free = _free({rule["key"] for rule in made["logic"]})
    made["logic"].insert(at + 1, {**copy.deepcopy(made["logic"][at]), "key": free})
    return made


def change_when(rule: Json, change: Callable[[Any], Json | None]) -> Json:
    """The rule with another condition, or without one."""
    when = change(rule.get("when"))
    rest = {key: value for key, value in rule.items() if key not in ("when", "then")}
    return {**rest, **({"when": when} if when else {}), "then": rule["then"]}


def set_action(rule: Json, number: int | None, action: Json) -> Json:
    """The rule with an action changed, or added where ``number`` is None."""
    actions = list(rule["then"])
    if number is None:
        actions.append(action)
    else:
        actions[_within(actions, number)] = action
    return {**rule, "then": actions}


def drop_action(rule: Json, number: int) -> Json:
    """The rule without an action."""
    actions = list(rule["then"])
    del actions[_within(actions, number)]
    return {**rule, "then": actions}


def add_check(form: Form, check: Json) -> Json:
    """The form with a check more."""
    return {**form, "checks": [*form.get("checks", ()), check]}


def change_must(form: Form, number: int, change: Callable[[Any], Json | None]) -> Json:
    """The form with another condition in a check; StepRefused where none would be left."""
    checks = list(form.get("checks", ()))
    at = _within(checks, number)
    must = change(checks[at]["must"])
    if must is None:
        raise StepRefused
    ((match, rows),) = must.items()
    checks[at] = {**checks[at], "must": rows[0] if len(rows) == 1 else {match: rows}}
    return {**form, "checks": checks}


def word_check(form: Form, number: int, words: str, at: str | None, locale: str) -> Json:
    """The form with other words in a check, said at another field or at none."""
    checks = list(form.get("checks", ()))
    old = checks[_within(checks, number)]
    kept = {key: value for key, value in old.items() if key != "at"}
    said = {"message": reworded(old.get("message"), words, locale)}
    checks[number] = {**kept, **said, **({"at": at} if at else {})}
    return {**form, "checks": checks}


def drop_check(form: Form, number: int) -> Json:
    """The form without a check."""
    checks = list(form.get("checks", ()))
    del checks[_within(checks, number)]
    made = {**form, "checks": checks}
    if not checks:
        del made["checks"]
    return made


def _place(form: Json, key: str) -> int:
    for number, rule in enumerate(form.get("logic", ())):
        if rule["key"] == key:
            return number
    raise StepRefused


def _within(items: Sequence[Any], number: int) -> int:
    if not 0 <= number < len(items):
        raise StepRefused
    return number


def _free(taken: set[str]) -> str:
    return next(key for n in range(1, len(taken) + 2) if (key := f"rule{n}") not in taken)
