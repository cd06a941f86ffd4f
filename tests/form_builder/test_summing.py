"""Groups and sums of a list: over every record that is found, exact, with the reader's rights."""

from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from regulars.form_builder.arranging import PERIODS, Arrangement
from regulars.form_builder.origin import Origin
from regulars.form_builder.querying import RecordQuery
from regulars.form_builder.records import create_record, find_records
from regulars.form_builder.summing import Summary, summarise
from regulars.platform.accounts.access import system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from tests.support.shop_forms import publish_forms

OWNER = system_access("en")


@pytest.fixture
def shop(uow: UnitOfWork) -> UnitOfWork:
    publish_forms(uow)
    for sku, name, price in (("a", "Tea", "0.10"), ("b", "Tea", "0.20"), ("c", "Cup", None)):
        create_record(
            uow, OWNER, "products", {"sku": sku, "name": name, "price": price},
            origin=Origin("cli"),
        )  # fmt: skip
    return uow


def sums(uow: UnitOfWork, form: str, query: RecordQuery | None = None, **view: Any) -> Summary:
    return summarise(uow, OWNER, form, query or RecordQuery(), Arrangement.from_view(view))


def test_sums_are_exact_and_leave_missing_values_out(shop: UnitOfWork) -> None:
    for aggregate, outcome in (
        ("sum", Decimal("0.30")), ("avg", Decimal("0.15")), ("min", Decimal("0.10")),
        ("max", Decimal("0.20")), ("filled", 2), ("count", 3),
    ):  # fmt: skip
        assert sums(shop, "products", summaries={"price": aggregate}).whole.values == {
            "price": outcome
        }


def test_sums_follow_the_filter_and_the_words(shop: UnitOfWork) -> None:
    tea = RecordQuery(filter={"field": "name", "op": "is", "value": "Tea"}, search="a")
    found = sums(shop, "products", tea, summaries={"price": "sum"})
    assert (found.whole.count, found.whole.values["price"]) == (2, Decimal("0.30"))
    nobody = RecordQuery(filter={"field": "name", "op": "is", "value": "Nothing"})
    empty = sums(shop, "products", nobody, summaries={"price": "sum"}).whole
    assert (empty.count, empty.values["price"]) == (0, Decimal(0))


def test_each_group_leads_to_its_records(shop: UnitOfWork) -> None:
    create = {"origin": Origin("cli")}
    ann = create_record(shop, OWNER, "customers", {"name": "Ann", "tags": ["x"]}, **create)
    create_record(
        shop, OWNER, "customers", {"name": "Bo", "tier": "diamond", "birthday": "2000-02-29"},
        **create,
    )  # fmt: skip
    create_record(shop, OWNER, "customers", {"name": "Cy", "tier": None}, **create)
    for paid in ("2026-01-31T17:00:00Z", "2026-02-10T00:00:00Z", None):
        create_record(
            shop, OWNER, "orders", {"customer": ann.id, "paid_at": paid, "items": []}, **create
        )
    wanted = (
        ("customers", {"field": "tier"}), ("customers", {"field": "birthday", "by": "year"}),
        ("orders", {"field": "customer"}), ("orders", {"field": "paid_at", "by": "month"}),
        ("orders", {"field": "paid_at"}),
    )  # fmt: skip
    for form, group in wanted:
        found = sums(shop, form, group=[group])
        assert sum(each.count for each in found.groups) == found.whole.count == 3
        for each in found.groups:
            page = find_records(shop, OWNER, form, RecordQuery(filter=each.condition, count=True))
            assert page.total == each.count, (group, each)


def test_months_are_those_of_the_shop(shop: UnitOfWork) -> None:
    ann = create_record(shop, OWNER, "customers", {"name": "Ann"}, origin=Origin("cli"))
    late = {"customer": ann.id, "paid_at": "2026-01-31T17:00:00Z", "items": []}
    create_record(shop, OWNER, "orders", late, origin=Origin("cli"))
    [group] = sums(shop, "orders", group=[{"field": "paid_at", "by": "month"}]).groups
    assert [str(key) for key in group.keys] == ["2026-02-01"]


def test_the_last_and_the_first_days_of_all_are_days_like_others(uow: UnitOfWork) -> None:
    times = [{"key": key, "type": "datetime", "label": {"en": key}} for key in ("at", "not")]
    day = {"key": "day", "type": "date", "label": {"en": "Day"}}
    name = {"key": "name", "type": "text", "label": {"en": "Name"}}
    notes = {"kind": "form", "key": "notes", "label": {"en": "Notes"}, "title": "{name}"}
    publish_forms(uow, ({**notes, "fields": [name, day, *times]},))
    for day_of, at in (
        ("9999-12-31", "9999-12-31T15:59:59Z"), ("0001-01-01", "0001-01-01T00:00:00Z"),
        ("2026-10-25", "2026-10-25T00:30:00Z"), (None, None),
    ):  # fmt: skip
        values = {"name": "x", "day": day_of, "at": at, "not": at}
        create_record(uow, OWNER, "notes", values, origin=Origin("cli"))
    for path, by in product(("day", "at", "not"), PERIODS):
        for each in sums(uow, "notes", group=[{"field": path, "by": by}]).groups:
            query = RecordQuery(filter=each.condition, count=True)
            assert find_records(uow, OWNER, "notes", query).total == each.count, each


def test_two_levels_come_in_one_answer(shop: UnitOfWork) -> None:
    for name, tier in (("Ann", "basic"), ("Bo", "basic"), ("Cy", "diamond")):
        create_record(
            shop, OWNER, "customers", {"name": name, "tier": tier, "birthday": "2000-01-02"},
            origin=Origin("cli"),
        )  # fmt: skip
    found = sums(shop, "customers", group=[{"field": "tier"}, {"field": "birthday", "by": "year"}])
    assert [(each.keys[0], each.count) for each in found.groups] == [("basic", 2), ("diamond", 1)]
    assert len((found.groups[0].condition or {})["all"]) == 3


@pytest.mark.parametrize(
    ("view", "code"),
    [
        ({"group": [{"field": "name"}]}, "cannot-group"),
        ({"group": [{"field": "tier", "by": "month"}]}, "cannot-group"),
        ({"group": [{"field": "tags"}]}, "cannot-group"),
        ({"summaries": {"name": "sum"}}, "cannot-summarise"),
        ({"summaries": {"birthday": "avg"}}, "cannot-summarise"),
        ({"summaries": {"nothing": "count"}}, "unknown-field"),
    ],
)
def test_what_cannot_be_summed_is_refused(
    shop: UnitOfWork, view: dict[str, Any], code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        sums(shop, "customers", **view)
    assert [each.code for each in refused.value.problems] == [code]
