"""The programs that rules may call: their addresses and the secrets calls are signed with.

Calls follow Standard Webhooks: ``webhook-id`` is the same however often a call is repeated, and
``webhook-signature`` proves who calls. A secret belongs to one address; a new address, a new one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from regulars.platform.accounts.access import Access
from regulars.platform.db import Database, UnitOfWork
from regulars.platform.errors import Conflict, Invalid, NotFound
from regulars.platform.problems import Problem
from regulars.platform.safe_http import AddressRefused, Door
from regulars.platform.sealing import Seal
from regulars.platform.workspaces import list_workspaces
from regulars.rule_engine.tables import webhook

CHANNEL = "webhook"
PREFIX = "whsec_"
_KEY = re.compile(r"[a-z](_?[a-z0-9]){0,47}\Z")
MAX_NAME = 100


@dataclass(frozen=True)
class WebhookWish:
    """A program to be called. ``local``: its host lies in the shop's own network, on purpose."""

    key: str
    name: str
    url: str
    local: bool = False


def add_webhook(uow: UnitOfWork, access: Access, seal: Seal, wish: WebhookWish) -> str:
    """Keep an address; the secret its calls are signed with, shown only now.

    Raises Invalid with every problem, Conflict when the key is taken.
    """
    access.require("manage_tokens")
    problems = list(_problems(wish))
    if problems:
        raise Invalid(problems)
    if find_webhook(uow, wish.key) is not None:
        raise Conflict("webhook-exists", key=wish.key)
    secret = PREFIX + base64.b64encode(secrets.token_bytes(24)).decode("ascii")
    uow.execute(
        webhook.insert().values(
            key=wish.key, name=wish.name.strip() or wish.key, url=wish.url, local=wish.local,
            secret=seal.seal(secret, place_of(wish.key, wish.url)), created_at=uow.now,
            created_by=access.name,
        )
    )  # fmt: skip
    return secret


def remove_webhook(uow: UnitOfWork, access: Access, key: str) -> None:
    """Forget an address; calls that wait for it fail with a reason."""
    access.require("manage_tokens")
    if not uow.execute(webhook.delete().where(webhook.c.key == key)).rowcount:
        raise NotFound("no-webhook", key=key)


def list_webhooks(uow: UnitOfWork) -> list[Any]:
    """The programs rules may call, by name."""
    return list(uow.execute(webhook.select().order_by(webhook.c.name, webhook.c.key)))


def find_webhook(uow: UnitOfWork, key: str) -> Any:
    """One of them, None when there is none."""
    return uow.execute(webhook.select().where(webhook.c.key == key)).first()


def seal_again(database: Database, seal: Seal) -> int:
    """Seal every secret with the newest key; how many were sealed with an older one."""
    total = 0
    for workspace in list_workspaces(database, archived=True):
        with database.workspace_tx(workspace) as uow:
            for row in list_webhooks(uow):
                fresh = seal.renewed(row.secret, place_of(row.key, row.url))
                if fresh is not None:
                    total += 1
                    uow.execute(
                        webhook.update().where(webhook.c.key == row.key).values(secret=fresh)
                    )
    return total


def place_of(key: str, url: str) -> str:
    """What a secret is sealed to: it cannot be used for any other address."""
    return f"webhook.secret.{key}.{url}"


def door_to(url: str, *, local: bool) -> Door:
    """What may be called when this is the address."""
    host = (urlsplit(url).hostname or "").casefold()
    return Door(frozenset({host})) if local else Door()


def signed(secret: str, key: str, body: bytes, at: datetime) -> dict[str, str]:
    """The headers that prove who calls, over id, time and body."""
    stamp = str(int(at.timestamp()))
    raw = base64.b64decode(secret.removeprefix(PREFIX))
    digest = hmac.new(raw, f"{key}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "User-Agent": "Regulars",
        "webhook-id": key,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode('ascii')}",
    }


def written(data: Mapping[str, Any]) -> str:
    """A payload as it travels."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _problems(wish: WebhookWish) -> list[Problem]:
    found = []
    if not _KEY.match(wish.key):
        found.append(Problem("key", "bad-webhook-key", {"key": wish.key[:60]}))
    if len(wish.name) > MAX_NAME:
        found.append(Problem("name", "shape-max-length", {"n": MAX_NAME}))
    try:
        door_to(wish.url, local=wish.local).check(wish.url)
    except (AddressRefused, ValueError) as refused:
        found.append(Problem("url", getattr(refused, "code", "not-an-address")))
    return found
