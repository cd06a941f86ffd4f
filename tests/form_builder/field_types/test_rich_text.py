"""Formatted texts in records: words for conditions, search and files, the format beside them."""

from typing import Any

import pytest
import sqlalchemy as sa

from regulars.form_builder import expressing, history
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.changing import archiving
from regulars.form_builder.origin import Origin
from regulars.form_builder.people.anonymising import _personal_columns
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
from regulars.form_builder.rows import StoredRecords
from regulars.form_builder.storing import load_rows
from regulars.platform.accounts.access import system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from tests.support.shop_forms import publish_forms

OWNER, CLI = system_access("en"), Origin("cli")
HTML = "<p>Likes <strong>green</strong> tea</p><ul><li>no sugar</li></ul>"
FORM: dict[str, Any] = {
    "kind": "form",
    "key": "notes",
    "label": "Notes",
    "fields": [
        {"key": "who", "type": "text"},
        {"key": "note", "type": "rich_text", "max_length": 60, "personal": {"purpose": "service"}},
        {"key": "long", "type": "formula", "formula": "LEN(note)", "result": "number"},
    ],
}


@pytest.fixture
def notes(uow: UnitOfWork) -> UnitOfWork:
    publish_forms(uow, [FORM])
    return uow


def make(uow: UnitOfWork, note: Any) -> int:
    return create_record(uow, OWNER, "notes", {"who": "Ann", "note": note}, origin=CLI).id


def body(uow: UnitOfWork, record: int) -> dict[str, Any]:
    return to_json(catalog_of(uow), get_record(uow, OWNER, "notes", record))


def test_the_format_is_kept_and_words_are_what_formulas_see(notes: UnitOfWork) -> None:
    record = make(notes, HTML)
    assert body(notes, record)["note"] == HTML
    assert get_record(notes, OWNER, "notes", record)["note"] == "Likes green tea\n- no sugar"
    assert body(notes, record)["long"] == str(len("Likes green tea\n- no sugar"))


@pytest.mark.parametrize(
    ("op", "value", "fits"),
    [
        ("contains", "GREEN tea", True), ("contains", "strong", False),
        ("starts_with", "likes green", True), ("is", "likes green tea", False),
    ],
)  # fmt: skip
def test_conditions_read_the_words_in_sql_and_python_alike(
    notes: UnitOfWork, op: str, value: str, fits: bool
) -> None:
    record, catalog = make(notes, HTML), catalog_of(notes)
    raw = {"field": "note", "op": op, "value": value}
    found = find_records(notes, OWNER, "notes", RecordQuery(filter=raw)).records
    tree, problems = catalog.condition("notes", raw)
    assert problems == []
    row = load_rows(notes, catalog.get_form("notes"), catalog.tables["notes"], [record])[record]
    rows = StoredRecords(notes, catalog)
    said = catalog.closure(tree)(row, expressing.context(notes, OWNER, rows))
    assert (bool(found), said) == (fits, fits)


def test_search_finds_words_across_marks(notes: UnitOfWork) -> None:
    make(notes, "<p>oo<b>lo</b>ng</p>")
    assert len(find_records(notes, OWNER, "notes", RecordQuery(search="oolong")).records) == 1
    assert find_records(notes, OWNER, "notes", RecordQuery(search="strong")).records == []


def test_a_change_of_format_alone_is_a_change_and_saving_again_is_none(notes: UnitOfWork) -> None:
    record = make(notes, "<p>tea</p>")
    versions = [
        update_record(notes, OWNER, "notes", record, {"note": text}, origin=CLI).version
        for text in ("<p><b>tea</b></p>", "<p><strong>tea</strong></p>", "tea", None)
    ]
    assert versions == [2, 2, 3, 4]
    past = notes.execute(sa.select(history.history.c.changes).order_by(history.history.c.version))
    assert past.scalars().all()[1] == {"note": ["<p>tea</p>", "<p><strong>tea</strong></p>"]}


def test_the_bin_and_the_archive_keep_the_format(notes: UnitOfWork) -> None:
    publish_forms(notes, [{**FORM, "fields": FORM["fields"][:2]}])
    record = make(notes, HTML)
    delete_record(notes, OWNER, "notes", record, origin=CLI)
    restore_record(notes, OWNER, "notes", record, origin=CLI)
    assert body(notes, record)["note"] == HTML
    archiving.archive_field(notes, OWNER, "notes", "note")
    assert "note" not in body(notes, record)
    archiving.restore_field(notes, OWNER, "notes", "note")
    assert body(notes, record)["note"] == HTML


def test_forgetting_a_person_takes_the_format_along(notes: UnitOfWork) -> None:
    catalog = catalog_of(notes)
    form, table = catalog.get_form("notes"), catalog.tables["notes"].main
    columns = _personal_columns(catalog, form, table)
    assert columns == ["note", "note__ci", "note__html"]


@pytest.mark.parametrize(
    ("note", "code"),
    [("x" * 61, "too-long"), ("<p>" * 40_000, "too-long"), ("<p>\x01</p>", "bad-characters"),
     ("<p>&#1;</p>", "bad-characters"), (5, "not-text"), (["<p>"], "not-text")],
)  # fmt: skip
def test_what_is_no_text_is_refused(notes: UnitOfWork, note: Any, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        make(notes, note)
    assert [problem.code for problem in caught.value.problems] == [code]


def test_marks_do_not_count_and_nothing_but_marks_is_nothing(notes: UnitOfWork) -> None:
    assert body(notes, make(notes, f"<h2>{'x' * 60}</h2>"))["note"] == f"<h2>{'x' * 60}</h2>"
    assert body(notes, make(notes, "<p><br></p>"))["note"] is None
