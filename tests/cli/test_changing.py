"""Changing live forms on the command line."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from regulars.cli import main
from regulars.form_builder.origin import Origin
from regulars.form_builder.records import create_record
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, Workspace
from tests.support.shop_forms import publish_forms

NOTES: dict[str, Any] = {
    "kind": "form",
    "key": "notes",
    "label": "Notes",
    "fields": [
        {"key": "n", "type": "text"},
        {"key": "twice", "type": "formula", "formula": "LEN(n)", "result": "number"},
        {"key": "free", "type": "text"},
    ],
}
pytestmark = pytest.mark.one_database


@pytest.fixture
def shell(database: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow, [NOTES])
        for text in ("1", "two"):
            values = {"n": text, "free": text}
            create_record(uow, system_access("en"), "notes", values, origin=Origin("cli"))
    monkeypatch.setenv("REGULARS_DATA_DIR", str(database.data_dir))
    monkeypatch.setenv("REGULARS_DATABASE_URL", database.url)
    return CliRunner()


def run(shell: CliRunner, *words: str, status: int = 0) -> Any:
    found = shell.invoke(main, ["--json", *words])
    assert found.exit_code == status, found.output
    return json.loads(found.stdout) if status == 0 else found.output


def test_uses_archive_restore_and_purge(shell: CliRunner) -> None:
    (use,) = run(shell, "form", "used", "notes", "n")
    assert (use["kind"], use["path"]) == ("form", "fields/1/formula")
    run(shell, "form", "archive", "notes", "n", status=1)
    assert run(shell, "form", "archive", "notes", "free") == {"version": 2}
    assert run(shell, "form", "restore", "notes", "free") == {"version": 3}
    run(shell, "form", "archive", "notes", "free")
    assert run(shell, "form", "purge", "notes", "free") == {"archived": ["free"], "purged": False}
    assert run(shell, "form", "purge", "notes", "free", "--yes")["purged"] is True


def test_a_type_is_changed_once_the_losses_are_accepted(shell: CliRunner) -> None:
    wish = ("form", "retype", "notes", "free", "number")
    rehearsed = run(shell, *wish, "--dry-run")
    assert (rehearsed["state"], rehearsed["losses"][0]["before"]) == ("checked", "two")
    assert "--accept-losses" in run(shell, *wish, status=1)
    assert run(shell, *wish, "--accept-losses")["state"] == "done"
    said = run(shell, "form", "versions", "notes", "--compare", "1", "2")
    assert len(said) == 1
    assert [each["version"] for each in run(shell, "form", "versions", "notes")] == [2, 1]
    run(shell, "form", "revert", "notes", "1")


def test_settings_must_be_an_object(shell: CliRunner) -> None:
    run(shell, "form", "retype", "notes", "free", "number", "--settings", "[]", status=2)
