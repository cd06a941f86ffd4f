"""Formula text: what it becomes, what is refused and where, and that it survives the way back."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.platform.expressions.calls import FormulaError, known_names
from regulars.platform.expressions.check import check
from regulars.platform.expressions.formula import parse_formula
from regulars.platform.expressions.formula_writer import formula_text
from regulars.platform.expressions.shapes import Shapes
from regulars.platform.expressions.tree import (
    MAX_TEXT,
    Aggregate,
    AllOf,
    Call,
    Compare,
    Literal,
    Node,
    Not,
    Path,
    Relative,
    walk,
)
from tests.platform.expressions.test_agreement import KINDS, examples
from tests.support.expression_trees import conditions, values

CANONICAL = [
    ('name = "Ann"', "name == “Ann”"),
    ("points <> 3", "points!=3"),
    ("points >= 3", "points ≥ 3"),
    ("a AND b OR c", "a and b or c"),
    ("a AND (b OR c)", "a AND (b or c)"),
    ("NOT a AND b", "not(a) and b"),
    ("NOT (a AND b)", "NOT(a and b)"),
    ("NOT a = b", "not (a = b)"),
    ("1 - (2 - 3)", "1-(2-3)"),
    ("1 - 2 - 3", "(1-2)-3"),
    ("2 * (3 + 4)", "2×(3+4)"),
    ("(-2) ^ 2", "(-2)^2"),
    ("-2 ^ 2", "-2^2"),
    ("-5", "-(5)"),
    ("COUNT(orders, WHERE AND(gift))", "count(orders, where and(gift))"),
    ("-a", "− a"),
    ("a % 3", "MOD(a, 3)"),
    ('a & "b" & c', 'a & "b"&c'),
    ('"say ""hi"""', '"say ""hi"""'),
    ("COUNT(orders)", "count( orders )"),
    ("LAST(orders, id)", "LAST(orders).id"),
    (
        'LAST(orders, amount, BY paid_at, WHERE status = "paid")',
        'last(orders,amount,by paid_at,where status="paid")',
    ),
    ("SUM(items, quantity * price)", "SUM(items,quantity*price)"),
    ("IF(a, 1, 2)", "IF（a，1，2）"),
    ("AND(a)", "AND(a)"),
    ("AND()", "and()"),
    ("a = TRUE", "a=true"),
    ("[and].name = 1", "[and].name=1"),
    ("5", "5.00"),
    ("BLANK()", "blank()"),
    ('DATEADD(TODAY(), -30, "day")', 'DATEADD(TODAY(),-30,"day")'),
    ('IN_RANGE(due, BLANK(), "2024-01-01")', 'in_range(due, blank(), "2024-01-01")'),
    ('OR_NONE(OLDER_THAN(due, 30, "day"))', 'or_none(older_than(due,30,"day"))'),
    ('HAS_CONSENT("marketing", "sms", customer)', 'has_consent("marketing","sms",customer)'),
    ("by + where", "by+where"),
    ("SAME_DAY_OF_YEAR(birthday)", 'SAME_DAY_OF_YEAR(birthday, DATEADD(TODAY(), 0, "day"))'),
]
REFUSED = [
    ("", "formula-empty", 0),
    ("  ", "formula-empty", 0),
    ("1 +", "formula-unfinished", 3),
    ("IF(a", "formula-unfinished", 4),
    ("a b", "formula-unexpected", 2),
    ("a < b < c", "formula-unexpected", 6),
    ("a @ b", "formula-unexpected", 2),
    ('name = "Ann', "formula-open-quote", 7),
    ("NOPE(1)", "unknown-function", 0),
    ("1 + SUMM(a)", "unknown-function-near", 4),
    ("CONTAINS(a)", "formula-argument-count", 0),
    ("SAME_DAY_OF_YEAR(a, b, c)", "formula-argument-range", 0),
    ("COUNT(1)", "formula-needs-rows", 0),
    ("SUM(orders, amount, 3)", "formula-needs-rows", 0),
    ("SUM(orders, amount, BY due)", "formula-clause-misplaced", 23),
    ("IF(a, WHERE b)", "formula-clause-misplaced", 6),
    ("LAST(orders, BY a, BY b)", "formula-clause-twice", 19),
    ("COUNT(orders).id", "formula-no-field-of-call", 0),
    ("LEN(name).id", "formula-no-field-of-call", 0),
    ('OLDER_THAN(due, -1, "day")', "bad-period", 16),
    ('OLDER_THAN(due, 1, "days")', "unknown-unit", 19),
    ('IN_PERIOD(due, "someday")', "unknown-calendar-period", 15),
    ("OR_NONE(a)", "formula-or-none-needs-comparison", 8),
    ("HAS_CONSENT(a, b)", "formula-consent-words", 12),
    ("1" * 25, "literal-too-large", 0),
    ('name = "a\x00"', "bad-characters", 7),
    ('name = "\ud800"', "bad-characters", 7),
    ("a" * (MAX_TEXT + 1), "formula-too-long", MAX_TEXT),
    ("NOT " * 60 + "a", "formula-too-large", 0),
    ("(" * 3000, "formula-unfinished", 3000),
    ("-" * 3000 + "1", "formula-too-large", 0),
    ("+".join("a" * 700), "formula-too-large", 0),
]


