"""Getting queued messages out: judge and mark in one transaction, call the provider, then write.

A provider that tells repeats apart may be asked again after a crash; any other is asked at most
once, and a message whose fate nobody knows becomes ``unknown`` for a person to decide.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.events import record_events
from regulars.platform.faultpoint import faultpoint
from regulars.platform.hold import find_hold
from regulars.platform.ids import new_token
from regulars.rule_engine import circuits, leases
from regulars.rule_engine.book import is_active
from regulars.rule_engine.breaking import Brakes
from regulars.rule_engine.channels.accounts import settings_of
from regulars.rule_engine.channels.base import (
    DEFAULT_PROVIDER,
    Outgoing,
    Provider,
    SendFailed,
    SendUnknown,
    Surroundings,
    all_channels,
    providers,
)
from regulars.rule_engine.channels.templates import merged_of
from regulars.rule_engine.clocking import Now
from regulars.rule_engine.gate import Gate
from regulars.rule_engine.judging import Verdict
from regulars.rule_engine.leases import LEASE
from regulars.rule_engine.patience import patiently
from regulars.rule_engine.pricing import Pricing
from regulars.rule_engine.tables import WAITING, channel_setting, outbound
from regulars.rule_engine.turns import turn

BATCH = 100
CALLS_PER_LEASE = 4  # slow calls one after the other

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lane:
    """One way out of a workspace; ``address`` only where each address is a way of its own."""

    channel: str
    provider: Provider
    address: str | None = None

    @property
    def way(self) -> str:
        """The name of its circuit."""
        return self.provider.way(self.address)


@dataclass(frozen=True)
class Route:
    """Where messages come from and which way they leave."""

    database: Database
    workspace: Workspace
    now: Now
    surroundings: Surroundings
    lane: Lane

    @property
    def provider(self) -> Provider:
        """Who is called."""
        return self.lane.provider


@dataclass(frozen=True)
class Ready:
    """A message that may leave, with what its provider has looked up for it.

    ``key`` names it for the world outside: never the same for two shops of one installation, nor
    for what is sent after a restore under a run's number that was given out before.
    """

    row: Any
    key: str
    prepared: Mapping[str, Any]


@dataclass(frozen=True)
class Sent:
    """What became of one message at its provider."""

    row: Any
    status: str
    provider_id: str | None = None
    reason: dict[str, Any] | None = None
    retry: bool = False
    retry_after: timedelta | None = None
    trip: bool = False


def send_due(  # noqa: PLR0913 - what to send, how, and how long it may take
    database: Database, workspace: Workspace, now: Now, surroundings: Surroundings, *,
    limit: int = BATCH, lease: timedelta = LEASE, chosen: Mapping[str, Provider] | None = None,
) -> int:  # fmt: skip
    """Take due messages in hand, one lane after the other; how many.

    ``chosen`` says which way each channel leaves, instead of what the shop has set.
    """
    lanes = due_lanes(database, workspace, now, surroundings, chosen)
    routes = [Route(database, workspace, now, surroundings, lane) for lane in lanes]
    return sum(send_some(route, limit=limit, lease=lease) for route in routes)


def due_lanes(
    database: Database, workspace: Workspace, now: Now, surroundings: Surroundings,
    chosen: Mapping[str, Provider] | None = None,
) -> list[Lane]:  # fmt: skip
    """The lanes that anything is due in; the others need no transaction of their own."""
    with database.workspace_tx(workspace, write=False, now=now()) as uow:
        channels = _due_channels(uow)
        if not channels:
            return []
        ways, found = chosen_providers(uow) if chosen is None else chosen, []
        for channel, provider in ways.items():
            if channel in channels and provider.is_ready(surroundings):
                here = outbound.c.channel == channel
                single = not provider.by_address
                addresses = [None] if single else sorted(_due_addresses(uow, here), key=str)
                found += [Lane(channel, provider, each) for each in addresses]
    return found


def _due_channels(uow: UnitOfWork) -> set[str]:
    """One look for each channel: a hundred thousand messages in one of them are not read."""
    due = leases.is_due(uow, outbound, leases.read_database_clock(uow))
    known = all_channels()
    looks = [sa.exists().where(WAITING, outbound.c.channel == each, due) for each in known]
    seen = uow.execute(sa.select(*looks)).one()
    return {channel for channel, waits in zip(known, seen, strict=True) if waits}


def _due_addresses(uow: UnitOfWork, here: sa.ColumnElement[bool]) -> set[Any]:
    due = leases.is_due(uow, outbound, leases.read_database_clock(uow))
    found = sa.select(outbound.c.address).where(WAITING, here, due).distinct()
    return set(uow.execute(found).scalars())


def send_some(route: Route, *, limit: int = BATCH, lease: timedelta = LEASE) -> int:
    """Take a lane's due messages in hand; how many. One by one where a repeat cannot be told."""
    most = _most(route.provider, limit)
    if most > 1:
        return _send_batch(route, most, lease)
    total = 0
    for place in range(leases.FRESH):  # the last is the newest: it does not wait for all others
        taken = _send_batch(route, 1, lease, newest=place == leases.FRESH - 1)
        total += taken
        if not taken:
            break
    return total


