"""Taking a message text out of use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.errors import Conflict


def archive_message(uow: UnitOfWork, access: Access, key: str) -> None:
    """Put a text away; Conflict while a rule, also an unpublished one, would send it."""
    used = [
        draft.raw.get("label") or draft.key
        for draft in store.list_drafts(uow, "rule")
        if key in set(_messages_in(draft.raw))
    ]
    if used:
        raise Conflict("message-in-use", n=len(used), rules=used)
    store.archive(uow, access, "message", key)


def _messages_in(raw: Any) -> Iterator[str]:
    """The text of every sending step, wherever it stands."""
    if isinstance(raw, Mapping):
        if isinstance(raw.get("message"), str):
            yield raw["message"]
        for value in raw.values():
            yield from _messages_in(value)
    elif isinstance(raw, list):
        for value in raw:
            yield from _messages_in(value)
