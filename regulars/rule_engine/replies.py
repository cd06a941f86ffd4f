"""Answers that come back: an opt-out is obeyed at once, anything else may wake a waiting run.

A gateway hands them in; whom an answer belongs to follows from the address it came from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.field_types.base import BadValue
from regulars.form_builder.linking import stored_key
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.events import event, record_events
from regulars.platform.privacy.consents import ConsentChange, find_state, set_consents_bulk
from regulars.platform.privacy.purposes import CHANNELS, MARKETING
from regulars.platform.privacy.suppressions import suppress_address
from regulars.platform.problems import Problem
from regulars.rule_engine.links import turn
from regulars.rule_engine.people import ADDRESS_OF
from regulars.rule_engine.replies_words import wants_out
from regulars.rule_engine.tables import outbound

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
    """Take an answer in. The same ``key`` twice changes nothing; Invalid names what is wrong."""
    access.require("manage_consents")
    problems = _problems(reply)
    if problems:
        raise Invalid(problems)
    people = _people(uow, reply)
    answered = _answered(uow, reply, people)
    dedupe = f"reply:{reply.channel}:{reply.key}" if reply.key else None
    if dedupe and uow.scalar(sa.select(event.c.id).where(event.c.dedupe_key == dedupe)):
        return ReplyTaken(people, answered.id if answered else None, False, repeated=True)
    out = wants_out(reply.text)
    if out:
        _withdraw(uow, access, reply, people, answered)
    _tell(uow, people, answered, reply, dedupe, out)
    return ReplyTaken(people, answered.id if answered else None, out)


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


def _people(uow: UnitOfWork, reply: Reply) -> list[tuple[str, int]]:
    """Everybody whom this address belongs to."""
    catalog = catalog_of(uow)
    found: list[tuple[str, int]] = []
    for form in catalog.forms.values():
        field = form.find((form.person or {}).get(ADDRESS_OF[reply.channel], ""))
        if field is None:
            continue
        column, canonical, _code = stored_key(uow, catalog, form, field)
        try:
            spelled = canonical(reply.address)
        except BadValue:
            continue
        ids = sa.select(column.table.c.id).where(column == spelled).limit(MOST_PEOPLE)
        found += [(form.key, record) for record in uow.execute(ids).scalars()]
    return found


def _answered(uow: UnitOfWork, reply: Reply, people: list[tuple[str, int]]) -> Any:
    """The latest message that went to this person on this channel."""
    whom = sa.or_(
        outbound.c.address == reply.address,
        *(sa.and_(outbound.c.form == form, outbound.c.record == id_) for form, id_ in people),
    )
    return uow.execute(
        outbound.select()
        .where(
            whom, outbound.c.channel == reply.channel, outbound.c.status.in_(("sent", "unknown"))
        )
        .order_by(outbound.c.id.desc())
        .limit(1)
    ).first()


def _withdraw(
    uow: UnitOfWork, access: Access, reply: Reply, people: list[tuple[str, int]], answered: Any
) -> None:
    purpose = answered.purpose if answered is not None else MARKETING
    whom = set(people)
    if answered is not None:
        whom.add((answered.form, answered.record))
    wanted = [
        ConsentChange(form, record, purpose, reply.channel, "withdraw", OPT_OUT_SOURCE)
        for form, record in sorted(whom)
        if find_state(uow, form, record, purpose, reply.channel) is not False
    ]
    if wanted:
        set_consents_bulk(uow, access, wanted)
    if not whom:
        suppress_address(uow, access, reply.channel, reply.address, OPT_OUT_SOURCE)


def _tell(
    uow: UnitOfWork, people: list[tuple[str, int]], answered: Any, reply: Reply,
    dedupe: str | None, out: bool,
) -> None:  # fmt: skip
    """Note the answer at the message it belongs to; rules may be waiting for it."""
    if answered is None:
        return
    uow.execute(
        outbound.update()
        .where(outbound.c.id == answered.id, outbound.c.replied_at.is_(None))
        .values(replied_at=uow.now)
    )
    told = turn(uow, answered, "message_replied", text=reply.text[:200], opted_out=out)
    record_events(uow, [_with_key(told, dedupe)])


def _with_key(told: Any, dedupe: str | None) -> Any:
    return told if dedupe is None else type(told)(**{**vars(told), "dedupe_key": dedupe})
