"""S01: a formula can only compute; it reaches no code, and it is stopped before it costs much."""

import json
import tracemalloc
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.form_builder import records
from regulars.form_builder.origin import Origin
from regulars.platform.accounts.access import system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.expressions.calls import FormulaError, known_names
from regulars.platform.expressions.check import check
from regulars.platform.expressions.compile_sql import Target, compile_value_sql
from regulars.platform.expressions.condition import parse_condition
from regulars.platform.expressions.evaluate import Context, compile_python_value
from regulars.platform.expressions.formula import parse_formula
from regulars.platform.expressions.fuel import Meter
from regulars.platform.expressions.shapes import Shapes
from regulars.platform.expressions.texts import MAX_TEXT_RESULT
from regulars.platform.expressions.types import Moment
from regulars.platform.i18n import LOCALES
from regulars.rule_engine.merging import MissingValues, fill_in
from regulars.wiring import wire
from tests.support.clocks import NOW
from tests.support.expression_world import World, make_shop
from tests.support.shop_forms import publish_forms

MOMENT = Moment(NOW, ZoneInfo("Asia/Shanghai"))
ESCAPES = (
    "().__class__.__mro__",
    "(1).__class__",
    '"".__class__.__mro__[1].__subclasses__()',
    '"{0.__class__}".format(name)',
    "name.__class__",
    "name.format(name)",
    "{{7*7}}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "__import__('os').system('id')",
    "import os",
    "lambda: 1",
    "[x for x in name]",
    "globals()",
    "eval(\"1\")",
    "exec(name)",
    "open(\"/etc/passwd\")",
    "config.SECRET_KEY",
    "self.__dict__",
    "constructor.constructor(\"return process\")()",
    "name; DROP TABLE f_customers",
    "name -- comment",
    "name /* comment */",
    "name := 1",
    "@name",
    "$name",
    "`id`",
    "\\x41",
    "name\x00",
    "0x41",
    "1e400",
    'REPT("a", 1000000000)',
    'CHAR(65)', "INDIRECT(\"A1\")", "WEBSERVICE(\"http://x\")", "HYPERLINK(\"http://x\")",
)  # fmt: skip


def is_refused(text: str, shapes: Shapes) -> bool:
    try:
        tree = parse_formula(text)
    except FormulaError as refused:
        return all(refused.problem().message(locale) for locale in LOCALES)
    _, problems = check(tree, shapes, "customers", expect=None)
    return bool(problems)


@pytest.mark.parametrize("text", ESCAPES)
def test_nothing_but_the_language_is_understood(text: str, shop_shapes: Shapes) -> None:
    assert is_refused(text, shop_shapes)


