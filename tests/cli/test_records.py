"""``regulars record …`` and ``regulars api call``: the API from a script, without a key."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from regulars.cli import main
from regulars.platform.db import Database, Workspace
from regulars.wiring import wire
from tests.support.shop_forms import publish_forms
from tests.support.site import Site

pytestmark = pytest.mark.one_database
Run = Callable[..., Result]


@pytest.fixture
def run(
    database: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Run:
    monkeypatch.setenv("REGULARS_DATA_DIR", str(database.data_dir))
    monkeypatch.setenv("REGULARS_DATABASE_URL", database.url)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    wire()
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow)

    def type_in(*words: str, given: object = None) -> Result:
        return CliRunner().invoke(
            main, words, input=None if given is None else json.dumps(given), catch_exceptions=False
        )

    return type_in


def test_a_record_is_added_changed_found_and_deleted(run: Run) -> None:
    made = run("record", "create", "customers", "-", given={"name": "王芳"})
    assert made.exit_code == 0
    who = str(json.loads(made.output)["id"])
    changed = run("record", "update", "customers", who, "-", given={"tags": ["tea"]})
    assert json.loads(changed.output)["tags"] == ["tea"]
    assert json.loads(run("record", "show", "customers", who).output)["version"] == 2
    found = run("--json", "record", "list", "customers", "--search", "王", "--fields", "name")
    assert [each["name"] for each in json.loads(found.output)["records"]] == ["王芳"]
    told = json.loads(run("record", "history", "customers", who).output)
    assert [each["action"] for each in told["history"]] == ["updated", "created"]
    assert run("record", "timeline", "customers", who).exit_code == 0
    assert run("record", "delete", "customers", who).output == f"{who}\n"
    assert run("record", "list", "customers").output == "\n"


def test_a_long_list_goes_on_where_the_page_ended(run: Run) -> None:
    for name in ("a", "b", "c"):
        run("record", "create", "customers", "-", given={"name": name})
    first = json.loads(run("--json", "record", "list", "customers", "--limit", "2").output)
    rest = run("--json", "record", "list", "customers", "--limit", "2", "--cursor", first["next"])
    names = [each["name"] for each in first["records"] + json.loads(rest.output)["records"]]
    assert sorted(names) == ["a", "b", "c"]


def test_a_refusal_names_every_problem_and_the_cure(run: Run) -> None:
    refused = run("record", "create", "customers", "-", given={"mobile": "12", "email": "x"})
    assert refused.exit_code == 1
    assert {line.split(":")[0].strip() for line in refused.output.splitlines()[1:]} == {
        "name", "mobile", "email",
    }  # fmt: skip
    as_data = run("--json", "record", "show", "customers", "99")
    assert (as_data.exit_code, json.loads(as_data.output)["status"]) == (1, 404)
    assert run("record", "create", "customers", "-", given=["no object"]).exit_code == 2


def test_whatever_programs_can_ask_can_be_asked_from_a_script(run: Run, tmp_path: Path) -> None:
    path = ("forms/customers/records", "-q", "limit=5", "-q", "count=true")
    assert json.loads(run("api", "call", "get", *path).output)["count"] == 0
    made = run(
        "api", "call", "POST", "/units", "--body", "-", given={"code": "S2", "name": "No 2"}
    )
    assert made.exit_code == 0, made.output
    members = run("api", "call", "GET", "/members", "--out", str(tmp_path / "members.json"))
    assert (members.output, "members" in (tmp_path / "members.json").read_text()) == ("", True)
    assert run("api", "call", "GET", "/no-such-thing").exit_code == 1
    assert run("api", "call", "GET", "/forms", "-q", "limit").exit_code == 2


def test_no_header_of_a_request_opens_what_is_open_to_the_command_line(site: Site) -> None:
    for name in ("regulars.inside", "regulars-inside", "Regulars-Inside", "X-Regulars-Inside"):
        answer = site.app.test_client().get("/api/v1/forms", headers={name: "shop"})
        assert answer.status_code == 401, name


def test_many_are_summed_up_changed_and_put_back(run: Run) -> None:
    for name, tier in (("a", "basic"), ("b", "basic"), ("c", "diamond")):
        run("record", "create", "customers", "-", given={"name": name, "tier": tier})
    told = run("record", "summary", "customers", "--by", "tier", "--sum", "name=filled")
    found = json.loads(told.output)
    assert [(each["keys"], each["count"]) for each in found["groups"]] == [
        (["basic"], 2), (["diamond"], 1),
    ]  # fmt: skip
    wish = {
        "filter": {"field": "tier", "op": "is", "value": "basic"},
        "changes": [{"field": "tags", "do": "add", "value": ["tea"]}],
    }
    assert json.loads(run("record", "bulk", "customers", "-", given=wish).output)["counts"] == {
        "ready": 2
    }
    done = json.loads(run("record", "bulk", "customers", "-", "--apply", given=wish).output)
    assert (done["state"], done["counts"]) == ("done", {"changed": 2})
    back = json.loads(run("record", "bulk-undo", "customers", str(done["id"])).output)
    assert back["counts"] == {"restored": 2}
