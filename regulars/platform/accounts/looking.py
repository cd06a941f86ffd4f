"""Looking at the pages through somebody else's eyes: as a role, or as one member. Read-only.

An owner wants to see what a clerk sees. The visit keeps whose eyes it borrows; at each request it
is asked anew whether it still may, and nothing can be written meanwhile. Nobody borrows eyes that
see more than their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.engine import Connection

from regulars.platform.accounts import audit, members, units
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.role_book import roles_of
from regulars.platform.accounts.sessions import Session
from regulars.platform.accounts.tables import session
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict, Forbidden, Invalid, NotFound, RegularsError
from regulars.platform.problems import Problem


class OnlyLooking(Conflict):
    """Something was to be changed while looking as somebody else."""

    code = "only-looking"


@dataclass(frozen=True)
class Eyes:
    """Whose: a role's, perhaps in one store, or those of a member."""

    role: str = ""
    unit_id: int | None = None
    member_id: int | None = None

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Eyes:
        """As a visit keeps them."""
        return cls(raw.get("role", ""), raw.get("unit"), raw.get("member"))

    def as_json(self) -> dict[str, Any]:
        """What the visit keeps."""
        return {"role": self.role, "unit": self.unit_id, "member": self.member_id}


@dataclass(frozen=True)
class Sight:
    """What is seen through them: the access, and the name that stands on the banner."""

    access: Access
    name: str
    role: str


def borrow(uow: UnitOfWork, access: Access, eyes: Eyes) -> Sight:
    """What one would see; Forbidden for eyes that see more than one's own."""
    if eyes.member_id is not None:
        found = members.get_manageable(uow, access, eyes.member_id)
        if not found.active:
            raise Conflict("looking-at-nobody", name=found.name)
        theirs = replace(members.member_access(uow, found), locale=access.locale)
        return Sight(theirs, found.name, found.role)
    access.require("manage_roles")
    known = roles_of(uow)
    if eyes.role not in known:
        raise NotFound("no-role", key=eyes.role)
    if not access.may_grant(known[eyes.role]):
        raise Forbidden("grant-too-high")
    if eyes.unit_id is not None:
        units.get_unit(uow, eyes.unit_id)
    bound = () if eyes.unit_id is None else (eyes.unit_id,)
    if access.unit_ids and not (bound and set(bound) <= set(access.unit_ids)):
        raise Forbidden("grant-outside-units")
    seen = replace(
        access, role=eyes.role, member_id=None, unit_ids=members.expand_units(uow, bound),
        assigned_ids=bound, roles=known,
    )  # fmt: skip
    return Sight(seen, "", eyes.role)


def named_eyes(uow: UnitOfWork, text: str) -> Eyes:
    """``clerk``, ``clerk@EAST`` (in one store) or ``member:7``; Invalid for anything else."""
    kind, _colon, number = text.partition(":")
    if kind == "member" and number.isascii() and number.isdecimal() and len(number) < 10:
        return Eyes(member_id=int(number))
    role, at, code = text.partition("@")
    unit = units.find_unit(uow, code) if at else None
    if at and unit is None:
        raise Invalid([Problem("See-As", "unknown-store")])
    return Eyes(role, None if unit is None else unit.id)


def begin(uow: UnitOfWork, access: Access, visit: Session, eyes: Eyes) -> Sight:
    """See every page of this workspace so from now on, in this visit; it stands in the log."""
    found = borrow(uow, access, eyes)
    audit.note(uow, access, "looked-as", found.name or found.role, after={"role": found.role})
    kept = {"workspace": uow.workspace.id, **eyes.as_json()}
    with uow.database.main_tx() as connection:
        _keep(connection, visit.visit_hash, kept)
    return found


def end(connection: Connection, visit: Session) -> None:
    """See with one's own eyes again."""
    _keep(connection, visit.visit_hash, None)


def sight_of(uow: UnitOfWork, access: Access, visit: Session | None) -> Sight | None:
    """Through whose eyes this visit looks here; None with its own, also when it may no longer."""
    kept = None if visit is None else visit.looks_as
    if not kept or kept.get("workspace") != uow.workspace.id:
        return None
    try:
        return borrow(uow, access, Eyes.from_json(kept))
    except RegularsError:  # the role, the member or the right to look is gone
        return None


def _keep(connection: Connection, visit_hash: str, kept: Mapping[str, Any] | None) -> None:
    connection.execute(
        session.update().where(session.c.visit_hash == visit_hash).values(looks_as=kept)
    )