def _send_batch(route: Route, most: int, lease: timedelta, *, newest: bool = False) -> int:
    token = new_token(12)
    faultpoint("K0")
    taken, ready = patiently(lambda: _mark(route, token, _Claim(most, lease, newest)))
    if not ready:
        return taken
    faultpoint("K2")
    results = _call_all(route, ready)
    faultpoint("K3")
    patiently(lambda: _write(route, token, results))
    faultpoint("message-written")
    return taken


def _most(provider: Provider, limit: int) -> int:
    """How many messages one lease is long enough for."""
    if provider.at_once > 1:
        return CALLS_PER_LEASE * provider.at_once
    return limit if provider.repeatable else 1


def chosen_providers(uow: UnitOfWork) -> dict[str, Provider]:
    """Which provider serves each channel; what is not set goes to the outbox."""
    known = {row.channel: row.provider for row in uow.execute(channel_setting.select())}
    return {
        channel: providers.find(known.get(channel, "")) or _usual(channel)
        for channel in all_channels()
    }


def _usual(channel: str) -> Provider:
    """Who serves a channel that nobody has chosen a way for."""
    keeps = providers.get(DEFAULT_PROVIDER)
    if channel in keeps.channels:
        return keeps
    return next(provider for provider in providers if channel in provider.channels)


def _call_all(route: Route, ready: Sequence[Ready]) -> list[Sent]:
    """Ask the provider for each, side by side where it allows that."""

    def call(each: Ready) -> Sent:
        return _call(route.provider, each, route.surroundings)

    if route.provider.at_once == 1:
        return [call(each) for each in ready]
    with ThreadPoolExecutor(route.provider.at_once) as pool:
        return list(pool.map(call, ready))


@dataclass(frozen=True)
class _Claim:
    """How many messages are taken, for how long, and of a single one whether it is the newest."""

    limit: int
    lease: timedelta
    newest: bool = False


def _mark(route: Route, token: str, wanted: _Claim) -> tuple[int, list[Ready]]:
    """Judge due messages; those that may leave are ``sending`` once this commits."""
    with route.database.workspace_tx(route.workspace, now=route.now()) as uow:
        if find_hold(uow) is not None:
            return 0, []
        passable = _passable(uow, route.lane, wanted.limit)
        if not passable:
            return 0, []
        rows = _claim(uow, token, route.lane, replace(wanted, limit=passable))
        faultpoint("K1")
        pricing = Pricing(uow, route.provider)
        gate, brakes = Gate(uow, rows, pricing.of), Brakes(uow, rows)
        ready, changes = [], []
        for row in rows:
            if row.status == "sending" and _may_repeat(uow, row):
                ready.append(row)
            elif row.status == "sending":
                changes.append(_settled(uow, row, "unknown", {"code": "outcome-unknown"}))
            else:
                verdict = brakes.mind(row, gate.judge(row))
                changes.append(_marked(uow, row, verdict, route.provider, pricing.of(row)))
                if verdict is not None and verdict.action == "send":
                    ready.append(row)
        leases.keep_many(uow, outbound, token, changes)
        return len(rows), ready_for(uow, ready, route.provider)


def _passable(uow: UnitOfWork, lane: Lane, limit: int) -> int:
    """How many messages may be taken now; none while the way is left alone, and then what waits
    behind it may grow too old."""
    row = circuits.circuits_of(uow).get(lane.way)
    if circuits.is_resting(row, uow.now):
        circuits.expire_waiting(uow, *_in(lane))
        return 0
    return 1 if circuits.is_on_trial(row) else limit


def _in(lane: Lane) -> tuple[sa.ColumnElement[bool], ...]:
    here = outbound.c.channel == lane.channel
    return (here,) if lane.address is None else (here, outbound.c.address == lane.address)


def ready_for(uow: UnitOfWork, rows: Sequence[Any], provider: Provider) -> list[Ready]:
    """Messages with what their provider has looked up for them."""
    prepared = provider.prepare(uow, rows) if rows else []
    return [
        Ready(row, outside_key(uow, row), each) for row, each in zip(rows, prepared, strict=True)
    ]


def outside_key(uow: UnitOfWork, row: Any) -> str:
    """What a message is called to the world outside (`Ready.key`)."""
    return f"{uow.workspace.id}:{row.idempotency_key}:{int(row.created_at.timestamp())}"


