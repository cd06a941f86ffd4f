"""Random trees over nasty data: SQL on both databases and Python agree, row by row."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from regulars.platform.expressions.check import check
from regulars.platform.expressions.compile_sql import Target, compile_sql, compile_value_sql
from regulars.platform.expressions.evaluate import Context, compile_python, compile_python_value
from regulars.platform.expressions.formula import parse_formula
from regulars.platform.expressions.formula_writer import formula_text
from regulars.platform.expressions.times import LEAP_DAYS
from regulars.platform.expressions.tree import Node
from regulars.platform.expressions.types import Kind, LeapDay, Moment
from tests.support.expression_trees import conditions, values
from tests.support.expression_world import INSTANTS, World

ZONES = ("Asia/Shanghai", "Europe/London", "America/New_York", "America/St_Johns", "UTC")
NOWS = (*INSTANTS, datetime(2024, 6, 15, 12, 30, tzinfo=UTC))
moments = st.builds(
    Moment,
    now=st.sampled_from(NOWS),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    week_start=st.integers(0, 6),
    member_id=st.none() | st.integers(1, 3),
    unit_ids=st.sampled_from([(), (1,), (2, 3)]),
    leap_day=st.sampled_from(list(LEAP_DAYS)),
)
KINDS = (Kind.NUMBER, Kind.TEXT, Kind.DATE, Kind.DATETIME, Kind.BOOLEAN, Kind.CHOICE, Kind.LINK)
_SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def examples(count: int) -> settings:
    """Settings of a run of ``count`` random trees."""
    return settings(
        max_examples=count,
        deadline=None,
        suppress_health_check=[*_SLOW_IS_FINE, HealthCheck.function_scoped_fixture],
        phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    )


def assert_conditions_agree(worlds: list[World], tree: Node, form: str, moment: Moment) -> None:
    typed, problems = check(tree, worlds[0].shapes, form)
    assume(not problems)
    chosen_everywhere(worlds, typed, form, moment)


def chosen_everywhere(worlds: list[World], typed: Node, form: str, moment: Moment) -> set[int]:
    """The ids for which the condition holds, the same ones in each way of asking."""
    holds = compile_python(typed, worlds[0].shapes)
    context = Context(moment, worlds[0].shop)
    expected = {row["id"] for row in worlds[0].shop.rows[form] if holds(row, context)}
    for world in worlds:
        table = world.tables.table(form)
        for mode in ("auto", "scan", "single"):
            target = Target(world.shapes, world.tables, moment, world.dialect, mode)
            query = sa.select(table.c.id).where(compile_sql(typed, target, table))
            found = set(world.connection.execute(query).scalars())
            assert found == expected, (world.dialect, mode, formula_text(typed))
    return expected


def assert_values_agree(worlds: list[World], tree: Node, form: str, moment: Moment) -> None:
    typed, problems = check(tree, worlds[0].shapes, form, expect=None)
    assume(not problems and typed.type is not None and typed.type.kind is not Kind.MISSING)
    value = compile_python_value(typed, worlds[0].shapes)
    context = Context(moment, worlds[0].shop)
    expected = {row["id"]: value(row, context) for row in worlds[0].shop.rows[form]}
    for world in worlds:
        table = world.tables.table(form)
        target = Target(world.shapes, world.tables, moment, world.dialect)
        query = sa.select(table.c.id, compile_value_sql(typed, target, table))
        found = {record: shown for record, shown in world.connection.execute(query)}  # noqa: C416
        assert found == expected, (world.dialect, formula_text(typed))


def run_conditions(worlds: list[World], form: str, count: int) -> None:
    @examples(count)
    @given(tree=conditions(form, 2), moment=moments)
    def agree(tree: Node, moment: Moment) -> None:
        assert_conditions_agree(worlds, tree, form, moment)

    agree()


def run_values(worlds: list[World], kind: Kind, count: int) -> None:
    @examples(count)
    @given(tree=values("customers", kind, 3), moment=moments)
    def agree(tree: Node, moment: Moment) -> None:
        assert_values_agree(worlds, tree, "customers", moment)

    agree()


@pytest.mark.parametrize("form", ["customers", "orders"])
def test_a_condition_selects_the_same_records_everywhere(worlds: list[World], form: str) -> None:
    run_conditions(worlds, form, 700)


@pytest.mark.parametrize(
    ("reference", "before", "after"),
    [
        ("2023, 2, 28", {(2, 28), (2, 29)}, {(2, 28)}),
        ("2023, 3, 1", {(3, 1)}, {(2, 29), (3, 1)}),
        ("2024, 2, 28", {(2, 28)}, {(2, 28)}),
        ("2024, 2, 29", {(2, 29)}, {(2, 29)}),
        ("2024, 3, 1", {(3, 1)}, {(3, 1)}),
        ("1900, 2, 28", {(2, 28), (2, 29)}, {(2, 28)}),
        ("1900, 3, 1", {(3, 1)}, {(2, 29), (3, 1)}),
    ],
)
def test_29_february_falls_where_the_shop_says(
    worlds: list[World], reference: str, before: set[tuple[int, int]], after: set[tuple[int, int]]
) -> None:
    born = {row["id"]: row["birthday"] for row in worlds[0].shop.rows["customers"]}
    tree = parse_formula(f"SAME_DAY_OF_YEAR(birthday, DATE({reference}))")
    typed, problems = check(tree, worlds[0].shapes, "customers")
    assert problems == []
    wanted: dict[LeapDay, set[tuple[int, int]]] = {"before": before, "after": after}
    for leap_day, days in wanted.items():
        moment = Moment(NOWS[0], ZoneInfo("UTC"), leap_day=leap_day)
        found = chosen_everywhere(worlds, typed, "customers", moment)
        assert found == {id_ for id_, day in born.items() if day and (day.month, day.day) in days}
    assert {(day.month, day.day) for day in born.values() if day} >= before | after


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_is_the_same_everywhere(worlds: list[World], kind: Kind) -> None:
    run_values(worlds, kind, 120)


@pytest.mark.full
def test_conditions_agree_about_people_with_hundreds_of_orders(
    crowded_worlds: list[World],
) -> None:
    run_conditions(crowded_worlds, "customers", 300)


@pytest.mark.full
@pytest.mark.parametrize("form", ["customers", "orders"])
def test_ten_thousand_conditions_agree(larger_worlds: list[World], form: str) -> None:
    run_conditions(larger_worlds, form, 10_000)


@pytest.mark.full
@pytest.mark.parametrize("kind", KINDS)
def test_thousands_of_values_agree(larger_worlds: list[World], kind: Kind) -> None:
    run_values(larger_worlds, kind, 4_500)
