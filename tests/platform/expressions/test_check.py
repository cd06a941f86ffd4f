"""Types and meaning: what every node is, and every problem with its place and its words."""

from typing import Any

import pytest

from regulars.platform.expressions.check import check
from regulars.platform.expressions.condition import parse_condition
from regulars.platform.expressions.condition_writer import condition_json
from regulars.platform.expressions.dependencies import dependencies, resolve_formulas
from regulars.platform.expressions.formula import parse_formula
from regulars.platform.expressions.operators import OPS_OF_KIND, offered_ops
from regulars.platform.expressions.shapes import FieldShape, FormShape, Shapes
from regulars.platform.expressions.tree import Compare, LocalDay, Path
from regulars.platform.expressions.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    MISSING,
    TEXT,
    Kind,
    ValueType,
    number,
)
from regulars.platform.problems import Problem

RESULTS = [
    ("points + balance", number(2)),
    ("balance * rate", number(6)),
    ("rate * rate * rate", number(8)),
    ("points / 2", number(6)),
    ("balance % 3", number(2)),
    ("rate ^ 2", number(8)),
    ("balance ^ 0", number(2)),
    ("-balance", number(2)),
    ("ROUND(rate, 2)", number(2)),
    ("ROUND(points, 2)", number(0)),
    ("CEIL(rate)", number(0)),
    ("IF(vip, points, balance)", number(2)),
    ("COALESCE(points, 0.5)", number(1)),
    ("MIN(points, rate)", number(4)),
    ("name & code", TEXT),
    ('IF(vip, "a", "b")', TEXT),
    ("TODAY()", DATE),
    ("NOW()", DATETIME),
    ('DATEADD(joined, 1, "hour")', DATETIME),
    ('DATEADD(birthday, 1, "day")', DATE),
    ('STARTOF(joined, "month")', DATE),
    ("vip", BOOLEAN),
    ("points > 1", BOOLEAN),
    ("COUNT(orders)", number(0)),
    ("SUM(orders, amount)", number(2)),
    ("AVG(orders, amount)", number(6)),
    ("MAXOF(orders, paid_at)", DATETIME),
    ("LAST(orders)", ValueType(Kind.LINK, form="orders")),
    ("LAST(orders, amount)", number(2)),
    ("referrer.points", number(0)),
    ("referrer_tier", ValueType(Kind.CHOICE, options=("gold", "silver", "basic"))),
    ("weeks", number(1)),
    ("BLANK()", MISSING),
]
WRONG: list[tuple[str, list[str]]] = [
    ("pionts > 1", ["unknown-field"]),
    ("name.first", ["path-ends-early"]),
    ("orders.amount > 1", ["path-through-rows"]),
    ("name > 1", ["op-not-for-kind"]),
    ('points > "many"', ["literal-not-of-kind"]),
    ("points > name", ["wrong-kind"]),
    ('points & "a" = "b"', ["wrong-kind"]),
    ("name + 1 > 2", ["wrong-kind"]),
    ('name = ""', ["compare-with-empty"]),
    ("name = BLANK()", ["compare-with-empty"]),
    ('tier = "platinum"', ["unknown-option"]),
    ('HAS(name, "a")', ["op-not-for-kind"]),
    ("points AND vip", ["wrong-kind"]),
    ("NOT points", ["wrong-kind"]),
    ("LEN()", ["formula-argument-count"]),
    ("ROUND(points, 1, 2)", ["formula-argument-range"]),
    ("IF(vip)", ["formula-argument-range"]),
    ("ROUND(points, points)", ["argument-must-be-written"]),
    ("ROUND(points, 99)", ["argument-out-of-range"]),
    ('DATEADD(birthday, 1, "moon")', ["argument-not-known"]),
    ('DATEADD(birthday, 1, "hour")', ["unit-needs-time"]),
    ('OLDER_THAN(birthday, 1, "hour")', ["unit-needs-time"]),
    ('WITHIN_LAST(birthday, 1, "minute")', ["unit-needs-time"]),
    ('TEXT(points, "YYYY")', ["pattern-only-for-dates"]),
    ("points ^ rate", ["bad-exponent"]),
    ("points ^ 13", ["bad-exponent"]),
    ('IF(vip, 1, "one")', ["kinds-differ"]),
    ("IF(vip, tags, tags)", ["no-result-of-kind"]),
    ("SUM(orders, note)", ["wrong-kind-for-aggregate"]),
    ("MAXOF(orders, status)", ["wrong-kind-for-aggregate"]),
    ("SUM(orders)", ["aggregate-needs-field"]),
    ("COUNT(name)", ["aggregate-of-no-rows"]),
    ("LAST(orders, amount, BY note)", ["cannot-order-by"]),
    ("COUNT(orders, WHERE amount)", ["wrong-kind"]),
    ("COUNT(orders, WHERE points > 1)", ["unknown-field"]),
    ("referrer = LAST(orders)", ["link-to-other-form"]),
    ('referrer = "Ann"', ["literal-not-of-kind"]),
    ('HAS_CONSENT("marketing", "sms", store)', ["not-a-person"]),
    ("RANDOM_CODE(8)", ["random-only-in-values"]),
    ("RANDOM_CODE(2)", ["argument-out-of-range", "random-only-in-values"]),
    ('IN_RANGE(joined, "2024-01-01", NOW())', ["range-ends-differ"]),
    ("points > 12345678901234567890", ["literal-too-large"]),
    ("points > 0.123456789", ["literal-too-large"]),
    ("referrer" + ".referrer" * 8 + ".name", ["path-too-long"]),
    (
        "pionts > 1 AND nmae = 2 OR tier = 3",
        ["unknown-field", "unknown-field", "literal-not-of-kind"],
    ),
    (
        "COUNT(orders, WHERE COUNT(customer.orders, WHERE "
        "COUNT(customer.orders, WHERE COUNT(items) > 1) > 1) > 1)",
        ["aggregates-too-deep"],
    ),
]


