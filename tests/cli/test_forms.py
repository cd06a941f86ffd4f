"""``regulars form …``, as typed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from regulars.cli import main
from regulars.platform.db import Database, Workspace

Call = Callable[..., Result]
GUESTS: dict[str, Any] = {
    "kind": "form",
    "key": "guests",
    "label": {"en": "Guests", "zh-Hans": "客人"},
    "fields": [{"key": "name", "type": "text"}],
}
VISITS: dict[str, Any] = {
    "kind": "form",
    "key": "visits",
    "label": "Visits",
    "fields": [{"key": "guest", "type": "link", "to": "guests"}],
}


@pytest.fixture
def call(database: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.setenv("REGULARS_DATA_DIR", str(database.data_dir))
    monkeypatch.setenv("REGULARS_DATABASE_URL", database.url)
    monkeypatch.setenv("LC_ALL", "C")

    def run(*arguments: str | Path, **settings: Any) -> Result:
        return CliRunner().invoke(main, [str(each) for each in arguments], **settings)

    return run


def put(call: Call, form: dict[str, Any]) -> Result:
    return call("form", "put", "-", input=json.dumps(form))


def test_forms_that_refer_to_each_other_are_published_together(call: Call) -> None:
    assert put(call, VISITS).output == "visits\n"
    refused = call("form", "publish", "visits")
    assert refused.exit_code == 1
    assert "form/visits/fields/0/to: The form “guests” is not published yet." in refused.output
    put(call, GUESTS)
    done = call("--json", "form", "publish", "guests", "visits")
    assert json.loads(done.output) == [
        {"key": "guests", "version": 1},
        {"key": "visits", "version": 1},
    ]


def test_what_is_shown_can_be_put_back_as_it_is(call: Call, tmp_path: Path) -> None:
    put(call, GUESTS)
    call("form", "publish", "guests")
    shown = call("form", "show", "guests").output
    path = tmp_path / "guests.json"
    path.write_text(shown)
    assert call("form", "put", path).exit_code == 0
    assert call("form", "show", "guests", "--draft").output == shown


def test_all_problems_are_printed_with_their_place(call: Call) -> None:
    broken = {**GUESTS, "colour": "red", "fields": [{"key": "A", "type": "rainbow"}]}
    refused = put(call, broken)
    assert refused.exit_code == 1
    assert "colour: “colour” is not known here." in refused.output
    assert "fields/0/type: There is no kind of field called “rainbow”." in refused.output


def test_what_a_record_would_look_like_is_told_before_it_is_saved(call: Call) -> None:
    rule = {"when": {"field": "name", "op": "is", "value": "Ann"}, "then": [{"show": ["why"]},
            {"require": ["why"]}]}  # fmt: skip
    fields = [*GUESTS["fields"], {"key": "why", "type": "text"}]
    put(call, {**GUESTS, "fields": fields, "logic": [rule]})
    call("form", "publish", "guests")
    told = call("form", "try", "guests", "-", input=json.dumps({"name": "Ann"}))
    assert told.output == "name: Ann\nwhy:   required\n! why: Please fill this in.\n"
    hidden = call("form", "try", "guests", "-", input=json.dumps({"name": "Bo"}))
    assert hidden.output == "name: Bo\nwhy:   hidden\n"


def test_forms_begin_ready_made_as_copies_and_out_of_files(call: Call, tmp_path: Path) -> None:
    assert "bookings  Bookings" in call("form", "gallery").output
    assert call("form", "gallery", "bookings", "--label", "Tables").output.strip() == "bookings"
    assert call("form", "copy", "bookings", "--label", "Rooms").output.strip() == "rooms"
    sheet = tmp_path / "spring_guests.csv"
    sheet.write_text("Name,Born\nAnn,1990-02-03\nBen,1985-12-24\n")
    done = call("form", "from-file", sheet)
    assert done.exit_code == 0, done.output
    shown = json.loads(call("form", "show", "spring_guests").output)
    assert [field["type"] for field in shown["fields"]] == ["text", "date"]
    call("export", "spring_guests", tmp_path / "out.csv")
    assert "Ben" in (tmp_path / "out.csv").read_text()


def test_a_step_of_a_draft_is_undone_and_redone(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "guests.json"
    file.write_text(json.dumps(GUESTS))
    call("form", "put", file)
    file.write_text(json.dumps({**GUESTS, "title": "{name}"}))
    call("form", "put", file)
    assert call("form", "undo", "guests").exit_code == 0
    assert "title" not in json.loads(call("form", "show", "guests", "--draft").output)
    call("form", "redo", "guests")
    assert json.loads(call("form", "show", "guests", "--draft").output)["title"] == "{name}"
