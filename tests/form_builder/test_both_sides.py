"""A comparison means the same whichever way round it is written: in SQL, in Python, in words."""

from typing import Any

import pytest

from regulars.form_builder import expressing
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.origin import API
from regulars.form_builder.querying import RecordQuery
from regulars.form_builder.records import create_record, find_records
from regulars.form_builder.rows import StoredRecords
from regulars.form_builder.storing import load_rows
from regulars.platform.accounts.access import system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.expressions.explain import explain
from regulars.platform.formats import Formats
from tests.support.shop_forms import publish_forms

OWNER = system_access("en")
FORM: dict[str, Any] = {
    "kind": "form", "key": "cards", "label": "Cards",
    "fields": [
        {"key": "name", "type": "text"},
        {"key": "code", "type": "text", "case": "exact"},
        {"key": "phone", "type": "phone"},
        {"key": "email", "type": "email"},
        {"key": "tier", "type": "choice", "options": [{"value": "gold"}, {"value": "basic"}]},
        {"key": "day", "type": "date"},
        {"key": "at", "type": "datetime"},
        {"key": "n", "type": "number", "decimals": 2},
        {"key": "other", "type": "link", "to": "cards"},
    ],
}  # fmt: skip
ANN = {
    "name": "Ann Wú", "code": "aB", "phone": "138 0013 8000", "email": "Ann@Shop.Example",
    "tier": "gold", "day": "2024-02-29", "at": "2024-02-29T23:30", "n": "2.50",
}  # fmt: skip
EQUAL = [
    ("phone", '"138 0013 8000"', True), ("phone", '"+86 138-0013-8000"', True),
    ("phone", '"13800138001"', False), ("other.phone", '"138 0013 8000"', True),
    ("email", '"ANN@shop.example"', True), ("email", '"ann@shop.exampl"', False),
    ("tier", '"gold"', True), ("tier", '"basic"', False),
    ("name", '"ANN WÚ"', True), ("name", '"Ann"', False),
    ("code", '"aB"', True), ("code", '"AB"', False),
    ("day", '"2024-02-29"', True), ("day", '"2024-03-01"', False),
    ("at", '"2024-02-29"', True), ("at", '"2024-02-29T23:30"', True),
    ("n", '"2.5"', True), ("n", "2.5", True), ("n", "3", False),
]  # fmt: skip
ORDERED = [
    ("day", "<", '"2024-03-01"', True), ("day", ">", '"2024-03-01"', False),
    ("day", ">=", '"2024-02-29"', True), ("at", "<=", '"2024-02-29"', True),
    ("at", "<", '"2024-02-29"', False), ("n", ">", "2.4", True), ("n", "<=", "2.4", False),
]  # fmt: skip
MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "<>": "<>"}
PAIRS = [
    *((path, "=", text, holds) for path, text, holds in EQUAL),
    *((path, "<>", text, not holds) for path, text, holds in EQUAL),
    *ORDERED,
]


AMONG = [
    ('IN("138 0013 8000", phone)', True), ('IN("138 0013 8000", name, phone)', True),
    ('IN("+86 138-0013-8000", other.phone, email)', True), ('IN("13800138001", phone)', False),
    ('IN("ANN@shop.example", phone, email)', True), ('IN("ann wú", "x", name)', True),
    ('IN("AB", code, name)', False), ('IN("2024-02-29", at)', True), ('IN("x", "x", name)', True),
    ('IN("2.5", n)', True), ('NOT_IN("138 0013 8000", phone)', False),
    ('NOT_IN("138 0013 8000", other.other.name, other.other.phone)', False),
    ('NOT_IN("13800138001", name, phone)', True), ('OR_NONE(IN("13800138001", phone))', False),
    ('IN("138 0013 8000", IF(n > 2, phone, name))', False),
]  # fmt: skip


@pytest.fixture
def card(uow: UnitOfWork) -> int:
    publish_forms(uow, [FORM])
    ann = create_record(uow, OWNER, "cards", ANN, origin=API).id
    uow.execute(catalog_of(uow).tables["cards"].main.update().values(other=ann))
    return ann


