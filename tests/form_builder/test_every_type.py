"""Values of every type go through changes, the recycle bin, exports and merges as they are."""

from pathlib import Path
from typing import Any

import pytest

from regulars.form_builder.exporting import export_records
from regulars.form_builder.field_types.all_of_them import FIELD_TYPES
from regulars.form_builder.history import history_of
from regulars.form_builder.origin import API
from regulars.form_builder.putting_back import put_back
from regulars.form_builder.querying import RecordQuery
from regulars.form_builder.records import (
    create_record,
    delete_record,
    find_records,
    get_record,
    restore_record,
    update_record,
)
from regulars.platform.accounts import members, units
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.units import UnitValues
from tests.support.shop_forms import publish_forms
from tests.support.site import Site

OWNER = system_access("en")
ADDRESS = {"province": "浙江省", "city": "杭州市", "district": None, "street": "文三路 1",
           "postcode": "310012", "code": "330100"}  # fmt: skip
OPTIONS = {"options": [{"value": "a"}, {"value": "b"}]}
GIVEN: dict[str, tuple[dict[str, Any], Any]] = {
    "text": ({}, "Ann 王"), "long_text": ({}, "a\nb"), "rich_text": ({}, "<p>a <em>b</em></p>"),
    "number": ({"decimals": 3}, "1.250"), "money": ({"currency": "JPY"}, "300"),
    "percent": ({"decimals": 1}, "12.5"), "rating": ({}, "4"), "slider": ({}, "40"),
    "duration": ({}, "90"), "time": ({}, "09:30"), "boolean": ({}, False),
    "date": ({}, "1990-02-28"), "datetime": ({}, "2026-03-01T10:00:00.123456Z"),
    "choice": (OPTIONS, "a"), "choices": (OPTIONS, ["a", "b"]), "tags": ({}, ["vip", "新"]),
    "cascade": ({"options": [{"value": "a"}, {"value": "a.b"}]}, "a.b"),
    "email": ({}, "a@x.example"), "phone": ({}, "+8613800138000"), "url": ({}, "https://x.example/"),
    "barcode": ({}, "6901234567892"), "address": ({}, ADDRESS),
    "json": ({}, {"a": [1, 2.5, "茶", None]}),
    "location": ({}, {"lat": "30.274150", "lng": "120.000000"}),
}  # fmt: skip
POINTING = {"link": {"to": "every"}, "links": {"to": "every"}, "unit": {}, "member": {},
            "members": {}}  # fmt: skip
OTHERWISE = {  # with tests of their own
    "related", "rollup", "lookup", "formula", "serial", "subform", "file", "image", "signature",
    "button", "created_at", "created_by", "updated_at", "updated_by",
}  # fmt: skip
IN_ROWS = sorted(set(GIVEN) - {"choices", "tags", "rich_text", "json"})


def field(name: str, settings: dict[str, Any]) -> dict[str, Any]:
    return {"key": f"f_{name}", "type": name, "label": name, **settings}


FORM: dict[str, Any] = {
    "kind": "form", "key": "every", "label": "Every",
    "fields": [
        *(field(name, settings) for name, (settings, _value) in GIVEN.items()),
        *(field(name, settings) for name, settings in POINTING.items()),
        {"key": "lines", "type": "subform", "label": "Lines",
         "fields": [field(name, GIVEN[name][0]) for name in IN_ROWS]},
    ],
}  # fmt: skip


def test_no_type_is_forgotten_here() -> None:
    assert {each.name for each in FIELD_TYPES} == {*GIVEN, *POINTING, *OTHERWISE}


@pytest.fixture
def made(site: Site) -> int:
    anna = site.person("Anna")
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow, [FORM])
        store = units.create_unit(uow, OWNER, UnitValues("E", "East")).id
        member = members.find_member_of(uow, anna.id)
        assert member is not None
        other = create_record(uow, OWNER, "every", {}, origin=API).id
        pointing = {"link": other, "links": [other], "unit": store, "member": member.id,
                    "members": [member.id]}  # fmt: skip
        values = {name: value for name, (_settings, value) in GIVEN.items()} | pointing
        row = {f"f_{name}": GIVEN[name][1] for name in IN_ROWS}
        body = {f"f_{name}": value for name, value in values.items()}
        return create_record(uow, OWNER, "every", {**body, "lines": [row]}, origin=API).id


