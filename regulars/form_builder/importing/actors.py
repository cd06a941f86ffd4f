"""Who asked for an import; what they may do is looked up again whenever work is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from regulars.platform.accounts import members
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.accounts.tables import api_token
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Forbidden, NotFound


def actor_json(access: Access) -> dict[str, Any]:
    """What is stored of whoever asks."""
    kept = asdict(access)
    return {**kept, "unit_ids": list(access.unit_ids)}


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
    units = members.expand_units(uow, found.unit_ids)
    return Access(found.id, found.name, found.role, found.locale, units)


def _token(uow: UnitOfWork, actor: Mapping[str, Any]) -> Access:
    with uow.database.main_tx(write=False) as connection:
        row = connection.execute(
            api_token.select().where(
                api_token.c.id == actor["token_id"], api_token.c.revoked_at.is_(None)
            )
        ).first()
    if row is None:
        raise Forbidden("import-by-nobody")
    units = members.expand_units(uow, tuple(row.unit_ids))
    return Access(None, row.name, row.role, actor["locale"], units, "token", row.id)
