"""What turns one JSON of a form into another, kept small: only the fields that differ. Pure.

``apply(after, delta_to(after, before))`` is ``before``. Applied to a form that somebody has
changed in between, a delta brings back what it names and leaves the rest as it is.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

Form = Mapping[str, Any]
Json = dict[str, Any]
_LISTS = ("fields", "archived", "views")
"""Lists whose items name themselves by ``key``; they are kept item by item."""


def delta_to(source: Form, target: Form) -> Json:
    """``{"set": {…}, "drop": […], "lists": {name: {"items": {key: item}, "order": […]}}}``."""
    changed = [name for name in target if name not in source or source[name] != target[name]]
    named = [n for n in changed if n in _LISTS and _by_key(source.get(n)) and _by_key(target[n])]
    lists = {name: _list_delta(source.get(name), target[name]) for name in named}
    whole = {name: copy.deepcopy(target[name]) for name in changed if name not in named}
    drop = [name for name in source if name not in target]
    return {"set": whole, "drop": drop, "lists": lists}


def is_delta(body: Mapping[str, Any]) -> bool:
    """Whether this is a delta; steps of earlier versions were kept as whole forms."""
    return set(body) == {"set", "drop", "lists"}


def apply(form: Form, delta: Mapping[str, Any]) -> Json:
    """The form after a delta."""
    made = {
        name: copy.deepcopy(value) for name, value in form.items() if name not in delta["drop"]
    }
    made.update(copy.deepcopy(delta["set"]))
    for name, change in delta["lists"].items():
        made[name] = _listed(made.get(name, []), change)
    return made


def _by_key(items: Any) -> bool:
    """Whether every item has a key of its own; drafts may hold doubles for a while."""
    return len({each["key"] for each in items or ()}) == len(items or ())


def _list_delta(source: Any, target: list[Json]) -> Json:
    known = {each["key"]: each for each in source or ()}
    changed = {each["key"]: each for each in target if known.get(each["key"]) != each}
    gone = [key for key in known if key not in {each["key"] for each in target}]
    order = [each["key"] for each in target]
    return {"items": copy.deepcopy(changed), "gone": gone, "order": order}


def _listed(now: list[Json], change: Mapping[str, Any]) -> list[Json]:
    """The items in the kept order; what came since then stands behind them."""
    found = {each["key"]: each for each in now if each["key"] not in change["gone"]}
    found.update(copy.deepcopy(change["items"]))
    order = [key for key in change["order"] if key in found]
    return [found[key] for key in (*order, *(key for key in found if key not in order))]