def told(site: Site, record: int) -> dict[str, Any]:
    """The record as a program reads it, without what every change moves."""
    answer = site.visitor().get(f"/api/v1/forms/every/records/{record}", headers=site.token())
    assert answer.status_code == 200, answer.text
    read: dict[str, Any] = answer.get_json()
    moved = ("version", "updated_at", "updated_by")
    lines = [{k: v for k, v in row.items() if k != "id"} for row in read["lines"]]
    return {k: v for k, v in read.items() if k not in moved} | {"lines": lines}


def test_what_is_given_is_read_and_may_be_given_again(site: Site, made: int) -> None:
    read = told(site, made)
    for name, (_settings, value) in GIVEN.items():
        assert read[f"f_{name}"] == value, name
    for name in IN_ROWS:
        assert read["lines"][0][f"f_{name}"] == GIVEN[name][1], name
    fields = {key: value for key, value in read.items() if key.startswith("f_")}
    url = f"/api/v1/forms/every/records/{made}"
    again = site.visitor().patch(url, json=fields, headers=site.token())
    assert (again.status_code, again.get_json()["version"]) == (200, 1)


def test_it_comes_back_whole_from_the_recycle_bin(site: Site, made: int) -> None:
    before = told(site, made)
    with site.database.workspace_tx(site.workspace) as uow:
        delete_record(uow, OWNER, "every", made, origin=API)
    with site.database.workspace_tx(site.workspace) as uow:
        restore_record(uow, OWNER, "every", made, origin=API)
    assert told(site, made) == before


def test_it_can_be_emptied_and_each_of_its_values_stands_in_the_history(
    site: Site, made: int
) -> None:
    empty: dict[str, Any] = {f"f_{name}": None for name in (*GIVEN, *POINTING)}
    with site.database.workspace_tx(site.workspace) as uow:
        update_record(uow, OWNER, "every", made, {**empty, "lines": []}, origin=API)
        (changed, first) = history_of(uow, "every", made)
        assert set(changed.changes) == set(first.changes) == {*empty, "lines"}
        after = get_record(uow, OWNER, "every", made).values
        assert not any(after[key] for key in (*empty, "lines"))
    page = site.signed_in().get(f"{site.home}/forms/every/records/{made}?tab=history")
    assert page.status_code == 200


def test_each_value_is_put_back_out_of_the_history(site: Site, made: int) -> None:
    before = told(site, made)
    empty: dict[str, Any] = {f"f_{name}": None for name in (*GIVEN, *POINTING)}
    with site.database.workspace_tx(site.workspace) as uow:
        update_record(uow, OWNER, "every", made, {**empty, "lines": []}, origin=API)
        line = history_of(uow, "every", made)[0].id
        put_back(uow, OWNER, "every", made, line, ["f_text"], origin=API)
        assert get_record(uow, OWNER, "every", made).values["f_text"] == "Ann 王"
        put_back(uow, OWNER, "every", made, line, origin=API)
    assert told(site, made) == before


def test_it_is_listed_sorted_filtered_and_exported(site: Site, made: int, tmp_path: Path) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        for name in GIVEN:
            key = f"f_{name}"
            there = {"field": key, "op": "is_not_empty"}
            order = () if name in ("tags", "choices", "members") else (f"-{key}", "id")
            found = find_records(uow, OWNER, "every", RecordQuery(filter=there, sort=order))
            assert [each.id for each in found.records] == [made], name
        for suffix in ("csv", "xlsx"):
            export_records(uow, OWNER, "every", tmp_path / f"x.{suffix}")
    said = (tmp_path / "x.csv").read_text("utf-8-sig")
    assert all(word in said for word in ("Ann 王", "1.250", "6901234567892", "1990-02-28"))
    for page in (f"{made}", f"{made}/edit", ""):
        answer = site.signed_in().get(f"{site.home}/forms/every/records/{page}".rstrip("/"))
        assert answer.status_code == 200, page
