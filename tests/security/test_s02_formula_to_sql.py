"""S02: what a formula says reaches the database as values, never as words of SQL."""

from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite

from regulars.platform.expressions.calls import FormulaError, known_names
from regulars.platform.expressions.check import check
from regulars.platform.expressions.compile_sql import Target, compile_value_sql
from regulars.platform.expressions.evaluate import Context, compile_python_value
from regulars.platform.expressions.formula import parse_formula
from regulars.platform.expressions.shapes import Shapes
from regulars.platform.expressions.tree import Literal, Node, walk
from regulars.platform.expressions.types import Kind
from tests.platform.expressions.test_agreement import assert_values_agree, examples, moments
from tests.support.expression_examples import Example
from tests.support.expression_trees import values
from tests.support.expression_world import ShopTables, World

HOSTILE = (
    "day') OR 1=1--",
    'day"") OR 1=1--',
    "'; DROP TABLE f_customers; --",
    "\\'; SELECT pg_sleep(9); --",
    "%s %(x)s :x ? {0} {1}",
    "' || (SELECT max(name) FROM f_customers) || '",
)
CALLS: dict[str, tuple[str, ...]] = {
    "ABS": ("points",), "AND": ("vip", "vip"), "AVG": ("orders", "amount"),
    "BETWEEN": ("points", "1", "2"), "BLANK": (), "BYKEY": ('"name"', '"a"'), "CEIL": ("balance",),
    "COALESCE": ("name", "code"), "CONCAT": ("name", "code"), "CONTAINS": ("name", '"a"'),
    "COUNT": ("orders",), "COUNT_DISTINCT": ("orders", "status"), "DATE": ("2024", "1", "1"),
    "DATEADD": ("joined", "1", '"day"'), "DAY": ("birthday",),
    "DAYS_BETWEEN": ("birthday", "TODAY()"), "DAYS_SINCE": ("birthday",),
    "ENDOF": ("birthday", '"month"'), "ENDSWITH": ("name", '"a"'), "FIRST": ("orders", "amount"),
    "FLOOR": ("balance",), "HAS": ("tags", '"vip"'), "HASALL": ("tags", '"vip"', '"b"'),
    "HASANY": ("tags", '"vip"', '"b"'), "HASNONE": ("tags", '"vip"', '"b"'),
    "HAS_CONSENT": ('"marketing"', '"sms"'), "HOUR": ("joined",), "IF": ("vip", "1", "2"),
    "IFS": ("vip", "1", "2"), "IN": ("name", '"a"', '"b"'), "IN_MY_UNITS": ("store",),
    "IN_PERIOD": ("joined", '"today"'), "IN_RANGE": ("birthday", "TODAY()", "TODAY()"),
    "ISEMPTY": ("name",), "ISNOTEMPTY": ("name",), "IS_ME": ("seller",),
    "LAST": ("orders", "amount"), "LEFT": ("name", "1"), "LEN": ("name",), "LOWER": ("name",),
    "MAX": ("points", "balance"), "MAXOF": ("orders", "amount"), "MID": ("name", "1", "2"),
    "MIN": ("points", "balance"), "MINOF": ("orders", "amount"), "MOD": ("points", "2"),
    "MONTH": ("birthday",), "MONTHS_BETWEEN": ("birthday", "TODAY()"), "NOT": ("vip",),
    "NOT_CONTAINS": ("name", '"a"'), "NOT_IN": ("name", '"a"', '"b"'), "NOW": (),
    "OLDER_THAN": ("joined", "1", '"day"'), "OR": ("vip", "vip"), "OR_NONE": ("points > 1",),
    "RANDOM_CODE": ("8",), "REPLACE": ("name", '"a"', '"b"'), "RIGHT": ("name", "1"),
    "ROUND": ("balance", "1"), "SAME_DAY_OF_YEAR": ("birthday", "TODAY()"),
    "STARTOF": ("birthday", '"month"'), "STARTSWITH": ("name", '"a"'),
    "SUM": ("orders", "amount"), "SWITCH": ("name", '"a"', "1", "2"),
    "TEXT": ("birthday", '"YYYY"'), "TODAY": (), "TRIM": ("name",), "UPPER": ("name",),
    "VALUE": ("name",), "WEEKDAY": ("birthday",), "WITHIN_LAST": ("joined", "1", '"day"'),
    "WITHIN_NEXT": ("joined", "1", '"day"'), "YEAR": ("birthday",),
}  # fmt: skip
TABLES = ShopTables()
MOMENT = Example("", "", {}, "").moment
DIALECTS: dict[str, Any] = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect()}