def test_a_value_may_stand_on_either_side(uow: UnitOfWork, card: int) -> None:
    catalog = catalog_of(uow)
    row = load_rows(uow, catalog.get_form("cards"), catalog.tables["cards"], [card])[card]
    context = expressing.context(uow, OWNER, StoredRecords(uow, catalog))
    place = uow.workspace
    formats = Formats("en", place.zone, place.currency, uow.now)
    wrong = {}
    for path, op, text, holds in PAIRS:
        words: list[str] = []
        for formula in (f"{path} {op} {text}", f"{text} {MIRRORED[op]} {path}"):
            condition = {"formula": formula}
            tree, problems = catalog.condition("cards", condition)
            words.append(explain(tree, catalog.shapes, formats))
            found = find_records(uow, OWNER, "cards", RecordQuery(filter=condition)).records
            seen = (problems, catalog.closure(tree)(row, context), len(found) == 1)
            if seen != ([], holds, holds):
                wrong[formula] = seen
        assert words[0] == words[1]
    assert wrong == {}


def test_a_value_is_found_among_fields_as_each_of_them_keeps_it(
    uow: UnitOfWork, card: int
) -> None:
    catalog = catalog_of(uow)
    row = load_rows(uow, catalog.get_form("cards"), catalog.tables["cards"], [card])[card]
    context = expressing.context(uow, OWNER, StoredRecords(uow, catalog))
    wrong = {}
    for formula, holds in AMONG:
        tree, problems = catalog.condition("cards", {"formula": formula})
        found = find_records(uow, OWNER, "cards", RecordQuery(filter={"formula": formula})).records
        seen = (problems, catalog.closure(tree)(row, context), len(found) == 1)
        if seen != ([], holds, holds):
            wrong[formula] = seen
    assert wrong == {}


@pytest.mark.parametrize(
    ("op", "value", "found"),
    [
        ("is", " 138 0013 8000 ", True), ("in", ["13800138000", "nobody"], True),
        ("is_not", "13800138000", False), ("not_in", ["+86 138-0013-8000"], False),
        ("contains", "8000", True), ("contains", "138 0013 8000", False),
        ("is", {"field": "other.phone"}, True), ("is", "nobody", False),
    ],
)  # fmt: skip
def test_a_filter_finds_a_number_however_it_is_typed(
    uow: UnitOfWork, card: int, op: str, value: Any, found: bool
) -> None:
    for path in ("phone", "other.phone"):
        condition = {"all": [{"field": path, "op": op, "value": value}]}
        records = find_records(uow, OWNER, "cards", RecordQuery(filter=condition)).records
        assert (len(records) == 1) is found


def test_a_text_is_found_with_the_spaces_and_accents_people_type(
    uow: UnitOfWork, card: int
) -> None:
    for typed in ("Ann Wú", " ann  wú ", "Ann Wu\u0301"):
        condition = {"field": "name", "op": "is", "value": typed}
        assert find_records(uow, OWNER, "cards", RecordQuery(filter=condition)).records, typed


@pytest.mark.parametrize("formula", ['tier = "golden"', 'day = "tomorrow"', 'name = ""'])
def test_what_cannot_be_meant_is_refused_on_either_side(
    uow: UnitOfWork, card: int, formula: str
) -> None:
    path, text = formula.split(" = ")
    one, other = (
        [each.code for each in catalog_of(uow).condition("cards", {"formula": wanted})[1]]
        for wanted in (formula, f"{text} = {path}")
    )
    assert one == other != []


def test_the_cases_of_a_switch_are_read_as_their_field(uow: UnitOfWork, card: int) -> None:
    for formula in (
        'SWITCH(phone, "138 0013 8000", 1, 2) = 1',
        'SWITCH(name, "ann wú", 1, 2) = 1',
        'SWITCH(email, "ANN@SHOP.example", 1, 2) = 1',
    ):
        query = RecordQuery(filter={"formula": formula})
        assert len(find_records(uow, OWNER, "cards", query).records) == 1, formula
