"""The sample of a shop: customers, products, orders, coupons, returns, visits and consents.

Everything lies before ``now`` and ends on the shop's today. The same seed, day and hour give the
same rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from regulars.seed_templates.samples.aftermath import (
    Return,
    Visit,
    make_returns,
    make_statuses,
    make_visits,
)
from regulars.seed_templates.samples.agreements import make_consents
from regulars.seed_templates.samples.baskets import Line, make_basket, taste_of, with_percent_off
from regulars.seed_templates.samples.calendar import Calendar
from regulars.seed_templates.samples.coupons import Coupon, make_coupons
from regulars.seed_templates.samples.flavour import Flavour, Product
from regulars.seed_templates.samples.people import Crowd, Person, make_people
from regulars.seed_templates.samples.rows import Ref, SampleData, SampleUnit, dice
from regulars.seed_templates.samples.trade import Purchase, make_purchases

Row = dict[str, Any]
LANGUAGES = ("zh-Hans", "zh-Hant", "en")


@dataclass(frozen=True)
class World:
    """Whose sample it is: the shop's language, currency and zone, and what "now" means."""

    locale: str
    currency: str
    zone: ZoneInfo
    now: datetime


def make_shop_sales(
    plan: Mapping[str, Any], flavours: Mapping[str, Mapping[str, Any]], world: World
) -> SampleData:
    """The whole sample of a plan (``plan.json``) in the flavour of the world's language."""
    factor = Decimal(str(plan["prices"].get(world.currency, 1)))
    flavour = Flavour.from_json(flavours[world.locale], factor)
    calendar = Calendar(world.now, world.zone, _window(world, plan["months"]), flavour)
    seed = int(plan["seed"])
    people = make_people(seed, Crowd.from_json(plan), calendar)
    purchases = make_purchases(seed, people, calendar)
    coupons = make_coupons(seed, purchases, calendar)
    baskets = _baskets(seed, purchases, coupons, calendar)
    joined = _joined(seed, people, purchases, calendar)
    forms: dict[str, list[Row]] = {
        "products": [_product(each) for each in flavour.products],
        "customers": [_customer(p, at, flavour) for p, at in zip(people, joined, strict=True)],
        "coupons": [_coupon(each, purchases) for each in coupons],
        "orders": _orders(seed, purchases, baskets, coupons, calendar),
        "returns": _returns(make_returns(seed, purchases, baskets, calendar), purchases, calendar),
        "visits": [_visit(each) for each in make_visits(seed, purchases, calendar)],
    }
    units = [SampleUnit(each.code, each.name) for each in flavour.stores]
    return SampleData(units, forms, make_consents(seed, people, joined, calendar))


