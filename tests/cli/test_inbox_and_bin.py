"""Tasks and the recycle bin from the command line."""

import json

from regulars.form_builder.origin import Origin
from regulars.form_builder.records import delete_record, get_record
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, Workspace
from tests.cli.test_accounts import Run, data, run  # noqa: F401 - a fixture
from tests.cli.test_people import Call, call  # noqa: F401 - a fixture


def test_a_task_is_added_listed_and_finished(run: Run) -> None:  # noqa: F811
    run("workspace", "create", "Shop")
    made = data(run("--json", "task", "add", "Call Ann", "--role", "clerk", "--due", "2030-01-02"))
    assert (made["title"], made["role"], made["state"]) == ("Call Ann", "clerk", "open")
    assert made["due_at"].startswith("2030-01-01T") or made["due_at"].startswith("2030-01-02T")
    assert [each["id"] for each in data(run("--json", "task", "list"))["tasks"]] == [made["id"]]
    done = data(run("--json", "task", "finish", str(made["id"]), "--note", "reached her"))
    assert (done["outcome"], done["note"]) == ("done", "reached her")
    assert data(run("--json", "task", "list"))["tasks"] == []
    assert len(data(run("--json", "task", "list", "--done"))["tasks"]) == 1
    assert run("task", "add", "x", "--role", "nobody").exit_code == 1
    assert run("task", "finish", "999").exit_code == 1


def test_what_was_deleted_comes_back_or_goes_for_good(
    call: Call, database: Database, workspace: Workspace  # noqa: F811
) -> None:  # fmt: skip
    with database.workspace_tx(workspace) as uow:
        for record in (1, 2):
            delete_record(uow, system_access("en"), "customers", record, origin=Origin("cli"))
    listed = json.loads(call("--json", "bin", "list", "customers").output)["records"]
    assert sorted((each["record"], each["title"]) for each in listed) == [(1, "Ann"), (2, "Anne")]
    assert "Ann" in call("bin", "restore", "customers", "1").output
    assert call("bin", "purge", "customers", "2").exit_code == 0
    assert json.loads(call("--json", "bin", "list", "customers").output) == {"records": []}
    for words in (("restore", "customers", "2"), ("purge", "customers", "9"), ("list", "nowhere")):
        assert call("bin", *words).exit_code == 1, words
    with database.workspace_tx(workspace, write=False) as uow:
        assert get_record(uow, system_access("en"), "customers", 1)["name"] == "Ann"
