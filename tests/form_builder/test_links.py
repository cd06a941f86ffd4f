"""Links: several records of another form, from both sides, in every question and in every turn."""

import json
from pathlib import Path
from typing import Any

import pytest

from regulars.form_builder import record_schema, verifying
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.exporting import export_records
from regulars.form_builder.history import history_of
from regulars.form_builder.importing.suggesting import suggest_map
from regulars.form_builder.origin import Origin
from regulars.form_builder.querying import RecordQuery
from regulars.form_builder.records import (
    create_record,
    delete_record,
    find_records,
    get_record,
    restore_record,
    to_json,
    update_record,
)
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.errors import Conflict, Invalid
from regulars.wiring import wire
from tests.support.import_forms import bring_in, problems_of, store_text
from tests.support.shop_forms import publish_forms
from tests.support.site import Site, words_of

CLI, OWNER = Origin("cli"), system_access("en")
COURSES: dict[str, Any] = {
    "kind": "form", "key": "courses", "label": "Courses", "title": "{name}",
    "fields": [
        {"key": "name", "type": "text", "unique": True},
        {"key": "price", "type": "money"},
        {"key": "taken_by", "type": "related", "from": "pupils", "via": "courses",
         "order": "name"},
        {"key": "pupils", "type": "formula", "formula": "COUNT(taken_by)", "result": "number"},
        {"key": "oldest", "type": "formula", "formula": "LAST(taken_by, age, BY age)",
         "result": "number"},
    ],
}  # fmt: skip
PUPILS: dict[str, Any] = {
    "kind": "form", "key": "pupils", "label": "Pupils", "title": "{name}",
    "fields": [
        {"key": "name", "type": "text"},
        {"key": "age", "type": "number"},
        {"key": "courses", "type": "links", "to": "courses", "label": {"zh-Hans": "课程"},
         "on_delete": "clear"},
        {"key": "fee", "type": "formula", "formula": "SUM(courses, price)", "result": "money"},
    ],
}  # fmt: skip


@pytest.fixture
def school(uow: UnitOfWork) -> UnitOfWork:
    wire()
    publish_forms(uow, [COURSES, PUPILS])
    for name, price in (("Tea", "10"), ("Cake", "20"), ("Wine", "40")):
        make(uow, "courses", name=name, price=price)
    return uow


def make(uow: UnitOfWork, form: str, **values: Any) -> int:
    return int(create_record(uow, OWNER, form, values, origin=CLI).id)


def ids(uow: UnitOfWork) -> dict[str, int]:
    found = find_records(uow, OWNER, "courses", RecordQuery()).records
    return {str(each.values["name"]): each.id for each in found}


def json_of(uow: UnitOfWork, form: str, record: int) -> dict[str, Any]:
    return to_json(catalog_of(uow), get_record(uow, OWNER, form, record))


def titles(uow: UnitOfWork, record: int) -> list[str]:
    return [each["title"] for each in json_of(uow, "pupils", record)["courses"]]


def found(uow: UnitOfWork, form: str, condition: Any) -> list[str]:
    query = RecordQuery(filter=condition, sort=("name",))
    return [str(r.values["name"]) for r in find_records(uow, OWNER, form, query).records]


def test_links_are_written_by_id_or_key_once_each_and_keep_their_order(
    school: UnitOfWork,
) -> None:
    known = ids(school)
    given = [known["Wine"], {"name": "tea"}, {"id": known["Wine"]}]
    ann = make(school, "pupils", name="Ann", courses=given)
    assert titles(school, ann) == ["Wine", "Tea"]
    assert json_of(school, "pupils", ann)["fee"] == "50.00"
    update_record(school, OWNER, "pupils", ann, {"courses": [{"name": "Cake"}]}, origin=CLI)
    assert titles(school, ann) == ["Cake"]
    update_record(school, OWNER, "pupils", ann, {"age": 8}, origin=CLI)
    assert titles(school, ann) == ["Cake"], "what is not sent stays"
    entry = history_of(school, "pupils", ann)[1]
    assert [[row["record"] for row in side] for side in entry.changes["courses"]] == [
        [known["Wine"], known["Tea"]], [known["Cake"]],
    ]  # fmt: skip
    listed = find_records(school, OWNER, "pupils", RecordQuery()).records[0]
    assert [row["record"] for row in listed.values["courses"]] == [known["Cake"]]


@pytest.mark.parametrize(
    ("given", "path", "code"),
    [
        ("Tea", "courses", "not-a-list"),
        ([99999], "courses/0", "link-not-found"),
        ([{"name": "Nothing"}], "courses/0", "link-not-found"),
        ([{"price": "10"}], "courses/0", "link-key-not-unique"),
        ([True], "courses", "not-a-link"),
    ],
)
def test_what_cannot_be_linked_is_refused_at_its_place(
    school: UnitOfWork, given: Any, path: str, code: str
) -> None:
    with pytest.raises(Invalid) as caught:
        make(school, "pupils", name="Ann", courses=given)
    assert [(p.path, p.code) for p in caught.value.problems] == [(path, code)]


