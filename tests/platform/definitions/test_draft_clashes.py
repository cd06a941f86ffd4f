"""Two people at one draft: what meets, what clashes, and who is named."""

import copy
from dataclasses import replace
from typing import Any

import pytest

from regulars.form_builder import edits, service
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store, versions
from regulars.platform.definitions.store import Draft, DraftClash
from regulars.platform.errors import NotFound, VersionConflict
from regulars.wiring import wire
from tests.support.shop_forms import CUSTOMERS, publish_forms
from tests.support.site import Site

NOTES: dict[str, Any] = {
    "kind": "form",
    "key": "notes",
    "label": "Notes",
    "fields": [{"key": "text", "type": "text"}, {"key": "day", "type": "date"}],
}


@pytest.fixture(autouse=True, scope="module")
def wired() -> None:
    wire()


def person(name: str) -> Access:
    return replace(system_access("en"), name=name)


ANN, BOB = person("Ann"), person("Bob")


@pytest.fixture
def begun(uow: UnitOfWork) -> Draft:
    publish_forms(uow, [NOTES])
    return store.save_draft(uow, ANN, "form", {**NOTES, "icon": "star"})


def test_steps_of_two_tabs_at_different_places_meet(uow: UnitOfWork, begun: Draft) -> None:
    def require(form: Any) -> Any:
        return edits.change_field(form, "text", {"required": True})

    def name(form: Any) -> Any:
        return edits.label_field(form, "text", "Words", "en")

    service.edit_form(uow, BOB, "notes", require, tag=begun.tag)
    both = service.edit_form(uow, ANN, "notes", name, tag=begun.tag)
    assert both.raw["fields"][0] == {
        "key": "text", "type": "text", "label": "Words", "required": True,
    }  # fmt: skip


def test_a_clash_names_who_changed_what_and_either_may_win(uow: UnitOfWork, begun: Draft) -> None:
    def called(words: str) -> Any:
        return lambda form: edits.change_form(form, {"label": words})

    service.edit_form(uow, BOB, "notes", called("Remarks"), tag=begun.tag)
    with pytest.raises(DraftClash) as caught:
        service.edit_form(uow, ANN, "notes", called("Words"), tag=begun.tag)
    clash = caught.value
    assert [(each.path, each.mine, each.theirs) for each in clash.clashes] == [
        ("label", "Words", "Remarks")
    ]
    assert clash.authors == ("Bob",)
    assert "Bob changed the same thing" in clash.message("en")
    assert "Bob刚刚也改了同一处：名称" in clash.message("zh-Hans")
    assert store.get_draft(uow, "form", "notes").raw["label"] == "Remarks"
    forced = service.edit_form(uow, ANN, "notes", called("Words"), tag=begun.tag, force=True)
    assert (forced.raw["label"], forced.raw["icon"]) == ("Words", "star")


def test_a_draft_nobody_remembers_is_refused_by_name(uow: UnitOfWork, begun: Draft) -> None:
    with pytest.raises(VersionConflict) as caught:
        store.bring_together(uow, BOB, begun, NOTES, 999)
    assert "Ann" in caught.value.message("en")


def test_a_published_and_a_discarded_draft_are_starting_points_too(
    uow: UnitOfWork, begun: Draft
) -> None:
    store.publish(uow, ANN, [("form", "notes")])
    mine = copy.deepcopy(dict(begun.raw)) | {"label": "Mine"}
    store.save_draft(uow, BOB, "form", {**begun.raw, "icon": "heart"})
    store.discard_draft(uow, BOB, "form", "notes")
    theirs = store.get_draft(uow, "form", "notes")
    assert store.bring_together(uow, BOB, theirs, mine, begun.tag) == {
        **begun.raw,
        "label": "Mine",
    }


