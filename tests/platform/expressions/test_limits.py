"""The limits keep every tree that is let through compilable; what is beyond is refused."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from regulars.platform.expressions.calls import FormulaError
from regulars.platform.expressions.check import check
from regulars.platform.expressions.compile_sql import Target, compile_value_sql
from regulars.platform.expressions.evaluate import Context, compile_python_value
from regulars.platform.expressions.formula import parse_formula
from regulars.platform.expressions.formula_writer import formula_text
from regulars.platform.expressions.texts import MAX_TEXT_RESULT
from regulars.platform.expressions.tree import MAX_DEPTH, Node
from tests.support.expression_examples import Example
from tests.support.expression_world import World

NESTS: dict[str, tuple[str, Callable[[str], str]]] = {
    "product": ("points", lambda inner: f"({inner} * rate)"),
    "quotient": ("points", lambda inner: f"({inner} / rate)"),
    "test": ("points", lambda inner: f"IF({inner} > 1, 1, 2)"),
    "result": ("points", lambda inner: f"IF(vip, {inner}, 2)"),
    "equal": ("vip", lambda inner: f"(({inner}) = vip)"),
    "not equal": ("vip", lambda inner: f"NOT (({inner}) <> vip)"),
    "and or": ("vip", lambda inner: f"(({inner}) AND vip OR is_known)"),
    "month": ("birthday", lambda inner: f'DATEADD({inner}, 1, "month")'),
    "instant": ("joined", lambda inner: f'DATEADD({inner}, 1, "month")'),
    "week": ("birthday", lambda inner: f'STARTOF({inner}, "week")'),
    "upper": ("name", lambda inner: f"UPPER({inner})"),
    "left": ("name", lambda inner: f"LEFT({inner}, 5)"),
    "switch": ("points", lambda inner: f"SWITCH({inner}, 1, 2, 3)"),
    "coalesce": ("points", lambda inner: f"COALESCE({inner}, 2)"),
}


def deepest(start: str, nest: Callable[[str], str], worlds: list[World]) -> Node:
    """The deepest tree of this sort that is let through."""
    text, best = start, None
    for _ in range(MAX_DEPTH + 2):
        try:
            tree = parse_formula(text)
        except FormulaError:
            break
        typed, problems = check(tree, worlds[0].shapes, "customers", expect=None)
        if problems:
            break
        text, best = nest(text), typed
    assert best is not None
    return best


@contextmanager
def room_left(frames: int) -> Iterator[None]:
    """Only so many Python frames, as deep inside a web request."""
    before = sys.getrecursionlimit()
    depth = len(list(_frames()))
    sys.setrecursionlimit(depth + frames)
    yield
    sys.setrecursionlimit(before)


def _frames() -> Iterator[object]:
    frame = sys._getframe()
    while frame is not None:
        yield frame
        frame = frame.f_back  # type: ignore[assignment]


@pytest.mark.parametrize("name", NESTS)
def test_the_deepest_formulas_fit_pythons_stack(worlds: list[World], name: str) -> None:
    tree = deepest(*NESTS[name], worlds)
    moment = Example("", "", {}, "").moment
    rows = worlds[0].shop.rows["customers"]
    with room_left(800):
        value = compile_python_value(tree, worlds[0].shapes)
        expected = {row["id"]: value(row, Context(moment, worlds[0].shop)) for row in rows}
    for world in worlds:
        table = world.tables.table("customers")
        target = Target(world.shapes, world.tables, moment, world.dialect)
        with room_left(800):
            query = sa.select(table.c.id, compile_value_sql(tree, target, table))
            found = world.connection.execute(query).all()
        assert {row[0]: row[1] for row in found} == expected


def test_the_deepest_formula_has_the_depth_that_the_page_names(worlds: list[World]) -> None:
    tree = deepest(*NESTS["upper"], worlds)
    assert formula_text(tree).count("UPPER(") == MAX_DEPTH - 1 == 39


def test_a_text_that_a_formula_makes_is_cut(worlds: list[World]) -> None:
    text = "name"
    for _ in range(6):
        text = f'REPLACE({text}, "a", "{"a" * 50}")'
    tree, problems = check(parse_formula(text), worlds[0].shapes, "customers", expect=None)
    assert problems == []
    row = {"id": 1, "name": "a"}
    moment = Example("", "", {}, "").moment
    made = compile_python_value(tree, worlds[0].shapes)(row, Context(moment))
    assert made == "a" * MAX_TEXT_RESULT
    for world in worlds:
        named = sa.select(sa.literal(1).label("id"), sa.literal("a").label("name")).subquery()
        target = Target(world.shapes, world.tables, moment, world.dialect)
        query = sa.select(compile_value_sql(tree, target, named))
        assert world.connection.execute(query).scalar_one() == made
