"""A public form that was sent: the limits, the one write path, and what it means for consent.

Whoever is known already gets the same answer as a stranger, after the same work: what they sent is
written as if it were new and taken back. Nothing of a known person is changed by it; a yes counts
only once it is confirmed from a message to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_types.base import BadValue, Reading, field_types
from regulars.form_builder.linking import ids_by_key
from regulars.form_builder.origin import Origin
from regulars.form_builder.public_forms import opting_in
from regulars.form_builder.public_forms.links import Door
from regulars.form_builder.public_forms.standing_in import stand_in
from regulars.form_builder.public_forms.tables import public_submission
from regulars.form_builder.public_forms.tickets import Ticket, phone_mark
from regulars.form_builder.public_forms.visitors import unit_fields, visitor_of
from regulars.form_builder.records import create_record
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict, Invalid
from regulars.platform.ids import fingerprint
from regulars.platform.problems import Problem

ORIGIN = "public"
NEW, KNOWN, LIMITED = "new", "known", "limited"
DAY = timedelta(days=1)
PER_PHONE_A_DAY = 20
"""More than this of one number is nobody's own doing."""


class AlreadySent(Conflict):
    """This very page was sent before."""

    code = "public-form-already-sent"


class Full(Conflict):
    """As many as may have sent it, or this device has."""

    code = "public-form-full"


class Closed(Conflict):
    """Nothing can be handed in now."""

    code = "public-form-paused"


@dataclass(frozen=True)
class Sent:
    """What a visitor sent: the values of the fields on the page, and the boxes they ticked.

    ``device`` is what their browser keeps for us, None where nothing is counted by device;
    ``lacking`` what this page asks for beyond its form, and they have left empty.
    """

    ticket: Ticket
    values: Mapping[str, Any]
    ticked: tuple[int, ...]
    locale: str
    device: str | None = None
    lacking: tuple[Problem, ...] = ()


def submit(uow: UnitOfWork, door: Door, sent: Sent, keys: Sequence[str]) -> None:
    """Write what was sent; Invalid with every problem, Conflict where it may not come in.

    The caller holds the link, so that limits count right among parallel visitors.
    """
    _refuse_limits(uow, door, sent)
    catalog, public = catalog_of(uow), door.public
    form = catalog.get_form(public.form)
    visitor = visitor_of(public, catalog, sent.locale, door.link.unit)
    values = {**public.fixed, **_units(door, catalog), **sent.values}
    if sent.lacking:
        _refuse_lacking(uow, visitor, door, values, sent.lacking)
    mark = _phone_mark(uow, door, form, values, keys)
    if mark is not None and _is_used_up(uow, door, mark):
        _rehearse(uow, visitor, door, form, values)
        outcome, record = LIMITED, None
    else:
        outcome, record = _write(uow, visitor, door, form, values)
    uow.execute(public_submission.insert().values(
        nonce=sent.ticket.nonce, public_form=public.key, version=door.version, link=door.link.id,
        outcome=outcome, form=form.key, record=record, phone=mark,
        device=fingerprint(sent.device) if sent.device else None, at=uow.now,
    ))  # fmt: skip
    if record is None:
        return
    boxes = [n for n in dict.fromkeys(sent.ticked) if n < len(public.consents)]
    if public.opt_in is not None:
        opting_in.ask(uow, door, record, opting_in.Asked(values, tuple(boxes), sent.locale))
    elif outcome == NEW:
        opting_in.record_consents(uow, door, record, boxes, sent.locale)


def outcome_of(uow: UnitOfWork, door: Door, nonce: str) -> tuple[str, int | None] | None:
    """What became of a page that was sent: its outcome and record; None for any other name."""
    row = uow.execute(
        sa.select(public_submission.c.outcome, public_submission.c.record).where(
            public_submission.c.nonce == nonce,
            public_submission.c.public_form == door.public.key,
        )
    ).first()
    return None if row is None else (row.outcome, row.record)


def is_full(uow: UnitOfWork, door: Door) -> bool:
    """Whether as many have come in as may."""
    total = door.public.limits.total
    return total is not None and _count(uow, door, public_submission.c.outcome == NEW) >= total


def standing(uow: UnitOfWork, door: Door) -> str:
    """``open``, or why nothing can be sent now: ``paused``, ``early``, ``over``, ``full``."""
    if door.link.state != "open":
        return "paused"
    state = door.public.state(uow.now, uow.workspace.tz)
    return "full" if state == "open" and is_full(uow, door) else state


def require_open(uow: UnitOfWork, door: Door) -> None:
    """Closed unless something can be sent now."""
    state = standing(uow, door)
    if state != "open":
        raise Closed(f"public-form-{state}")


