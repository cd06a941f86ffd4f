"""Many conditions in one statement: each finds whom it would find alone, in fewer passes."""

from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import assume, given
from hypothesis import strategies as st

from regulars.platform.expressions.check import check
from regulars.platform.expressions.compile_sql import Target
from regulars.platform.expressions.evaluate import Context, compile_python
from regulars.platform.expressions.formula import parse_formula
from regulars.platform.expressions.formula_writer import formula_text
from regulars.platform.expressions.shapes import Shapes
from regulars.platform.expressions.shared_pass import relations, shared_pass
from regulars.platform.expressions.tree import Node
from regulars.platform.expressions.types import Moment
from tests.platform.expressions.test_agreement import examples, moments
from tests.platform.expressions.test_sql_shapes import DIALECTS, MOMENT, TABLES
from tests.support.expression_trees import conditions, leaves
from tests.support.expression_world import World

RULES = (
    'COUNT(orders, WHERE WITHIN_LAST(paid_at, 30, "day")) >= 2',
    'SUM(orders, amount, WHERE status = "paid") > 100',
    "SUM(orders, amount) > 5000 AND vip",
    'OLDER_THAN(LAST(orders, paid_at), 30, "day")',
    'OR_NONE(OLDER_THAN(MAXOF(orders, paid_at), 30, "day"))',
    "COUNT(orders) = 0",
    "AVG(orders, amount) >= 19.99",
    "COUNT_DISTINCT(orders, note) > 1",
    "COUNT(orders) > 1 AND NOT MINOF(orders, amount) < 0",
    "COUNT(referred) > 0",
    "points > 3",
)


def trees_of(texts: tuple[str, ...], shapes: Shapes) -> list[Node]:
    made = []
    for text in texts:
        tree, problems = check(parse_formula(text), shapes, "customers")
        assert problems == []
        made.append(tree)
    return made


def assert_all_agree(worlds: list[World], trees: list[Node], moment: Moment) -> None:
    shop, shapes = worlds[0].shop, worlds[0].shapes
    tests = [compile_python(tree, shapes) for tree in trees]
    context = Context(moment, shop)
    expected = {}
    for row in shop.rows["customers"]:
        answers = tuple(test(row, context) for test in tests)
        if any(answers):
            expected[row["id"]] = answers
    for world in worlds:
        target = Target(shapes, world.tables, moment, world.dialect, "scan")
        table = world.tables.table("customers")
        for fuse in (True, False):
            query = shared_pass(trees, target, table, fuse=fuse)
            found = {row[0]: tuple(row[1:]) for row in world.connection.execute(query)}
            assert found == expected, (world.dialect, fuse, [formula_text(t) for t in trees])


def test_rules_that_are_asked_together_find_whom_they_find_alone(worlds: list[World]) -> None:
    assert_all_agree(worlds, trees_of(RULES, worlds[0].shapes), MOMENT)


def test_any_conditions_can_be_asked_together(worlds: list[World]) -> None:
    one = st.one_of(conditions("customers", 2), leaves("customers", 2))

    @examples(100)
    @given(raw=st.lists(one, min_size=1, max_size=4), moment=moments)
    def agree(raw: list[Node], moment: Moment) -> None:
        checked = [check(tree, worlds[0].shapes, "customers") for tree in raw]
        assume(not any(problems for _, problems in checked))
        assert_all_agree(worlds, [tree for tree, _ in checked], moment)

    agree()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_aggregates_of_one_relation_share_one_pass(dialect: str, shop_shapes: Shapes) -> None:
    trees = trees_of(RULES, shop_shapes)
    shared = relations(trees)
    assert [each.of.steps for each in shared] == [("orders",)]
    target = Target(shop_shapes, TABLES, MOMENT, dialect, "scan")
    query = shared_pass(trees, target, TABLES.table("customers"))
    made = str(query.compile(dialect=DIALECTS[dialect]()))
    assert made.count("GROUP BY") == 1
    assert made.count("FROM f_orders") == 1


def test_one_aggregate_alone_keeps_its_own_shape(shop_shapes: Shapes) -> None:
    trees = trees_of(('SUM(orders, amount, WHERE status = "paid") > 100',), shop_shapes)
    assert relations(trees) == []
    target = Target(shop_shapes, TABLES, MOMENT, "postgresql", "scan")
    made = str(shared_pass(trees, target, TABLES.table("customers")))
    assert "JOIN" not in made


def test_rows_that_no_rule_counts_are_not_looked_at(shop_shapes: Shapes) -> None:
    windows = tuple(f'COUNT(orders, WHERE WITHIN_LAST(paid_at, {n}, "day")) >= 2' for n in (7, 30))
    target = Target(shop_shapes, TABLES, MOMENT, "sqlite", "scan")
    query: sa.Select[Any] = shared_pass(
        trees_of(windows, shop_shapes), target, TABLES.table("customers")
    )
    made = " ".join(str(query).split())
    assert "IS NOT NULL AND (f_orders_1.paid_at >=" in made
