"""A sale at the till: coupon, sale and points in one transaction, or nothing of it.

Every sale carries a key that its device gave it. The same key is recorded once, however often it
is handed in, by whoever, over whichever line; a sale that waited is dated when it was made.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.origin import Origin
from regulars.form_builder.people.pointers import survivor_of
from regulars.form_builder.plain_values import plain_json
from regulars.form_builder.querying import Record
from regulars.form_builder.records import (
    create_record,
    get_record,
    require_verb,
    update_record,
)
from regulars.form_builder.storing import load_rows
from regulars.form_builder.tills.definition import Points, Till, split_amount
from regulars.form_builder.tills.kind import is_formula
from regulars.form_builder.tills.reaching import computed, reached_ids
from regulars.form_builder.tills.tables import till_sale
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict, Invalid
from regulars.platform.problems import Problem

LONGEST_WAIT = timedelta(days=30)
"""How long a device may keep a sale before it hands it in."""
_MOST_POINTS_DIGITS = 15


class OfferTaken(Conflict):
    """What was to be handed in does not count any more: used already, too old, another's."""

    code = "till-offer-taken"


@dataclass(frozen=True)
class Wish:
    """A sale as it was handed in; ``amount`` in words of numbers.

    ``waited`` is for how many seconds the device had kept it: its clock may be wrong, but it can
    tell how long it waited.
    """

    key: str
    amount: str
    person: int | None = None
    offer: int | None = None
    waited: int = 0

    @property
    def fingerprint(self) -> str:
        """The same for the same sale, however long it waited."""
        told = [self.amount, self.person, self.offer]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


@dataclass(frozen=True)
class Sold:
    """What became of it. ``sale`` is the record; ``repeated`` when it had been recorded before."""

    key: str
    sale: int | None
    points: str | None = None
    repeated: bool = False


def record_sale(
    uow: UnitOfWork, access: Access, till: Till, wish: Wish, *, origin: Origin
) -> Sold:
    """Record a sale once.

    Raises OfferTaken when the coupon does not count any more, Invalid with every problem,
    NotFound or Forbidden where this clerk may not do that; then nothing of it is kept.
    """
    require_verb(access, till.sale.form, "create")
    known = _claimed(uow, till, wish)
    if known is not None:
        return known
    person = _person(uow, access, till, wish)
    _require_time(wish)
    if wish.offer is not None:
        _hand_in(uow, access, till, wish, person, origin)
    given = _values(uow, till, replace(wish, person=person))
    sale = create_record(uow, access, till.sale.form, given, origin=origin)
    points = None
    if till.points is not None and person is not None:
        points = _earn(uow, access, till, till.points, person, sale, origin)
    made = {"sale": sale.id, "points": points}
    uow.execute(till_sale.update().where(till_sale.c.key == wish.key).values(**made))
    return Sold(wish.key, sale.id, points)


def _claimed(uow: UnitOfWork, till: Till, wish: Wish) -> Sold | None:
    """Take the key, or say what was made with it; a twin waits until the first has ended."""
    insert = postgresql.insert if uow.dialect == "postgresql" else sqlite.insert
    row = {"key": wish.key, "till": till.key, "asked": wish.fingerprint, "at": uow.now}
    claim = insert(till_sale).values(**row).on_conflict_do_nothing().returning(till_sale.c.key)
    if uow.execute(claim).first() is not None:
        return None
    known = uow.execute(till_sale.select().where(till_sale.c.key == wish.key)).one()
    if (known.till, known.asked) != (till.key, wish.fingerprint):
        raise Conflict("till-key-reused")
    return Sold(wish.key, known.sale, known.points, repeated=True)


def _person(uow: UnitOfWork, access: Access, till: Till, wish: Wish) -> int | None:
    """Who it is today: a device may still know somebody by a record that was merged since."""
    if wish.person is None:
        return None
    person = survivor_of(uow, till.people.form, wish.person) or wish.person
    return get_record(uow, access, till.people.form, person).id


