"""Beside a formula in the designer: what it gives, where it is wrong, what could stand there."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request
from flask.typing import ResponseReturnValue

from regulars.form_builder import edits
from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.edits import StepRefused
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.formula_desk import Look, Wish, drafted_catalog, look_at
from regulars.form_builder.web.blueprints import designer
from regulars.form_builder.web.designer_view import desk_of
from regulars.form_builder.web.steps import subject_of
from regulars.form_builder.web.widget_posts import changes_of
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.errors import Conflict
from regulars.platform.expressions.calls import known_names
from regulars.platform.expressions.complete import (
    describe_function,
    describe_type,
    function_help,
)
from regulars.platform.expressions.tree import MAX_TEXT
from regulars.platform.expressions.types import BOOLEAN
from regulars.platform.web.preferences import current_locale
from regulars.platform.web.rendering import render

MOST_OFFERED = 8


@dataclass(frozen=True)
class Help:
    """What the page shows: ``target`` is the input, ``kind`` the result, ``call`` one function."""

    look: Look
    target: str
    kind: str
    call: str


@designer.app_template_global("formula_functions")
def formula_functions() -> list[tuple[str, str]]:
    """Every function a formula may call: how it is written and what it gives."""
    return [function_help(name, current_locale()) for name in known_names()]


@designer.post("/formula")
@workspace_page("design_forms")
def look_at_formula(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """The help for a formula as it stands, typed but not yet saved.

    It is that of the settings panel, or (``?use=``) the value that a rule gives to a field, or a
    condition. ``record`` is the one on which its value is shown, else the newest.
    """
    if request.args.get("use") == "condition":
        wish = Wish(form_key, _text(), _position(), _record(), BOOLEAN)
        return _help(look_at(uow, access, drafted_catalog(uow, form_key), wish), access)
    raw = edits.spread(store.get_draft(uow, "form", form_key).raw)
    ref = request.form.get("field", "")
    try:
        subject = subject_of(raw, ref, desk_of(uow, access, form_key))
    except StepRefused as refused:
        raise Conflict(refused.code) from None
    before = edits.field_at(raw, ref)
    is_panel = request.args.get("use") != "value"
    wanted = {**before, **(changes_of(subject, before, request.form) if is_panel else {})}
    after = FieldDefinition.from_json({k: v for k, v in wanted.items() if v is not None})
    head, _dot, tail = ref.partition(".")
    wish = Wish(
        form=f"{form_key}.{head}" if tail else form_key,
        text=_text(),
        position=_position(),
        record=_record(),
        expect=field_types.get(after.type).value_type(after),
        own_key=tail or head,
        volatile=after.freeze is not None or not is_panel,
    )
    return _help(look_at(uow, access, drafted_catalog(uow, form_key), wish), access)


def _help(look: Look, access: Access) -> ResponseReturnValue:
    kind = describe_type(look.type, access.locale) if look.type is not None else ""
    call = describe_function(look.call, access.locale) if look.call else ""
    shown = Help(look, "set-formula", kind, call)
    return render("form_builder/_formula_help.html", help=shown, most=MOST_OFFERED)


def _text() -> str:
    return request.form.get("formula", "")[:MAX_TEXT]


def _record() -> int | None:
    given = request.form.get("record", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 19 else None


def _position() -> int | None:
    """The cursor, where a word has been begun; all fields are on the page already."""
    given, text = request.form.get("caret", ""), request.form.get("formula", "")
    if not (given.isascii() and given.isdigit() and len(given) < 6):
        return None
    last = text[: int(given)][-1:]
    return int(given) if last == "." or last.isalnum() or last in "_([" else None
