"""Reading drafts as they are stored, whole or damaged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from regulars.platform.definitions.kinds import kinds

if TYPE_CHECKING:
    from regulars.platform.db import UnitOfWork
    from regulars.platform.definitions.store import Draft

DAMAGE = (ValueError, LookupError, TypeError, AttributeError)
"""What reading a damaged definition raises."""
_READ = "drafts-read"


def json_object(text: str) -> Mapping[str, Any] | None:
    """The JSON object that a text holds, or None."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def is_whole(draft: Draft) -> bool:
    """Whether the kind of the draft understands it."""
    if draft.stored is not None:
        return False
    served = kinds.get(draft.kind)
    try:
        if served.problems(draft.raw):
            return False
        served.parse(draft.raw)
    except DAMAGE:
        return False
    return True


def note_read(uow: UnitOfWork, draft: Draft) -> Draft:
    """Remember that the draft was read in this transaction."""
    uow.memo.setdefault(_READ, {})[draft.kind, draft.key] = draft
    return draft


def drafts_read(uow: UnitOfWork) -> list[Draft]:
    """Every draft that was read in this transaction, as it was then."""
    return list(uow.memo.get(_READ, {}).values())