def _refuse_limits(uow: UnitOfWork, door: Door, sent: Sent) -> None:
    if outcome_of(uow, door, sent.ticket.nonce) is not None:
        raise AlreadySent()
    if is_full(uow, door):
        raise Full()
    per_device = door.public.limits.per_device
    if per_device is not None and sent.device:
        here = public_submission.c.device == fingerprint(sent.device)
        if _count(uow, door, here) >= per_device:
            raise Full("public-form-device-used")


def _is_used_up(uow: UnitOfWork, door: Door, mark: str) -> bool:
    """Whether this number has sent it as often as it may. It is answered like any other."""
    per_phone, theirs = door.public.limits.per_phone, public_submission.c.phone == mark
    if per_phone is not None and _count(uow, door, theirs) >= per_phone:
        return True
    lately = sa.and_(theirs, public_submission.c.at > uow.now - DAY)
    return _count(uow, door, lately) >= PER_PHONE_A_DAY


def _count(uow: UnitOfWork, door: Door, where: sa.ColumnElement[bool]) -> int:
    counted = sa.select(sa.func.count()).select_from(public_submission)
    found: int = uow.scalar(
        counted.where(public_submission.c.public_form == door.public.key, where)
    )
    return found


def _units(door: Door, catalog: Any) -> dict[str, Any]:
    """The link's store in the fields that ask for one."""
    if door.link.unit is None:
        return {}
    return dict.fromkeys(unit_fields(door.public, catalog), door.link.unit)


def _phone_mark(
    uow: UnitOfWork, door: Door, form: FormDefinition, values: Mapping[str, Any],
    keys: Sequence[str],
) -> str | None:  # fmt: skip
    key = door.public.phone_of(form)
    if key is None or not isinstance(values.get(key), str):
        return None
    field, place = form.by_key[key], uow.workspace
    reading = Reading(place.tz, place.currency, uow.now)
    try:
        number = field_types.get(field.type).parse_text(field, values[key], reading)
    except BadValue:
        return None
    return phone_mark(keys, place.id, str(number)) if number else None


def _write(
    uow: UnitOfWork, visitor: Access, door: Door, form: FormDefinition, values: Mapping[str, Any]
) -> tuple[str, int | None]:
    origin = Origin(ORIGIN, ref=f"public_form:{door.public.key}")
    try:
        made = create_record(uow, visitor, form.key, values, origin=origin, texts=True)
    except Invalid as invalid:
        clashing = _clashing(door, form, invalid.problems)
        _refuse_others(invalid.problems, clashing)
        _rehearse(uow, visitor, door, form, values)
        return KNOWN, _holder(uow, form, values, clashing)
    return NEW, made.id


def _rehearse(
    uow: UnitOfWork, visitor: Access, door: Door, form: FormDefinition, values: Mapping[str, Any]
) -> None:
    """Do what a stranger's page would do, and take it back; Invalid as for a stranger."""
    unlike = {**values, **{
        key: stand_in(form.by_key[key], values[key])
        for key in door.public.identities(form) if values.get(key)
    }}  # fmt: skip
    inside, waiting = uow.connection.begin_nested(), dict(uow.memo)
    try:
        create_record(uow, visitor, form.key, unlike, origin=Origin(ORIGIN), texts=True)
    except Invalid as invalid:
        _refuse_others(invalid.problems, frozenset(door.public.identities(form)))
    finally:
        inside.rollback()
        uow.memo.clear()
        uow.memo.update(waiting)


def _refuse_lacking(
    uow: UnitOfWork, visitor: Access, door: Door, values: Mapping[str, Any],
    lacking: Sequence[Problem],
) -> None:  # fmt: skip
    """Invalid with what this page misses and all that is wrong besides."""
    others: Sequence[Problem] = ()
    try:
        _rehearse(uow, visitor, door, catalog_of(uow).get_form(door.public.form), values)
    except Invalid as invalid:
        others = invalid.problems
    places = {each.path for each in others}
    raise Invalid([*others, *(each for each in lacking if each.path not in places)])


def _clashing(door: Door, form: FormDefinition, problems: Sequence[Problem]) -> frozenset[str]:
    ours = door.public.identities(form)
    return frozenset(p.path for p in problems if p.code == "not-unique" and p.path in ours)


def _refuse_others(problems: Sequence[Problem], clashing: frozenset[str]) -> None:
    """Invalid with what is wrong besides that somebody is known."""
    others = [p for p in problems if p.path not in clashing]
    if others or not clashing:
        raise Invalid(others)


def _holder(
    uow: UnitOfWork, form: FormDefinition, values: Mapping[str, Any], clashing: frozenset[str]
) -> int | None:
    """The one record that holds what clashes; None where several do."""
    found: set[Any] = set()
    for key in clashing:
        text = str(values[key])
        found.add(ids_by_key(uow, catalog_of(uow), form.key, key, [text]).get(text))
    only = next(iter(found)) if len(found) == 1 else None
    return only if isinstance(only, int) else None
