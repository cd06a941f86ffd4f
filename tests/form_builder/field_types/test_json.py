"""JSON data in records: what is taken, how it is kept and said."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.changing.conversions import Terms, convert
from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import BadValue, Reading
from regulars.form_builder.field_types.json import JsonField
from regulars.form_builder.origin import Origin
from regulars.form_builder.record_schema import output_value
from regulars.form_builder.records import (
    RecordQuery,
    create_record,
    delete_record,
    find_records,
    get_record,
    restore_record,
    to_json,
    update_record,
)
from regulars.platform.accounts.access import system_access
from regulars.platform.db import UnitOfWork
from regulars.wiring import wire
from tests.support.shop_forms import publish_forms

READING = Reading(ZoneInfo("Asia/Shanghai"), "CNY", datetime(2026, 3, 10, tzinfo=UTC))
FIELD = FieldDefinition("f", "json")
OWNER, CLI = system_access("en"), Origin("cli")
FORM: dict[str, Any] = {
    "kind": "form",
    "key": "parcels",
    "label": "Parcels",
    "fields": [{"key": "no", "type": "text"}, {"key": "data", "type": "json"}],
}


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ({"b": 1, "a": [True, None, "茶"]}, '{"b":1,"a":[true,null,"茶"]}'),
        ('  {"b": 1,\n "a": [0.10, 1.0, 1e3]}', '{"b":1,"a":[0.1,1,1000]}'),
        ([Decimal("2.50"), Decimal("3.0")], "[2.5,3]"),
        ("[]", "[]"), ({}, "{}"), ("", None), ("null", None), (None, None),
    ],
)  # fmt: skip
def test_data_is_kept_without_spaces(raw: Any, text: str | None) -> None:
    assert JsonField().convert(FIELD, raw, READING) == text
    if text is not None:
        again = JsonField().to_json(FIELD, text)
        assert JsonField().convert(FIELD, again, READING) == text
        assert JsonField().parse_text(FIELD, JsonField().to_text(FIELD, text), READING) == text


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("{", "bad-json"), ('"text"', "json-not-data"), (5, "json-not-data"),
        (True, "json-not-data"), ("[1,]", "bad-json"),
        ('{"a":1,"a":2}', "json-doubled-key"), ("[NaN]", "json-not-a-number"),
        (nested(17), "json-too-deep"), ("[" * 17 + "]" * 17, "json-too-deep"),
        ("[" * 9999, "json-too-deep"), ([10**18], "json-number-too-long"),
        ([Decimal("0.1234567890123456789")], "json-number-too-long"),
        ([Decimal("1e400")], "json-number-too-long"), (["\x00"], "json-bad-text"),
        ({"\ud800": 1}, "json-bad-text"), ("x" * 30_000, "bad-json"), (["x" * 20_000], "too-long"),
        ([{1}], "json-not-data"),
    ],
)  # fmt: skip
def test_what_is_no_data_is_refused(raw: Any, code: str) -> None:
    with pytest.raises(BadValue) as caught:
        JsonField().convert(FIELD, raw, READING)
    assert caught.value.code == code


def test_sixteen_levels_are_taken() -> None:
    assert JsonField().convert(FIELD, nested(16), READING) == "[" * 16 + "]" * 16


def test_records_keep_find_and_bring_back_data(uow: UnitOfWork) -> None:
    publish_forms(uow, [FORM])
    data = {"carrier": "SF", "steps": [{"at": "2026-03-01", "n": 1.5}]}
    made = create_record(uow, OWNER, "parcels", {"data": data}, origin=CLI)
    same = update_record(uow, OWNER, "parcels", made.id, {"data": dict(data)}, origin=CLI)
    assert same.version == 1
    delete_record(uow, OWNER, "parcels", made.id, origin=CLI)
    restore_record(uow, OWNER, "parcels", made.id, origin=CLI)
    catalog = catalog_of(uow)
    assert to_json(catalog, get_record(uow, OWNER, "parcels", made.id))["data"] == data
    holds = {"field": "data", "op": "contains", "value": '"carrier":"sf"'}
    assert len(find_records(uow, OWNER, "parcels", RecordQuery(filter=holds)).records) == 1
    form = catalog.get_form("parcels")
    assert output_value(catalog, form, form.by_key["data"])["type"] == ["object", "array", "null"]


@pytest.mark.parametrize(
    ("before", "after", "value", "made"),
    [
        ("json", "long_text", '{"a":1}', '{"a":1}'), ("text", "json", '{"a": 1}', '{"a":1}'),
        ("text", "json", "hello", None),
    ],
)  # fmt: skip
def test_texts_become_data_and_data_texts(
    before: str, after: str, value: str, made: str | None
) -> None:
    wire()
    terms = Terms(FieldDefinition("f", before), FieldDefinition("f", after), READING)
    assert convert(terms, value).value == made