def problems_of(text: str, shapes: Shapes, expect: ValueType | None = None) -> list[Problem]:
    return check(parse_formula(text), shapes, "customers", expect=expect)[1]


@pytest.mark.parametrize(("text", "kind"), RESULTS)
def test_every_node_has_a_type(text: str, kind: ValueType, shop_shapes: Shapes) -> None:
    tree, problems = check(parse_formula(text), shop_shapes, "customers", expect=None)
    assert problems == []
    assert tree.type == kind


@pytest.mark.parametrize(("text", "codes"), WRONG)
def test_every_mistake_has_a_name_and_words(
    text: str, codes: list[str], shop_shapes: Shapes
) -> None:
    problems = problems_of(text, shop_shapes)
    assert [problem.code for problem in problems] == codes
    for problem in problems:
        assert problem.message("en") != problem.message("zh-Hans")
        assert "{" not in problem.message("zh-Hant")


def test_a_problem_in_a_formula_knows_its_column(shop_shapes: Shapes) -> None:
    (problem,) = problems_of("vip AND pionts > 1", shop_shapes)
    assert problem.params["column"] == 9


def test_a_problem_in_a_condition_knows_its_path(shop_shapes: Shapes) -> None:
    raw = {
        "all": [
            {"field": "nmae", "op": "is", "value": "x"},
            {
                "aggregate": "count",
                "of": "orders",
                "where": {"field": "status", "op": "is", "value": "lost"},
                "op": "gt",
                "value": 1,
            },
            {"field": "points", "op": "gt", "value": {"formula": "LEN(points)"}},
            {"field": "tier", "op": "in", "value": ["gold", "iron"]},
        ]
    }
    tree, shape_problems = parse_condition(raw)
    _, problems = check(tree, shop_shapes, "customers")
    assert shape_problems == []
    assert [(problem.path, problem.code) for problem in problems] == [
        ("all/0/field", "unknown-field"),
        ("all/1/where/value", "unknown-option"),
        ("all/2/value/formula", "wrong-kind"),
        ("all/3/value/1", "unknown-option"),
    ]