def _require_time(wish: Wish) -> None:
    if wish.waited > LONGEST_WAIT.total_seconds():
        raise Invalid([Problem("waited", "till-too-late", {"n": LONGEST_WAIT.days})])


def _hand_in(
    uow: UnitOfWork, access: Access, till: Till, wish: Wish, person: int | None, origin: Origin
) -> None:  # fmt: skip
    """Hold the record, look whether it counts, and set what handing it in means.

    Whoever comes second waits for the first and then finds that it counts no more.
    """
    offer = till.offer
    if offer is None or wish.offer is None:
        raise Invalid([Problem("offer", "till-without-offer")])
    catalog = catalog_of(uow)
    form = catalog.get_form(offer.form)
    load_rows(uow, form, catalog.tables[form.key], [wish.offer], lock=True)
    nobodys = {"field": offer.via, "op": "is_empty"}  # what belongs to nobody is whoever's has it
    whose = nobodys if person is None else form.pointing(offer.via, person)
    where = {"all": [offer.where, whose]}
    if not reached_ids(uow, access, form.key, where, most=1, among=[wish.offer]):
        raise OfferTaken(form=form.label)
    record = get_record(uow, access, form.key, wish.offer)
    if offer.least:
        _require_amount(wish, _stored(uow, till, wish.offer))
    values = {
        key: computed(uow, form.key, record.id, value["formula"]) if is_formula(value) else value
        for key, value in offer.sets.items()
    }
    update_record(
        uow, access, form.key, record.id, values, origin=origin, expected_version=record.version
    )


def _stored(uow: UnitOfWork, till: Till, offer_id: int) -> Any:
    assert till.offer is not None
    return computed(uow, till.offer.form, offer_id, till.offer.least)


def _require_amount(wish: Wish, least: Any) -> None:
    try:
        enough = least is None or Decimal(wish.amount) >= Decimal(str(least))
    except InvalidOperation:
        return  # making the sale says what is wrong with the amount
    if not enough:
        raise Invalid([Problem("offer", "till-amount-too-small", {"least": str(least)})])


def _values(uow: UnitOfWork, till: Till, wish: Wish) -> dict[str, Any]:
    sale = till.sale
    outer, column = split_amount(sale.amount)
    given: dict[str, Any] = {
        **sale.values, outer: [{column: wish.amount}] if column else wish.amount,
    }  # fmt: skip
    if wish.person is not None:
        given[sale.via] = wish.person
    if sale.offer and wish.offer is not None:
        given[sale.offer] = wish.offer
    if sale.at:
        given[sale.at] = plain_json(uow.now - timedelta(seconds=wish.waited))
    return given


def _earn(  # noqa: PLR0913 - one step of `record_sale`, with all that it knows
    uow: UnitOfWork, access: Access, till: Till, points: Points, person: int, sale: Record,
    origin: Origin,
) -> str | None:  # fmt: skip
    """Add what the sale earns; how many, None when it earns nothing."""
    earned = computed(uow, till.sale.form, sale.id, points.formula)
    number = Decimal(str(earned)) if earned is not None else Decimal(0)
    if number == 0 or number.adjusted() > _MOST_POINTS_DIGITS:
        return None
    if points.form:
        given = {**points.values, points.via: person, points.field: f"{number:f}"}
        if points.sale:
            given[points.sale] = sale.id
        create_record(uow, access, points.form, given, origin=origin)
    else:
        _add_to(uow, access, till.people.form, person, points.field, number, origin)
    return f"{number.normalize():f}"


def _add_to(  # noqa: PLR0913 - one step of `record_sale`, with all that it knows
    uow: UnitOfWork, access: Access, form_key: str, person: int, key: str, number: Decimal,
    origin: Origin,
) -> None:  # fmt: skip
    catalog = catalog_of(uow)
    form = catalog.get_form(form_key)
    [row] = load_rows(uow, form, catalog.tables[form_key], [person], lock=True).values()
    total = Decimal(row[key] or 0) + number
    if catalog_for(uow, access).get_form(form_key).find(key) is not None:
        update_record(uow, access, form_key, person, {key: f"{total:f}"}, origin=origin)
