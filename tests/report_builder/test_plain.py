"""Reports of dimensions and measures over a few records, with results worked out by hand."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.report_builder.result import Linked, Note
from tests.report_builder.corner import add, add_sales, ask, local, open_shop

SUM = {"as": "total", "aggregate": "sum", "field": "amount"}
COUNT = {"as": "n", "aggregate": "count"}
BY_MONTH = {"as": "month", "field": "sold_at", "by": "month"}


@pytest.fixture
def shop(uow: UnitOfWork) -> UnitOfWork:
    open_shop(uow)
    return uow


def test_every_aggregate(shop: UnitOfWork) -> None:
    add_sales(shop, ("2026-01-01", "10.10"), ("2026-01-02", "20.20"), ("2026-01-03", "0.30"))
    add(shop, "sales", {"note": "no amount"})

    result = ask(
        shop,
        [
            SUM,
            COUNT,
            {"as": "priced", "aggregate": "count", "field": "amount"},
            {"as": "mean", "aggregate": "avg", "field": "amount"},
            {"as": "least", "aggregate": "min", "field": "amount"},
            {"as": "most", "aggregate": "max", "field": "amount"},
            {"as": "share", "ratio": ["total", "n"]},
            {"as": "twice", "aggregate": "sum", "field": "double"},
        ],
    )

    assert result.rows == (
        (
            Decimal("30.60"),
            4,
            3,
            Decimal("10.200000"),
            Decimal("0.30"),
            Decimal("20.20"),
            Decimal("7.650000"),
            Decimal("61.20"),
        ),
    )


def test_nothing_at_all(shop: UnitOfWork) -> None:
    result = ask(
        shop,
        [
            SUM,
            COUNT,
            {"as": "mean", "aggregate": "avg", "field": "amount"},
            {"as": "q", "ratio": ["total", "n"]},
        ],
    )

    assert result.rows == ((Decimal(0), 0, None, None),)
    assert ask(shop, dimensions=[BY_MONTH]).rows == ()


def test_a_measure_may_have_its_own_condition(shop: UnitOfWork) -> None:
    add(
        shop,
        "sales",
        {"amount": "5", "paid": True},
        {"amount": "7", "paid": False},
        {"paid": True},
    )
    paid = {"field": "paid", "op": "is", "value": True}

    result = ask(
        shop,
        [
            COUNT,
            {"as": "paid", "aggregate": "count", "where": paid},
            {"as": "paid_sum", "aggregate": "sum", "field": "amount", "where": paid},
            {"as": "paid_share", "ratio": ["paid", "n"]},
        ],
    )

    assert result.rows == ((3, 2, Decimal("5.00"), Decimal("0.666667")),)
    assert result.columns[3].format == "percent"


def test_totals_are_asked_anew_and_not_added_up(shop: UnitOfWork) -> None:
    one, two = add(shop, "people", {"name": "Ann"}, {"name": "Bo"})
    add(
        shop,
        "sales",
        {"buyer": one, "sold_at": "2026-01-05", "amount": "1"},
        {"buyer": one, "sold_at": "2026-02-05", "amount": "2"},
        {"buyer": two, "sold_at": "2026-02-05", "amount": "6"},
    )

    result = ask(
        shop,
        [
            {"as": "buyers", "aggregate": "count_distinct", "field": "buyer"},
            SUM,
            {"as": "each", "ratio": ["total", "buyers"]},
        ],
        dimensions=[BY_MONTH],
    )

    assert result.rows == (
        (date(2026, 1, 1), 1, Decimal("1.00"), Decimal("1.000000")),
        (date(2026, 2, 1), 2, Decimal("8.00"), Decimal("4.000000")),
    )
    assert result.totals == (None, 2, Decimal("9.00"), Decimal("4.500000"))


def test_months_without_sales_are_rows_of_nothing(shop: UnitOfWork) -> None:
    add_sales(shop, ("2026-01-31T23:59:59", "1"), ("2026-04-01T00:00", "2"))

    result = ask(
        shop, [SUM, {"as": "mean", "aggregate": "avg", "field": "amount"}], dimensions=[BY_MONTH]
    )

    assert [row[:2] for row in result.rows] == [
        (date(2026, 1, 1), Decimal("1.00")),
        (date(2026, 2, 1), Decimal(0)),
        (date(2026, 3, 1), Decimal(0)),
        (date(2026, 4, 1), Decimal("2.00")),
    ]
    assert result.rows[1][2] is None


@pytest.mark.parametrize(
    ("by", "firsts"),
    [
        ("day", [date(2025, 12, 31), date(2026, 1, 1)]),
        ("week", [date(2025, 12, 29)]),
        ("month", [date(2025, 12, 1), date(2026, 1, 1)]),
        ("quarter", [date(2025, 10, 1), date(2026, 1, 1)]),
        ("year", [date(2025, 1, 1), date(2026, 1, 1)]),
    ],
)
def test_periods_end_at_the_shops_midnight(shop: UnitOfWork, by: str, firsts: list[date]) -> None:
    # 15:59 UTC is still the old year in Shanghai, 16:00 UTC is not.
    add_sales(shop, ("2025-12-31T15:59:59Z", "1"), ("2025-12-31T16:00:00Z", "1"))

    result = ask(shop, dimensions=[{"as": "when", "field": "sold_at", "by": by}])

    assert [row[0] for row in result.rows] == firsts
    assert sum(row[1] for row in result.rows) == 2


def test_days_of_a_date_field_need_no_zone(shop: UnitOfWork) -> None:
    add(shop, "sales", {"due": "2026-02-28"}, {"due": "2026-03-01"}, {"due": None})

    result = ask(shop, dimensions=[{"as": "month", "field": "due", "by": "month"}])

    assert result.rows == ((date(2026, 2, 1), 1), (date(2026, 3, 1), 1))
    assert result.totals == (None, 2)


def test_groups_by_a_field_of_the_linked_record(shop: UnitOfWork) -> None:
    gold, plain = add(shop, "people", {"name": "Ann", "tier": "gold"}, {"name": "Bo"})
    add(shop, "sales", {"buyer": gold}, {"buyer": plain}, {"buyer": plain}, {})

    result = ask(shop, dimensions=[{"as": "tier", "field": "buyer.tier"}])

    assert result.rows == ((None, 3), ("gold", 1))


def test_texts_that_differ_in_case_are_one_group(shop: UnitOfWork) -> None:
    add(shop, "sales", {"note": "Tea"}, {"note": "TEA"}, {"note": "ähnlich"}, {"note": "ÄHNLICH"})

    result = ask(shop, dimensions=[{"as": "note", "field": "note"}], sort=["note"])

    assert [row[1] for row in result.rows] == [2, 2]


def test_a_record_counts_under_each_of_its_tags(shop: UnitOfWork) -> None:
    add(
        shop,
        "people",
        {"name": "A", "tags": ["vip", "new"]},
        {"name": "B", "tags": ["vip"]},
        {"name": "C"},
    )

    result = ask(shop, source="people", dimensions=[{"as": "tag", "field": "tags"}])

    assert dict(result.rows) == {"vip": 2, "new": 1, None: 1}
    assert result.totals == (None, 3)


def test_links_are_shown_with_their_titles(shop: UnitOfWork) -> None:
    (one,) = add(shop, "people", {"name": "Ann"})
    add(shop, "sales", {"buyer": one})

    result = ask(shop, dimensions=[{"as": "who", "field": "buyer"}])

    assert result.rows == ((Linked(one, "Ann"), 1),)
    assert result.as_json("en")["rows"] == [[{"id": one, "title": "Ann"}, 1]]


def test_sorted_by_the_largest_and_cut_off(shop: UnitOfWork) -> None:
    for note, count in (("a", 1), ("b", 3), ("c", 2)):
        add(shop, "sales", *({"note": note} for _ in range(count)))

    result = ask(shop, dimensions=[{"as": "note", "field": "note"}], sort=["-n"], limit=2)

    assert result.rows == (("b", 3), ("c", 2))
    assert result.totals == (None, 6)
    assert Note("limited", {"shown": 2, "all": 3}) in result.notes


def test_rows_of_a_subform(shop: UnitOfWork) -> None:
    add(
        shop,
        "sales",
        {
            "sold_at": "2026-01-05",
            "lines": [{"what": "tea", "pieces": 2}, {"what": "cup", "pieces": 1}],
        },
        {"sold_at": "2026-02-05", "lines": [{"what": "tea", "pieces": 5}]},
    )
    pieces = {"as": "pieces", "aggregate": "sum", "field": "pieces"}

    by_thing = ask(shop, [pieces], source="sales.lines", dimensions=[{"field": "what"}])
    by_month = ask(
        shop,
        [pieces],
        source="sales.lines",
        dimensions=[{"as": "month", "field": "parent.sold_at", "by": "month"}],
        params={"period": {"from": "2026-02-01", "to": "2026-03-01"}},
        now=local("2026-06-01"),
    )

    assert by_thing.rows == (("tea", Decimal(7)), ("cup", Decimal(1)))
    assert by_month.rows == ((date(2026, 2, 1), Decimal(5)),)


def test_the_running_month_is_marked_and_what_lies_ahead_does_not_count(shop: UnitOfWork) -> None:
    add_sales(
        shop, ("2026-01-31T10:00", "1"), ("2026-02-10T11:59", "2"), ("2026-02-10T12:01", "4")
    )

    result = ask(shop, [SUM], dimensions=[BY_MONTH], now=local("2026-02-10T12:00"))

    assert result.rows == ((date(2026, 1, 1), Decimal(1)), (date(2026, 2, 1), Decimal(2)))
    assert result.unfinished == {1}
    assert result.notes == (Note("unfinished-period", date(2026, 2, 1)),)


def test_without_a_given_now_dates_ahead_count_too(shop: UnitOfWork) -> None:
    add_sales(shop, ("2026-03-09T10:00", "1"), ("2026-04-10T10:00", "4"))  # now is 10 March

    result = ask(shop, [SUM], dimensions=[BY_MONTH])

    assert [row[1] for row in result.rows] == [Decimal(1), Decimal(4)]
    assert result.unfinished == {0, 1}


@pytest.mark.parametrize(
    ("period", "total"),
    [
        ({"calendar": "this_month"}, 6),
        ({"calendar": "last_month"}, 1),
        ({"last": 2, "unit": "day"}, 6),
        ("last-1-day", 4),
        ("today", 4),
        ({"from": "2026-02-09", "to": "2026-02-10"}, 2),
        ("/2026-02-10", 3),
        (None, 7),
        ("all", 7),
    ],
)
def test_a_chosen_period_narrows(shop: UnitOfWork, period: Any, total: int) -> None:
    add_sales(
        shop, ("2026-01-31T23:59", "1"), ("2026-02-09T00:00", "2"), ("2026-02-10T00:00", "4")
    )

    result = ask(
        shop, [SUM], now=local("2026-02-10T12:00"), params={"period": period}, at="sold_at"
    )

    assert result.rows == ((Decimal(total),),)


def test_filters_by_field(shop: UnitOfWork) -> None:
    gold, plain = add(
        shop, "people", {"name": "Ann", "tier": "gold"}, {"name": "Bo", "tier": "basic"}
    )
    add(
        shop,
        "sales",
        {"buyer": gold, "paid": True},
        {"buyer": plain},
        {"buyer": plain, "paid": True},
    )

    def count(**params: Any) -> Any:
        return ask(shop, params=params).rows[0][0]

    assert count(**{"buyer.tier": "gold"}) == 1
    assert count(**{"buyer.tier": ["gold", "basic"]}) == 3
    assert count(buyer=plain) == 2
    assert count(buyer=str(plain), paid="true") == 1
    assert count(paid="") == 3


def test_the_month_before_stands_beside_each_month(shop: UnitOfWork) -> None:
    add_sales(shop, ("2026-01-05", "1"), ("2026-03-05", "4"))

    result = ask(shop, [SUM], dimensions=[BY_MONTH], compare="previous_period")

    assert [column.key for column in result.columns] == ["month", "total", "total__previous"]
    assert result.rows == (
        (date(2026, 1, 1), Decimal(1), None),
        (date(2026, 2, 1), Decimal(0), Decimal(1)),
        (date(2026, 3, 1), Decimal(4), Decimal(0)),
    )


def test_the_first_chosen_month_knows_the_one_before(shop: UnitOfWork) -> None:
    add_sales(shop, ("2026-01-05", "1"), ("2026-02-05", "4"))

    result = ask(
        shop,
        [SUM],
        dimensions=[BY_MONTH],
        compare="previous_period",
        params={"period": {"from": "2026-02-01", "to": "2026-03-01"}},
    )

    assert result.rows == ((date(2026, 2, 1), Decimal(4), Decimal(1)),)
    assert result.totals == (None, Decimal(4), Decimal(1))


def test_a_running_month_is_compared_as_far_as_it_has_come(shop: UnitOfWork) -> None:
    add_sales(
        shop,
        ("2026-01-10T11:00", "1"),
        ("2026-01-10T13:00", "2"),
        ("2026-02-09T10:00", "4"),
    )

    result = ask(
        shop,
        [SUM],
        compare="previous_period",
        now=local("2026-02-10T12:00"),
        params={"period": {"calendar": "this_month"}},
        at="sold_at",
    )

    assert result.rows == ((Decimal(4), Decimal(1)),)
    assert [note.code for note in result.notes] == ["compared-with", "unfinished-period"]


def test_groups_are_compared_with_themselves(shop: UnitOfWork) -> None:
    add(
        shop,
        "sales",
        {"note": "tea", "sold_at": "2026-01-10"},
        {"note": "tea", "sold_at": "2026-02-10"},
        {"note": "tea", "sold_at": "2026-02-11"},
        {"note": "cup", "sold_at": "2026-02-11"},
    )

    result = ask(
        shop,
        dimensions=[{"as": "note", "field": "note"}],
        compare="previous_period",
        params={"period": {"calendar": "last_month"}},
        now=local("2026-03-01"),
        at="sold_at",
    )

    assert result.rows == (("tea", 2, 1), ("cup", 1, 0))


def test_two_dimensions_with_one_over_time(shop: UnitOfWork) -> None:
    add(
        shop,
        "sales",
        {"note": "tea", "sold_at": "2026-01-10"},
        {"note": "cup", "sold_at": "2026-02-10"},
        {"note": "tea", "sold_at": "2026-02-11"},
    )

    result = ask(shop, dimensions=[BY_MONTH, {"as": "note", "field": "note"}])

    assert result.rows == (
        (date(2026, 1, 1), "tea", 1),
        (date(2026, 2, 1), "cup", 1),
        (date(2026, 2, 1), "tea", 1),
    )


def test_an_unknown_parameter_is_refused(shop: UnitOfWork) -> None:
    with pytest.raises(Invalid) as refused:
        ask(shop, params={"colour": "red", "buyer.shoe": "4"})

    found = {(problem.path, problem.code) for problem in refused.value.problems}
    assert found == {("params/colour", "unknown-field"), ("params/buyer.shoe", "unknown-field")}


def test_too_many_days_are_refused_with_the_reason(shop: UnitOfWork) -> None:
    add_sales(shop, ("1990-01-01", "1"), ("2026-01-01", "1"))

    with pytest.raises(Invalid) as refused:
        ask(shop, dimensions=[{"as": "day", "field": "sold_at", "by": "day"}])

    assert refused.value.problems[0].code == "too-many-periods"


def test_a_first_month_that_is_cut_short_says_so(shop: UnitOfWork) -> None:
    add_sales(shop, ("2026-01-05", "1"), ("2026-01-20", "2"), ("2026-02-20", "4"))
    period = {"from": "2026-01-10", "to": "2026-03-01"}

    result = ask(shop, [SUM], dimensions=[BY_MONTH], params={"period": period})

    assert result.rows[0] == (date(2026, 1, 1), Decimal(2))
    since = {"period": date(2026, 1, 1), "since": date(2026, 1, 10)}
    assert result.notes == (Note("partial-period", since),)
