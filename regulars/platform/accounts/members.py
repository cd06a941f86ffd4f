"""Members: users inside one workspace, with a role and the units they are bound to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from regulars.platform import columns
from regulars.platform.accounts import audit, sessions, units
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.accounts.leaving import forget_kept, revoke_tokens_of
from regulars.platform.accounts.role_book import roles_of
from regulars.platform.accounts.tables import member
from regulars.platform.accounts.users import User
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict, Forbidden, Invalid, NotFound
from regulars.platform.problems import Problem


@dataclass(frozen=True)
class Member:
    """A person of this workspace. ``unit_ids`` as assigned, without what lies below them."""

    id: int
    user_id: int
    name: str
    email: str
    role: str
    unit_ids: tuple[int, ...]
    locale: str
    active: bool


def list_members(uow: UnitOfWork) -> list[Member]:
    """Every member, active ones first, by name."""
    rows = uow.execute(member.select().order_by(member.c.active.desc(), member.c.name))
    return [_member(row) for row in rows]


def get_member(uow: UnitOfWork, member_id: int) -> Member:
    """The member with this id."""
    row = uow.execute(member.select().where(member.c.id == member_id)).first()
    if row is None:
        raise NotFound()
    return _member(row)


def find_member_of(uow: UnitOfWork, user_id: int) -> Member | None:
    """The member row of a user, or None."""
    row = uow.execute(member.select().where(member.c.user_id == user_id)).first()
    return None if row is None else _member(row)


def access_of(uow: UnitOfWork, user_id: int) -> Access | None:
    """What a user may do in this workspace now; None when not a member, or no longer."""
    found = find_member_of(uow, user_id)
    if found is None or not found.active:
        return None
    return member_access(uow, found)


def member_access(uow: UnitOfWork, found: Member) -> Access:
    """What a member may do now."""
    return Access(
        found.id, found.name, found.role, found.locale, expand_units(uow, found.unit_ids),
        assigned_ids=found.unit_ids, roles=roles_of(uow),
    )  # fmt: skip


def expand_units(uow: UnitOfWork, unit_ids: Sequence[int]) -> tuple[int, ...]:
    """Assigned units with everything below them; nothing assigned stays nothing."""
    if not unit_ids:
        return ()
    # Stores that are no longer there do not make somebody see all the others.
    return units.with_descendants(units.list_units(uow), unit_ids) or tuple(unit_ids)


def add_member(
    uow: UnitOfWork, user: User, role: str, unit_ids: Sequence[int] = (), *,
    by: Access | None = None,
) -> Member:  # fmt: skip
    """Take a user in, or back in. Whoever calls has already decided that they may."""
    if role not in roles_of(uow):
        raise Invalid([Problem("role", "unknown-role", {"role": role})])
    values = {
        "name": user.name,
        "email": user.email,
        "role": role,
        "unit_ids": list(unit_ids),
        "locale": user.locale,
        "active": True,
    }
    known = find_member_of(uow, user.id)
    if known is not None and known.active:
        raise Conflict("already-member", name=known.name)
    if known is not None:
        uow.execute(member.update().where(member.c.id == known.id).values(**values))
    else:
        uow.execute(member.insert().values(user_id=user.id, created_at=uow.now, **values))
    given = {"role": role, "units": list(unit_ids)}
    audit.note(uow, by or system_access(user.locale), "member-added", user.email, after=given)
    found = find_member_of(uow, user.id)
    assert found is not None
    return found


def change_member(
    uow: UnitOfWork, access: Access, member_id: int, *, role: str, unit_ids: Sequence[int]
) -> Member:
    """Give a member another role or other units."""
    found = get_manageable(uow, access, member_id)
    check_grant(uow, access, role, unit_ids)
    if "owner" in (role, found.role) and role != found.role:
        _require_password(access)
    if found.role == "owner" and role != "owner":
        _keep_an_owner(uow, found)
    uow.execute(
        member.update().where(member.c.id == member_id).values(role=role, unit_ids=list(unit_ids))
    )
    changed = get_member(uow, member_id)
    told = [{"role": each.role, "units": list(each.unit_ids)} for each in (found, changed)]
    audit.note(uow, access, "member-changed", found.email, before=told[0], after=told[1])
    with uow.database.main_tx() as connection:
        sessions.outdate_sessions_of(connection, found.user_id, now=uow.now)
    return get_member(uow, member_id)


def set_active(uow: UnitOfWork, access: Access, member_id: int, *, active: bool) -> Member:
    """Let a member go, or take them back; it holds from their next request on."""
    found = get_manageable(uow, access, member_id)
    if found.role == "owner":
        _require_password(access)
    if not active:
        _keep_an_owner(uow, found)
    uow.execute(member.update().where(member.c.id == member_id).values(active=active))
    if not active:
        forget_kept(uow, member_id)
        with uow.database.main_tx() as connection:
            revoke_tokens_of(connection, uow.workspace, member_id, now=uow.now)
    action = "member-back" if active else "member-gone"
    audit.note(uow, access, action, found.email, after={"role": found.role})
    return get_member(uow, member_id)


def follow_user(uow: UnitOfWork, user: User) -> None:
    """Bring a member's name and language in line with the user's."""
    uow.execute(
        member.update()
        .where(member.c.user_id == user.id)
        .values(name=user.name, locale=user.locale, email=user.email)
    )


def check_grant(uow: UnitOfWork, access: Access, role: str, unit_ids: Sequence[int]) -> None:
    """Nobody grants what they do not hold: no mightier role, no units outside their own."""
    if role not in roles_of(uow):
        raise Invalid([Problem("role", "unknown-role", {"role": role})])
    if not access.may_grant(role):
        raise Forbidden("grant-too-high")
    known = {each.id for each in units.list_units(uow)}
    if not set(unit_ids) <= known:
        raise Invalid([Problem("unit_ids", "unknown-store")])
    if access.unit_ids and not (unit_ids and set(unit_ids) <= set(access.unit_ids)):
        raise Forbidden("grant-outside-units")


def get_manageable(uow: UnitOfWork, access: Access, member_id: int) -> Member:
    """The member, when this actor may manage them: not mightier, not in other stores."""
    access.require("manage_members")
    found = get_member(uow, member_id)
    if found.role in access.roles and not access.may_grant(found.role):
        raise Forbidden("grant-too-high")
    theirs = set(found.unit_ids)
    if access.unit_ids and not (theirs and theirs <= set(access.unit_ids)):
        raise Forbidden("grant-outside-units")
    return found


def _require_password(access: Access) -> None:
    """Who owns the shop is decided by people who have just typed their password."""
    if access.kind == "token":
        raise Forbidden("owner-by-hand")


def _keep_an_owner(uow: UnitOfWork, leaving: Member) -> None:
    """A workspace without an owner could never be managed again."""
    if leaving.role != "owner" or not leaving.active:
        return
    # Locked, so that two owners who dismiss each other at once do not both succeed.
    owners = uow.execute(
        sa.select(member.c.id)
        .where(member.c.role == "owner", member.c.active == sa.literal(True, columns.Flag))
        .order_by(member.c.id)
        .with_for_update()
    ).all()
    if len(owners) < 2:
        raise Conflict("last-owner")


def _member(row: Row[Any]) -> Member:
    return Member(
        row.id, row.user_id, row.name, row.email, row.role, tuple(row.unit_ids), row.locale,
        row.active,
    )  # fmt: skip
