"""The shop's accounts with providers: settings in the open, secrets sealed to their place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from regulars.platform.addresses import absolute
from regulars.platform.db import Database, UnitOfWork
from regulars.platform.sealing import BrokenSeal, Seal
from regulars.platform.workspaces import list_workspaces
from regulars.rule_engine.channels.base import Provider, SendFailed, Surroundings, providers
from regulars.rule_engine.channels.settings import bound_to
from regulars.rule_engine.tables import channel_account


@dataclass(frozen=True)
class Account:
    """One account, opened for a single use."""

    key: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str] = field(default_factory=dict)


def find_account(uow: UnitOfWork, key: str) -> Any:
    """The stored account under a key, None when there is none."""
    return uow.execute(channel_account.select().where(channel_account.c.key == key)).first()


def settings_of(uow: UnitOfWork, key: str) -> Mapping[str, Any]:
    """The settings of an account; empty when it is not set up."""
    row = find_account(uow, key)
    return {} if row is None else dict(row.settings)


def place_of(provider: Provider, key: str, settings: Mapping[str, Any]) -> str:
    """What the secrets of an account are sealed to: they open for nothing else."""
    return f"channel_account.secret.{key}.{provider.name}.{bound_to(provider.fields, settings)}"


def sealed(
    seal: Seal, provider: Provider, key: str, settings: Mapping[str, Any],
    secrets: Mapping[str, str],
) -> str | None:  # fmt: skip
    """The secrets as they are stored."""
    if not secrets:
        return None
    text = json.dumps(dict(secrets), ensure_ascii=False, sort_keys=True)
    return seal.seal(text, place_of(provider, key, settings))


def opened(
    seal: Seal, provider: Provider, key: str, settings: Mapping[str, Any], secret: str | None
) -> dict[str, str]:
    """The secrets again. Raises BrokenSeal."""
    if secret is None:
        return {}
    found: dict[str, str] = json.loads(seal.open(secret, place_of(provider, key, settings)))
    return found


def prepared_from(row: Any) -> Mapping[str, Any]:
    """What a provider takes along of a stored account."""
    if row is None:
        return {}
    return {
        "account": row.key, "settings": dict(row.settings), "secret": row.secret,
        "inbound_url": inbound_url(row.inbound),
    }  # fmt: skip


def inbound_url(token: str | None) -> str | None:
    """Where a provider hands in receipts and answers."""
    return absolute(f"/receipts/{token}") if token else None


def account_for(
    provider: Provider, prepared: Mapping[str, Any], surroundings: Surroundings
) -> Account:
    """The account a message goes through. Raises SendFailed when it cannot be used."""
    if not prepared or surroundings.seal is None:
        raise SendFailed("channel-not-set-up", permanent=False, trip=True)
    key, settings = prepared["account"], prepared["settings"]
    try:
        secrets = opened(surroundings.seal, provider, key, settings, prepared["secret"])
    except BrokenSeal as broken:
        raise SendFailed("broken-seal", permanent=False, trip=True) from broken
    return Account(key, settings, secrets)


def seal_again(database: Database, seal: Seal) -> int:
    """Seal every secret with the newest key; how many were sealed with an older one."""
    total = 0
    for workspace in list_workspaces(database, archived=True):
        with database.workspace_tx(workspace) as uow:
            for row in uow.execute(channel_account.select()).all():
                provider = providers.find(row.provider)
                if provider is None or row.secret is None:
                    continue
                fresh = seal.renewed(row.secret, place_of(provider, row.key, row.settings))
                if fresh is not None:
                    total += 1
                    uow.execute(
                        channel_account.update()
                        .where(channel_account.c.key == row.key)
                        .values(secret=fresh)
                    )
    return total
