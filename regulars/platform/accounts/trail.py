"""The trail of sign-ins: who came in and from where, who was refused, what changed about a way in.

It lies in the main store, because an account belongs to several workspaces. What somebody typed is
not kept, neither a password nor an address that belongs to nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from regulars.platform.accounts.tables import security_entry, user

KEPT = timedelta(days=400)
ONE_AT_A_TIME = timedelta(minutes=15)  # whoever is being locked out is noted so often
KNOWN_FOR = timedelta(days=90)
ACTIONS = (
    "signed-in", "sign-in-refused", "sign-in-held", "code-refused", "factor-on", "factor-off",
    "recovery-codes-made", "password-changed",
)  # fmt: skip
_AGENT = 200
_AT_ONCE = 100  # people asked about in one statement


def note(
    connection: Connection, action: str, user_id: int | None, *, now: datetime,
    address: str = "", agent: str = "",
) -> None:  # fmt: skip
    """Write one line; it stands or falls with what it tells of."""
    assert action in ACTIONS
    name = connection.execute(sa.select(user.c.name).where(user.c.id == user_id)).scalar() or ""
    connection.execute(
        security_entry.insert().values(
            at=now, user_id=user_id, name=name, action=action, address=address,
            agent=agent[:_AGENT],
        )
    )  # fmt: skip


def note_seldom(
    connection: Connection, action: str, user_id: int | None, *, now: datetime, address: str
) -> None:
    """As `note`, but once in a while only, so that nobody can fill the trail."""
    lately = sa.select(security_entry.c.id).where(
        security_entry.c.action == action, security_entry.c.user_id == user_id,
        security_entry.c.address == address, security_entry.c.at > now - ONE_AT_A_TIME,
    )  # fmt: skip
    if connection.execute(lately.limit(1)).first() is None:
        note(connection, action, user_id, now=now, address=address)


def knows(connection: Connection, user_id: int, address: str, *, now: datetime) -> bool:
    """Whether this user has come in from this address before."""
    before = sa.select(security_entry.c.id).where(
        security_entry.c.user_id == user_id, security_entry.c.action == "signed-in",
        security_entry.c.address == address, security_entry.c.at > now - KNOWN_FOR,
    )  # fmt: skip
    return bool(address) and connection.execute(before.limit(1)).first() is not None


def forget_old(connection: Connection, *, now: datetime) -> None:
    """Remove lines that are older than anybody needs."""
    connection.execute(security_entry.delete().where(security_entry.c.at < now - KEPT))


def lines_of(
    connection: Connection, user_ids: list[int], *, strangers: bool, below: int | None,
    limit: int,
) -> list[Any]:  # fmt: skip
    """The latest lines about these users, newest first, before the line ``below``.

    With ``strangers`` also the tries with an address that belongs to nobody.
    """
    whose: list[Any] = [security_entry.c.user_id == each for each in user_ids]
    if strangers:
        whose.append(security_entry.c.user_id.is_(None))
    ids: list[int] = []
    for start in range(0, len(whose), _AT_ONCE):
        some = whose[start : start + _AT_ONCE]
        ids += connection.execute(sa.union_all(*_newest(some, below, limit))).scalars()
    chosen = security_entry.c.id.in_(sorted(ids, reverse=True)[:limit])
    statement = security_entry.select().where(chosen).order_by(security_entry.c.id.desc())
    return list(connection.execute(statement))


def _newest(whose: Sequence[Any], below: int | None, limit: int) -> Iterator[sa.Select[Any]]:
    """The numbers of each one's newest lines: nobody's years are read for it."""
    for mine in whose:
        found = sa.select(security_entry.c.id).where(mine)
        if below is not None:
            found = found.where(security_entry.c.id < below)
        found = found.order_by(security_entry.c.id.desc()).limit(limit)
        yield sa.select(found.subquery().c.id)
