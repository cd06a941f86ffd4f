"""Drafts that cannot be understood: stored JSON that was damaged, or that names unknown kinds.

Nothing is guessed of them. Whoever needs one gets `DamagedDraft`, which names it; its page shows
what is stored, with the versions that bring a whole one back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from jinja2 import TemplateError

from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import seeing, store
from regulars.platform.definitions.kinds import kinds
from regulars.platform.definitions.reading import DAMAGE, drafts_read, is_whole
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.definitions.store import Draft
from regulars.platform.errors import Conflict


class DamagedDraft(Conflict):
    """The draft ``key`` of a kind cannot be understood any more."""

    code = "definition-damaged"

    def __init__(self, draft: Draft, stored: str | None) -> None:
        super().__init__(key=draft.key)
        self.kind, self.key = draft.kind, draft.key
        self.details = {"kind": draft.kind, "key": draft.key, "stored": stored}


@contextmanager
def naming_the_damaged(uow: UnitOfWork, access: Access) -> Iterator[None]:
    """What fails because of a draft that was read here and is damaged becomes `DamagedDraft`.

    Any other mistake stays what it is.
    """
    try:
        yield
    except (*DAMAGE, TemplateError) as mistake:
        for draft in drafts_read(uow):
            if not is_whole(draft):
                raise damaged(uow, access, draft) from mistake
        raise


def damaged(uow: UnitOfWork, access: Access, draft: Draft) -> DamagedDraft:
    """The error that says so, with what is stored for whoever may change it."""
    return DamagedDraft(draft, stored_text(uow, access, draft))


def whole_draft(uow: UnitOfWork, access: Access, kind: str, key: str) -> Draft:
    """The working copy; NotFound without one, DamagedDraft when it cannot be understood."""
    found = store.get_draft(uow, kind, key)
    if not is_whole(found):
        raise damaged(uow, access, found)
    return found


def damaged_drafts(uow: UnitOfWork, access: Access, kind: str) -> list[Draft]:
    """The drafts of a kind that cannot be understood, for whoever may change such."""
    if not access.can(kinds.get(kind).capability):
        return []
    return [each for each in store.list_drafts(uow, kind) if not is_whole(each)]


def may_discard(uow: UnitOfWork, draft: Draft) -> bool:
    """Whether something whole, or nothing at all, is left once the damaged draft is gone."""
    if is_whole(draft):
        return False
    return draft.published is None or (
        draft.changed and (draft.kind, draft.key) in snapshot(uow).items
    )


def discard(uow: UnitOfWork, access: Access, draft: Draft) -> None:
    """Throw a damaged draft away; Conflict for a whole one, or with nothing whole beneath it."""
    if not may_discard(uow, draft):
        raise Conflict("definition-not-damaged", key=draft.key)
    store.discard_draft(uow, access, draft.kind, draft.key)


def stored_text(uow: UnitOfWork, access: Access, draft: Draft) -> str | None:
    """What is stored, as text; None for a reader who may not read all that it may speak of."""
    if not access.can(kinds.get(draft.kind).capability):
        return None
    try:
        seen = seeing.told(uow, access, draft.kind, {**draft.raw, "stored": draft.stored})
    except DAMAGE:
        seen = None
    if seen is None:
        return None
    return draft.stored or json.dumps(draft.raw, ensure_ascii=False, indent=2)
