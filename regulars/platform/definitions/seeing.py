"""What a reader may be told of definitions: none speaks to them of fields they do not see.

A kind says by its ``tell`` what of a definition somebody may read: all of it, a part, or nothing.
Who may read only a part or nothing may not read the working copy, nor replace or publish it; of a
kind that can ``fill`` in the rest, whoever may read a part may.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.kinds import kinds
from regulars.platform.definitions.reading import is_whole
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.definitions.store import Draft
from regulars.platform.errors import Forbidden

Raw = Mapping[str, Any]


class DefinitionNotWhole(Forbidden):
    """The definition uses fields that the reader may not see."""

    code = "definition-not-whole"


def told(uow: UnitOfWork, access: Access, kind: str, raw: Raw) -> Raw | None:
    """What this reader may read of a definition; None when it is nothing."""
    return kinds.get(kind).tell(uow, access, raw)


def shown(uow: UnitOfWork, access: Access, kind: str, raw: Raw) -> Raw:
    """What to show somebody who is about to change it; DefinitionNotWhole for who may not."""
    seen = told(uow, access, kind, raw)
    if not _is_enough(kind, seen, raw) or seen is None:
        raise DefinitionNotWhole()
    return seen


def answered(uow: UnitOfWork, access: Access, draft: Draft) -> Raw:
    """What was saved, for whoever saved it: without what was filled in behind their back."""
    filled = kinds.get(draft.kind).fill is not None
    return shown(uow, access, draft.kind, draft.raw) if filled else draft.raw


def require_whole(uow: UnitOfWork, access: Access, kind: str, raw: Raw) -> None:
    """DefinitionNotWhole unless the reader may read enough of it to change it."""
    shown(uow, access, kind, raw)


def may_see(uow: UnitOfWork, access: Access, kind: str, key: str) -> bool:
    """Whether the reader may change it, for what is published and for what is being edited."""
    known = (store.find_draft(uow, kind, key), snapshot(uow).items.get((kind, key)))
    raws = [each.raw for each in known if each is not None]
    return all(_is_enough(kind, told(uow, access, kind, raw), raw) for raw in raws)


def require_seen(uow: UnitOfWork, access: Access, kind: str, key: str) -> None:
    """DefinitionNotWhole unless `may_see`."""
    if not may_see(uow, access, kind, key):
        raise DefinitionNotWhole()


def seen_drafts(uow: UnitOfWork, access: Access, kind: str) -> list[Draft]:
    """The working copies that this reader may read, each as they may read it."""
    drafts = ((each, told(uow, access, kind, each.raw)) for each in whole_drafts(uow, kind))
    return [
        replace(draft, raw=seen)
        for draft, seen in drafts
        if seen is not None and _is_enough(kind, seen, draft.raw)
    ]


def whole_drafts(uow: UnitOfWork, kind: str) -> list[Draft]:
    """Every working copy of a kind, without those that are damaged."""
    return [each for each in store.list_drafts(uow, kind) if is_whole(each)]


def _is_enough(kind: str, seen: Raw | None, raw: Raw) -> bool:
    """Whether somebody who may read so much may change it."""
    return seen == raw or (seen is not None and kinds.get(kind).fill is not None)