@pytest.mark.parametrize(
    ("text", "wanted", "codes"),
    [
        ("points", BOOLEAN, ["wrong-kind"]),
        ("vip", BOOLEAN, []),
        ("points + 0.5", number(0), []),
        ('"2024-01-31"', DATE, []),
        ("joined", DATE, []),
        ("birthday", DATETIME, ["wrong-kind"]),
        ('IF(vip, "gold", "basic")', ValueType(Kind.CHOICE, options=("gold", "basic")), []),
        ("BLANK()", TEXT, []),
        ("LAST(orders)", ValueType(Kind.LINK, form="orders"), []),
        ("LAST(orders)", ValueType(Kind.LINK, form="customers"), ["link-to-other-form"]),
    ],
)
def test_a_formula_must_give_what_is_wanted(
    text: str, wanted: ValueType, codes: list[str], shop_shapes: Shapes
) -> None:
    assert [problem.code for problem in problems_of(text, shop_shapes, wanted)] == codes


def test_a_link_may_be_named_by_a_unique_field(shop_shapes: Shapes) -> None:
    raw = {"field": "store", "op": "in", "value": [{"code": "S01"}, {"id": 7}, 8]}
    tree, problems = parse_condition(raw)
    assert problems == []
    assert condition_json(tree)["value"] == [{"code": "S01"}, 7, 8]
    found, problems = check(
        tree, shop_shapes, "customers", find_link=lambda form, key, value: {"S01": 5}.get(value)
    )
    assert problems == []
    assert condition_json(found)["value"] == [5, 7, 8]
    _, problems = check(tree, shop_shapes, "customers", find_link=lambda *_: None)
    assert [(problem.path, problem.code) for problem in problems] == [
        ("value/0", "nothing-under-key")
    ]
    _, problems = check(tree, shop_shapes, "customers")
    assert [problem.code for problem in problems] == ["unknown-field"]  # the shop has no units
    text, _ = parse_condition({"field": "name", "op": "is", "value": {"code": "S01"}})
    assert [p.code for p in check(text, shop_shapes, "customers")[1]] == ["unknown-value-shape"]


@pytest.mark.parametrize(
    ("value", "codes"),
    [
        ({"name": "ann"}, []),
        ({"points": 7}, []),
        ({"points": "seven"}, ["literal-not-of-kind"]),
        ({"tier": "gold"}, ["link-key-not-unique"]),
        ({"nobody": "x"}, ["unknown-field"]),
    ],
)
def test_a_record_can_be_named_by_a_unique_field_only(
    value: Any, codes: list[str], shop_shapes: Shapes
) -> None:
    tree, problems = parse_condition({"field": "referrer", "op": "is", "value": value})
    assert problems == []
    found, problems = check(tree, shop_shapes, "customers")
    assert [problem.code for problem in problems] == codes
    assert all(problem.message("en") and problem.message("zh-Hans") for problem in problems)
    assert condition_json(found)["value"] == value


def test_a_form_that_does_not_exist_is_a_problem(shop_shapes: Shapes) -> None:
    _, problems = check(parse_formula("vip"), shop_shapes, "suppliers")
    assert [problem.code for problem in problems] == ["unknown-form"]


def test_an_instant_that_meets_a_day_becomes_its_day(shop_shapes: Shapes) -> None:
    tree, _ = check(parse_formula('joined < "2024-01-01"'), shop_shapes, "customers")
    assert isinstance(tree, Compare)
    assert isinstance(tree.left, LocalDay)
    assert tree.op == "before"


def test_random_codes_are_welcome_where_values_are_made(shop_shapes: Shapes) -> None:
    tree = parse_formula('"C-" & RANDOM_CODE(8)')
    _, problems = check(tree, shop_shapes, "customers", expect=TEXT, volatile=True)
    assert problems == []


