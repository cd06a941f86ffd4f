"""The same wrong record is refused with the same codes, whichever way it comes in."""

import io
import json
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from regulars.form_builder import records
from regulars.form_builder.importing import running
from regulars.form_builder.origin import API, Origin
from regulars.platform.accounts.access import system_access
from regulars.platform.errors import Invalid
from tests.support.shop_forms import publish_forms
from tests.support.site import Site

ACCESS = system_access("en")
CARDS: dict[str, Any] = {
    "kind": "form",
    "key": "cards",
    "label": "Cards",
    "fields": [
        {"key": "name", "type": "text", "required": True, "max_length": 10},
        {"key": "mobile", "type": "phone", "unique": True},
        {"key": "level", "type": "number", "min": 1, "max": 5, "default": 1},
        {"key": "kind", "type": "choice", "options": [{"value": "a"}, {"value": "b"}],
         "default": "a"},
        {"key": "since", "type": "date", "default": {"formula": "TODAY()"}},
        {"key": "until", "type": "date"},
        {"key": "friend", "type": "link", "to": "cards"},
        {"key": "why", "type": "text"},
        {"key": "code", "type": "text"},
        {"key": "double", "type": "formula", "formula": "level * 2", "result": "number"},
    ],
    "logic": [
        {"when": {"field": "level", "op": "gte", "value": 4},
         "then": [{"show": ["why"]}, {"require": ["why"]},
                  {"options": {"field": "kind", "values": ["a"]}}]},
        {"then": [{"read_only": ["code"]}, {"set": {"field": "code", "formula": "name"}}]},
    ],
    "checks": [
        {
            "must": {"any": [
                {"field": "until", "op": "is_empty"},
                {"formula": "until >= since"},
            ]},
            "message": {"en": "It ends before it begins.", "zh-Hans": "结束早于开始。"},
            "at": "until",
        }
    ],
}  # fmt: skip
BAD: list[tuple[dict[str, str], set[tuple[str, str]]]] = [
    (
        {"name": "a name much too long", "mobile": "12", "level": "9", "kind": "z",
         "since": "2026-02-30"},
        {("name", "too-long"), ("mobile", "not-a-phone"), ("level", "above-max"),
         ("kind", "not-an-option"), ("since", "not-a-date")},
    ),
    ({"mobile": "+8613800138000"}, {("name", "required"), ("mobile", "not-unique")}),
    (
        {"name": "A", "since": "2026-03-02", "until": "2026-03-01"},
        {("until", "check-failed")},
    ),
    ({"name": "A", "why": "because"}, {("why", "hidden-by-logic")}),
    ({"name": "A", "level": "5", "kind": "b"}, {("why", "required"), ("kind", "not-offered")}),
    ({"name": "A", "code": "B"}, {("code", "read-only-by-logic")}),
    ({"name": "A", "friend": "99"}, {("friend", "link-not-found")}),
]  # fmt: skip
Codes = set[tuple[str, str]]
Door = Callable[[Site, dict[str, str]], Codes]


def said(problems: list[dict[str, str]]) -> Codes:
    return {(each["path"], each["code"]) for each in problems}


def by_api(site: Site, row: dict[str, str]) -> Codes:
    answer = site.app.test_client().post(
        "/api/v1/forms/cards/records", json=row, headers=site.token()
    )
    assert answer.status_code == 422
    assert answer.json is not None
    return said(answer.json["problems"])


def by_batch(site: Site, row: dict[str, str]) -> Codes:
    answer = site.app.test_client().post(
        "/api/v1/forms/cards/records/batch", json={"records": [row]}, headers=site.token()
    )
    assert answer.json is not None
    [result] = answer.json["results"]
    assert result["status"] == "refused"
    return said(result["problems"])


def by_import(site: Site, row: dict[str, str]) -> Codes:
    client, headers = site.app.test_client(), site.token()
    keyed = {key: f"id={value}" if key == "friend" else value for key, value in row.items()}
    fields = {key: {"column": key} for key in keyed}
    fields |= {"name": {"column": "name"}}
    columns = ["name", *(key for key in keyed if key != "name")]
    text = ",".join(columns) + "\n" + ",".join(keyed.get(c, "") for c in columns) + "\n"
    data = {
        "file": (io.BytesIO(text.encode()), "cards.csv"),
        "form": "cards",
        "map": json.dumps({"targets": [{"form": "cards", "fields": fields}]}),
        "run": "start",
    }
    made = client.post("/api/v1/imports", data=data, headers=headers)
    assert made.status_code == 201, made.text
    running.run_due(site.database, site.workspace)
    answer = client.get(f"{made.headers['Location']}/problems", headers=headers)
    assert answer.json is not None
    [line] = answer.json["lines"]
    return said(line["problems"])


