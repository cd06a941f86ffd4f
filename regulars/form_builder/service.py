"""What people do with forms: make one, edit its draft step by step, publish it, put it away.

Permission first (the capability of the kind), then the work, all in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import undo
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.checks import SYSTEM_PREFIX
from regulars.form_builder.comparing import Change, changes_between
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.edits import Form, StepRefused, spread
from regulars.form_builder.keys import derive_key
from regulars.form_builder.querying import scope_conditions
from regulars.form_builder.starters import start_form
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.editing import Seen, edit
from regulars.platform.definitions.snapshot import definition, snapshot
from regulars.platform.definitions.store import Draft
from regulars.platform.errors import Conflict, Invalid
from regulars.platform.i18n import Text
from regulars.platform.problems import Problem

KIND = "form"
CAPABILITY = "design_forms"

Step = Callable[[Form], Form]


class FormExists(Conflict):
    """The key of a new form is taken."""

    code = "form-exists"


@dataclass(frozen=True)
class FormSummary:
    """A form in a list. ``records`` is None when it is not published or not for this reader."""

    key: str
    label: Text
    icon: str | None
    description: Text | None
    published: int | None
    changed: bool
    records: int | None
    saved_at: datetime | None
    saved_by: str | None


@dataclass(frozen=True)
class Wish:
    """What a new form should be: its name and ready-made parts (`starters.PARTS`)."""

    label: str
    parts: Sequence[str] = ()
    icon: str | None = None
    description: str | None = None


def list_forms(uow: UnitOfWork, access: Access) -> list[FormSummary]:
    """Every form this reader may use; those never published only for who designs."""
    drafts = store.list_drafts(uow, KIND)
    if not access.can(CAPABILITY):
        drafts = [draft for draft in drafts if draft.published is not None]
    published = snapshot(uow)
    return [_summary(uow, access, draft, published.find(KIND, draft.key)) for draft in drafts]


def create_form(uow: UnitOfWork, access: Access, wish: Wish) -> Draft:
    """Make a draft from a wish; its key is spelled from its name."""
    access.require(CAPABILITY)
    if not wish.label.strip():
        raise Invalid([Problem("label", "required")])
    taken = {draft.key for draft in store.list_drafts(uow, KIND)} | _archived(uow)
    key = derive_key(wish.label, taken, "form")
    if key.startswith(SYSTEM_PREFIX):
        key = f"f_{key}"
    raw = start_form(key, wish.label.strip(), wish.parts, access.locale)
    for name in ("icon", "description"):
        if getattr(wish, name):
            raw[name] = getattr(wish, name)
    return store.save_draft(uow, access, KIND, raw, tag=0)


def put_form(
    uow: UnitOfWork, access: Access, raw: Mapping[str, Any], *, tag: int | None = None
) -> Draft:
    """Keep a whole definition as the draft; the designer can undo it."""
    access.require(CAPABILITY)
    return store.save_draft(uow, access, KIND, raw, tag=tag)


def edit_form(
    uow: UnitOfWork, access: Access, key: str, step: Step, *,
    tag: int | None = None, force: bool = False,
) -> Draft:  # fmt: skip
    """Take one step in the designer and remember the draft before it.

    With the ``tag`` of the draft that the person saw, the step is taken from there and brought
    together with what others did since; DraftClash when both changed the same place (with
    ``force`` the step counts). Raises Conflict when the step names a place that is gone, Invalid
    when the result would not have the shape of a form.
    """

    def taken(form: Form) -> Form:
        try:
            after = step(form)
            return form if after == spread(form) else after  # the same, only written out
        except StepRefused as refused:
            raise Conflict(refused.code) from None

    return edit(uow, access, KIND, key, taken, Seen(tag, force))


def undo_step(uow: UnitOfWork, access: Access, key: str, *, tag: int | None = None) -> Draft:
    """Bring the draft back to before its last step; unchanged when there is none.

    With the ``tag`` of the draft that the person saw, nothing is taken back that they have not
    seen: VersionConflict, naming who was faster, when the draft is another by now.
    """
    return _turn(uow, access, key, undo.step_back, tag)


def redo_step(uow: UnitOfWork, access: Access, key: str, *, tag: int | None = None) -> Draft:
    """Take the step again that was undone last; ``tag`` as in `undo_step`."""
    return _turn(uow, access, key, undo.step_forward, tag)


def draft_problems(uow: UnitOfWork, key: str) -> list[Problem]:
    """What publishing the draft would meet, paths within the form."""
    prefix = f"{KIND}/{key}/"
    found = store.check_drafts(uow, [(KIND, key)])
    return [Problem(p.path.removeprefix(prefix), p.code, p.params, p.text) for p in found]


def pending_changes(uow: UnitOfWork, key: str) -> list[Change]:
    """What publishing the draft would change."""
    draft = store.get_draft(uow, KIND, key)
    if not draft.changed:
        return []
    published = snapshot(uow).items.get((KIND, key))
    return changes_between(None if published is None else published.raw, draft.raw)


def publish_forms(uow: UnitOfWork, access: Access, keys: Sequence[str]) -> dict[str, int]:
    """Publish drafts together, so that they may point at each other; the version of each."""
    versions = store.publish(uow, access, [(KIND, key) for key in keys])
    return {key: version for (_kind, key), version in versions.items()}


def change_views(uow: UnitOfWork, access: Access, key: str, step: Step) -> bool:
    """Add or remove a saved view; published at once unless other changes wait in the draft.

    The answer is whether it was published.
    """
    waiting = store.get_draft(uow, KIND, key).changed
    edit_form(uow, access, key, step)
    if not waiting:
        publish_forms(uow, access, [key])
    return not waiting


def discard_changes(uow: UnitOfWork, access: Access, key: str) -> None:
    """Go back to the published version; a form never published goes altogether."""
    draft = store.get_draft(uow, KIND, key)
    store.discard_draft(uow, access, KIND, key)
    if draft.published is None:
        undo.forget(uow, key)
    elif draft.changed:
        undo.remember(uow, key, draft.raw, store.get_draft(uow, KIND, key).raw)


def archive_form(uow: UnitOfWork, access: Access, key: str) -> None:
    """Take a form out of use; its records stay. Conflict while other forms point to it."""
    users = [
        form.label
        for form in catalog_of(uow).forms.values()
        if form.key != key and _uses(form, key)
    ]
    if users:
        raise Conflict("form-in-use", n=len(users), forms=users)
    store.archive(uow, access, KIND, key)
    undo.forget(uow, key)


def _uses(form: FormDefinition, key: str) -> bool:
    every = [*form.fields, *(child for each in form.fields for child in each.fields)]
    return any(key in (each.settings.get("to"), each.settings.get("from")) for each in every)


def _turn(
    uow: UnitOfWork, access: Access, key: str,
    turn: Callable[[UnitOfWork, str, Form], Any], tag: int | None,
) -> Draft:  # fmt: skip
    access.require(CAPABILITY)
    draft = store.get_draft(uow, KIND, key)
    if tag is not None and tag != draft.tag:
        raise store.outdated(draft, key)
    body = turn(uow, key, draft.raw)
    if body is None:
        return draft
    published = snapshot(uow).items.get((KIND, key))
    if published is not None and published.raw == body:
        store.discard_draft(uow, access, KIND, key)
        return store.get_draft(uow, KIND, key)
    with undo.unwritten(uow):
        return store.save_draft(uow, access, KIND, body)


def _archived(uow: UnitOfWork) -> set[str]:
    """Keys of forms that were put away; their tables still stand."""
    put_away = sa.select(definition.c.key).where(
        definition.c.kind == KIND, definition.c.archived_at.is_not(None)
    )
    return set(uow.execute(put_away).scalars())


def _summary(
    uow: UnitOfWork, access: Access, draft: Draft, form: FormDefinition | None
) -> FormSummary:
    raw = draft.raw
    return FormSummary(
        draft.key,
        raw.get("label") or draft.key,
        raw.get("icon"),
        raw.get("description"),
        draft.published,
        draft.changed,
        _count(uow, access, draft.key) if form is not None else None,
        draft.saved_at,
        draft.saved_by,
    )


def _count(uow: UnitOfWork, access: Access, key: str) -> int | None:
    if access.scope(key, "read") == "none":
        return None
    catalog = catalog_of(uow)
    table = catalog.tables[key].main
    limits = scope_conditions(uow, access, catalog, key, table, "read")
    counted = sa.select(sa.func.count()).select_from(table).where(*limits)
    return int(uow.scalar(counted) or 0)
