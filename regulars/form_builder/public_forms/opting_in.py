"""What visitors agree to: at once where the shop asks once, else after a second word of yes.

The second word comes from a link in a message to the person's own number or address. Opening it
changes nothing (mail scanners open everything); its button does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.public_forms.definition import ADDRESS_OF, PublicForm
from regulars.form_builder.public_forms.kind import KIND
from regulars.form_builder.public_forms.links import Door, fresh_token
from regulars.form_builder.public_forms.tables import public_opt_in
from regulars.form_builder.records import get_record
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.accounts.roles import Role
from regulars.platform.addresses import absolute
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.store import get_version
from regulars.platform.errors import NotFound
from regulars.platform.i18n import pick
from regulars.platform.ids import fingerprint
from regulars.platform.privacy.consents import ConsentChange, set_consents_bulk
from regulars.platform.registry import Registry

SOURCE = "public_form"
GOOD_FOR = timedelta(days=7)
PER_ADDRESS = 3
"""How many confirmations one address gets in a day."""
DAY = timedelta(days=1)
_LEDGER = Role("public_consent", frozenset({"manage_consents"}), bound_to_units=False)


@dataclass(frozen=True)
class Confirmation:
    """A message that asks somebody to confirm; ``url`` leads to the page with the button."""

    form: str
    record: int
    channel: str
    address: str
    locale: str
    url: str
    name: str  # of the message, once and for all


Send = Callable[[UnitOfWork, Confirmation], None]
senders: Registry[Send] = Registry("sender of confirmations")


@dataclass(frozen=True)
class Asked:
    """What came with the page: the values, the numbers of the ticked boxes, the language."""

    values: Mapping[str, Any]
    boxes: tuple[int, ...]
    locale: str


@dataclass(frozen=True)
class Pending:
    """A yes that waits: for which record, under which version of the public form."""

    id: int
    public: PublicForm
    record: int
    channel: str
    boxes: tuple[int, ...]
    locale: str
    is_done: bool


def ask(uow: UnitOfWork, door: Door, record: int, asked: Asked) -> None:
    """Send the person a message with the link that confirms, while there is room today."""
    public = door.public
    if public.opt_in is None or not (asked.boxes or public.shows):
        return
    channel = public.opt_in.channel
    address = _address(uow, public, record, channel)
    if address is None or not _has_room(uow, public, address):
        return
    token = fresh_token(uow)
    uow.execute(public_opt_in.insert().values(
        token=fingerprint(token), public_form=public.key, version=door.version, form=public.form,
        record=record, channel=channel, address=address, locale=asked.locale,
        consents=list(asked.boxes), created_at=uow.now, expires_at=uow.now + GOOD_FOR,
    ))  # fmt: skip
    url, name = absolute(f"/f/yes/{token}"), f"public:{fingerprint(token)[:24]}"
    wish = Confirmation(public.form, record, channel, address, asked.locale, url, name)
    for send in senders:
        send(uow, wish)


def find_pending(uow: UnitOfWork, token: str) -> Pending:
    """What a link of a message is about; NotFound for any other, and for one that is too old.

    It answers for the address it was sent to: it is dead once the person has another one.
    """
    row = uow.execute(
        public_opt_in.select().where(
            public_opt_in.c.token == fingerprint(token), public_opt_in.c.expires_at > uow.now
        )
    ).first()
    if row is None:
        raise NotFound("dead-public-link")
    public: PublicForm = get_version(uow, KIND, row.public_form, row.version)
    if _address(uow, public, row.record, row.channel) != row.address:
        raise NotFound("dead-public-link")
    return Pending(
        row.id, public, row.record, row.channel, tuple(row.consents), row.locale,
        row.confirmed_at is not None,
    )  # fmt: skip


def confirm(uow: UnitOfWork, token: str) -> Pending:
    """Write the yes into the ledger; doing it twice says nothing new."""
    asked = find_pending(uow, token)
    mine = public_opt_in.c.id == asked.id
    first = uow.execute(
        public_opt_in.update()
        .where(mine, public_opt_in.c.confirmed_at.is_(None))
        .values(confirmed_at=uow.now)
    )
    if first.rowcount:
        said = f"confirmed by {asked.channel}"
        _grant(uow, asked.public, asked.record, asked.boxes, (asked.locale, said))
    return find_pending(uow, token)


def record_consents(
    uow: UnitOfWork, door: Door, record: int, boxes: Sequence[int], locale: str
) -> None:
    """Write down at once what a person has ticked."""
    _grant(uow, door.public, record, boxes, (locale, "ticked"))


def card_of(uow: UnitOfWork, public: PublicForm, record: int) -> str:
    """The number that a public form shows of a record; "" where it has none."""
    form = catalog_of(uow).forms.get(public.form)
    if public.shows is None or form is None or form.find(public.shows.field) is None:
        return ""
    try:
        values = get_record(uow, system_access("en"), public.form, record).values
    except NotFound:
        return ""
    return str(values.get(public.shows.field) or "")


def _grant(
    uow: UnitOfWork, public: PublicForm, record: int, boxes: Sequence[int], how: tuple[str, str]
) -> None:
    locale, said = how
    changes = []
    for number in boxes:
        box = public.consents[number]
        evidence = f"{public.key} ({said}): {pick(box.text, locale)}"
        changes += [
            ConsentChange(
                public.form, record, box.purpose, channel, "grant", SOURCE, evidence, box.wording
            )
            for channel in box.channels
        ]
    if changes:
        set_consents_bulk(uow, _ledger_access(public, locale), changes)


def _ledger_access(public: PublicForm, locale: str) -> Access:
    """The visitor as somebody who speaks for themselves, and of nothing else."""
    roles = {_LEDGER.key: _LEDGER}
    return Access(None, pick(public.label, locale), _LEDGER.key, locale, (), "public", roles=roles)


def _address(uow: UnitOfWork, public: PublicForm, record: int, channel: str) -> str | None:
    """Where a person can be reached now; None for nowhere, and for who is not there any more."""
    form = catalog_of(uow).forms.get(public.form)
    key = None if form is None else (form.person or {}).get(ADDRESS_OF[channel])
    if key is None:
        return None
    try:
        found = get_record(uow, system_access("en"), public.form, record).values.get(key)
    except NotFound:
        return None
    return str(found) if found else None


def _has_room(uow: UnitOfWork, public: PublicForm, address: str) -> bool:
    """Whether this address and this public form may have one more message today."""
    lately = public_opt_in.c.created_at > uow.now - DAY
    counted = sa.select(sa.func.count()).select_from(public_opt_in).where(lately)
    to_them = uow.scalar(counted.where(public_opt_in.c.address == address))
    by_form = uow.scalar(counted.where(public_opt_in.c.public_form == public.key))
    most = public.opt_in.per_day if public.opt_in is not None else 0
    return bool(to_them < PER_ADDRESS and by_form < most)
