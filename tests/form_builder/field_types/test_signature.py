"""Signatures: one picture of a record, like any file and yet a single one."""

import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import BadValue, Reading
from regulars.form_builder.field_types.signature import SignatureField
from regulars.form_builder.origin import Origin
from regulars.form_builder.record_schema import output_value
from regulars.form_builder.records import create_record, get_record, to_json
from regulars.platform.accounts.access import system_access
from regulars.platform.blobs import service
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from tests.support.shop_forms import publish_forms
from tests.support.uploads import picture

READING = Reading(ZoneInfo("Asia/Shanghai"), "CNY", datetime(2026, 3, 10, tzinfo=UTC))
FIELD = FieldDefinition("signed", "signature")
OWNER, CLI = system_access("en"), Origin("cli")
FORM: dict[str, Any] = {
    "kind": "form",
    "key": "handovers",
    "label": "Handovers",
    "fields": [{"key": "signed", "type": "signature", "required": True}],
}


@pytest.mark.parametrize("raw", [5, "5", Decimal("5.0"), {"id": 5}, {"id": "5"}])
def test_a_signature_is_named_by_its_file(raw: Any) -> None:
    assert SignatureField().convert(FIELD, raw, READING) == "5"
    assert SignatureField().to_json(FIELD, "5") == 5


@pytest.mark.parametrize(
    ("raw", "code"),
    [([5], "not-files"), ("5,6", "too-many-files"), (0, "not-files"), (True, "not-files")],
)
def test_there_is_only_one(raw: Any, code: str) -> None:
    with pytest.raises(BadValue) as caught:
        SignatureField().convert(FIELD, raw, READING)
    assert caught.value.code == code


def test_a_record_keeps_a_picture_and_nothing_else(uow: UnitOfWork) -> None:
    publish_forms(uow, [FORM])
    kept, text = (
        service.take_in(uow, OWNER, "a.png", io.BytesIO(content)).id
        for content in (picture(), b"text")
    )
    for wrong, code in ((text, "no-picture"), (999, "no-such-file"), (None, "required")):
        with pytest.raises(Invalid) as caught:
            create_record(uow, OWNER, "handovers", {"signed": wrong}, origin=CLI)
        assert [each.code for each in caught.value.problems] == [code]
    made = create_record(uow, OWNER, "handovers", {"signed": kept}, origin=CLI)
    catalog = catalog_of(uow)
    assert to_json(catalog, get_record(uow, OWNER, "handovers", made.id))["signed"] == kept
    form = catalog.get_form("handovers")
    assert output_value(catalog, form, form.by_key["signed"]) == {"type": ["integer", "null"]}
    assert service.find_blob(uow, kept).record == made.id
