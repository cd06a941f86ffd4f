"""The list of addresses that nothing is sent to: what an owner may see and change of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.platform.accounts import audit
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict, Invalid, NotFound
from regulars.platform.privacy.purposes import CHANNELS
from regulars.platform.privacy.suppressions import (
    ERASED,
    free_address,
    suppress_address,
    suppressed_among,
    suppression,
)
from regulars.platform.problems import Problem

PAGE = 50
BY_HAND = "by_hand"
MAX_ADDRESS = 300


@dataclass(frozen=True)
class Entry:
    """One entry; the address itself is not known, only how and when it came here."""

    channel: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class SuppressionPage:
    """The newest entries, and how many there are in all, by channel and reason."""

    entries: Sequence[Entry]
    counts: Sequence[tuple[str, str, int]]


def read_list(uow: UnitOfWork, access: Access) -> SuppressionPage:
    """What the list says of itself."""
    access.require("manage_consents")
    newest = uow.execute(
        sa.select(suppression.c.channel, suppression.c.reason, suppression.c.at)
        .order_by(suppression.c.at.desc(), suppression.c.digest)
        .limit(PAGE)
    )
    by = (suppression.c.channel, suppression.c.reason)
    counted = uow.execute(sa.select(*by, sa.func.count()).group_by(*by).order_by(*by))
    return SuppressionPage(
        [Entry(*row) for row in newest], [(row[0], row[1], int(row[2])) for row in counted]
    )


def is_listed(uow: UnitOfWork, access: Access, channel: str, address: str) -> bool:
    """Whether an address that somebody asks about is on the list."""
    access.require("manage_consents")
    _check(channel, address)
    return bool(suppressed_among(uow, [(channel, address.strip())]))


def put_on(uow: UnitOfWork, access: Access, channel: str, address: str) -> None:
    """Never write to this address again, whoever it belongs to."""
    access.require("manage_consents")
    _check(channel, address)
    suppress_address(uow, access, channel, address.strip(), BY_HAND)
    audit.note(uow, access, "address-suppressed", channel)


def take_off(uow: UnitOfWork, access: Access, channel: str, address: str) -> None:
    """Allow an address again. NotFound when it is not there; Conflict for a person who was erased.

    Whoever asked to be forgotten stays left alone; no consent comes back by this.
    """
    access.require("manage_consents")
    _check(channel, address)
    freed = free_address(uow, channel, address.strip(), but_not=ERASED)
    if freed is None:
        raise NotFound("address-not-listed")
    if not freed:
        raise Conflict("address-of-erased")
    audit.note(uow, access, "address-freed", channel)


def _check(channel: Any, address: Any) -> None:
    problems = []
    if channel not in CHANNELS:
        allowed = {"value": str(channel)[:40], "allowed": list(CHANNELS)}
        problems.append(Problem("channel", "unknown-channel", allowed))
    if not isinstance(address, str) or not address.strip():
        problems.append(Problem("address", "required"))
    elif len(address) > MAX_ADDRESS:
        problems.append(Problem("address", "shape-max-length", {"n": MAX_ADDRESS}))
    if problems:
        raise Invalid(problems)
