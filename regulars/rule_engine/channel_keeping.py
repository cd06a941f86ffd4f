"""Setting up channels: which provider serves which, accounts with their secrets, staff groups."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from regulars.platform.accounts import audit
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.ids import new_token
from regulars.platform.problems import Problem
from regulars.platform.sealing import BrokenSeal, Seal
from regulars.rule_engine import circuits
from regulars.rule_engine.channels.accounts import find_account, inbound_url, opened, sealed
from regulars.rule_engine.channels.apprise import is_allowed
from regulars.rule_engine.channels.base import Provider, providers
from regulars.rule_engine.channels.settings import (
    bound_to,
    plain_values,
    secret_values,
    setting_problems,
)
from regulars.rule_engine.tables import channel_account

_KEY = re.compile(r"[a-z](_?[a-z0-9]){0,47}\Z")
MAX_NAME = 100
_INBOUND_BYTES = 18


@dataclass(frozen=True)
class AccountWish:
    """An account to keep. ``key`` is the provider's name, or a staff group's own."""

    key: str
    provider: str
    values: Mapping[str, Any]
    name: str = ""


@dataclass(frozen=True)
class AccountRow:
    """An account as it may be shown: no secret, only which of them are there."""

    key: str
    provider: Provider
    name: str
    settings: Mapping[str, Any]
    has_secret: bool
    inbound_url: str | None


def list_accounts(uow: UnitOfWork) -> list[AccountRow]:
    """Every account, staff groups by name."""
    rows = uow.execute(channel_account.select().order_by(channel_account.c.name)).all()
    return [_shown(row) for row in rows if providers.find(row.provider) is not None]


def get_account(uow: UnitOfWork, key: str) -> AccountRow:
    """One account; NotFound otherwise."""
    row = find_account(uow, key)
    if row is None or providers.find(row.provider) is None:
        raise NotFound("no-channel-account", key=key)
    return _shown(row)


def keep_account(uow: UnitOfWork, access: Access, seal: Seal, wish: AccountWish) -> AccountRow:
    """Keep an account; Invalid with every problem.

    A secret that is not given stays, as long as what it is bound to stays the same.
    """
    access.require("manage_workspace")
    provider = providers.find(wish.provider)
    if provider is None or not provider.fields:
        raise NotFound("no-provider", key=wish.provider[:60])
    before = find_account(uow, wish.key)
    settings = plain_values(provider.fields, wish.values)
    known = _known_secrets(seal, provider, before, settings)
    problems = [
        *_key_problems(wish, provider, before),
        *setting_problems(provider.fields, wish.values, frozenset(known)),
        *_apprise_problems(provider, wish),
    ]
    problems += _again(seal, provider, before, settings, wish.values)
    if problems:
        raise Invalid(problems)
    secrets = {**known, **secret_values(provider.fields, wish.values)}
    values = {
        "provider": provider.name, "name": wish.name.strip() or wish.key, "settings": settings,
        "secret": sealed(seal, provider, wish.key, settings, secrets), "changed_at": uow.now,
        "changed_by": access.name,
    }  # fmt: skip
    _store(uow, provider, wish.key, values, before)
    circuits.let_try_again(uow, [provider.way(wish.key)])
    audit.note(uow, access, "channel-changed", wish.key, after={"provider": provider.name})
    return get_account(uow, wish.key)


def remove_account(uow: UnitOfWork, access: Access, key: str) -> None:
    """Forget an account with its secrets; messages that wait for it say why they wait."""
    access.require("manage_workspace")
    gone = uow.execute(channel_account.delete().where(channel_account.c.key == key))
    if not gone.rowcount:
        raise NotFound("no-channel-account", key=key[:60])
    audit.note(uow, access, "channel-removed", key)


def _shown(row: Any) -> AccountRow:
    provider = providers.get(row.provider)
    return AccountRow(
        row.key, provider, row.name, row.settings, row.secret is not None, inbound_url(row.inbound)
    )


def _store(
    uow: UnitOfWork, provider: Provider, key: str, values: dict[str, Any], before: Any
) -> None:
    if before is not None:
        same = channel_account.c.key == key
        uow.execute(channel_account.update().where(same).values(**values))
        return
    heard = provider.receipts or provider.answers
    token = f"{uow.workspace.id}-{new_token(_INBOUND_BYTES)}" if heard else None
    uow.execute(channel_account.insert().values(key=key, inbound=token, **values))


def _known_secrets(
    seal: Seal, provider: Provider, before: Any, settings: Mapping[str, Any]
) -> dict[str, str]:
    """The secrets that stay: those of the same provider, bound to the very same place."""
    if before is None or not _is_bound_alike(provider, before, settings):
        return {}
    return _kept_secrets(seal, provider, before)


def _kept_secrets(seal: Seal, provider: Provider, before: Any) -> dict[str, str]:
    if before is None or before.provider != provider.name:
        return {}
    try:
        return opened(seal, provider, before.key, before.settings, before.secret)
    except BrokenSeal:
        return {}


def _is_bound_alike(provider: Provider, before: Any, settings: Mapping[str, Any]) -> bool:
    return bound_to(provider.fields, before.settings) == bound_to(provider.fields, settings)


def _again(
    seal: Seal, provider: Provider, before: Any, settings: Mapping[str, Any],
    values: Mapping[str, Any],
) -> list[Problem]:  # fmt: skip
    """Say why a secret that was there is asked for again."""
    if before is None or _is_bound_alike(provider, before, settings):
        return []
    lost = set(_kept_secrets(seal, provider, before)) - set(secret_values(provider.fields, values))
    return [Problem(each.name, "secret-again") for each in provider.fields if each.name in lost]


def _key_problems(wish: AccountWish, provider: Provider, before: Any) -> list[Problem]:
    found = []
    if provider.staff:
        if not _KEY.match(wish.key):
            found.append(Problem("key", "bad-webhook-key", {"key": wish.key[:60]}))
        elif providers.find(wish.key) is not None:
            found.append(Problem("key", "key-is-a-provider", {"key": wish.key}))
        elif before is not None and before.provider != provider.name:
            found.append(Problem("key", "key-of-another", {"key": wish.key}))
    elif wish.key != provider.name:
        found.append(Problem("key", "shape-enum", {"allowed": [provider.name]}))
    if len(wish.name) > MAX_NAME:
        found.append(Problem("name", "shape-max-length", {"n": MAX_NAME}))
    return found


def _apprise_problems(provider: Provider, wish: AccountWish) -> list[Problem]:
    given = wish.values.get("address")
    if provider.name != "apprise" or not isinstance(given, str) or not given.strip():
        return []
    return [] if is_allowed(given.strip()) else [Problem("address", "bad-apprise-address")]


def staff_accounts(uow: UnitOfWork) -> list[AccountRow]:
    """The groups of the shop's own people that rules may write to."""
    return [each for each in list_accounts(uow) if each.provider.staff]


def find_inbound(uow: UnitOfWork, token: str) -> Any:
    """The account a token for receipts belongs to, None when there is none."""
    return uow.execute(
        sa.select(channel_account).where(channel_account.c.inbound == token)
    ).first()
