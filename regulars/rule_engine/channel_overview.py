"""Which channels are set up, through whom, and how they fare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from regulars.platform.db import UnitOfWork
from regulars.platform.privacy.purposes import CHANNELS
from regulars.rule_engine import circuits
from regulars.rule_engine.channel_keeping import AccountRow, list_accounts
from regulars.rule_engine.channels.base import Provider, Surroundings, providers
from regulars.rule_engine.sender import chosen_providers


@dataclass(frozen=True)
class WayState:
    """How one way out fares: it works, or fails and maybe rests; ``error`` is a reason."""

    failures: int = 0
    rests_until: datetime | None = None
    error: dict[str, Any] | None = None
    failed_at: datetime | None = None
    worked_at: datetime | None = None

    @property
    def is_failing(self) -> bool:
        """Whether somebody should look."""
        return self.failures >= circuits.FAILURES


@dataclass(frozen=True)
class Offer:
    """One provider that could serve a channel."""

    provider: Provider
    is_set_up: bool


@dataclass(frozen=True)
class ChannelRow:
    """One channel to people: who serves it, who could, and how it fares."""

    channel: str
    provider: Provider
    is_ready: bool
    offers: Sequence[Offer]
    state: WayState


@dataclass(frozen=True)
class StaffRow:
    """One group of the shop's own people, and how it fares."""

    account: AccountRow
    state: WayState


def channel_rows(uow: UnitOfWork, around: Surroundings) -> list[ChannelRow]:
    """The channels that reach people."""
    chosen = chosen_providers(uow)
    set_up = {row.key for row in list_accounts(uow)}
    known = circuits.circuits_of(uow)
    rows = []
    for channel in CHANNELS:
        provider = chosen[channel]
        offers = [
            Offer(each, _is_ready(each, set_up, around))
            for each in providers
            if channel in each.channels
        ]
        ready = _is_ready(provider, set_up, around)
        state = _state(known.get(provider.name), uow.now)
        rows.append(ChannelRow(channel, provider, ready, offers, state))
    return rows


def staff_rows(uow: UnitOfWork) -> list[StaffRow]:
    """The staff groups by name."""
    known = circuits.circuits_of(uow)
    return [
        StaffRow(each, _state(known.get(each.provider.way(each.key)), uow.now))
        for each in list_accounts(uow)
        if each.provider.staff
    ]


def failing_ways(uow: UnitOfWork) -> list[tuple[str, WayState]]:
    """The ways that have failed again and again, by name."""
    found = [(way, _state(row, uow.now)) for way, row in circuits.circuits_of(uow).items()]
    return sorted((way, state) for way, state in found if state.is_failing)


def _is_ready(provider: Provider, set_up: set[str], around: Surroundings) -> bool:
    if provider.account_optional and around.mailer is not None:
        return True
    return not provider.fields or provider.name in set_up


def _state(row: Any, now: datetime) -> WayState:
    if row is None:
        return WayState()
    rests = row.rests_until if circuits.is_resting(row, now) else None
    return WayState(row.failures, rests, row.error, row.failed_at, row.worked_at)
