"""The reference page tells the truth: each of its sentences has examples, and each one holds."""

import json
import re
from typing import Any

import pytest
import sqlalchemy as sa

from regulars.platform.expressions.calls import known_names
from regulars.platform.expressions.check import check
from regulars.platform.expressions.compile_sql import Target, compile_sql, compile_value_sql
from regulars.platform.expressions.complete import describe_function
from regulars.platform.expressions.condition import parse_condition
from regulars.platform.expressions.evaluate import Context, compile_python, compile_python_value
from regulars.platform.expressions.formula import parse_formula
from regulars.platform.expressions.operators import AGGREGATES, OPS
from regulars.platform.expressions.shapes import Shapes
from regulars.platform.expressions.tree import Aggregate, Compare, Node, walk
from regulars.platform.expressions.types import Kind
from tests.support.expression_examples import (
    FIRST_CUSTOMER,
    HEADER,
    PAGE,
    Example,
    as_written,
    examples,
    paragraphs,
    shop_of,
)
from tests.support.expression_world import World, store_rows

EXAMPLES = list(examples())
WITHOUT_EXAMPLES = {"Limits", "All functions"}  # test_limits.py, and the table itself


def tree_of(example: Example, shapes: Shapes) -> Node:
    if example.written.startswith("{"):
        read, problems = parse_condition(json.loads(example.written))
        assert problems == []
    else:
        read = parse_formula(example.written)
    tree, problems = check(read, shapes, "customers", expect=None)
    assert [problem.message("en") for problem in problems] == []
    return tree


def is_condition(example: Example) -> bool:
    return example.gives in ("yes", "no")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.written[:60])
def test_an_example_holds_in_python(example: Example, shop_shapes: Shapes) -> None:
    tree = tree_of(example, shop_shapes)
    shop = shop_of(example.record)
    compiled = compile_python if is_condition(example) else compile_python_value
    value = compiled(tree, shop_shapes)(shop.rows["customers"][0], Context(example.moment, shop))
    assert shown(value, tree) == shown_as(example, tree)


def test_every_example_holds_on_every_database(worlds: list[World]) -> None:
    for world in worlds:
        for example in EXAMPLES:
            savepoint = world.connection.begin_nested()
            store_rows(world.connection, world.tables, shop_of(example.record))
            tree = tree_of(example, world.shapes)
            value = value_in(world, tree, example)
            savepoint.rollback()
            assert shown(value, tree) == shown_as(example, tree), (world.dialect, example)


def value_in(world: World, tree: Node, example: Example) -> Any:
    customers = world.tables.table("customers")
    target = Target(world.shapes, world.tables, example.moment, world.dialect)
    chosen = customers.c.id == FIRST_CUSTOMER
    if is_condition(example):
        query = sa.select(customers.c.id).where(chosen, compile_sql(tree, target, customers))
        return world.connection.execute(query).first() is not None
    query = sa.select(compile_value_sql(tree, target, customers)).where(chosen)
    return world.connection.execute(query).scalar_one()


def shown(value: Any, tree: Node) -> str:
    assert tree.type is not None
    return as_written(value, tree.type.kind)


def shown_as(example: Example, tree: Node) -> str:
    """What the page says, with the decimals that the result keeps."""
    assert tree.type is not None
    if tree.type.kind is Kind.NUMBER and re.fullmatch(r"-?[0-9.]+", example.gives):
        whole, _, part = example.gives.partition(".")
        assert len(part) <= tree.type.scale
        padded = part.ljust(tree.type.scale, "0")
        return f"{whole}.{padded}" if padded else whole
    return example.gives


def test_every_sentence_has_examples() -> None:
    blocks = [lines for section, lines in paragraphs() if section not in WITHOUT_EXAMPLES]
    alone = [
        " ".join(lines)
        for lines, following in zip(blocks, [*blocks[1:], [""]], strict=True)
        if lines[0] != HEADER and following[0] != HEADER
    ]
    assert alone == []


def test_every_function_and_operator_has_an_example(shop_shapes: Shapes) -> None:
    text = " ".join(example.written for example in EXAMPLES)
    written = {name.upper() for name in re.findall(r"\b([A-Za-z_]+)[(（]", text)}
    assert set(known_names()) - written - {"RANDOM_CODE", "OR", "NOT"} == set()
    nodes = [node for example in EXAMPLES for node in walk(tree_of(example, shop_shapes))]
    used = {node.op for node in nodes if isinstance(node, Compare)}
    aliases = {"under", "gt", "gte", "lt", "lte", "is_not_empty", "on_or_before"}
    assert OPS - used - aliases == set()
    assert set(AGGREGATES) - {n.name for n in nodes if isinstance(n, Aggregate)} == set()


def test_the_table_of_functions_is_what_the_editor_says() -> None:
    page = PAGE.read_text("utf-8")
    for name in known_names():
        written, _, gives = describe_function(name, "en").partition("): ")
        assert f"| `{written})` | {gives} |" in page