def test_both_sides_answer_conditions_formulas_and_aggregates(school: UnitOfWork) -> None:
    tea, cake, wine = (ids(school)[name] for name in ("Tea", "Cake", "Wine"))
    make(school, "pupils", name="Ann", age=8, courses=[tea, cake])
    make(school, "pupils", name="Ben", age=9, courses=[cake])
    make(school, "pupils", name="Cid", age=30, courses=[])
    for condition, names in (
        ({"field": "courses", "op": "has", "value": tea}, ["Ann"]),
        ({"field": "courses", "op": "has", "value": {"name": "Cake"}}, ["Ann", "Ben"]),
        ({"field": "courses", "op": "has_any", "value": [tea, wine]}, ["Ann"]),
        ({"field": "courses", "op": "has_all", "value": [tea, cake]}, ["Ann"]),
        ({"field": "courses", "op": "has_none", "value": [tea]}, ["Ben", "Cid"]),
        ({"field": "courses", "op": "is_empty"}, ["Cid"]),
        ({"field": "courses", "op": "is_not_empty"}, ["Ann", "Ben"]),
        ({"aggregate": "count", "of": "courses", "op": "gte", "value": 2}, ["Ann"]),
        ({"formula": "SUM(courses, price, WHERE price > 10) = 20"}, ["Ann", "Ben"]),
        ({"formula": "COUNT(courses.taken_by) > 1"}, ["Ann", "Ben"]),
    ):
        assert found(school, "pupils", condition) == names, condition
    assert found(school, "courses", {"field": "taken_by", "op": "is_empty"}) == ["Wine"]
    older = {
        "aggregate": "count", "of": "taken_by", "op": "gt", "value": 0,
        "where": {"field": "age", "op": "gt", "value": 8},
    }  # fmt: skip
    assert found(school, "courses", older) == ["Cake"]
    course = json_of(school, "courses", cake)
    assert (course["pupils"], course["oldest"]) == ("2", "9")


def test_a_linked_record_that_goes_leaves_the_lists_it_was_in(school: UnitOfWork) -> None:
    tea, cake = ids(school)["Tea"], ids(school)["Cake"]
    ann = make(school, "pupils", name="Ann", courses=[tea, cake])
    delete_record(school, OWNER, "courses", tea, origin=CLI)
    assert titles(school, ann) == ["Cake"]
    assert history_of(school, "pupils", ann)[0].changes["courses"] == [
        [{"record": tea}, {"record": cake}], [{"record": cake}],
    ]  # fmt: skip
    delete_record(school, OWNER, "pupils", ann, origin=CLI)
    restore_record(school, OWNER, "pupils", ann, origin=CLI)
    assert titles(school, ann) == ["Cake"]


def test_a_linked_record_stays_where_the_field_says_so(school: UnitOfWork) -> None:
    fields = [{k: v for k, v in each.items() if k != "on_delete"} for each in PUPILS["fields"]]
    publish_forms(school, [{**PUPILS, "fields": fields}])
    tea = ids(school)["Tea"]
    make(school, "pupils", name="Ann", courses=[tea])
    with pytest.raises(Conflict) as caught:
        delete_record(school, OWNER, "courses", tea, origin=CLI)
    assert caught.value.code == "still-linked"


def test_a_required_list_of_links_may_not_be_empty(school: UnitOfWork) -> None:
    fields = [
        {**each, "required": True} if each["key"] == "courses" else each
        for each in PUPILS["fields"]
    ]
    publish_forms(school, [{**PUPILS, "fields": fields}])
    nothing: tuple[dict[str, Any], ...] = ({}, {"courses": []}, {"courses": None})
    for given in nothing:
        with pytest.raises(Invalid) as caught:
            make(school, "pupils", name="Ann", **given)
        assert [(p.path, p.code) for p in caught.value.problems] == [("courses", "required")]


def test_the_schema_says_what_is_taken_and_given(school: UnitOfWork) -> None:
    catalog = catalog_of(school)
    form = catalog.get_form("pupils")
    taken = record_schema.input_value(catalog, form, form.by_key["courses"])
    assert taken["type"] == ["array", "null"]
    given = record_schema.output_value(catalog, form, form.by_key["courses"])
    assert set(given["items"]["properties"]) == {"id", "title"}