def test_versions_are_listed_compared_and_brought_back(uow: UnitOfWork) -> None:
    publish_forms(uow, [NOTES], ANN)
    fields = [NOTES["fields"][0], {"key": "n", "type": "number", "label": "How many"}]
    publish_forms(uow, [{**NOTES, "fields": fields}], BOB)
    found = versions.list_versions(uow, ANN, "form", "notes")
    assert [(v.number, v.published_by, v.is_current) for v in found] == [
        (2, "Bob", True), (1, "Ann", False),
    ]  # fmt: skip
    assert versions.compare_versions(uow, ANN, "form", "notes", (1, 2)) == [
        "New field “How many”",
        "Field “day” goes; what was entered there is kept",
    ]
    versions.restore_version(uow, ANN, "form", "notes", 1)
    store.publish(uow, ANN, [("form", "notes")])
    keys = [
        field["key"] for field in versions.version_body(uow, ANN, "form", "notes", 3)["fields"]
    ]
    assert keys == ["text", "day"]
    with pytest.raises(NotFound):
        versions.version_body(uow, ANN, "form", "notes", 9)


def test_versions_of_other_kinds_are_compared_in_words(uow: UnitOfWork) -> None:
    publish_forms(uow, [{**CUSTOMERS, "fields": CUSTOMERS["fields"][:6]}])
    message = {
        "kind": "message", "key": "hello", "label": "Hello", "purpose": "service",
        "channels": {"sms": {"text": "Hi"}},
    }  # fmt: skip
    store.save_draft(uow, ANN, "message", message)
    store.publish(uow, ANN, [("message", "hello")])
    store.save_draft(uow, ANN, "message", {**message, "channels": {"sms": {"text": "Hi!"}}})
    store.publish(uow, ANN, [("message", "hello")])
    assert versions.compare_versions(uow, ANN, "message", "hello", (1, 2)) == [
        "Text · SMS: Hi → Hi!"
    ]


def test_the_api_merges_when_asked_and_names_the_clash(site: Site) -> None:
    client, head = site.visitor(), site.token()
    assert client.post("/api/v1/forms", json=NOTES, headers=head).status_code == 201

    def put(body: dict[str, Any], tag: str, merge: str = "?merge=true") -> Any:
        headers = {**head, "If-Match": tag}
        return client.put(f"/api/v1/forms/notes{merge}", json=body, headers=headers)

    assert put({**NOTES, "icon": "star"}, '"d1"').status_code == 200
    assert put({**NOTES, "label": "Words"}, '"d1"', "").status_code == 412
    both = put({**NOTES, "label": "Words"}, '"d1"')
    assert (both.status_code, both.json["icon"], both.json["label"]) == (200, "star", "Words")
    clash = put({**NOTES, "label": "Remarks"}, '"d2"')
    assert (clash.status_code, clash.json["code"]) == (409, "draft-clash")


def test_the_api_of_versions(site: Site) -> None:
    client, head = site.visitor(), site.token()
    client.post("/api/v1/forms", json=NOTES, headers=head)
    client.post("/api/v1/forms/notes/publish", headers=head)
    client.put("/api/v1/forms/notes", json={**NOTES, "label": "Words"}, headers=head)
    client.post("/api/v1/forms/notes/publish", headers=head)
    base = "/api/v1/definitions/form/notes/versions"
    assert [v["version"] for v in client.get(base, headers=head).json["versions"]] == [2, 1]
    assert client.get(f"{base}/1", headers=head).json["label"] == "Notes"
    assert client.get(f"{base}/2/changes", headers=head).json["changes"] == ["表单改名为“Words”"]
    assert client.post(f"{base}/1/restore", headers=head).json["label"] == "Notes"
    assert client.get("/api/v1/definitions/form/notes/used-by", headers=head).json == {"uses": []}
    for gone in (f"{base}/7", "/api/v1/definitions/nothing/notes/versions"):
        assert client.get(gone, headers=head).status_code == 404
    clerk = site.token("clerk")
    assert client.get(base, headers=clerk).status_code == 403
