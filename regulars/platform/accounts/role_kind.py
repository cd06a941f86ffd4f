"""The kind ``role`` of definitions: who may publish which role."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from regulars.platform.accounts import audit
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.role_definition import (
    parse_role,
    readable,
    role_problems,
    role_schema,
)
from regulars.platform.accounts.roles import Role
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.kinds import DefinitionKind, Fill, Tell
from regulars.platform.definitions.snapshot import Snapshot
from regulars.platform.errors import Forbidden
from regulars.platform.problems import Problem


@cache
def role_kind(
    check: Callable[[Role, Snapshot], list[Problem]], tell: Tell, fill: Fill
) -> DefinitionKind:
    """The kind, with what the form builder has to say about fields and who knows of them."""
    return DefinitionKind(
        "role", role_schema(), role_problems, parse_role, check,
        capability="manage_roles", guard=guard_role, note=note_role,
        tell=tell, fill=fill,
    )  # fmt: skip


def note_role(uow: UnitOfWork, access: Access, before: Role | None, after: Role | None) -> None:
    """Every published change of a role stands in the log."""
    role = after or before
    assert role is not None
    action = "role-published" if after else "role-archived"
    told = [None if each is None else readable(each) for each in (before, after)]
    audit.note(uow, access, action, role.key, before=told[0], after=told[1])


def guard_role(_uow: UnitOfWork, access: Access, before: Role | None, after: Role | None) -> None:
    """Nobody edits their own role, nor one that gives or gave more than they hold."""
    if access.kind == "system":
        return
    for role in (before, after):
        if role is not None and role.key == access.role:
            raise Forbidden("own-role")
        if role is not None and not access.may_grant(role):
            raise Forbidden("grant-too-high")