def test_the_pages_of_links(site: Site) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow, [COURSES, PUPILS])
        tea, cake = (make(uow, "courses", name=name, price="5") for name in ("Tea", "Cake"))
    base, owner = f"{site.home}/forms/pupils", site.signed_in()
    listing = f"{base}/records"
    page = owner.get(f"{base}/records/new?courses={cake}").text
    assert 'name="courses/0/record"' in page
    assert f'<option value="{cake}" selected' in page
    posted = {
        "name": "Ann", "courses~here": "1", "courses/0/record": str(cake),
        "courses/1/record": str(tea), "courses/2/record": "",
    }  # fmt: skip
    made = owner.send(f"{base}/records/new", posted)
    assert made.status_code == 303, words_of(made.text)
    record = made.headers["Location"]
    shown = owner.get(record).text
    assert shown.index(">Cake</a>") < shown.index(">Tea</a>")
    assert {"Cake", "Tea"} <= set(words_of(owner.get(listing).text))

    url = f"{listing}?f=courses&op=has_any&v={tea}&v={cake}"
    filtered = words_of(owner.get(url, follow_redirects=True).text)
    assert any("has any of" in each and "Cake" in each for each in filtered)
    assert "Ann" in filtered
    for op, value, there in (("has", tea, True), ("has_none", [tea, cake], False)):
        query = json.dumps({"field": "courses", "op": op, "value": value})
        listed = words_of(owner.get(listing, query_string={"filter": query}).text)
        assert ("Ann" in listed) is there, op

    wrong = owner.send(f"{base}/records/new", {**posted, "courses/1/record": "99999"})
    assert wrong.status_code == 422
    assert "field-courses-1-record-error" in wrong.text or "99999" in wrong.text
    edited = {"courses~here": "1", "courses/0/record": str(tea)}
    assert owner.send(f"{record}/edit", edited).status_code == 303
    past = words_of(owner.get(f"{record}?tab=history").text)
    assert any("Cake" in each and "Tea" in each for each in past), past
    tab = words_of(owner.get(f"{site.home}/forms/courses/records/{tea}?tab=taken_by").text)
    assert "Ann" in tab, "\n".join(tab[5:])
    panel = owner.get(f"{site.home}/forms/pupils/design?field=courses").text
    assert ('<option value="clear"' in panel, '<option value="cascade"' in panel) == (True, False)


def test_the_api_of_links(site: Site) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow, [COURSES, PUPILS])
        tea = make(uow, "courses", name="Tea", price="5")
    client, head = site.visitor(), site.token()
    api = "/api/v1/forms/pupils/records"
    made = client.post(api, json={"name": "Ann", "courses": [{"name": "Tea"}]}, headers=head)
    assert made.json["courses"] == [{"id": tea, "title": "Tea"}]
    url = f"{api}/{made.json['id']}"
    gone = client.patch(url, json={"courses": []}, headers=head)
    assert gone.json["courses"] == []
    assert client.get(api, headers=head).json["records"][0]["courses"] == []
    bad = client.patch(url, json={"courses": [tea, 77]}, headers=head)
    assert [p["path"] for p in bad.json["problems"]] == ["courses/1"]
    assert client.get(f"{api}?sort=courses", headers=head).status_code == 422


def test_links_travel_through_a_spreadsheet(
    database: Database, workspace: Workspace, tmp_path: Path
) -> None:
    wire()
    path = tmp_path / "pupils.csv"
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow, [COURSES, PUPILS])
        tea, cake, odd = (make(uow, "courses", name=n) for n in ("Tea", "Cake", "Cup; saucer"))
        make(uow, "pupils", name="Ann", courses=[cake, tea])
        make(uow, "pupils", name="Ben", courses=[odd, tea])
        export_records(uow, OWNER, "pupils", path)
        for each in find_records(uow, OWNER, "pupils", RecordQuery()).records:
            delete_record(uow, OWNER, "pupils", each.id, origin=CLI)
        text = path.read_text("utf-8-sig")
        file = store_text(uow, text)
        wanted = suggest_map(
            catalog_of(uow).get_form("pupils"), catalog_of(uow).forms, file.columns, {}
        )
    assert "Cake; Tea" in text
    bring_in(database, workspace, text, wanted)
    with database.workspace_tx(workspace) as uow:
        names = {}
        for each in find_records(uow, OWNER, "pupils", RecordQuery()).records:
            names[str(each.values["name"])] = titles(uow, each.id)
    assert names == {"Ann": ["Cake", "Tea"], "Ben": ["Cup; saucer", "Tea"]}
    fields = wanted["targets"][0]["fields"]
    wanted["targets"][0]["fields"] = {key: fields[key] for key in ("name", "courses")}
    bad = bring_in(database, workspace, "name,课程\nCid,Tea;Nothing\n", wanted)
    with database.workspace_tx(workspace) as uow:
        assert problems_of(uow, bad) == {2: ["link-not-found"]}


def test_links_that_lead_nowhere_are_found_and_taken_away(school: UnitOfWork) -> None:
    tea, cake = ids(school)["Tea"], ids(school)["Cake"]
    ann = make(school, "pupils", name="Ann", courses=[tea, cake])
    catalog = catalog_of(school)
    rows = catalog.tables["pupils"].rows["courses"].main
    school.execute(rows.update().where(rows.c.record == tea).values(record=99))
    (drift,) = verifying.look_at_all(school, catalog, "pupils")
    assert (drift.kind, drift.field, drift.can_be_mended) == ("linked", "courses", True)
    verifying.mend(school, catalog, drift)
    assert verifying.look_at_all(school, catalog, "pupils") == []
    assert titles(school, ann) == ["Cake"]
