"""Invitations: a one-time link that somebody hands over; whoever opens it becomes a member."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from regulars.platform import ids
from regulars.platform.accounts import audit, members, users
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.tables import invitation
from regulars.platform.accounts.users import NewUser, User
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.errors import Conflict, Forbidden, Invalid, NotFound
from regulars.platform.web.visit import fingerprint
from regulars.platform.workspaces import workspace as workspace_table

LIFETIME = timedelta(days=7)


@dataclass(frozen=True)
class Invitation:
    """Somebody who may join."""

    id: int
    workspace: Workspace
    email: str
    name: str
    role: str
    unit_ids: tuple[int, ...]
    expires_at: datetime


@dataclass(frozen=True)
class Wish:
    """Whom to invite, as what."""

    email: str
    name: str
    role: str
    unit_ids: Sequence[int] = ()


def invite(uow: UnitOfWork, access: Access, wish: Wish) -> str:
    """Make an invitation; the answer is its secret, shown once. Replaces an older one."""
    access.require("manage_members")
    problems = [*users.email_problems(wish.email), *users.name_problems(wish.name)]
    if problems:
        raise Invalid(problems)
    members.check_grant(uow, access, wish.role, wish.unit_ids)
    email = users.normal_email(wish.email)
    if any(m.email == email and m.active for m in members.list_members(uow)):
        raise Conflict("already-member", name=wish.name)
    secret = ids.new_token(24)
    with uow.database.main_tx() as connection:
        connection.execute(_open_ones(uow.workspace).where(invitation.c.email == email))
        connection.execute(
            invitation.insert().values(
                workspace_id=uow.workspace.id,
                token_hash=fingerprint(secret),
                email=email,
                name=wish.name.strip(),
                role=wish.role,
                unit_ids=list(wish.unit_ids),
                made_by=access.member_id,
                created_at=uow.now,
                expires_at=uow.now + LIFETIME,
            )
        )
    told = {"role": wish.role, "units": list(wish.unit_ids)}
    audit.note(uow, access, "invited", email, after=told)
    return secret


def list_invitations(uow: UnitOfWork) -> list[Invitation]:
    """The invitations of this workspace that nobody has used yet."""
    statement = _with_workspace().where(
        invitation.c.workspace_id == uow.workspace.id,
        invitation.c.used_at.is_(None),
        invitation.c.expires_at > uow.now,
    )
    with uow.database.main_tx(write=False) as connection:
        rows = connection.execute(statement.order_by(invitation.c.id.desc()))
        return [_invitation(row) for row in rows]


def withdraw(uow: UnitOfWork, access: Access, invitation_id: int) -> None:
    """Make an unused invitation worthless."""
    access.require("manage_members")
    found = next((each for each in list_invitations(uow) if each.id == invitation_id), None)
    if found is None:
        return
    if found.role in access.roles and not access.may_grant(found.role):
        raise Forbidden("grant-too-high")
    if access.unit_ids and not set(found.unit_ids) & set(access.unit_ids):
        raise Forbidden("grant-outside-units")
    with uow.database.main_tx() as connection:
        connection.execute(_open_ones(uow.workspace).where(invitation.c.id == invitation_id))
    audit.note(uow, access, "invitation-withdrawn", found.email, before={"role": found.role})


def get_invitation(connection: Connection, secret: str, *, now: datetime) -> Invitation:
    """The open invitation with this secret; NotFound when used, withdrawn, expired or guessed."""
    row = connection.execute(
        _with_workspace().where(
            invitation.c.token_hash == fingerprint(secret),
            invitation.c.used_at.is_(None),
            invitation.c.expires_at > now,
        )
    ).first()
    if row is None:
        raise NotFound("no-invitation")
    return _invitation(row)


def accept(
    database: Database, secret: str, who: NewUser | User, *, now: datetime
) -> tuple[User, Workspace]:
    """Use an invitation up and make its holder a member, with a new account or their own."""
    with database.main_tx() as connection:
        found = get_invitation(connection, secret, now=now)
        used = connection.execute(
            invitation.update()
            .where(invitation.c.id == found.id, invitation.c.used_at.is_(None))
            .values(used_at=now)
        )
        if used.rowcount != 1:
            raise NotFound("no-invitation")
        if isinstance(who, NewUser):
            who = users.create_user(connection, who, now=now)
        users.join(connection, who.id, found.workspace.id)
    with database.workspace_tx(found.workspace, now=now) as uow:
        known = members.find_member_of(uow, who.id)
        if known is None or not known.active:
            members.add_member(uow, who, found.role, found.unit_ids)
    return who, found.workspace


def _open_ones(workspace: Workspace) -> sa.Delete:
    return invitation.delete().where(
        invitation.c.workspace_id == workspace.id, invitation.c.used_at.is_(None)
    )


def _with_workspace() -> sa.Select[Any]:
    shop = workspace_table.c
    return sa.select(
        invitation,
        shop.key.label("w_key"),
        shop.name.label("w_name"),
        shop.zone,
        shop.currency,
        shop.locale,
        shop.week_start,
        shop.leap_day,
    ).join(
        workspace_table,
        sa.and_(
            shop.id == invitation.c.workspace_id,
            shop.archived_at.is_(None),
            shop.deleted_at.is_(None),
        ),
    )


def _invitation(row: Row[Any]) -> Invitation:
    place = Workspace(
        row.workspace_id,
        row.w_key,
        row.w_name,
        row.zone,
        row.currency,
        row.locale,
        row.week_start,
        row.leap_day,
    )
    return Invitation(
        row.id, place, row.email, row.name, row.role, tuple(row.unit_ids), row.expires_at
    )
