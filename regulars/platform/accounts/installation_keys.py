"""Keys to the installation itself: to open workspaces and to look after them, not to see inside.

They are made on the machine (`regulars workspace key create`), by whoever owns it. A key of a
workspace opens nothing here, and one of these opens no workspace. Shown once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from regulars.platform import ids
from regulars.platform.accounts.tables import installation_key
from regulars.platform.accounts.users import name_problems
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.ids import fingerprint

PREFIX = "rgi_"


@dataclass(frozen=True)
class InstallationKey:
    """A key as it is listed; the secret itself is not kept."""

    id: int
    name: str
    hint: str
    created_at: datetime


def create_key(connection: Connection, name: str, *, now: datetime) -> tuple[InstallationKey, str]:
    """A new key and its secret, which is seen this once."""
    if problems := name_problems(name):
        raise Invalid(problems)
    secret = PREFIX + ids.new_token(24)
    made = connection.execute(
        installation_key.insert()
        .values(name=name.strip(), key_hash=fingerprint(secret), hint=secret[-4:], created_at=now)
        .returning(installation_key)
    ).one()
    return _key(made), secret


def list_keys(connection: Connection) -> list[InstallationKey]:
    """The keys that work, newest first."""
    working = installation_key.select().where(installation_key.c.revoked_at.is_(None))
    rows = connection.execute(working.order_by(installation_key.c.id.desc()))
    return [_key(row) for row in rows]


def find_key(connection: Connection, secret: str) -> InstallationKey | None:
    """The working key with this secret, or None."""
    row = connection.execute(
        installation_key.select().where(
            installation_key.c.key_hash == fingerprint(secret),
            installation_key.c.revoked_at.is_(None),
        )
    ).first()
    return None if row is None else _key(row)


def revoke_key(connection: Connection, key_id: int, *, now: datetime) -> None:
    """End a key at once; NotFound when there is no such working one."""
    done = connection.execute(
        installation_key.update()
        .where(installation_key.c.id == key_id, installation_key.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    if done.rowcount != 1:
        raise NotFound()


def _key(row: Any) -> InstallationKey:
    return InstallationKey(row.id, row.name, row.hint, row.created_at)