@pytest.mark.parametrize(("canonical", "typed"), CANONICAL)
def test_text_is_printed_in_one_way(canonical: str, typed: str) -> None:
    assert formula_text(parse_formula(typed)) == canonical
    assert parse_formula(canonical) == parse_formula(typed)


@pytest.mark.parametrize(("typed", "code", "position"), REFUSED)
def test_what_cannot_be_read_is_refused_with_its_place(
    typed: str, code: str, position: int
) -> None:
    with pytest.raises(FormulaError) as refused:
        parse_formula(typed)
    assert (refused.value.code, refused.value.position) == (code, position)
    problem = refused.value.problem("fields/3/formula")
    assert problem.params["column"] == position + 1
    assert problem.message("en") != problem.message("zh-Hans") != ""


def test_calls_become_the_nodes_that_conditions_use() -> None:
    assert parse_formula("ISEMPTY(name)") == Compare("is_empty", Path(("name",)))
    assert parse_formula('DATEADD(TODAY(), 7, "day")') == Relative(7, "day")
    assert parse_formula('DATEADD(NOW(), 7, "day")') == Call(
        "DATEADD", (Call("NOW", ()), Literal(Decimal(7)), Literal("day"))
    )
    assert parse_formula("NOT(a)") == Not(Path(("a",)))
    assert parse_formula("AND(a, b)") == AllOf((Path(("a",)), Path(("b",))))
    assert parse_formula("LAST(orders).id") == Aggregate("last", Path(("orders",)), Path(("id",)))


def test_every_node_knows_where_it_was_written() -> None:
    tree = parse_formula("points + LEN(name) > 3", place="fields/1/formula")
    assert {node.at for node in walk(tree)} >= {0, 7, 9, 13, 19, 21}


@examples(80)
@given(tree=conditions("customers", 3))
def test_any_condition_survives_the_way_through_text(tree: Node) -> None:
    text = formula_text(tree)
    again = parse_formula(text)
    assert formula_text(again) == text


def test_any_typed_tree_survives_the_way_through_text(shop_shapes: Shapes) -> None:
    @examples(80)
    @given(tree=st.sampled_from(KINDS).flatmap(lambda kind: values("customers", kind, 3)))
    def survives(tree: Node) -> None:
        typed, problems = check(tree, shop_shapes, "customers", expect=None)
        if problems:
            return
        text = formula_text(typed)
        again, problems = check(parse_formula(text), shop_shapes, "customers", expect=None)
        assert problems == []
        assert formula_text(again) == text
        if "DATEADD(TODAY()" not in text and "DATEADD(NOW()" not in text:  # these become relative
            assert again == typed

    survives()


_PIECES = st.sampled_from(
    [
        *known_names(),
        "(",
        ")",
        ",",
        "，",
        "orders",
        "name",
        "customer.tier",
        "3",
        "0.5",
        '"a"',
        '"',
        "“",
        "”",
        "+",
        "-",
        "*",
        "/",
        "%",
        "^",
        "&",
        "=",
        "<",
        ">",
        "<>",
        "≥",
        " ",
        "AND",
        "OR",
        "NOT",
        "BY",
        "WHERE",
        "TRUE",
        ".",
        "[",
        "]",
        "\n",
        "\x00",
        "é",
        "中",
        "😀",
        "\ud7ff",
    ]
)


@settings(max_examples=400, deadline=None)
@given(text=st.one_of(st.text(max_size=60), st.lists(_PIECES, max_size=25).map("".join)))
def test_any_text_is_either_read_or_refused(text: str) -> None:
    tree, refused = read_or_refused(text)
    if refused is not None:
        assert 0 <= refused.position <= max(len(text), 1)
        assert refused.problem().message("en")
    if tree is not None:
        assert formula_text(parse_formula(formula_text(tree))) == formula_text(tree)


def read_or_refused(text: str) -> tuple[Node | None, FormulaError | None]:
    try:
        return parse_formula(text), None
    except FormulaError as refused:
        return None, refused


def test_any_text_that_can_be_read_can_be_checked(shop_shapes: Shapes) -> None:
    @settings(max_examples=400, deadline=None)
    @given(text=st.lists(_PIECES, max_size=25).map("".join))
    def checked(text: str) -> None:
        tree, _refused = read_or_refused(text)
        if tree is None:
            return
        _, problems = check(tree, shop_shapes, "customers", expect=None)
        assert all(problem.message("zh-Hans") for problem in problems)

    checked()
