"""Who has to sign for a record, found when they are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from regulars.form_builder.flow.definition import Approval, Signer
from regulars.form_builder.flow.moving import manages
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.members import Member, list_members, member_access
from regulars.platform.db import UnitOfWork

NamedIn = Callable[[str], Iterable[int]]
"""The members that a field of the record holds."""


@dataclass(frozen=True)
class Asked:
    """One who is asked: a ``member``, or anybody with a ``role``."""

    member: int | None = None
    role: str | None = None


def asked_for(
    uow: UnitOfWork, approval: Approval, unit: int | None, named_in: NamedIn
) -> list[Asked] | None:
    """Everybody whose signature is wanted; None where somebody who is needed is not there."""
    team = [each for each in list_members(uow) if each.active]
    found: list[Asked] = []
    for signer in approval.signers:
        fresh = list(people_of(uow, signer, unit, named_in, team))
        if not fresh and approval.needs != "one":
            return None
        found += [each for each in fresh if each not in found]
    return found or None


def people_of(
    uow: UnitOfWork, signer: Signer, unit: int | None, named_in: NamedIn, team: list[Member]
) -> Iterable[Asked]:
    """Who one signer of the definition is for a record of a store."""
    if signer.kind == "role":
        return [Asked(role=signer.name)] if any(m.role == signer.name for m in team) else []
    if signer.kind == "manager":
        boss = manager_of(uow, unit, team)
        return [Asked(boss.id)] if boss is not None else []
    active = {each.id for each in team}
    return [Asked(each) for each in named_in(signer.name) if each in active]


def manager_of(uow: UnitOfWork, unit: int | None, team: list[Member]) -> Member | None:
    """The active member who manages a store: of several, whoever looks after the fewest."""
    accesses = [(each, member_access(uow, each)) for each in team]
    bosses = [(each, access) for each, access in accesses if manages(access, unit)]
    return min(bosses, key=lambda pair: _width(*pair))[0] if bosses else None


def _width(boss: Member, access: Access) -> tuple[bool, int, bool, int]:
    """Bound to few stores first; who is bound to none looks after all; owners last."""
    return not access.unit_ids, len(access.unit_ids), access.role == "owner", boss.id
