"""The rule composer: a chip of the sentence opens a small form; each change is kept at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import catalog_of
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.accounts.web.role_words import role_name
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.editing import edit
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.problems import Problem
from regulars.platform.web.definition_pages import posted_seen
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to, vary_on_htmx, wants_partial
from regulars.platform.web.rendering import render
from regulars.rule_engine import composing
from regulars.rule_engine.channel_keeping import staff_accounts
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.explain import rule_words, speaker
from regulars.rule_engine.web import composer_input
from regulars.rule_engine.web.blueprints import pages
from regulars.rule_engine.web.composer_input import Posted
from regulars.rule_engine.web.composer_view import OFFERED_STEPS, OFFERED_TRIGGERS, Composer
from regulars.rule_engine.webhooks import list_webhooks

Change = Callable[[dict[str, Any], UnitOfWork], dict[str, Any]]


@pages.get("/rules/<key>/compose")
@workspace_page("edit_rules")
def compose(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The composer; ``at`` opens one place."""
    return _page(_composer(uow, access, key, at=request.args.get("at", "")))


@pages.post("/rules/<key>/compose")
@workspace_page("edit_rules")
def change(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Apply one change to the draft; a mistake keeps the form open with its words."""
    action = request.form.get("action", "")
    at = request.form.get("at", "")
    make = _change_of(action)
    try:
        edit(uow, access, "rule", key, lambda raw: make(dict(raw), uow), posted_seen())
    except Invalid as invalid:
        composer = _composer(uow, access, key, at=at, errors=errors_by_field(invalid.problems))
        return _page(composer, 422)
    except composing.NoSuchPlace:
        flash("rules.place-is-gone", tone="warning")
        return go_to(url_for("rules.compose", key=key))
    following = request.form.get("then_at", "")
    if wants_partial():
        return _page(_composer(uow, access, key, at=following))
    return go_to(url_for("rules.compose", key=key, at=following or None))


def _page(composer: Composer, status: int = 200) -> ResponseReturnValue:
    values = {
        "composer": composer,
        "offered_steps": OFFERED_STEPS,
        "offered_triggers": OFFERED_TRIGGERS,
        "shown": composer_input.shown,
        "shown_values": composer_input.shown_values,
        "row_kind": row_kind,
        "read_back": rule_words(composer.say, composer.rule),
    }
    name = "rule_engine/_composer.html" if wants_partial() else "rule_engine/compose.html"
    return vary_on_htmx(render(name, status, **values))


def _composer(
    uow: UnitOfWork, access: Access, key: str, *, at: str = "", errors: Any = None
) -> Composer:
    draft = store.get_draft(uow, "rule", key)
    rule = Rule.from_json(draft.raw)
    say = speaker(uow, access)
    prefix = f"rule/{key}/"
    problems = [p.moved_from(prefix) for p in store.check_drafts(uow, [("rule", key)])]
    roles = [(role, role_name(role)) for role in access.roles]
    programs = [(each.key, each.name) for each in list_webhooks(uow)]
    groups = [(each.key, each.name) for each in staff_accounts(uow)]
    return Composer(
        rule, draft.raw, say, problems, at, errors or {}, roles, programs, draft.tag, groups
    )


def row_kind(row: dict[str, Any]) -> str:
    """Which of the row forms can edit this row; ``other`` when none of them can."""
    if "consent" in row:
        return "consent"
    if set(row) == {"formula"}:
        return "formula"
    if "aggregate" in row:
        if row["aggregate"] == "last" and row.get("op") == "older_than":
            return "silent"
        return "related" if row["aggregate"] in ("count", "sum") else "other"
    return "field" if "field" in row else "other"


def _change_of(action: str) -> Change:
    found = _CHANGES.get(action)
    if found is None:
        raise NotFound("not-found")
    return found


def _posted() -> Posted:
    return Posted(request.form)


def _label(raw: dict[str, Any], _uow: UnitOfWork) -> dict[str, Any]:
    label = _posted().get("label", "").strip()
    if not label:
        raise Invalid([Problem("label", "required")])
    raw = composing.with_part(raw, "label", label)
    return composing.with_part(raw, "description", _posted().get("description", "").strip())


def _trigger(raw: dict[str, Any], _uow: UnitOfWork) -> dict[str, Any]:
    made = composer_input.keeping(composer_input.trigger(_posted()), _posted(), raw.get("trigger"))
    return composing.with_part(raw, "trigger", made)


def _row(raw: dict[str, Any], uow: UnitOfWork) -> dict[str, Any]:
    catalog = catalog_of(uow)
    row = composer_input.condition_row(_posted(), catalog.get_form(raw["subject"]), catalog)
    position = composer_input.number(_posted(), "position")
    _match, rows = composing.conditions_of(raw.get("when"))
    if position is not None and position < len(rows):
        row = composer_input.keeping(row, _posted(), rows[position])
    where = composing.with_condition_row(raw.get("when"), row, position)
    return composing.with_part(raw, "when", where)


def _drop_row(raw: dict[str, Any], _uow: UnitOfWork) -> dict[str, Any]:
    position = composer_input.number(_posted(), "position", -1) or 0
    where = composing.without_condition_row(raw.get("when"), position)
    return composing.with_part(raw, "when", where)


def _match(raw: dict[str, Any], _uow: UnitOfWork) -> dict[str, Any]:
    match = _posted().get("match", "all")
    return composing.with_part(raw, "when", composing.joined_by(raw.get("when"), match))


def _step(raw: dict[str, Any], uow: UnitOfWork) -> dict[str, Any]:
    catalog = catalog_of(uow)
    if _posted().get("do") == "branch":
        form = catalog.get_form(raw["subject"])
        row = composer_input.condition_row(_posted(), form, catalog)
        step: dict[str, Any] = {"do": "branch", "when": row, "then": [], "else": []}
    else:
        step = composer_input.step(_posted(), catalog)
    path = _posted().get("path", "")
    if path:
        before = composing.step_at(raw, path)
        if step["do"] == "wait_for":
            step["any"] = _answers(step["any"][0], before)
        return composing.change_step(raw, path, step)
    by_now = store.get_draft(uow, "rule", raw["key"]).raw  # another tab may have added one, too
    step["id"] = composing.free_id(raw, by_now)
    return composing.add_step(raw, _posted().get("block", "steps"), step)


def _answers(first: dict[str, Any], before: Mapping[str, Any]) -> list[Any]:
    """What a wait is answered by: the chosen record, then what the form does not show."""
    known = list(before.get("any", ()))
    shown = known[0] if known else {}
    others = [each for each in known if not str(each.get("on", "")).startswith("record_")]
    return [composer_input.keeping(first, _posted(), shown), *others]


def _drop_step(raw: dict[str, Any], _uow: UnitOfWork) -> dict[str, Any]:
    return composing.remove_step(raw, _posted().get("path", ""))


def _move(by: int) -> Change:
    return lambda raw, _uow: composing.move_step(raw, _posted().get("path", ""), by)


def _guards(raw: dict[str, Any], _uow: UnitOfWork) -> dict[str, Any]:
    return composing.with_part(raw, "guards", composer_input.guards(_posted()))


def _entry(raw: dict[str, Any], _uow: UnitOfWork) -> dict[str, Any]:
    return composing.with_part(raw, "entry", composer_input.entry(_posted()))


def _exits(raw: dict[str, Any], _uow: UnitOfWork) -> dict[str, Any]:
    made = composer_input.exits(_posted())
    known = raw.get("exit") or [{}]
    if made and made[0]["on"] == "record_created":
        made[0] = composer_input.keeping(made[0], _posted(), known[0])
    return composing.with_part(raw, "exit", made)


def _sets(raw: dict[str, Any], _uow: UnitOfWork) -> dict[str, Any]:
    return composing.with_part(raw, "sets", composer_input.sets(_posted()))


_CHANGES: dict[str, Change] = {
    "label": _label, "trigger": _trigger, "row": _row, "drop-row": _drop_row, "match": _match,
    "step": _step, "drop-step": _drop_step, "step-up": _move(-1), "step-down": _move(1),
    "guards": _guards, "entry": _entry, "exits": _exits, "sets": _sets,
}  # fmt: skip
