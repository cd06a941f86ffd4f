"""What the designer says of a step, and what it asks before a field goes that something uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from regulars.form_builder import edits
from regulars.form_builder.changing.used_by import uses_in_draft
from regulars.form_builder.edits import Form, StepRefused
from regulars.form_builder.schema import form_problems
from regulars.form_builder.web.designer_view import Asking
from regulars.form_builder.web.step_desk import refs_in
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.problems import Problem
from regulars.platform.strict_json import BadJson, parse_json

_MOVES = ("up", "down", "move")
_GROUPS = ("move-chosen", "remove-chosen", "duplicate-chosen", "width-chosen", "paste")


def asking_of(
    uow: UnitOfWork, access: Access, form_key: str, posted: MultiDict[str, str]
) -> Asking | None:
    """The question to ask before this step; None when it may be taken at once."""
    do, _colon, ref = posted.get("do", "").partition(":")
    if posted.get("sure") or do not in ("remove", "remove-chosen"):
        return None
    refs = refs_in(posted) if do == "remove-chosen" else [ref or posted.get("field", "")]
    uses = [use for each in refs for use in uses_in_draft(uow, access, form_key, each)]
    return Asking(refs, do, uses) if uses else None


def said_of(before: Form, after: Form, posted: MultiDict[str, str], locale: str) -> str:
    """A sentence about a step for those who do not see the canvas; "" where there is nothing."""
    do, _colon, ref = posted.get("do", "").partition(":")
    ref = ref or posted.get("field", "")
    if before == after:
        return i18n.translate("forms.said.nothing", locale)
    if do in _GROUPS:
        return i18n.translate(f"forms.said.{do}", locale, n=_count(before, after, posted))
    if do == "add":
        ref = _fresh(before, after)
        if not ref:
            return i18n.translate("forms.said.part-added", locale)
    if do in _MOVES and "." not in ref:
        return _moved(after, ref, locale)
    words = i18n.find_text(f"forms.said.{do}", locale)
    return words.replace("{name}", _name(before, after, ref, locale)) if words else ""


def read_definition(text: str, form_key: str) -> tuple[Mapping[str, Any], list[Problem]]:
    """(the definition that was typed, everything that keeps it from being a form)."""
    try:
        raw = parse_json(text)
    except BadJson as bad:
        why = {
            each: i18n.translate(f"errors.{bad.code}", each, **bad.params) for each in i18n.LOCALES
        }
        return {}, [Problem("", "unreadable-definition", {"why": why})]
    problems = form_problems(raw)
    if not problems and raw["key"] != form_key:
        problems = [Problem("key", "key-fixed", {"key": form_key})]
    return raw if isinstance(raw, Mapping) else {}, problems


def _count(before: Form, after: Form, posted: MultiDict[str, str]) -> int:
    if posted.get("do") == "paste":
        return len(after["fields"]) - len(before["fields"])
    return len(refs_in(posted))


def _fresh(before: Form, after: Form) -> str:
    known = {each["key"] for each in before["fields"]}
    return next((each["key"] for each in after["fields"] if each["key"] not in known), "")


def _name(before: Form, after: Form, ref: str, locale: str) -> str:
    for form in (after, before):
        try:
            return i18n.pick(edits.field_at(form, ref).get("label"), locale) or ref
        except StepRefused:
            continue
    return ref


def _moved(after: Form, ref: str, locale: str) -> str:
    form = edits.spread(after)
    try:
        number, position = edits.place_of(form, ref)
    except StepRefused:
        return ""
    part = form["layout"][number]
    section = i18n.pick(part.get("section"), locale) or i18n.translate(
        "forms.section-n", locale, number=number + 1
    )
    return i18n.translate(
        "forms.said.moved", locale, name=_name(after, after, ref, locale), section=section,
        place=position + 1, total=len(part["fields"]),
    )  # fmt: skip
