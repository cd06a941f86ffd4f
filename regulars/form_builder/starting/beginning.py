"""Beginning a form with one that is there: from the gallery, or as a copy."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from regulars.form_builder import edits, service, undo
from regulars.form_builder.checks import SYSTEM_PREFIX
from regulars.form_builder.keys import derive_key
from regulars.form_builder.starting.gallery import ready_made
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.store import Draft
from regulars.platform.errors import NotFound

MOST_ROUNDS = 5
LONGEST = 60


def begin_ready_made(uow: UnitOfWork, access: Access, name: str, label: str = "") -> Draft:
    """A draft of a form of the gallery, under ``label`` or its own name; NotFound without one."""
    access.require(service.CAPABILITY)
    raw = ready_made(name)
    if raw is None:
        raise NotFound("no-ready-made", name=name[:40])
    return keep_new(uow, access, raw, label.strip() or raw["label"], wish=name)


def copy_form(uow: UnitOfWork, access: Access, key: str, label: str = "") -> Draft:
    """A draft like another form's, with no records; what only the other one can have stays out.

    That is: fields put away, and lists of the records that point at the other form. Links of a
    form to itself point to the copy.
    """
    access.require(service.CAPABILITY)
    original = store.get_draft(uow, service.KIND, key).raw
    name = label.strip() or _copy_of(original, access.locale)
    raw = copy.deepcopy(dict(original))
    raw.pop("archived", None)
    for field in [each for each in raw["fields"] if each["type"] == "related"]:
        raw = edits.remove_field(raw, field["key"])
    draft = keep_new(uow, access, raw, name, wish=_words(name))
    return _without_the_missing(uow, access, draft)


def keep_new(
    uow: UnitOfWork, access: Access, raw: Mapping[str, Any], label: Any, *, wish: str
) -> Draft:
    """The definition as the draft of a new form, under a free key made of ``wish``."""
    key = free_key(uow, wish)
    fields = [
        {**each, "to": key} if each.get("to") == raw.get("key") else each for each in raw["fields"]
    ]
    fresh = {**raw, "key": key, "label": label, "fields": fields}
    return store.save_draft(uow, access, service.KIND, fresh, tag=0)


def free_key(uow: UnitOfWork, wish: str) -> str:
    """A key for a new form that no form has or had."""
    key = derive_key(wish, store.known_keys(uow, service.KIND), "form")
    return f"f_{key}" if key.startswith(SYSTEM_PREFIX) else key


def _without_the_missing(uow: UnitOfWork, access: Access, draft: Draft) -> Draft:
    """What was worked out from a list that stayed behind is left out, too."""
    for _round in range(MOST_ROUNDS):
        heads = {
            int(parts[1])
            for problem in service.draft_problems(uow, draft.key)
            if (parts := problem.path.split("/"))[0] == "fields" and len(parts) > 2
        }
        gone = [draft.raw["fields"][number]["key"] for number in heads]
        if not gone:
            break
        raw: Mapping[str, Any] = draft.raw
        for key in gone:
            raw = edits.remove_field(raw, key)
        with undo.unwritten(uow):
            draft = store.save_draft(uow, access, service.KIND, raw)
    return draft


def _copy_of(raw: Mapping[str, Any], locale: str) -> str:
    name = i18n.pick(raw.get("label"), locale) or str(raw["key"])
    return i18n.translate("forms.copy-of", locale, name=name)[:LONGEST]


def _words(text: Any) -> str:
    return edits.any_words(text)
