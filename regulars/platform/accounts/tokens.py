"""API tokens: a program's key to one workspace, with a role and perhaps a unit. Shown once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from regulars.platform import ids
from regulars.platform.accounts.tables import api_token
from regulars.platform.accounts.users import name_problems
from regulars.platform.db import Workspace
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.prepared import Prepared
from regulars.platform.web.visit import fingerprint
from regulars.platform.workspaces import WORKSPACE_FIELDS, workspace

PREFIX = "rgl_"
_USED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class Token:
    """An API token as it is listed; the secret itself is not kept."""

    id: int
    workspace_id: int
    name: str
    hint: str
    role: str
    unit_ids: tuple[int, ...]
    made_by: int | None
    created_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


OF_THE_COMMAND_LINE = Token(
    0, 0, "Regulars", "", "owner", (), None, datetime.min.replace(tzinfo=UTC), None, None
)
"""Stands for the command line, which can read and write the stores as it is; never stored."""

_FIELDS = [api_token.c[each.name] for each in fields(Token)]
_BEARER = Prepared(
    sa.select(*_FIELDS, *WORKSPACE_FIELDS)
    .join(workspace, workspace.c.id == api_token.c.workspace_id)
    .where(
        api_token.c.token_hash == sa.bindparam("hash"),
        api_token.c.revoked_at.is_(None),
        workspace.c.deleted_at.is_(None),
    )
)


@dataclass(frozen=True)
class TokenWish:
    """What a new token should be."""

    name: str
    role: str
    unit_ids: Sequence[int] = ()
    made_by: int | None = None


def create_token(
    connection: Connection, workspace: Workspace, wish: TokenWish, *, now: datetime
) -> str:
    """Make a token; the answer is the only time its secret is seen.

    Whoever calls has already checked that they may grant the role.
    """
    if problems := name_problems(wish.name):
        raise Invalid(problems)
    secret = PREFIX + ids.new_token(24)
    connection.execute(
        api_token.insert().values(
            workspace_id=workspace.id,
            name=wish.name.strip(),
            token_hash=fingerprint(secret),
            hint=secret[-4:],
            role=wish.role,
            unit_ids=list(wish.unit_ids),
            made_by=wish.made_by,
            created_at=now,
        )
    )
    return secret


def list_tokens(connection: Connection, workspace: Workspace) -> list[Token]:
    """The tokens of a workspace that still work, newest first."""
    rows = connection.execute(
        api_token.select()
        .where(api_token.c.workspace_id == workspace.id, api_token.c.revoked_at.is_(None))
        .order_by(api_token.c.id.desc())
    )
    return [_token(row) for row in rows]


def find_token(connection: Connection, secret: str) -> Token | None:
    """The working token with this secret, or None."""
    row = connection.execute(
        api_token.select().where(
            api_token.c.token_hash == fingerprint(secret), api_token.c.revoked_at.is_(None)
        )
    ).first()
    return None if row is None else _token(row)


def find_bearer(connection: Connection, secret: str) -> tuple[Token, Workspace] | None:
    """The working token with this secret and its workspace, or None; asked in every request."""
    row = _BEARER.first(connection, {"hash": fingerprint(secret)})
    if row is None:
        return None
    token = Token(*row[: len(_FIELDS)])
    return replace(token, unit_ids=tuple(token.unit_ids)), Workspace(*row[len(_FIELDS) :])


def revoke_token(
    connection: Connection, workspace: Workspace, token_id: int, *, now: datetime
) -> None:
    """End a token at once; NotFound when this workspace has no such working token."""
    done = connection.execute(
        api_token.update()
        .where(
            api_token.c.id == token_id,
            api_token.c.workspace_id == workspace.id,
            api_token.c.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
    if done.rowcount != 1:
        raise NotFound()


def needs_touch(token: Token, *, now: datetime) -> bool:
    """Whether it is time to note the token's use again."""
    return token.used_at is None or token.used_at + _USED_EVERY < now


def touch_token(connection: Connection, token_id: int, *, now: datetime) -> None:
    """Note that a token is in use."""
    connection.execute(api_token.update().where(api_token.c.id == token_id).values(used_at=now))


def _token(row: Row[Any]) -> Token:
    return Token(
        row.id, row.workspace_id, row.name, row.hint, row.role, tuple(row.unit_ids), row.made_by,
        row.created_at, row.used_at, row.revoked_at,
    )  # fmt: skip
