"""Conditions in plain words, findings for one record, and help while typing."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.platform import i18n
from regulars.platform.expressions.calls import known_names
from regulars.platform.expressions.check import check
from regulars.platform.expressions.complete import (
    complete,
    describe_field,
    describe_function,
    describe_type,
)
from regulars.platform.expressions.condition import parse_condition
from regulars.platform.expressions.evaluate import Context, compile_python
from regulars.platform.expressions.explain import Speaker, explain, explain_value
from regulars.platform.expressions.findings import Finding, explain_result
from regulars.platform.expressions.formula import parse_formula
from regulars.platform.expressions.functions import FUNCTIONS
from regulars.platform.expressions.shapes import FieldShape, FormShape, Shapes
from regulars.platform.expressions.tree import Call, Literal, Node
from regulars.platform.expressions.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    TEXT,
    Kind,
    Moment,
    ValueType,
    number,
)
from regulars.platform.formats import Formats
from tests.platform.expressions.test_agreement import KINDS, examples
from tests.support.expression_trees import conditions, values
from tests.support.expression_world import Shop, make_shop

LABELS = {"en": "Status", "zh-Hans": "状态"}
SHAPES = Shapes(
    {
        "customers": FormShape(
            "customers",
            {
                "name": FieldShape("name", TEXT, label={"en": "Name", "zh-Hans": "姓名"}),
                "points": FieldShape(
                    "points", number(0), label={"en": "Points", "zh-Hans": "积分"}
                ),
                "vip": FieldShape("vip", BOOLEAN, label="VIP"),
                "birthday": FieldShape(
                    "birthday", DATE, label={"en": "Birthday", "zh-Hans": "生日"}
                ),
                "referrer": FieldShape(
                    "referrer",
                    ValueType(Kind.LINK, form="customers"),
                    label={"en": "Referrer", "zh-Hans": "推荐人"},
                ),
                "tags": FieldShape(
                    "tags", ValueType(Kind.TAGS), label={"en": "Tags", "zh-Hans": "标签"}
                ),
                "orders": FieldShape(
                    "orders",
                    ValueType(Kind.ROWS, form="orders"),
                    via="customer",
                    order=("-paid_at",),
                    label={"en": "Orders", "zh-Hans": "订单"},
                ),
            },
            label={"en": "Customers", "zh-Hans": "客户"},
            is_person=True,
        ),
        "orders": FormShape(
            "orders",
            {
                "customer": FieldShape(
                    "customer",
                    ValueType(Kind.LINK, form="customers"),
                    label={"en": "Customer", "zh-Hans": "客户"},
                ),
                "amount": FieldShape(
                    "amount", number(2), label={"en": "Amount", "zh-Hans": "金额"}
                ),
                "paid_at": FieldShape(
                    "paid_at", DATETIME, label={"en": "Paid at", "zh-Hans": "付款时间"}
                ),
                "status": FieldShape(
                    "status",
                    ValueType(Kind.CHOICE, options=("paid", "open")),
                    label=LABELS,
                    option_labels={"paid": {"en": "Paid", "zh-Hans": "已付款"}},
                ),
            },
            label={"en": "Orders", "zh-Hans": "订单"},
        ),
    }
)
PAID = {"field": "status", "op": "is", "value": "paid"}
LAST = {
    "aggregate": "last",
    "of": "orders",
    "field": "paid_at",
    "where": PAID,
    "op": "older_than",
    "value": {"n": 30, "unit": "day"},
}
SAID: list[tuple[Any, str, str]] = [
    (
        {**LAST, "if_none": False},
        "the last in “Orders” (only those where “Status” is “Paid”) is at least 30 days ago "
        "(those without any do not count)",
        "最后一条“订单”（满足：“状态”是“已付款”）距今至少 30 天（一条都没有的不算）",
    ),
    (
        {**LAST, "if_none": True},
        "the last in “Orders” (only those where “Status” is “Paid”) is at least 30 days ago "
        "(those without any count, too)",
        "最后一条“订单”（满足：“状态”是“已付款”）距今至少 30 天（一条都没有的也算）",
    ),
    (
        {
            "aggregate": "count",
            "of": "orders",
            "within": {"last": 1, "unit": "day"},
            "on": "paid_at",
            "op": "gte",
            "value": 4,
        },
        "the number of “Orders” (only those where “Paid at” is in the last 1 day) is at least 4",
        "“订单”（满足：“付款时间”在最近 1 天内）的数量至少为 4",
    ),
    (
        {"aggregate": "sum", "of": "orders", "field": "amount", "op": "gt", "value": 5000},
        "the total of “Amount” in “Orders” is more than 5,000",
        "“订单”里“金额”的合计大于 5,000",
    ),
    (
        {"consent": {"purpose": "marketing", "channel": "sms"}},
        "this person agreed to marketing by SMS",
        "本人同意通过短信接收营销信息",
    ),
    (
        {"consent": {"purpose": "marketing", "channel": "sms"}, "value": False},
        "this person did not agree to marketing by SMS",
        "本人没有同意通过短信接收营销信息",
    ),
    (
        {"field": "referrer.name", "op": "is_not", "value": "Ann"},
        "“Name” of “Referrer” is filled in and is not “Ann”",
        "“推荐人”的“姓名”已填写且不是“Ann”",
    ),
    (
        {
            "all": [
                {"field": "vip", "op": "is", "value": False},
                {
                    "any": [
                        {"field": "tags", "op": "has_any", "value": ["a", "b"]},
                        {"not": {"field": "name", "op": "is_empty"}},
                    ]
                },
            ]
        },
        "“VIP” is no and (“Tags” has any of “a”, “b” or it is not so that “Name” is empty)",
        "“VIP”为否，并且（“标签”有“a”、“b”中的任意一个，或者并非（“姓名”为空））",
    ),
    (
        {
            "field": "birthday",
            "op": "same_day_of_year",
            "value": {"relative": {"n": 7, "unit": "day"}},
        },
        "“Birthday” falls on the same day of the year as in 7 days",
        "“生日”与7 天后同月同日",
    ),
    (
        {"field": "birthday", "op": "within", "value": {"calendar": "this_month"}},
        "“Birthday” is this month",
        "“生日”在本月",
    ),
    (
        {"field": "birthday", "op": "within", "value": {"from": "2024-01-01"}},
        "“Birthday” is on or after 1 Jan 2024",
        "“生日”在2024年1月1日当天或之后",
    ),
    (
        {"field": "points", "op": "between", "value": [1, 5]},
        "“Points” is between 1 and 5",
        "“积分”介于 1 和 5 之间",
    ),
    (
        {"formula": "points * 2 > LEN(name)"},
        "“Points” × 2 is more than the length of “Name”",
        "“积分” × 2大于 “姓名”的字数",
    ),
    ({"all": []}, "always", "总是成立"),
]


def condition(raw: Any) -> Node:
    tree, problems = parse_condition(raw)
    typed, more = check(tree, SHAPES, "customers")
    assert problems + more == []
    return typed


@pytest.mark.parametrize(("raw", "english", "chinese"), SAID)
def test_a_condition_is_said_in_plain_words(raw: Any, english: str, chinese: str) -> None:
    tree = condition(raw)
    assert explain(tree, SHAPES, Formats("en")) == english
    assert explain(tree, SHAPES, Formats("zh-Hans")) == chinese
    assert explain(tree, SHAPES, Formats("zh-Hant"))


def test_any_condition_can_be_said_in_every_language(shop_shapes: Shapes) -> None:
    @examples(80)
    @given(tree=conditions("customers", 2))
    def said(tree: Node) -> None:
        typed, problems = check(tree, shop_shapes, "customers")
        for locale in i18n.LOCALES if not problems else ():
            assert is_plain(explain(typed, shop_shapes, Formats(locale)))

    said()


def is_plain(said: str) -> bool:
    """Words and quoted names only: no key of a catalog, no function, no gap left open."""
    bare = re.sub("“[^”]*”", "", said)
    codes = re.findall(r"\b[A-Z][A-Z_]{3,}\b|expressions\.|[{}]|_", bare)
    return bool(said.strip()) and not codes


CALLS = [
    ("-points ^ 2", "minus “Points” to the power of 2", "负的“积分” 的 2 次方"),
    ("(points + 1) * 2", "(“Points” + 1) × 2", "（“积分” + 1） × 2"),
    ("points % 3", "what is left over of “Points” ÷ 3", "“积分” ÷ 3 的余数"),
    ("ROUND(points / 3)", "“Points” ÷ 3, rounded", "“积分” ÷ 3（四舍五入）"),
    ("ROUND(points / 3, 1)", "“Points” ÷ 3, rounded to 1 decimals",
     "“积分” ÷ 3（四舍五入到 1 位小数）"),
    ('IF(points > 3, "much", "little")',
     "“much” if “Points” is more than 3; otherwise “little”",
     "如果“积分”大于 3，就是“much”；否则是“little”"),
    ("IFS(vip, 1, points > 3, 2)", "1 if “VIP” is yes; 2 if “Points” is more than 3",
     "如果“VIP”为是，就是1；如果“积分”大于 3，就是2"),
    ('SWITCH(name, "a", 1, 2)', "depending on “Name” (for “a”: 1; otherwise 2)",
     "按“姓名”而定（“a”时是1；否则是2）"),
    ('COALESCE(name, "-")', "the first of “Name”, “-” that is filled in",
     "“姓名”、“-”中第一个有值的"),
    ('name & "!"', "“Name”, “!”, joined together", "“姓名”、“!”连在一起"),
    ('DATEADD(birthday, -2, "week")', "2 weeks before “Birthday”", "“生日”之前 2 周"),
    ('DATEADD(birthday, points, "day")', "“Birthday” moved by “Points” (in units of a day)",
     "“生日”移动 “积分”（以天计）"),
    ('STARTOF(TODAY(), "month")', "the first day of the month of today", "今天所在月的第一天"),
    ("SUM(orders, amount) / COUNT(orders)",
     "the total of “Amount” in “Orders” ÷ the number of “Orders”",
     "“订单”里“金额”的合计 ÷ “订单”的数量"),
    ("points > 3 AND vip", "“Points” is more than 3 and “VIP” is yes",
     "“积分”大于 3，并且“VIP”为是"),
    ("IF(vip, points > 3, FALSE)", "whether “Points” is more than 3 if “VIP” is yes; otherwise no",
     "如果“VIP”为是，就是是否“积分”大于 3；否则是否"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "english", "chinese"), CALLS)
def test_a_formula_is_said_in_plain_words(text: str, english: str, chinese: str) -> None:
    tree, problems = check(parse_formula(text), SHAPES, "customers", expect=None)
    assert problems == []
    assert explain_value(tree, SHAPES, Formats("en")) == english
    assert explain_value(tree, SHAPES, Formats("zh-Hans")) == chinese


def test_every_function_has_words_in_every_language() -> None:
    for name, function in FUNCTIONS.items():
        for count in range(len(function.params) + 1):
            if not function.takes(count) or name == "RESCALE":
                continue
            args = tuple(Literal(Decimal(n)) for n in range(count))
            for locale in i18n.LOCALES:
                said = Speaker(SHAPES, Formats(locale)).value(Call(name, args, type=number()))
                assert is_plain(said), (name, locale, said)


def test_any_value_can_be_said_in_every_language(shop_shapes: Shapes) -> None:
    @examples(80)
    @given(tree=st.sampled_from(KINDS).flatmap(lambda kind: values("customers", kind, 3)))
    def said(tree: Node) -> None:
        typed, problems = check(tree, shop_shapes, "customers", expect=None)
        for locale in i18n.LOCALES if not problems else ():
            assert is_plain(explain_value(typed, shop_shapes, Formats(locale)))

    said()


MOMENT = Moment(datetime(2024, 3, 10, 12, tzinfo=UTC), ZoneInfo("Europe/London"))


def test_findings_show_the_value_that_decided(shop_shapes: Shapes) -> None:
    raw = {
        "all": [
            {
                "aggregate": "last",
                "of": "orders",
                "field": "paid_at",
                "op": "older_than",
                "value": {"n": 30, "unit": "day"},
            },
            {"not": {"field": "points", "op": "gt", "value": 100}},
        ]
    }
    tree = condition(raw)
    paid = datetime(2024, 2, 5, 9, 30, tzinfo=UTC)
    order = {"id": 1, "customer": 7, "paid_at": paid, "amount": Decimal(5)}
    shop = Shop({"customers": [], "orders": [order]}, frozenset())
    row = {"id": 7, "points": Decimal(250)}
    found = explain_result(
        tree, SHAPES, row, Context(MOMENT, shop), Formats("en", "Europe/London")
    )
    assert found == Finding(
        "all",
        found.text,
        False,
        items=(
            Finding("leaf", found.items[0].text, True, paid, "5 Feb 2024 09:30"),
            Finding(
                "not",
                found.items[1].text,
                False,
                items=(Finding("leaf", "“Points” is more than 100", True, Decimal(250), "250"),),
            ),
        ),
    )
    assert found.as_json()["items"][0]["actual"] == "5 Feb 2024 09:30"


@pytest.mark.parametrize(
    ("text", "actual", "against"),
    [
        ("points > 3", "250", ""),
        ("points > LEN(name)", "250", "3"),
        ("BETWEEN(points, 1, LEN(name))", "250", "3"),
        ('OLDER_THAN(birthday, 3, "day")', "1 Mar 2024", ""),
        ("birthday < TODAY()", "1 Mar 2024", "10 Mar 2024"),
        ('birthday < DATEADD(TODAY(), -1, "day")', "1 Mar 2024", "9 Mar 2024"),
        ("vip", "nothing", ""),
        ('HAS(tags, "a")', "a, b", ""),
        ('HAS_CONSENT("marketing", "sms")', "no", ""),
        ("COUNT(orders) = 0", "0", ""),
    ],
)
def test_findings_show_both_sides(text: str, actual: str, against: str) -> None:
    tree, problems = check(parse_formula(text), SHAPES, "customers")
    assert problems == []
    row = {"id": 7, "points": Decimal(250), "name": "Ann", "birthday": date(2024, 3, 1),
           "vip": None, "tags": frozenset("ab")}  # fmt: skip
    shop = Shop({"customers": [], "orders": []}, frozenset())
    found = explain_result(tree, SHAPES, row, Context(MOMENT, shop), Formats("en"))
    assert (found.shown, found.against) == (actual, against)
    assert found.as_json().get("against", "") == against


def test_findings_never_disagree_with_the_decision(shop_shapes: Shapes) -> None:
    shop = make_shop(7, customers=6, orders=12, items=12)

    @examples(80)
    @given(tree=conditions("customers", 2))
    def agree(tree: Node) -> None:
        typed, problems = check(tree, shop_shapes, "customers")
        if problems:
            return
        holds = compile_python(typed, shop_shapes)
        context = Context(MOMENT, shop)
        for row in shop.rows["customers"]:
            found = explain_result(typed, shop_shapes, row, context, Formats("zh-Hans"))
            assert found.holds is holds(row, context)
            assert found.as_json()["holds"] is found.holds

    agree()


TYPED = [
    ("po|", ["points"]),
    ("points + na|", ["name"]),
    ("referrer.|", ["birthday", "name", "orders", "points", "referrer", "tags", "vip"]),
    ("referrer.na|", ["name"]),
    ("COUNT(orders, WHERE sta|", ["status"]),
    ("COUNT(orders, WHERE status = 1) + po|", ["points"]),
    ("SUM(orders, am|", ["amount"]),
    ("SUM(ord|", ["orders"]),
    ("IF(COUNT(orders, WHERE customer.na|", ["name"]),
    ("积|", ["points"]),
    ('name = "po|', []),
    ('name = "po" & na|', ["name"]),
    ("nothing.|", []),
]


@pytest.mark.parametrize(("typed", "fields"), TYPED)
def test_completion_offers_the_fields_that_fit_here(typed: str, fields: list[str]) -> None:
    text = typed.replace("|", "")
    found = complete(text, typed.index("|"), SHAPES, "customers", "zh-Hans")
    offered = [each for each in found if each.kind == "field"]
    assert sorted(each.insert for each in offered) == fields
    for each in offered:
        word = typed.split("|")[0][each.start :]
        assert word.isascii() is False or each.insert.startswith(word)


def test_completion_offers_functions() -> None:
    found = complete("1 + cou", 7, SHAPES, "customers")
    offered = [(each.insert, each.start) for each in found if each.kind == "function"]
    assert offered == [("COUNT(", 4), ("COUNT_DISTINCT(", 4)]


def test_types_and_fields_have_words() -> None:
    assert describe_type(number(2), "en") == "number with 2 decimals"
    assert describe_type(number(1), "en") == "number with 1 decimal"
    assert describe_type(DATE, "zh-Hans") == "日期"
    points = SHAPES.forms["customers"].fields["points"]
    assert describe_field(points, "zh-Hans") == "积分（数字）"


def test_every_function_has_help_in_every_language() -> None:
    for name in known_names():
        for locale in i18n.LOCALES:
            assert describe_function(name, locale).startswith(f"{name}(")


def test_every_word_exists_in_both_written_languages() -> None:
    keys = [
        {
            key.removesuffix(".one").removesuffix(".other")
            for key in i18n.catalog(locale)
            if key.startswith("expressions.")
        }
        for locale in ("en", "zh-Hans")
    ]
    assert keys[0] == keys[1]
