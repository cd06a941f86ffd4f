"""Definitions of forms at the API: drafts, problems, publishing alone and together."""

from typing import Any

import pytest

from tests.form_builder.test_api import Program, problems_of
from tests.support.site import Site

FORMS = "/api/v1/forms"
VISITS: dict[str, Any] = {
    "kind": "form",
    "key": "visits",
    "label": {"en": "Visits", "zh-Hans": "到店"},
    "fields": [{"key": "guest", "type": "text", "required": True}],
}


@pytest.fixture
def program(site: Site) -> Program:
    return Program(site)


def test_a_form_is_drafted_published_and_used(program: Program) -> None:
    made = program.call("POST", FORMS, VISITS)
    assert (made.status_code, made.headers["Location"]) == (201, f"{FORMS}/visits")
    assert program.get(f"{FORMS}/visits").status_code == 404
    assert program.get(f"{FORMS}/visits", state="draft").get_json()["key"] == "visits"
    published = program.call("POST", f"{FORMS}/visits/publish")
    assert published.get_json() == {"version": 1, "problems": []}
    assert program.get(f"{FORMS}/visits").get_json()["label"] == VISITS["label"]
    assert program.make(f"{FORMS}/visits/records", guest="Ann")["guest"] == "Ann"


def test_a_published_form_stays_as_it_is_while_its_draft_changes(program: Program) -> None:
    program.call("POST", FORMS, VISITS)
    program.call("POST", f"{FORMS}/visits/publish")
    more = {**VISITS, "fields": [*VISITS["fields"], {"key": "note", "type": "long_text"}]}
    assert program.call("PUT", f"{FORMS}/visits", more).status_code == 200
    assert len(program.get(f"{FORMS}/visits").get_json()["fields"]) == 1
    assert len(program.get(f"{FORMS}/visits", state="draft").get_json()["fields"]) == 2
    assert program.call("POST", f"{FORMS}/visits/publish").get_json()["version"] == 2


def test_publishing_nothing_new_keeps_the_version(program: Program) -> None:
    program.call("POST", FORMS, VISITS)
    program.call("POST", f"{FORMS}/visits/publish")
    assert program.call("POST", f"{FORMS}/visits/publish").get_json()["version"] == 1


def test_all_problems_of_shape_come_together(program: Program) -> None:
    broken = {
        **VISITS,
        "colour": "red",
        "fields": [
            {"key": "A B", "type": "text"},
            {"key": "x", "type": "rainbow"},
            {"type": "text"},
        ],
    }
    answer = program.call("PUT", f"{FORMS}/visits", broken)
    assert answer.status_code == 422
    assert problems_of(answer) == [
        ("colour", "unknown-key"),
        ("fields/0/key", "shape-pattern"),
        ("fields/1/type", "unknown-field-type"),
        ("fields/2/key", "required"),
    ]


def test_all_problems_of_meaning_come_at_publishing(program: Program) -> None:
    broken = {
        **VISITS,
        "title": "{nobody}",
        "fields": [
            {"key": "guest", "type": "text"},
            {"key": "guest_link", "type": "link", "to": "guests"},
            {"key": "twice", "type": "formula", "formula": "guest * 2", "result": "number"},
            {"key": "odd", "type": "formula", "formula": "1 +", "result": "number"},
        ],
        "checks": [{"must": {"field": "gone", "op": "is", "value": 1}, "message": "x"}],
    }
    assert program.call("PUT", f"{FORMS}/visits", broken).status_code == 201
    answer = program.call("POST", f"{FORMS}/visits/publish")
    places = {path for path, _code in problems_of(answer)}
    assert answer.status_code == 422
    assert ("form/visits/fields/1/to", "unpublished-form") in problems_of(answer)
    assert {"form/visits/title", "form/visits/checks/0/must/field"} <= places
    assert any(place.startswith("form/visits/fields/2/formula") for place in places)
    assert any(place.startswith("form/visits/fields/3/formula") for place in places)


def test_forms_that_refer_to_each_other_are_published_together(program: Program) -> None:
    guests = {
        **VISITS,
        "key": "guests",
        "fields": [
            {"key": "name", "type": "text"},
            {"key": "visits", "type": "related", "from": "visits", "via": "guest"},
        ],
    }
    visits = {**VISITS, "fields": [{"key": "guest", "type": "link", "to": "guests"}]}
    for form in (guests, visits):
        program.call("PUT", f"{FORMS}/{form['key']}", form)
    alone = program.call("POST", f"{FORMS}/visits/publish")
    assert problems_of(alone) == [("form/visits/fields/0/to", "unpublished-form")]
    body = {"forms": ["guests", "visits"]}
    together = program.call("POST", "/api/v1/definitions/publish", body)
    assert together.get_json() == {"versions": {"guests": 1, "visits": 1}, "problems": []}