def test_an_unknown_function_is_refused_with_a_hint(shop_shapes: Shapes) -> None:
    with pytest.raises(FormulaError) as refused:
        parse_formula('REPT("a", 1000000000)')
    assert refused.value.code == "unknown-function"
    with pytest.raises(FormulaError) as near:
        parse_formula("ROUNDED(1)")
    assert (near.value.code, near.value.params["near"]) == ("unknown-function-near", "ROUND")


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + "1" + ")" * 10_000,
        "(" * 1_900 + "1" + ")" * 1_900,
        "(" * 3_999,
        "NOT " * 900 + "vip",
        "-" * 3_900 + "1",
        "IF(" * 1_200,
        "1" + "+1" * 1_900,
        "1" + "^1" * 1_900,
        "f(" * 1_900 + ")" * 1_900,
        '"' * 3_999,
        "a." * 1_999 + "a",
        "9" * 3_999,
    ],
    ids=lambda text: f"{text[:6]} {len(text)}",
)
def test_deep_and_long_texts_are_refused_at_once(text: str, shop_shapes: Shapes) -> None:
    harmless = text.startswith("(" * 1_900 + "1")  # brackets alone make no tree
    assert is_refused(text, shop_shapes) is not harmless


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    text=st.one_of(
        st.text(max_size=80),
        st.lists(
            st.sampled_from([*known_names(), *ESCAPES, *"()[]{},.\"'+-*/%^&=<>!;:\\ \n\0王😀"]),
            max_size=20,
        ).map("".join),
    )
)
def test_any_text_is_read_or_refused_and_nothing_else(text: str, shop_shapes: Shapes) -> None:
    is_refused(text, shop_shapes)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["name", "orders", "points", "is", "gt", "within", "count", "day", "last"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["all", "any", "not", "field", "op", "value", "formula", "aggregate", "of", "where",
             "within", "on", "by", "if_none", "consent", "purpose", "channel", "last", "unit",
             "n", "relative", "from", "to", "calendar", "id", "code", "__class__"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(
    max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(raw=_JSON)
def test_any_json_is_read_or_refused_and_nothing_else(raw: Any, shop_shapes: Shapes) -> None:
    tree, problems = parse_condition(raw)
    if not problems:
        _, problems = check(tree, shop_shapes, "customers")
    assert all(problem.message("en") and problem.message("zh-Hans") for problem in problems)


def test_a_text_cannot_grow_without_end(worlds: list[World]) -> None:
    long = "a" * 900
    text = "name"
    for _ in range(3):
        text = f'REPLACE({text}, "a", "{long}")'
    tree, problems = check(parse_formula(text), worlds[0].shapes, "customers", expect=None)
    assert problems == []
    tracemalloc.start()
    made = compile_python_value(tree, worlds[0].shapes)({"id": 1, "name": "aa"}, Context(MOMENT))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert made == "a" * MAX_TEXT_RESULT
    assert peak < 5_000_000
    for world in worlds:
        named = sa.select(sa.literal(1).label("id"), sa.literal("aa").label("name")).subquery()
        target = Target(world.shapes, world.tables, MOMENT, world.dialect)
        query = sa.select(compile_value_sql(tree, target, named))
        assert world.connection.execute(query).scalar_one() == made


def test_totals_of_totals_run_out_of_fuel(shop_shapes: Shapes) -> None:
    shop = make_shop(5, customers=2, orders=400, items=400)
    text = "COUNT(orders, WHERE COUNT(customer.orders, WHERE COUNT(customer.orders) > 1) > 1)"
    tree, problems = check(parse_formula(text), shop_shapes, "customers", expect=None)
    assert problems == []
    value = compile_python_value(tree, shop_shapes)
    buyer = shop.rows["customers"][0]
    with pytest.raises(FormulaError) as stopped:
        value(buyer, Context(MOMENT, shop, meter=Meter(20_000)))
    assert stopped.value.code == "formula-too-much-work"
    assert stopped.value.problem().message("zh-Hans")


def test_every_record_begins_with_fuel_of_its_own(shop_shapes: Shapes) -> None:
    shop = make_shop(5)
    tree, _ = check(parse_formula("SUM(orders, amount)"), shop_shapes, "customers", expect=None)
    value = compile_python_value(tree, shop_shapes)
    context = Context(MOMENT, shop, meter=Meter(200))
    assert len([value(row, context) for _ in range(20) for row in shop.rows["customers"]]) == 480


def test_a_circle_of_formulas_is_refused_when_it_is_saved(uow: UnitOfWork) -> None:
    wire()
    fields = [
        {"key": "a", "type": "formula", "formula": "b + 1", "result": "number"},
        {"key": "b", "type": "formula", "formula": "a + 1", "result": "number"},
    ]
    circle = {"kind": "form", "key": "circle", "label": "{{7*7}}", "fields": fields}
    with pytest.raises(Invalid) as refused:
        publish_forms(uow, [circle])
    assert "formula-cycle" in {problem.code for problem in refused.value.problems}


def test_braces_are_only_letters_to_records_and_messages(uow: UnitOfWork) -> None:
    wire()
    publish_forms(uow)
    access = system_access("en")
    evil = "{{7*7}} {0.__class__} ${x} <%= 1 %>"
    made = records.create_record(uow, access, "customers", {"name": evil}, origin=Origin("api"))
    assert made["name"] == made.title == evil
    assert fill_in("Hi {name}!", lambda field: evil) == f"Hi {evil}!"
    assert (
        fill_in("{{7*7}} {{name.__class__}}", lambda field: None) == "{{7*7}} {{name.__class__}}"
    )
    asked: list[str] = []
    with pytest.raises(MissingValues):
        fill_in("{name.mro}", lambda field: asked.append(field.path))
    assert asked == ["name.mro"]
    assert json.loads(json.dumps(made["name"])) == evil
