"""The published numbers of Online Retail, on SQLite and PostgreSQL."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from regulars.form_builder.records import RecordQuery, find_records
from regulars.platform.accounts.access import system_access
from regulars.report_builder.result import Note, Result
from regulars.report_builder.service import Wish, run_inline
from tests.report_builder.retail import AT, Sales, Shop, load_sales, new_shop, read_sales
from tests.support.options import chosen_databases

pytestmark = pytest.mark.real_data
OWNER = system_access("en")
FILE = "online_retail_2010_2011.csv.gz"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "shop" in metafunc.fixturenames:
        kinds = chosen_databases(metafunc.config)
        metafunc.parametrize("shop", kinds, indirect=True, scope="module")


@pytest.fixture(scope="module")
def sales(real_data: Callable[[str], Path]) -> Sales:
    return read_sales(real_data(FILE))


@pytest.fixture(scope="module")
def shop(
    request: pytest.FixtureRequest, sales: Sales, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    with new_shop(request.param, request, tmp_path_factory.mktemp("retail")) as opened:
        with opened.open() as uow:
            load_sales(uow, sales)
        yield opened


def run(shop: Shop, at: Any = AT, params: Any = None, **raw: Any) -> Result:
    analysis = {"subject": "customer", "at": "paid_at"} if "analysis" in raw else {}
    with shop.open(write=False) as uow:
        definition = {"from": "orders", **analysis, **raw}
        return run_inline(uow, OWNER, definition, Wish(params or {}, at))


def four_places(values: list[Decimal | None]) -> list[str]:
    return ["-" if value is None else f"{value:.4f}" for value in values]


def test_size_of_the_history(shop: Shop) -> None:
    result = run(
        shop,
        measures=[
            {"as": "revenue", "aggregate": "sum", "field": "amount"},
            {"as": "orders", "aggregate": "count"},
            {"as": "buyers", "aggregate": "count_distinct", "field": "customer"},
            {"as": "aov", "ratio": ["revenue", "orders"]},
            {"as": "per_buyer", "ratio": ["orders", "buyers"]},
        ],
    )

    assert result.rows == (
        (Decimal("8911407.9040"), 18532, 4338, Decimal("480.865956"), Decimal("4.272015")),
    )


def test_lines_are_counted_through_the_subform(shop: Shop) -> None:
    result = run(
        shop,
        **{"from": "orders.items"},
        dimensions=[{"as": "year", "field": "parent.paid_at", "by": "year"}],
        measures=[
            {"as": "lines", "aggregate": "count"},
            {"as": "revenue", "aggregate": "sum", "field": "line_total"},
            {"as": "buyers", "aggregate": "count_distinct", "field": "parent.customer"},
        ],
    )

    assert [row[0] for row in result.rows] == [date(2010, 1, 1), date(2011, 1, 1)]
    assert result.totals == (None, 397884, Decimal("8911407.9040"), 4338)


def test_lifecycle_by_month(shop: Shop) -> None:
    result = run(shop, analysis="lifecycle", period="month")

    assert result.values("period") == [
        date(2010, 12, 1),
        *(date(2011, n, 1) for n in range(1, 13)),
    ]
    assert result.values("active") == [
        885, 741, 758, 974, 856, 1056, 991, 949, 935, 1266, 1364, 1664, 615,
    ]  # fmt: skip
    assert result.values("new") == [
        885, 417, 380, 452, 300, 284, 242, 188, 169, 299, 358, 323, 41,
    ]  # fmt: skip
    assert result.values("returning") == [
        None, 324, 262, 290, 304, 368, 410, 365, 388, 425, 489, 622, 371,
    ]  # fmt: skip
    assert result.values("resurrected") == [
        None, 0, 116, 232, 252, 404, 339, 396, 378, 542, 517, 719, 203,
    ]  # fmt: skip
    assert four_places(result.values("rate")) == [
        "-", "0.3661", "0.3536", "0.3826", "0.3121", "0.4299", "0.3883", "0.3683", "0.4089",
        "0.4545", "0.3863", "0.4560", "0.2230",
    ]  # fmt: skip


def test_december_has_not_ended_on_the_tenth(shop: Shop) -> None:
    result = run(shop, analysis="lifecycle", period="month")

    assert Note("unfinished-period", date(2011, 12, 1)) in result.notes
    assert result.unfinished == {12}


def test_december_has_ended_in_the_new_year(shop: Shop) -> None:
    result = run(shop, at=None, analysis="lifecycle", period="month")

    assert result.unfinished == frozenset()
    assert result.values("active")[-1] == 615


def test_cohorts_of_december_and_january(shop: Shop) -> None:
    result = run(shop, analysis="cohort", period="month")
    cells = [row[3] for row in result.rows if row[0] == date(2010, 12, 1)]
    january = [row[3] for row in result.rows if row[0] == date(2011, 1, 1)]

    assert cells == [885, 324, 286, 340, 321, 352, 321, 309, 313, 350, 331, 445, 235]
    assert january == [417, 92, 111, 96, 134, 120, 103, 101, 125, 136, 152, 49]


def test_retention_in_november(shop: Shop) -> None:
    result = run(shop, analysis="retention", period="month", window_days=90)
    november = next(row for row in result.rows if row[0] == date(2011, 11, 1))

    assert november[1:4] == (2461, 2840, 2232)
    assert four_places([november[4]]) == ["0.9069"]


@pytest.mark.parametrize(("by", "rate"), [("days", "0.643154"), ("orders", "0.655832")])
def test_repurchase(shop: Shop, by: str, rate: str) -> None:
    result = run(shop, analysis="repurchase", by=by)

    assert result.values("buyers") == [4338]
    assert result.values("rate") == [Decimal(rate)]


def test_rfm_cuts(shop: Shop) -> None:
    result = run(shop, analysis="rfm", value="amount")
    cuts = next(note.value for note in result.notes if note.code == "rfm-cuts")

    assert [f"{cut:.1f}" for cut in cuts["r"]] == ["13.8", "33.0", "72.0", "180.0"]
    assert cuts["f"] == [1, 2, 3, 6]
    assert [f"{cut:.2f}" for cut in cuts["m"]] == ["250.19", "490.10", "942.28", "2058.43"]
    assert sum(result.values("customers")) == 4338
    assert result.totals == (None, None, None, 4338, Decimal("8911407.9040"))


@pytest.mark.parametrize(("days", "count"), [(30, 2767), (60, 1983), (90, 1463), (180, 869)])
def test_inactive_customers(shop: Shop, days: int, count: int) -> None:
    silent = {
        "aggregate": "last", "of": "orders", "field": "paid_at",
        "op": "older_than", "value": {"n": days, "unit": "day"},
    }  # fmt: skip

    result = run(
        shop, **{"from": "customers"}, where=silent, measures=[{"as": "n", "aggregate": "count"}]
    )

    assert result.rows == ((count,),)


@pytest.mark.parametrize("analysis", ["lifecycle", "cohort", "retention", "repurchase", "rfm"])
def test_drills_list_exactly_the_counted_people(shop: Shop, analysis: str) -> None:
    """Every tenth cell, so that all kinds of cell are seen."""
    result = run(shop, analysis=analysis, **({"value": "amount"} if analysis == "rfm" else {}))
    cells = [
        (n, column.key, row[position])
        for n, row in enumerate(result.rows)
        for position, column in enumerate(result.columns)
        if column.is_measure and column.type == "count" and row[position]
    ]
    with shop.open(write=False) as uow:
        for n, column, count in cells[:: max(1, len(cells) // 12)]:
            drill = result.drill[n]
            assert drill is not None
            assert drill.ids is not None
            condition = drill.of(column)
            query = RecordQuery(filter=condition, limit=1, count=True)
            assert len(drill.ids(column)) == count, (analysis, n, column)
            assert find_records(uow, OWNER, drill.form, query).total == count, (n, column)