def test_a_draft_is_only_replaced_by_who_has_seen_it(program: Program) -> None:
    made = program.call("PUT", f"{FORMS}/visits", VISITS)
    again = program.call("PUT", f"{FORMS}/visits", VISITS, **{"If-Match": made.headers["ETag"]})
    assert again.status_code == 200
    stale = program.call("PUT", f"{FORMS}/visits", VISITS, **{"If-Match": made.headers["ETag"]})
    assert stale.status_code == 412
    fresh = program.call("PUT", f"{FORMS}/visits", VISITS, **{"If-None-Match": "*"})
    assert fresh.status_code == 412


def test_a_key_is_taken_once_and_named_alike(program: Program) -> None:
    program.call("POST", FORMS, VISITS)
    assert program.call("POST", FORMS, VISITS).status_code == 409
    other = program.call("PUT", f"{FORMS}/guests", VISITS)
    assert problems_of(other) == [("key", "shape-const")]


def test_a_form_that_others_point_to_stays(program: Program) -> None:
    guests = {**VISITS, "key": "guests"}
    visits = {**VISITS, "fields": [{"key": "guest", "type": "link", "to": "guests"}]}
    for form in (guests, visits):
        program.call("PUT", f"{FORMS}/{form['key']}", form)
    program.call("POST", "/api/v1/definitions/publish", {"forms": ["guests", "visits"]})
    refused = program.call("DELETE", f"{FORMS}/guests")
    assert (refused.status_code, refused.json["code"]) == (409, "form-in-use")
    assert program.call("DELETE", f"{FORMS}/visits").status_code == 204
    assert program.call("DELETE", f"{FORMS}/guests").status_code == 204
    assert program.get(FORMS).get_json() == {"forms": []}


def test_a_field_becomes_unique_only_when_no_two_records_are_alike(program: Program) -> None:
    program.call("PUT", f"{FORMS}/visits", VISITS)
    program.call("POST", f"{FORMS}/visits/publish")
    program.make(f"{FORMS}/visits/records", guest="Ann")
    second = program.make(f"{FORMS}/visits/records", guest="ANN")
    field = {**VISITS["fields"][0], "unique": True}
    program.call("PUT", f"{FORMS}/visits", {**VISITS, "fields": [field]})
    refused = program.call("POST", f"{FORMS}/visits/publish")
    assert problems_of(refused) == [("form/visits/fields/0/unique", "unique-has-doubles")]
    program.call("PATCH", f"{FORMS}/visits/records/{second['id']}", {"guest": "Bo"})
    assert program.call("POST", f"{FORMS}/visits/publish").get_json()["version"] == 2


@pytest.mark.parametrize("body", [{}, {"forms": []}, {"forms": [1]}, {"forms": "visits"}])
def test_publishing_together_needs_a_list_of_keys(program: Program, body: Any) -> None:
    answer = program.call("POST", "/api/v1/definitions/publish", body)
    assert problems_of(answer) == [("forms", "not-a-list")]


def test_what_is_stored_in_a_form_keeps_its_type(program: Program) -> None:
    program.call("PUT", f"{FORMS}/visits", VISITS)
    program.call("POST", f"{FORMS}/visits/publish")
    changed = {**VISITS, "fields": [{"key": "guest", "type": "number"}]}
    program.call("PUT", f"{FORMS}/visits", changed)
    answer = program.call("POST", f"{FORMS}/visits/publish")
    assert problems_of(answer) == [("form/visits/fields/0/type", "field-type-fixed")]
    assert "Text" in answer.json["problems"][0]["message"]


def test_doubled_keys_in_one_form_do_not_hide_the_problems_of_another(program: Program) -> None:
    doubled = {**VISITS, "key": "doubled", "fields": [{"key": "a", "type": "text"}] * 2}
    wrong = {**VISITS, "title": "{gone}"}
    for form in (doubled, wrong):
        program.call("PUT", f"{FORMS}/{form['key']}", form)
    answer = program.call("POST", "/api/v1/definitions/publish", {"forms": ["doubled", "visits"]})
    assert problems_of(answer) == [
        ("form/doubled/fields/1/key", "duplicate-key"),
        ("form/visits/title", "unknown-field"),
    ]
