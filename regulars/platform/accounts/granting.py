"""Who may give what: nobody grants more than they hold themselves.

Pure comparison of roles. ``unit`` lies within ``unit_tree``; one's own records count as lying
within one's stores, because whoever is given the role is bound to the stores of the one who gives.
"""

from __future__ import annotations

from collections.abc import Mapping

from regulars.platform.accounts.roles import (
    FIELD_RIGHTS,
    REACHES,
    VERBS,
    ByCondition,
    FieldRight,
    Role,
    Scope,
)


def covers(mine: Role, wanted: Role, *, has_units: bool) -> bool:
    """Whether somebody in the role ``mine`` holds everything that ``wanted`` gives."""
    if not wanted.capabilities <= mine.capabilities:
        return False
    named = {*mine.forms, *wanted.forms, _ANY_OTHER}
    return all(_covers_form(mine, wanted, form, has_units) for form in named)


_ANY_OTHER = ""  # no form has this key, so it stands for all that are not named


def _covers_form(mine: Role, wanted: Role, form: str, has_units: bool) -> bool:
    for verb in VERBS:
        held = mine.scope(form, verb, has_units=has_units)
        if not scope_within(wanted.scope(form, verb, has_units=has_units), held):
            return False
    return _fields_within(wanted.rights(form).fields, mine.rights(form).fields)


def scope_within(wanted: Scope, held: Scope) -> bool:
    """Whether one reach lies within another."""
    if wanted == "none" or held == "all" or wanted == held:
        return True
    if isinstance(wanted, ByCondition) or isinstance(held, ByCondition):
        return False
    return REACHES.index(wanted) <= REACHES.index(held)


def _fields_within(wanted: Mapping[str, FieldRight], held: Mapping[str, FieldRight]) -> bool:
    rank = FIELD_RIGHTS.index
    return all(rank(_right(wanted, key)) <= rank(right) for key, right in held.items())


def _right(rights: Mapping[str, FieldRight], key: str) -> FieldRight:
    """A column of a subform is hidden with its subform."""
    outer = rights.get(key.partition(".")[0], "write")
    return min(outer, rights.get(key, "write"), key=FIELD_RIGHTS.index)