def spoiled() -> list[tuple[str, str]]:
    """Every call with each of its arguments in turn replaced by each payload."""
    made = []
    for name, args in CALLS.items():
        for place in range(len(args)):
            for payload in HOSTILE:
                given_args = [*args]
                given_args[place] = '"' + payload.replace('"', '""') + '"'
                made.append((f"{name}({', '.join(given_args)})", payload.replace('""', '"')))
    return made


def understood(text: str, shapes: Shapes) -> Node | None:
    try:
        tree, problems = check(parse_formula(text), shapes, "customers", expect=None)
    except FormulaError as refused:
        return None if refused.problem().message("en") else Literal(None)
    assert all(problem.message("en") for problem in problems)
    return None if problems else tree


def test_every_function_has_been_tried() -> None:
    assert set(CALLS) == set(known_names())


def test_a_payload_in_any_argument_is_refused_or_only_a_value(worlds: list[World]) -> None:
    shapes = worlds[0].shapes
    kept = 0
    for text, payload in spoiled():
        tree = understood(text, shapes)
        if tree is None:
            continue
        kept += 1
        for dialect, rules in DIALECTS.items():
            target = Target(shapes, TABLES, MOMENT, dialect)
            made = compile_value_sql(tree, target, TABLES.table("customers"))
            compiled = made.compile(dialect=rules)
            assert payload not in str(compiled)
            assert "1=1" not in str(compiled)
            assert "DROP" not in str(compiled).upper().replace("DROPPED", "")
    assert 40 < kept < len(spoiled())


def test_the_units_of_time_come_from_a_list(shop_shapes: Shapes) -> None:
    units = ("day') OR 1=1--", "DAY", "days", "millennium", "", "day ", "1 day", "day;")
    for unit in units:
        for call in ("DATEADD(joined, 1, {})", "STARTOF(joined, {})", "ENDOF(joined, {})",
                     "OLDER_THAN(joined, 1, {})", "WITHIN_LAST(joined, 1, {})",
                     "WITHIN_NEXT(joined, 1, {})", "IN_PERIOD(joined, {})"):  # fmt: skip
            assert understood(call.format(f'"{unit}"'), shop_shapes) is None, (call, unit)
    assert understood('DATEADD(joined, 1, LOWER("DAY"))', shop_shapes) is None


def test_what_is_kept_of_the_payloads_is_the_same_everywhere(worlds: list[World]) -> None:
    shapes, shop = worlds[0].shapes, worlds[0].shop
    for text, _payload in spoiled()[:: len(HOSTILE)]:
        tree = understood(text, shapes)
        if tree is None or tree.type is None or tree.type.kind is Kind.MISSING:
            continue
        value = compile_python_value(tree, shapes)
        expected = {row["id"]: value(row, Context(MOMENT, shop)) for row in shop.rows["customers"]}
        for world in worlds:
            table = world.tables.table("customers")
            target = Target(world.shapes, world.tables, MOMENT, world.dialect)
            query = sa.select(table.c.id, compile_value_sql(tree, target, table))
            found = {row[0]: row[1] for row in world.connection.execute(query)}
            assert found == expected, (world.dialect, text)


def with_payload(tree: Node, payload: str) -> Node:
    """The tree with ``payload`` for every written text that is longer than a letter."""
    for node in walk(tree):
        if isinstance(node, Literal) and isinstance(node.value, str) and node.value in PLAIN:
            object.__setattr__(node, "value", payload)
    return tree


PLAIN = frozenset({"a", "A", "ss", "ß", "i", "n", "%", " ", "12", ".", "小"})


@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.NUMBER, Kind.BOOLEAN])
def test_random_formulas_with_payloads_agree_with_python(worlds: list[World], kind: Kind) -> None:
    @examples(120)
    @given(tree=values("customers", kind, 3), payload=st.sampled_from(HOSTILE), moment=moments)
    def agree(tree: Node, payload: str, moment: Any) -> None:
        assert_values_agree(worlds, with_payload(tree, payload), "customers", moment)

    agree()
