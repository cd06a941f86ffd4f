"""S04: what people write never becomes a name in SQL; keys are checked, the rest is data."""

from typing import Any

import pytest
import sqlalchemy as sa

from regulars.form_builder import records
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.origin import API
from regulars.form_builder.querying import RecordQuery
from regulars.platform.accounts.access import system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.errors import Invalid
from regulars.wiring import wire
from tests.support.site import Site

wire()
ACCESS = system_access("en")
NASTY = [
    "x`; DROP TABLE f_orders; --",
    'x"; DROP TABLE f_orders; --',
    "x'; DROP",
    "a" * 64,
    "select",
    "Ordnung",
    "x\x00y",
    "\u202egnirts",
    "漢字",
    "a b",
    "a.b",
    "a__b",
    "1a",
    "",
]


def form(key: str, field: str = "name", **settings: Any) -> dict[str, Any]:
    fields = [{"key": field, "type": "text", **settings}]
    return {"kind": "form", "key": key, "label": key or "-", "fields": fields}


def test_s04_a_key_that_is_no_slug_is_refused(site: Site) -> None:
    client, headers = site.app.test_client(), site.token()
    wrong = [name for name in NASTY if name != "select"]
    for raw in [*map(form, wrong), *(form("good", name) for name in wrong)]:
        answer = client.post("/api/v1/forms", json=raw, headers=headers)
        assert answer.status_code in (400, 422), (raw, answer.text)
    assert client.get("/api/v1/forms?state=draft", headers=headers).json == {"forms": []}


@pytest.mark.parametrize("word", ["select", "order", "rowid"])
def test_s04_words_of_sql_are_ordinary_keys(uow: UnitOfWork, word: str) -> None:
    raw = form(word, word, unique=True)
    store.save_draft(uow, ACCESS, "form", raw)
    store.publish(uow, ACCESS, [("form", word)])
    made = records.create_record(uow, ACCESS, word, {word: "A"}, origin=API)
    records.update_record(uow, ACCESS, word, made.id, {word: "B"}, origin=API)
    query = RecordQuery(filter={"field": word, "op": "is", "value": "b"}, sort=(f"-{word}",))
    assert [each.id for each in records.find_records(uow, ACCESS, word, query).records] == [
        made.id
    ]
    records.delete_record(uow, ACCESS, word, made.id, origin=API)
    assert records.restore_record(uow, ACCESS, word, made.id, origin=API)[word] == "B"


def test_s04_long_keys_keep_tables_and_columns_apart(uow: UnitOfWork) -> None:
    keys = ["a" * 47 + tail for tail in ("x", "y")]
    fields = ["b" * 47 + tail for tail in ("x", "y")]
    for key in keys:
        rows = [{"key": "n", "type": "number"}]
        raw = {
            "kind": "form", "key": key, "label": "L",
            "fields": [
                *({"key": each, "type": "text", "unique": True} for each in fields),
                {"key": "c" * 48, "type": "subform", "fields": rows},
                {"key": "d" * 48, "type": "tags"},
            ],
        }  # fmt: skip
        store.save_draft(uow, ACCESS, "form", raw)
    store.publish(uow, ACCESS, [("form", key) for key in keys])
    for number, key in enumerate(keys):
        body = {fields[0]: f"{number}", "c" * 48: [{"n": number}], "d" * 48: [f"t{number}"]}
        records.create_record(uow, ACCESS, key, body, origin=API)
    for number, key in enumerate(keys):
        [made] = records.find_records(uow, ACCESS, key, RecordQuery()).records
        assert (made[fields[0]], made[fields[1]], made["d" * 48]) == (
            str(number), None, {f"t{number}"},
        )  # fmt: skip
    names = sa.inspect(uow.connection).get_table_names()
    assert all(len(name) <= 63 for name in names)
    assert len({catalog_of(uow).tables[key].main.name for key in keys}) == 2


def test_s04_the_same_words_are_plain_data_as_values(uow: UnitOfWork) -> None:
    store.save_draft(uow, ACCESS, "form", form("notes", "body"))
    store.publish(uow, ACCESS, [("form", "notes")])
    for text in [each for each in NASTY if each and "\x00" not in each]:
        made = records.create_record(uow, ACCESS, "notes", {"body": text}, origin=API)
        assert made["body"] == text
        query = RecordQuery(search=text, limit=1)
        [found] = records.find_records(uow, ACCESS, "notes", query).records
        assert found.id == made.id


def test_s04_a_nul_in_a_value_is_refused(uow: UnitOfWork) -> None:
    store.save_draft(uow, ACCESS, "form", form("notes", "body"))
    store.publish(uow, ACCESS, [("form", "notes")])
    with pytest.raises(Invalid) as caught:
        records.create_record(uow, ACCESS, "notes", {"body": "x\x00y"}, origin=API)
    assert [problem.code for problem in caught.value.problems] == ["bad-characters"]
