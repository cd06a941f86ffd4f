"""What charts draw: values, gaps, periods in progress, and the way to the records."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from regulars.platform.formats import Formats
from regulars.report_builder.charts.bar import BarChart
from regulars.report_builder.charts.base import Look, charts
from regulars.report_builder.charts.cohort import CohortGrid, weighted_means
from regulars.report_builder.charts.line import LineChart
from regulars.report_builder.charts.number import NumberChart
from regulars.report_builder.definition import ChartSetting
from regulars.report_builder.result import Column, Result

MONTH = Column("month", "period", "Month", by="month")
NOTE = Column("note", "text", "Note")
TOTAL = Column("total", "money", "Total", is_measure=True, is_additive=True, currency="CNY")
COUNT = Column("n", "count", "Orders", is_measure=True, is_additive=True)
RATE = Column("rate", "ratio", "Rate", is_measure=True, format="percent")
JAN, FEB, MAR = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
LOOK = Look(Formats("en"), lambda row, column: f"/{row}/{column}")


def result(columns: tuple[Column, ...], *rows: tuple[Any, ...], **more: Any) -> Result:
    return Result(columns, rows, **more)


def setting(kind: str, **more: Any) -> ChartSetting:
    return ChartSetting(kind, **more)


def test_a_bar_of_a_running_month_is_hatched_and_leads_to_its_records() -> None:
    shown = result(
        (MONTH, TOTAL), (JAN, Decimal("1.50")), (FEB, Decimal(2)), unfinished=frozenset({1})
    )

    option = BarChart().picture(shown, setting("bar"), LOOK).option
    assert option is not None
    january, february = option["series"][0]["data"]

    assert january == {"value": 1.5, "text": "CN¥1.50", "url": "/0/total"} | {
        "text": january["text"]
    }
    assert "itemStyle" not in january
    assert february["itemStyle"]["decal"]["symbol"] == "rect"
    assert option["xAxis"]["data"] == ["Jan 2026", "Feb 2026"]


def test_names_lie_on_their_side_and_the_rest_is_said_to_be_missing() -> None:
    rows = [(f"thing {n}", n) for n in range(30)]

    picture = BarChart().picture(result((NOTE, COUNT), *rows), setting("bar"), LOOK)

    assert picture.option is not None
    assert picture.option["yAxis"]["type"] == "category"
    assert (len(picture.option["yAxis"]["data"]), picture.data["left_out"]) == (25, 5)


def test_colours_stack_and_a_missing_pair_is_nought() -> None:
    shown = result((MONTH, NOTE, COUNT), (JAN, "tea", 3), (FEB, "cup", 2))

    option = BarChart().picture(shown, setting("bar", x="month", color="note"), LOOK).option

    assert option is not None
    series = {
        each["name"]: [point["value"] for point in each["data"]] for each in option["series"]
    }
    assert series == {"tea": [3, 0], "cup": [0, 2]}
    assert {each["stack"] for each in option["series"]} == {"all"}


def test_several_numbers_of_one_row_stand_beside_each_other() -> None:
    fewer = Column("few", "count", "Few", is_measure=True, is_additive=True)

    option = BarChart().picture(result((COUNT, fewer), (7, 3)), setting("bar"), LOOK).option
    assert option is not None

    assert option["xAxis"]["data"] == ["Orders", "Few"]
    assert [[bar["value"] for bar in each["data"]] for each in option["series"]] == [
        [7, 0],
        [0, 3],
    ]
    assert option["series"][1]["data"][1]["url"] == "/0/few"
    assert option["legend"]["show"] is False


def test_a_line_is_dashed_into_the_running_month() -> None:
    shown = result((MONTH, COUNT), (JAN, 1), (FEB, 2), (MAR, 1), unfinished=frozenset({2}))

    option = LineChart().picture(shown, setting("line"), LOOK).option
    assert option is not None
    solid, dashed = option["series"]

    assert [point["value"] for point in solid["data"]] == [1, 2, None]
    assert [point["value"] for point in dashed["data"]] == [None, 2, 1]
    assert dashed["lineStyle"]["type"] == "dashed"
    assert solid["markArea"]["data"] == [[{"xAxis": 1}, {"xAxis": 2}]]


def test_an_unknown_share_is_a_gap_and_not_nought() -> None:
    shown = result((MONTH, RATE), (JAN, None), (FEB, Decimal("0.5")))

    option = LineChart().picture(shown, setting("line"), LOOK).option
    assert option is not None

    assert [point["value"] for point in option["series"][0]["data"]] == [None, 0.5]
    assert option["yAxis"][0]["max"] == 1


def test_money_and_counts_have_an_axis_each() -> None:
    shown = result((MONTH, TOTAL, COUNT), (JAN, Decimal(9), 1))

    option = LineChart().picture(shown, setting("line"), LOOK).option
    assert option is not None

    assert [each["yAxisIndex"] for each in option["series"]] == [0, 1]
    assert len(option["yAxis"]) == 2


BEFORE = Column("n__previous", "count", "before", is_measure=True, of="n")
RATE_BEFORE = Column("r", "ratio", "before", is_measure=True, of="rate", format="percent")


@pytest.mark.parametrize(
    ("now", "before", "change", "tone"),
    [(12, 10, "+20.0%", "good"), (8, 10, "-20.0%", "bad"), (10, 10, "0.0%", "")],
)
def test_a_number_says_how_it_moved(now: int, before: int, change: str, tone: str) -> None:
    data = (
        NumberChart().picture(result((COUNT, BEFORE), (now, before)), setting("number"), LOOK).data
    )

    assert (data["change"], data["tone"], data["before"]) == (change, tone, str(before))


def test_shares_move_by_points() -> None:
    shown = result((RATE, RATE_BEFORE), (Decimal("0.25"), Decimal("0.20")))

    assert NumberChart().picture(shown, setting("number"), LOOK).data["change"] == "+5.0 points"


@pytest.mark.parametrize(("before", "has_change"), [(None, False), (0, False), (4, True)])
def test_nothing_before_means_no_change(before: int | None, has_change: bool) -> None:
    data = (
        NumberChart().picture(result((COUNT, BEFORE), (4, before)), setting("number"), LOOK).data
    )

    assert ("change" in data) is has_change


def test_the_number_of_many_rows_is_their_total() -> None:
    shown = result((MONTH, COUNT), (JAN, 1), (FEB, 2), totals=(None, 3))

    data = NumberChart().picture(shown, setting("number"), LOOK).data

    assert (data["value"], data["url"]) == ("3", "/-1/n")


def test_where_nothing_adds_up_the_last_finished_row_speaks() -> None:
    shown = result(
        (MONTH, RATE), (JAN, Decimal("0.5")), (FEB, Decimal("0.1")), unfinished=frozenset({1})
    )

    assert NumberChart().picture(shown, setting("number"), LOOK).data["value"] == "50.0%"


def test_an_empty_result_has_no_number() -> None:
    assert NumberChart().picture(result((COUNT,)), setting("number"), LOOK).data["value"] is None


COHORT = (
    Column("cohort", "period", "Cohort", by="month"),
    Column("size", "count", "Size", is_measure=True),
    Column("offset", "count", "Offset"),
    Column("active", "count", "Active", is_measure=True),
    Column("rate", "ratio", "Rate", is_measure=True, format="percent"),
)
CELLS = (
    (JAN, 4, 0, 4, Decimal(1)),
    (JAN, 4, 1, 2, Decimal("0.5")),
    (JAN, 4, 2, 0, Decimal(0)),
    (FEB, 1, 0, 1, Decimal(1)),
    (FEB, 1, 1, 1, Decimal(1)),
)


def test_the_cohort_grid_tells_nought_from_not_yet() -> None:
    data = CohortGrid().picture(result(COHORT, *CELLS), setting("cohort"), LOOK).data
    january, february = data["rows"]

    assert [cell.text for cell in january["cells"]] == ["100.0%", "50.0%", "0.0%"]
    assert january["cells"][2].heat == 0
    assert february["cells"][2] is None


def test_the_mean_is_weighted_and_leaves_running_periods_out() -> None:
    shown = result(COHORT, *CELLS, unfinished=frozenset({4}))

    assert weighted_means(result(COHORT, *CELLS))[1] == Decimal("0.600000")
    assert weighted_means(shown)[1] == Decimal("0.500000")


def test_every_chart_survives_an_empty_result() -> None:
    for chart in charts:
        picture = chart.picture(result((MONTH, COUNT)), setting(chart.name), LOOK)
        assert picture.kind in ("number", "drawn", "table", "cohort")
