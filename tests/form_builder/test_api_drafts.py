"""Drafts at the API: undo and redo, ready-made forms, copies, a form out of a file."""

import io

import pytest

from regulars.form_builder.importing import running
from tests.form_builder.test_api import Program
from tests.form_builder.test_api_forms import FORMS, VISITS
from tests.support.site import Site


@pytest.fixture
def program(site: Site) -> Program:
    return Program(site)


def test_steps_of_a_draft_are_taken_back_and_again(program: Program) -> None:
    made = program.call("POST", FORMS, VISITS)
    more = {**VISITS, "fields": [*VISITS["fields"], {"key": "note", "type": "long_text"}]}
    program.call("PUT", f"{FORMS}/visits", more)
    stale = program.call("POST", f"{FORMS}/visits/undo", **{"If-Match": made.headers["ETag"]})
    assert stale.status_code == 412
    assert len(program.call("POST", f"{FORMS}/visits/undo").get_json()["fields"]) == 1
    again = program.call("POST", f"{FORMS}/visits/redo")
    assert len(again.get_json()["fields"]) == 2
    assert again.headers["ETag"]
    assert program.call("POST", f"{FORMS}/gone/undo").status_code == 404


def test_a_form_begins_ready_made_or_as_a_copy(program: Program) -> None:
    names = [each["name"] for each in program.get("/api/v1/form-gallery").get_json()["forms"]]
    assert "feedback" in names
    made = program.call("POST", "/api/v1/form-gallery/feedback", {"label": "Voices"})
    assert (made.status_code, made.get_json()["label"]) == (201, "Voices")
    assert program.call("POST", "/api/v1/form-gallery/nothing").status_code == 404
    twin = program.call("POST", f"{FORMS}/{made.get_json()['key']}/copy", {"label": "Echoes"})
    assert (twin.status_code, twin.get_json()["key"]) == (201, "echoes")
    bad = program.call("POST", f"{FORMS}/echoes/copy", {"label": 7, "colour": "red"})
    assert bad.status_code == 422
    assert len(bad.get_json()["problems"]) == 2


def test_a_file_becomes_a_form_with_records(program: Program, site: Site) -> None:
    sheet = (io.BytesIO(b"Name,Mobile\nAnn,13800138000\nBen,13900139000\n"), "guests.csv")
    url = f"{FORMS}/from-file"
    made = program.client.post(
        url, data={"file": sheet, "label": "Guests"}, headers=program.headers
    )
    assert (made.status_code, made.get_json()["form"]) == (201, "guests")
    running.run_due(site.database, site.workspace)
    found = program.get(f"{FORMS}/guests/records").get_json()["records"]
    assert {each["name"] for each in found} == {"Ann", "Ben"}
    empty = program.client.post(url, data={"label": "x"}, headers=program.headers)
    assert empty.status_code == 422
