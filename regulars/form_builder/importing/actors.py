"""Who asked for an import; what they may do is looked up again whenever work is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars.platform.accounts import members
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.accounts.role_book import roles_of
from regulars.platform.accounts.tables import api_token
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Forbidden, NotFound


def actor_json(access: Access) -> dict[str, Any]:
    """What is stored of whoever asks."""
    return {
        "member_id": access.member_id,
        "name": access.name,
        "role": access.role,
        "locale": access.locale,
        "unit_ids": list(access.unit_ids),
        "kind": access.kind,
        "token_id": access.token_id,
    }


def access_now(uow: UnitOfWork, actor: Mapping[str, Any]) -> Access:
    """What the one who asked may do today; Forbidden when they are no longer let in."""
    if actor["kind"] == "member":
        return _member(uow, actor["member_id"])
    if actor["kind"] == "token":
        return _token(uow, actor)
    return system_access(actor["locale"])


def _member(uow: UnitOfWork, member_id: int) -> Access:
    try:
        found = members.get_member(uow, member_id)
    except NotFound:
        raise Forbidden("import-by-nobody") from None
    if not found.active:
        raise Forbidden("import-by-nobody")
    return members.member_access(uow, found)


def _token(uow: UnitOfWork, actor: Mapping[str, Any]) -> Access:
    with uow.database.main_tx(write=False) as connection:
        row = connection.execute(
            api_token.select().where(
                api_token.c.id == actor["token_id"], api_token.c.revoked_at.is_(None)
            )
        ).first()
    if row is None:
        raise Forbidden("import-by-nobody")
    assigned = tuple(row.unit_ids)
    return Access(
        None, row.name, row.role, actor["locale"], members.expand_units(uow, assigned), "token",
        row.id, assigned, roles_of(uow),
    )  # fmt: skip
