"""Making and ending keys for programs: permission, the key itself, the log."""

from __future__ import annotations

from regulars.platform.accounts import audit, members, tokens
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.tokens import Token, TokenWish
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Forbidden, NotFound


def make_token(uow: UnitOfWork, access: Access, wish: TokenWish) -> tuple[Token, str]:
    """A new key and its secret, which is seen this once; no wider than its maker."""
    access.require("manage_tokens")
    members.check_grant(uow, access, wish.role, wish.unit_ids)
    with uow.database.main_tx() as connection:
        secret = tokens.create_token(connection, uow.workspace, wish, now=uow.now)
        made = tokens.find_token(connection, secret)
    assert made is not None
    told = {"role": made.role, "units": list(made.unit_ids), "ends_in": made.hint}
    audit.note(uow, access, "token-made", made.name, after=told)
    return made, secret


def end_token(uow: UnitOfWork, access: Access, token_id: int) -> None:
    """End a key at once; one that is wider than the actor is not theirs to end."""
    access.require("manage_tokens")
    with uow.database.main_tx(write=False) as connection:
        known = tokens.list_tokens(connection, uow.workspace)
    found = next((each for each in known if each.id == token_id), None)
    if found is None:
        raise NotFound()
    if access.unit_ids and not set(found.unit_ids) & set(access.unit_ids):
        raise NotFound()
    if found.role in access.roles and not access.may_grant(found.role):
        raise Forbidden("grant-too-high")
    with uow.database.main_tx() as connection:
        tokens.revoke_token(connection, uow.workspace, token_id, now=uow.now)
    audit.note(uow, access, "token-revoked", found.name, before={"role": found.role})
