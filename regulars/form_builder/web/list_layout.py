"""What a member changes of a list's table for themselves: order, width, pins, groups, sums."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from werkzeug.datastructures import MultiDict

from regulars.form_builder import list_settings
from regulars.form_builder.arranging import (
    AGGREGATES,
    MOST_COLUMNS,
    MOST_GROUPS,
    MOST_PINNED,
    NARROWEST,
    WIDEST,
    Group,
    group_problems,
    summary_problems,
)
from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.web.list_state import ListState
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem

WIDER = 40  # pixels that one press of a button makes a column wider
USUAL = 160  # of a column that nobody has set

Posted = MultiDict[str, str]
Body = dict[str, Any]


def own_layout(
    uow: UnitOfWork, access: Access, form: FormDefinition, state: ListState
) -> ListState:
    """The list with what this member has changed of its view."""
    own = list_settings.own_settings(uow, access, form.key, _view(state))
    return replace(state, own=own) if own else state


def _view(state: ListState) -> str:
    return state.view if state.is_viewed else ""


def change_layout(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, form: FormDefinition,
    state: ListState, posted: Posted,
) -> None:  # fmt: skip
    """Take one step (``do``) and keep it for this member; Invalid where it makes no sense."""
    step = _STEPS.get(posted.get("do", ""))
    if step is None:
        raise Invalid([Problem("do", "unknown-key", {"key": posted.get("do", "")[:60]})])
    body = _frame(state, form, catalog)
    usual = _frame(replace(state, own={}, columns=(), group=""), form, catalog)
    path = posted.get("path", "")
    if posted["do"] not in _WHOLE and path not in body["columns"]:
        raise Invalid([Problem("path", "unknown-field", {"field": path[:60]})])
    problems = step(body, path, posted, catalog, form)
    if problems:
        raise Invalid(problems)
    body = usual if posted["do"] == "reset" else body
    kept = {name: value for name, value in body.items() if value != usual[name]}
    list_settings.keep_settings(uow, access, form.key, _view(state), kept)


def _frame(state: ListState, form: FormDefinition, catalog: FormCatalog) -> Body:
    """How the table is laid out now, every part by its name."""
    laid, known = state.arrangement_of(form), state.columns_of(form, catalog)
    return {
        "columns": known,
        "widths": dict(laid.widths),
        "pinned": [path for path in laid.pinned if path in known],
        "group": [each.as_json() for each in laid.group],
        "summaries": dict(laid.summaries),
    }


Step = Callable[[Body, str, Posted, FormCatalog, FormDefinition], list[Problem] | None]


def _width(body: Body, path: str, posted: Posted, *_form: Any) -> list[Problem] | None:
    given = posted.get("width", "")
    if not given.isdecimal() or len(given) > 5:
        return [Problem("width", "not-a-whole-number")]
    body["widths"][path] = max(NARROWEST, min(WIDEST, int(given)))
    return None


def _by(pixels: int) -> Step:
    def step(body: Body, path: str, posted: Posted, *_form: Any) -> None:
        seen = posted.get("now", "")
        usual = int(seen) if seen.isdecimal() and len(seen) < 5 else USUAL
        now = body["widths"].get(path, usual)
        body["widths"][path] = max(NARROWEST, min(WIDEST, now + pixels))

    return step


def _natural(body: Body, path: str, *_rest: Any) -> None:
    body["widths"].pop(path, None)


def _pin(body: Body, path: str, *_rest: Any) -> list[Problem] | None:
    if len(body["pinned"]) >= MOST_PINNED:
        return [Problem("pinned", "too-many-pinned", {"limit": MOST_PINNED})]
    body["pinned"] = [*(each for each in body["pinned"] if each != path), path]
    return None


def _unpin(body: Body, path: str, *_rest: Any) -> None:
    body["pinned"] = [each for each in body["pinned"] if each != path]


def _hide(body: Body, path: str, *_rest: Any) -> list[Problem] | None:
    if len(body["columns"]) < 2:
        return [Problem("columns", "last-column")]
    body["columns"].remove(path)
    _unpin(body, path)
    return None


def _move(by: int) -> Step:
    def step(body: Body, path: str, *_rest: Any) -> None:
        kept = body["pinned"] if path in body["pinned"] else body["columns"]
        place = kept.index(path)
        kept.insert(max(0, place + by), kept.pop(place))

    return step


def _place(body: Body, path: str, posted: Posted, *_form: Any) -> None:
    """Dropped before another column; without one it goes to the end."""
    before = posted.get("before", "")
    body["columns"].remove(path)
    at = body["columns"].index(before) if before in body["columns"] else len(body["columns"])
    body["columns"].insert(at, path)
    if path in body["pinned"] and before not in body["pinned"]:
        _unpin(body, path)


def _sums(
    body: Body, _path: str, posted: Posted, catalog: FormCatalog, form: FormDefinition
) -> list[Problem]:
    """The groups and what stands at the foot of each column, as one small form gives them."""
    given = dict.fromkeys(each for each in posted.getlist("group") if each)
    groups = [Group.from_address(each) for each in given][:MOST_GROUPS]
    found = [
        p.under(f"group/{n}")
        for n, group in enumerate(groups)
        for p in group_problems(catalog, form.key, group)
    ]
    sums = {
        name.removeprefix("sum:"): each
        for name, each in posted.items()
        if name.startswith("sum:") and each in AGGREGATES
    }
    for at, each in sums.items():
        problems = summary_problems(catalog, form.key, at, each)
        found += [p.under(f"summaries/{at[:60]}") for p in problems]
    body["group"] = [each.as_json() for each in groups]
    body["summaries"] = dict(list(sums.items())[:MOST_COLUMNS])
    return found


def _group(
    body: Body, path: str, posted: Posted, catalog: FormCatalog, form: FormDefinition
) -> list[Problem]:
    group = Group.from_address(path)
    body["group"] = [group.as_json()]
    return group_problems(catalog, form.key, group)


def _reset(*_all: Any) -> None:
    """Nothing of one's own is left."""


_STEPS: Mapping[str, Step] = {
    "width": _width, "wider": _by(WIDER), "narrower": _by(-WIDER), "natural": _natural,
    "pin": _pin, "unpin": _unpin, "hide": _hide, "left": _move(-1), "right": _move(1),
    "place": _place, "sums": _sums, "group": _group, "reset": _reset,
}  # fmt: skip
_WHOLE = frozenset({"sums", "reset"})
"""Steps that are about no single column."""
