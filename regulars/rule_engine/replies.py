"""Answers that come back: an opt-out is obeyed at once, anything else may wake a waiting run.

A gateway hands them in; whom an answer belongs to follows from the address it came from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.field_types.base import BadValue
from regulars.form_builder.linking import stored_key
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.events import Event, event, record_events
from regulars.platform.privacy.consents import withdraw_consents
from regulars.platform.privacy.purposes import CHANNELS, MARKETING
from regulars.platform.privacy.suppressions import suppress_address
from regulars.platform.problems import Problem
from regulars.rule_engine.people import ADDRESS_OF
from regulars.rule_engine.reach import seen_people, sees_row
from regulars.rule_engine.replies_words import wants_out
from regulars.rule_engine.tables import outbound
from regulars.rule_engine.turns import turn

OPT_OUT_SOURCE = "reply"
MAX_TEXT = 2000
MOST_PEOPLE = 50  # who share one number


@dataclass(frozen=True)
class Reply:
    """An answer as a gateway tells it; ``key`` is the gateway's own name of it."""

    channel: str
    address: str
    text: str
    key: str | None = None


@dataclass(frozen=True)
class ReplyTaken:
    """What an answer led to: whom it was from, which message it answers, and whether it ended
    something. ``repeated``: this very answer had been taken before."""

    people: list[tuple[str, int]]
    message: int | None
    opted_out: bool
    repeated: bool = False


def take_reply(uow: UnitOfWork, access: Access, reply: Reply) -> ReplyTaken:
    """Take an answer in. The same ``key`` twice changes nothing; Invalid names what is wrong.

    Whoever answered is left alone, whichever store they belong to; what is told of it is only
    what the actor may read.
    """
    access.require("manage_consents")
    problems = _problems(reply)
    if problems:
        raise Invalid(problems)
    people, spellings = _people(uow, reply)
    answered = _answered(uow, reply, people, spellings)
    message = answered.id if answered is not None else None
    dedupe = f"reply:{reply.channel}:{reply.key}" if reply.key else None
    if dedupe and uow.scalar(sa.select(event.c.id).where(event.c.dedupe_key == dedupe)):
        return _told(uow, access, ReplyTaken(people, message, False, repeated=True))
    out = wants_out(reply.text)
    if out:
        _leave_alone(uow, access, reply, people, answered)
    if answered is not None:
        told = turn(uow, answered, "message_replied", text=reply.text[:200], opted_out=out)
        _note(uow, answered, replace(told, dedupe_key=dedupe))
    return _told(uow, access, ReplyTaken(people, message, out))


def _told(uow: UnitOfWork, access: Access, taken: ReplyTaken) -> ReplyTaken:
    """Without the people and the message of another store."""
    number = taken.message
    seen = number is not None and sees_row(uow, access, outbound, number)
    people = seen_people(uow, access, taken.people)
    return replace(taken, people=people, message=number if seen else None)


def _problems(reply: Reply) -> list[Problem]:
    found = []
    if reply.channel not in CHANNELS:
        known = {"value": reply.channel[:40], "allowed": list(CHANNELS)}
        found.append(Problem("channel", "unknown-channel", known))
    if not reply.address.strip():
        found.append(Problem("address", "required"))
    if len(reply.text) > MAX_TEXT:
        found.append(Problem("text", "shape-max-length", {"n": MAX_TEXT}))
    return found


def _people(uow: UnitOfWork, reply: Reply) -> tuple[list[tuple[str, int]], set[str]]:
    """Everybody whom this address belongs to, and the ways in which it is written here."""
    catalog = catalog_of(uow)
    found: list[tuple[str, int]] = []
    spellings = {reply.address}
    for form in catalog.forms.values():
        field = form.find((form.person or {}).get(ADDRESS_OF[reply.channel], ""))
        if field is None:
            continue
        column, canonical, _code = stored_key(uow, catalog, form, field)
        try:
            spelled = canonical(reply.address)
        except BadValue:
            continue
        spellings.add(spelled)
        ids = sa.select(column.table.c.id).where(column == spelled).limit(MOST_PEOPLE)
        found += [(form.key, record) for record in uow.execute(ids).scalars()]
    return found, spellings


def _answered(
    uow: UnitOfWork, reply: Reply, people: list[tuple[str, int]], spellings: set[str]
) -> Any:
    """The latest message that went to these people on this channel, else to this address."""
    whom = [sa.and_(outbound.c.form == form, outbound.c.record == id_) for form, id_ in people]
    sent = sa.or_(*whom) if whom else outbound.c.address.in_(spellings)
    return uow.execute(
        outbound.select()
        .where(
            sent, outbound.c.channel == reply.channel, outbound.c.status.in_(("sent", "unknown"))
        )
        .order_by(outbound.c.id.desc())
        .limit(1)
    ).first()


def _leave_alone(
    uow: UnitOfWork, access: Access, reply: Reply, people: list[tuple[str, int]], answered: Any
) -> None:
    """Withdraw what these people agreed to; a stranger's address is never written to again."""
    purpose = answered.purpose if answered is not None else MARKETING
    whom = {*people, *([(answered.form, answered.record)] if answered is not None else ())}
    keys = [(form, record, purpose, reply.channel) for form, record in sorted(whom)]
    withdraw_consents(uow, access, keys, OPT_OUT_SOURCE)
    if not whom:
        suppress_address(uow, access, reply.channel, reply.address, OPT_OUT_SOURCE)


def _note(uow: UnitOfWork, answered: Any, told: Event) -> None:
    """Note the answer at the message it belongs to; rules may be waiting for it."""
    uow.execute(
        outbound.update()
        .where(outbound.c.id == answered.id, outbound.c.replied_at.is_(None))
        .values(replied_at=uow.now)
    )
    record_events(uow, [told])