def by_service(origin: Origin, *, batch: bool) -> Door:
    def write(site: Site, row: dict[str, str]) -> Codes:
        with site.database.workspace_tx(site.workspace) as uow:
            try:
                if batch:
                    records.write_batch(uow, ACCESS, "cards", [row], origin=origin, atomic=True)
                else:
                    records.create_record(uow, ACCESS, "cards", row, origin=origin)
            except Invalid as invalid:
                return {(p.path.removeprefix("0/"), p.code) for p in invalid.problems}
        return set()

    return write


DOORS: dict[str, Door] = {
    "API": by_api,
    "batch": by_batch,
    "rule": by_service(Origin("rule", chain=("r",)), batch=False),
    "pack": by_service(Origin("pack", automation="none", batch=-1), batch=True),
}


@pytest.fixture(autouse=True)
def shop(site: Site) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow, (CARDS,))
        body = {"name": "First", "mobile": "13800138000"}
        records.create_record(uow, ACCESS, "cards", body, origin=API)


@pytest.mark.parametrize("number", range(len(BAD)))
def test_every_door_refuses_alike(site: Site, number: int) -> None:
    row, expected = BAD[number]
    assert {name: door(site, row) for name, door in DOORS.items()} == dict.fromkeys(
        DOORS, expected
    )
    if "friend" not in row:  # in a file a link is written by a unique key
        assert by_import(site, row) == expected


@pytest.mark.parametrize("number", range(len(BAD) - 1))
def test_the_page_says_the_same_beside_the_fields(site: Site, number: int) -> None:
    row, _expected = BAD[number]
    answer = site.signed_in().send(f"{site.home}/forms/cards/records/new", dict(row))
    assert answer.status_code == 422
    with site.database.workspace_tx(site.workspace) as uow:
        with pytest.raises(Invalid) as caught:
            records.create_record(uow, ACCESS, "cards", row, origin=API)
        wanted = [problem.message("en") for problem in caught.value.problems]
    shown = unescape(answer.text)
    assert [words for words in wanted if words not in shown] == []


@pytest.mark.parametrize("door", ["API", "batch", "rule", "pack"])
def test_defaults_are_the_same_behind_every_door(site: Site, door: str) -> None:
    row = {"name": "Ann"}
    if door in ("API", "batch"):
        body: Any = row if door == "API" else {"records": [row]}
        tail = "" if door == "API" else "/batch"
        client = site.app.test_client()
        client.post(f"/api/v1/forms/cards/records{tail}", json=body, headers=site.token())
    else:
        assert DOORS[door](site, row) == set()
    with site.database.workspace_tx(site.workspace) as uow:
        made = records.get_record(uow, ACCESS, "cards", 2)
    assert (made["level"], made["kind"], str(made["since"]), made["double"]) == (
        1, "a", "2026-03-10", 2,
    )  # fmt: skip


@pytest.mark.parametrize("key", ["id", "version", "created_at", "owner", "unit", "double", "x"])
def test_s16_nobody_sets_what_the_product_sets(site: Site, key: str) -> None:
    row = {"name": "Ann", key: "1"}
    found = {name: {code for _p, code in door(site, row)} for name, door in DOORS.items()}
    expected = {"read-only"} if key == "double" else {"unknown-field"}
    assert found == dict.fromkeys(DOORS, expected)


def test_changes_meet_the_same_logic_behind_every_door(site: Site) -> None:
    client, headers = site.app.test_client(), site.token()
    url, change = "/api/v1/forms/cards/records", {"why": "because", "code": "B"}
    expected = {("why", "hidden-by-logic"), ("code", "read-only-by-logic")}
    patched = client.patch(f"{url}/1", json=change, headers=headers).get_json()
    assert said(patched["problems"]) == expected
    lines = {"records": [{"id": 1, **change}], "mode": "update"}
    [batched] = client.post(f"{url}/batch", json=lines, headers=headers).get_json()["results"]
    assert said(batched["problems"]) == expected
    tried = client.post(f"{url}/1/try", json={"values": change}, headers=headers).get_json()
    assert said(tried["problems"]) == expected
    with site.database.workspace_tx(site.workspace) as uow:
        origin = Origin("rule", chain=("r",))
        with pytest.raises(Invalid) as caught:
            records.update_record(uow, ACCESS, "cards", 1, change, origin=origin)
    assert {(p.path, p.code) for p in caught.value.problems} == expected


@pytest.mark.parametrize("door", ["API", "batch", "rule"])
def test_values_are_set_by_logic_behind_every_door(site: Site, door: str) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        origin = Origin({"API": "api", "batch": "import"}.get(door, "rule"))
        [made] = records.write_batch(
            uow, ACCESS, "cards", [{"name": "Ann"}], origin=origin
        ).results
        assert made.id is not None
        assert records.get_record(uow, ACCESS, "cards", made.id)["code"] == "Ann"
