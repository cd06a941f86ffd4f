"""Saving, publishing and archiving roles: what pages, API and command line do with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from regulars.platform import columns, i18n
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.roles import ROLES
from regulars.platform.accounts.tables import api_token, invitation, member
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.editing import Seen, edit
from regulars.platform.definitions.uses import Use, Used
from regulars.platform.errors import Conflict, Forbidden

KIND = "role"


def put_role(uow: UnitOfWork, access: Access, raw: Mapping[str, Any]) -> int:
    """Save a role and publish it at once; its version. Invalid with every problem."""
    draft = store.save_draft(uow, access, KIND, raw)
    return store.publish(uow, access, [(KIND, draft.key)])[KIND, draft.key]


def change_role(
    uow: UnitOfWork, access: Access, key: str,
    change: Callable[[Mapping[str, Any]], Mapping[str, Any]], seen: Seen,
) -> int:  # fmt: skip
    """Change the role that was seen and publish it at once; DraftClash, Invalid as `edit`."""
    edit(uow, access, KIND, key, change, seen)
    return store.publish(uow, access, [(KIND, key)])[KIND, key]


def role_uses(uow: UnitOfWork, used: Used) -> Iterator[Use]:
    """How many people, invitations and keys have a role: it cannot go while somebody has it."""
    held = holders(uow).get(used.key, 0) if used.kind == KIND else 0
    if held:
        words = {each: i18n.translate("roles.holders", each, n=held) for each in i18n.LOCALES}
        place = {each: i18n.translate("roles.holders-where", each) for each in i18n.LOCALES}
        yield Use("member", used.key, words, "", place)


def archive_role(uow: UnitOfWork, access: Access, key: str) -> None:
    """Take a role out of use; Conflict while somebody has it."""
    if key in ROLES:
        raise Forbidden("built-in-role-stays")
    held = holders(uow).get(key, 0)
    if held:
        raise Conflict("role-in-use", n=held)
    store.archive(uow, access, KIND, key)


def holders(uow: UnitOfWork) -> dict[str, int]:
    """How many members, open invitations and keys have each role."""
    working = member.c.active == sa.literal(True, columns.Flag)
    counts: dict[str, int] = dict(_count(member.c.role, uow.connection, working))
    here = uow.workspace.id
    with uow.database.main_tx(write=False) as connection:
        mine = api_token.c.workspace_id == here, api_token.c.revoked_at.is_(None)
        found = _count(api_token.c.role, connection, *mine)
        waiting = invitation.c.workspace_id == here, invitation.c.used_at.is_(None)
        found += _count(invitation.c.role, connection, *waiting, invitation.c.expires_at > uow.now)
    for role, n in found:
        counts[role] = counts.get(role, 0) + n
    return counts


def _count(role: Any, connection: Any, *where: Any) -> list[tuple[str, int]]:
    counted = sa.select(role, sa.func.count()).where(*where).group_by(role)
    return [(row[0], row[1]) for row in connection.execute(counted)]