def test_editors_offer_words_for_dates() -> None:
    assert "before" in offered_ops(Kind.DATE)
    assert "lt" not in offered_ops(Kind.DATE)
    assert offered_ops(Kind.NUMBER) == OPS_OF_KIND[Kind.NUMBER]
    assert offered_ops(Kind.MISSING) == ()


def test_dependencies_name_every_field_and_relation(shop_shapes: Shapes) -> None:
    text = (
        'SUM(orders.items, price, WHERE parent.status = "paid") > 1 AND referrer.vip '
        'AND LAST(orders).note = "x" AND HAS_CONSENT("marketing", "sms")'
    )
    tree, problems = check(parse_formula(text), shop_shapes, "customers")
    found = dependencies(tree)
    assert problems == []
    assert found.fields == {
        ("customers", "orders"),
        ("orders", "items"),
        ("orders.items", "price"),
        ("orders.items", "parent"),
        ("orders", "status"),
        ("customers", "referrer"),
        ("customers", "vip"),
        ("orders", "note"),
        ("orders", "paid_at"),
    }
    assert found.relations == {("customers", "orders"), ("orders", "items")}
    assert found.consents == {"customers"}


def test_dependencies_look_into_formula_fields(shop_shapes: Shapes) -> None:
    tree, _ = check(parse_formula("spend > 5"), shop_shapes, "customers")
    assert dependencies(tree).fields == {("customers", "spend")}
    assert dependencies(tree, shop_shapes).fields == {
        ("customers", "spend"),
        ("customers", "orders"),
        ("orders", "amount"),
        ("orders", "status"),
    }


def shapes_with(**formulas: str) -> Shapes:
    fields: dict[str, Any] = {"n": FieldShape("n", number(0))}
    for key, text in formulas.items():
        fields[key] = FieldShape(key, number(0), formula=parse_formula(text))
    return Shapes({"f": FormShape("f", fields)})


def test_formula_fields_are_checked_after_those_they_use() -> None:
    shapes, problems = resolve_formulas(shapes_with(c="b + 1", b="a + 1", a="n + 1"))
    assert problems == {}
    formula = shapes.forms["f"].fields["c"].formula
    assert formula is not None
    assert formula.type == number(0)


def test_formula_fields_that_go_in_a_circle_are_named() -> None:
    _, problems = resolve_formulas(shapes_with(a="b + 1", b="c + 1", c="a + 1"))
    (found,) = [problem for each in problems.values() for problem in each]
    assert found.code == "formula-cycle"
    assert found.params["fields"] == ["a", "b", "c", "a"]
    assert "a, b, c, a" in found.message("en")


def test_a_formula_field_of_the_wrong_kind_is_a_problem() -> None:
    _, problems = resolve_formulas(shapes_with(a='"text"', b="nope"))
    assert {place: [p.code for p in found] for place, found in problems.items()} == {
        ("f", "a"): ["wrong-kind"],
        ("f", "b"): ["unknown-field"],
    }


def test_a_lookup_takes_the_type_of_what_it_looks_up(shop_shapes: Shapes) -> None:
    field = shop_shapes.forms["orders"].fields["buyer"]
    assert field.type == TEXT
    assert isinstance(field.formula, Path)


def test_fields_that_double_each_other_are_refused() -> None:
    doubling = {f"f{n}": f"f{n - 1} + f{n - 1}" for n in range(1, 15)}
    _, problems = resolve_formulas(shapes_with(f0="n + n", **doubling))
    codes = {problem.code for found in problems.values() for problem in found}
    assert codes == {"formula-too-large"}
    assert ("f", "f2") not in problems


def test_a_long_chain_of_fields_is_refused_and_not_a_crash() -> None:
    chain = {f"f{n}": f"f{n - 1} + 1" for n in range(300, 0, -1)}
    _, problems = resolve_formulas(shapes_with(**chain, f0="n"))
    codes = {problem.code for found in problems.values() for problem in found}
    assert "formula-too-large" in codes
