"""What the log of a workspace is told of rules and texts: who changed and published what.

A draft is saved at every tap, so somebody who goes on with their own unpublished change is noted
once an hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from regulars.platform.accounts import audit
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.kinds import Change, Drafted
from regulars.platform.definitions.snapshot import definition_version
from regulars.rule_engine.definition import Rule

SELDOM = timedelta(hours=1)


def note_published(kind: str) -> Change:
    """Note each ``kind`` that is published or archived."""

    def note(uow: UnitOfWork, access: Access, before: Any | None, after: Any | None) -> None:
        about = after if after is not None else before
        if about is None:
            return  # a draft that was never published is thrown away
        action = f"{kind}-archived" if after is None else f"{kind}-published"
        was, version = _last_two(uow, kind, about.key) if after is not None else (None, None)
        audit.note(
            uow, access, action, about.key,
            before={"version": was} if was else None,
            after={"version": version} if version else None,
        )  # fmt: skip

    return note


def note_edited(kind: str) -> Drafted:
    """Note each change of a draft of this ``kind`` that is not just one more of the same hand."""

    def note(uow: UnitOfWork, access: Access, known: Any | None, raw: Mapping[str, Any]) -> None:
        if access.kind == "system" or _goes_on(uow, access, known):
            return
        audit.note(uow, access, f"{kind}-edited", raw["key"])

    return note


def note_entries(uow: UnitOfWork, access: Access, action: str, rule: Rule, n: int) -> None:
    """Note that somebody let ``n`` people into a rule; nothing when there were none."""
    if n:
        audit.note(uow, access, action, rule.key, after={"n": n})


def _goes_on(uow: UnitOfWork, access: Access, known: Any | None) -> bool:
    if known is None or not known.changed or known.saved_by != access.name:
        return False
    return bool(known.saved_at is not None and uow.now - known.saved_at < SELDOM)


def _last_two(uow: UnitOfWork, kind: str, key: str) -> tuple[int | None, int]:
    """The version before the newest, None at the first, and the newest."""
    mine = (definition_version.c.kind == kind, definition_version.c.key == key)
    newest = sa.select(definition_version.c.version).where(*mine)
    found = list(
        uow.execute(newest.order_by(definition_version.c.version.desc()).limit(2)).scalars()
    )
    return (found[1] if len(found) > 1 else None), found[0]