def _claim(uow: UnitOfWork, token: str, lane: Lane, wanted: _Claim) -> list[Any]:
    active = (WAITING, is_active(outbound.c.rule))
    given_up = {"code": "given-up"}
    failed = {"status": "failed", "reason": given_up, "finished_at": uow.now}
    # on whatever way they are: what is worn out is so rare that all of it is found at once
    leases.give_up(uow, outbound, where=(*active, outbound.c.status == "queued"), values=failed)
    where = (*active, *_in(lane))
    if wanted.newest:
        ids = leases.claim(
            uow, outbound, token, wanted.limit, where=where, lease=wanted.lease, newest=True
        )
    else:
        ids = leases.claim_fairly(
            uow, outbound, token, wanted.limit, where=where, lease=wanted.lease
        )
    return leases.held(uow, outbound, token, ids)


def _may_repeat(uow: UnitOfWork, row: Any) -> bool:
    """Whether a message in somebody's hands may be handed over once more; not for ever: the call
    itself may be what kills the worker."""
    if row.attempts > leases.MAX_ATTEMPTS:
        return False
    provider = providers.find(row.provider or "")
    return provider is not None and provider.repeats(settings_of(uow, provider.name))


def _marked(
    uow: UnitOfWork, row: Any, verdict: Verdict | None, provider: Provider,
    price: tuple[int | None, int],
) -> leases.Change:  # fmt: skip
    """What the gate's word means for the message."""
    if verdict is None:
        return _released(row, {"due_at": uow.now})
    if verdict.action == "later":
        return _released(row, {"due_at": verdict.at, "reason": verdict.reason})
    if verdict.action == "suppress":
        return _settled(uow, row, "suppressed", verdict.reason)
    return row.id, {
        "status": "sending", "sending_at": uow.now, "provider": provider.name,
        "decision": verdict.seen, "reason": None, "parts": price[0], "cost": price[1],
    }  # fmt: skip


def _released(row: Any, values: dict[str, Any]) -> leases.Change:
    return row.id, {"token": None, "attempts": row.attempts - 1, **values}


def _settled(
    uow: UnitOfWork, row: Any, status: str, reason: dict[str, Any] | None
) -> leases.Change:
    return row.id, {"status": status, "reason": reason, "token": None, "finished_at": uow.now}


def outgoing_of(each: Ready) -> Outgoing:
    """A message as its provider is handed it."""
    row = each.row
    return Outgoing(
        each.key, row.channel, row.address or "", row.body, row.locale, each.prepared,
        merged_of(row),
    )  # fmt: skip


def _call(provider: Provider, each: Ready, surroundings: Surroundings) -> Sent:
    """Ask the provider, outside of any transaction."""
    row, outgoing = each.row, outgoing_of(each)
    try:
        return Sent(row, "sent", provider.send(outgoing, surroundings))
    except SendFailed as failure:
        told = {"code": failure.code, "detail": failure.detail[:300]}
        retry = not failure.permanent and row.attempts < leases.MAX_ATTEMPTS
        return Sent(
            row, "failed", reason=told, retry=retry, retry_after=failure.retry_after,
            trip=failure.trip,
        )  # fmt: skip
    except SendUnknown as doubt:
        return Sent(row, "unknown", reason={"code": "outcome-unknown", "detail": str(doubt)[:300]})
    except Exception as error:
        log.exception("The provider %s failed in an unforeseen way.", provider.name)
        told = {"code": "outcome-unknown", "detail": f"{type(error).__name__}: {error}"[:300]}
        return Sent(row, "unknown", reason=told)


def _write(route: Route, token: str, results: Sequence[Sent]) -> None:
    """Write what became of the messages that are still ours, and tell it."""
    with route.database.workspace_tx(route.workspace, now=route.now()) as uow:
        ours = {row.id for row in leases.held(uow, outbound, token, [s.row.id for s in results])}
        kept = [sent for sent in results if sent.row.id in ours]
        if len(kept) < len(results):
            log.info("%s messages were settled by another worker.", len(results) - len(kept))
        leases.keep_many(uow, outbound, token, [_written(uow, sent) for sent in kept])
        circuits.note_outcomes(uow, [_outcome(route.provider, sent) for sent in kept])
        final = [sent for sent in kept if sent.status in ("sent", "failed") and not sent.retry]
        record_events(uow, [turn(uow, sent.row, f"message_{sent.status}") for sent in final])
        faultpoint("message-mid")


def _written(uow: UnitOfWork, sent: Sent) -> leases.Change:
    row = sent.row
    values: dict[str, Any] = {
        "token": None, "status": sent.status, "reason": sent.reason,
        "provider_id": sent.provider_id, "finished_at": uow.now,
    }  # fmt: skip
    if sent.retry:
        asked = sent.retry_after or timedelta(0)
        again = uow.now + max(leases.back_off(row.attempts, row.id), asked)
        values |= {"status": "queued", "due_at": again, "finished_at": None, "sending_at": None}
    return row.id, values


def _outcome(provider: Provider, sent: Sent) -> circuits.Outcome:
    """A message refused for its own sake says nothing against the provider."""
    reached = sent.status == "sent" or (sent.status == "failed" and not (sent.retry or sent.trip))
    way = provider.way(sent.row.address)
    return circuits.Outcome(way, reached, sent.reason, sent.retry_after, sent.trip)
