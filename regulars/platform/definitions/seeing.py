"""What a reader may be told of definitions: none speaks to them of fields they do not see.

A kind says by its ``tell`` what of a definition somebody may read: all of it, a part, or nothing.
Who may read only a part or nothing may not read the working copy, nor replace or publish it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.kinds import kinds
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


def require_whole(uow: UnitOfWork, access: Access, kind: str, raw: Raw) -> None:
    """DefinitionNotWhole unless the reader may read all of it."""
    if told(uow, access, kind, raw) != raw:
        raise DefinitionNotWhole()


def may_see(uow: UnitOfWork, access: Access, kind: str, key: str) -> bool:
    """Whether the reader may read all of what is published and of what is being edited."""
    known = (store.find_draft(uow, kind, key), snapshot(uow).items.get((kind, key)))
    raws = [each.raw for each in known if each is not None]
    return all(told(uow, access, kind, raw) == raw for raw in raws)


def require_seen(uow: UnitOfWork, access: Access, kind: str, key: str) -> None:
    """DefinitionNotWhole unless `may_see`."""
    if not may_see(uow, access, kind, key):
        raise DefinitionNotWhole()


def seen_drafts(uow: UnitOfWork, access: Access, kind: str) -> list[Draft]:
    """The working copies that this reader may read."""
    drafts = store.list_drafts(uow, kind)
    return [draft for draft in drafts if told(uow, access, kind, draft.raw) == draft.raw]