def _window(world: World, months: int) -> int:
    """How many days the sample covers: this month so far and ``months`` whole ones before it."""
    today = world.now.astimezone(world.zone).date()
    months_since_zero = today.year * 12 + today.month - 1 - months
    first = date(months_since_zero // 12, months_since_zero % 12 + 1, 1)
    return (today - first).days


def _joined(
    seed: int, people: list[Person], purchases: list[Purchase], calendar: Calendar
) -> list[datetime]:
    """When each person signed up: mostly at the till, minutes before the first purchase."""
    roll = dice(seed, "joined")
    first = {each.person.index: each.at for each in purchases if each.nth == 1}
    moments = []
    for person in people:
        at = calendar.instant(roll, person.joined, online=person.store.online)
        before = first.get(person.index, at) - timedelta(minutes=roll.randrange(2, 30))
        moments.append(min(at, before))
    return moments


def _baskets(
    seed: int, purchases: list[Purchase], coupons: list[Coupon], calendar: Calendar
) -> list[list[Line]]:
    """What each purchase holds, in each person's taste, with the coupon taken off."""
    roll = dice(seed, "baskets")
    products = calendar.flavour.products
    percent = {each.used_on: each.percent for each in coupons if each.used_on is not None}
    tastes: dict[int, dict[str, float]] = {}
    baskets = []
    for place, purchase in enumerate(purchases):
        index = purchase.person.index
        taste = tastes.setdefault(index, taste_of(roll, products))
        month = purchase.at.astimezone(calendar.zone).month
        lines = make_basket(roll, products, taste, month)
        baskets.append(with_percent_off(lines, percent[place]) if place in percent else lines)
    return baskets


def _product(product: Product) -> Row:
    return {
        "sku": product.sku,
        "name": product.name,
        "category": product.category,
        "price": product.price,
        "cost": product.cost,
        "active": True,
    }


def _customer(person: Person, joined: datetime, flavour: Flavour) -> Row:
    return {
        "name": person.name,
        "mobile": person.mobile,
        "email": person.email,
        "gender": person.gender,
        "birthday": person.birthday,
        "language": flavour.locale,
        "joined_at": joined,
        "channel": person.channel,
        "store": person.store.code,
        "external_code": person.code,
        "country": flavour.country,
        "city": person.city,
        "note": person.note,
    }


def _coupon(coupon: Coupon, purchases: list[Purchase]) -> Row:
    used = coupon.used_on is not None
    return {
        "code": coupon.code,
        "customer": Ref("customers", coupon.person.index),
        "kind": "percent",
        "percent": Decimal(coupon.percent),
        "source": coupon.source,
        "issued_at": coupon.issued_at,
        "expires_at": coupon.expires_at,
        "status": "used" if used else "active",
        "used_at": purchases[coupon.used_on].at if coupon.used_on is not None else None,
    }


def _orders(
    seed: int,
    purchases: list[Purchase],
    baskets: list[list[Line]],
    coupons: list[Coupon],
    calendar: Calendar,
) -> list[Row]:
    statuses = make_statuses(seed, purchases, calendar)
    coupon_on = {each.used_on: place for place, each in enumerate(coupons)}
    numbers = _numbers([purchase.at for purchase in purchases], "SO", calendar)
    rows = []
    for place, purchase in enumerate(purchases):
        coupon = coupon_on.get(place)
        status = "paid" if coupon is not None else statuses[place]
        rows.append(
            {
                "order_no": numbers[place],
                "customer": Ref("customers", purchase.person.index),
                "store": purchase.store.code,
                "channel": purchase.channel,
                "status": status,
                "paid_at": None if status == "pending" else purchase.at,
                "items": [_line(line, calendar.flavour) for line in baskets[place]],
                "coupon": None if coupon is None else Ref("coupons", coupon),
                "campaign": purchase.campaign,
            }
        )
    return rows


def _numbers(moments: Sequence[datetime], prefix: str, calendar: Calendar) -> list[str]:
    """Numbers of the day in order of time: ``SO20261121-003``."""
    counts: dict[str, int] = {}
    numbers = []
    for at in moments:
        day = f"{at.astimezone(calendar.zone):%Y%m%d}"
        counts[day] = counts.get(day, 0) + 1
        numbers.append(f"{prefix}{day}-{counts[day]:03d}")
    return numbers


def _line(line: Line, flavour: Flavour) -> Row:
    return {
        "product": Ref("products", line.product),
        "description": flavour.products[line.product].name,
        "quantity": Decimal(line.quantity),
        "unit_price": line.price,
        "discount": line.discount or None,
    }


def _returns(returns: list[Return], purchases: list[Purchase], calendar: Calendar) -> list[Row]:
    numbers = _numbers([each.at for each in returns], "RT", calendar)
    rows = []
    for number, each in zip(numbers, returns, strict=True):
        purchase = purchases[each.order]
        item = {
            "product": Ref("products", each.line.product),
            "description": calendar.flavour.products[each.line.product].name,
            "quantity": Decimal(each.quantity),
            "unit_price": each.line.price,
        }
        rows.append(
            {
                "return_no": number,
                "customer": Ref("customers", purchase.person.index),
                "order": Ref("orders", each.order),
                "store": purchase.store.code,
                "returned_at": each.at,
                "reason": each.reason,
                "items": [item],
                "note": each.note,
            }
        )
    return rows


def _visit(visit: Visit) -> Row:
    return {
        "customer": Ref("customers", visit.person.index),
        "store": visit.store.code,
        "at": visit.at,
        "purpose": visit.purpose,
    }
