"""``regulars public_form …``: a form for strangers from a file, its links and its code."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from regulars.cli import main
from regulars.platform.db import Database, Workspace
from regulars.wiring import wire
from tests.support.public_forms import JOIN
from tests.support.shop_forms import publish_forms

pytestmark = pytest.mark.one_database


def run(*words: str, given: Any = None) -> Result:
    text = None if given is None else json.dumps(given)
    command = ["--json", "public_form", *words]
    return CliRunner().invoke(main, command, input=text, catch_exceptions=False)


def test_from_a_file_to_a_link_and_its_code(
    database: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REGULARS_DATA_DIR", str(database.data_dir))
    monkeypatch.setenv("REGULARS_DATABASE_URL", database.url)
    wire()
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow)
    assert run("put", "-", given=JOIN).exit_code == 0
    assert run("publish", "join").exit_code == 0
    [link] = json.loads(run("links", "join", "--shop").output)
    assert (link["state"], link["received"], link["store"]) == ("open", 0, "")
    assert "/f/" in link["url"]
    paused = run("link", "join", str(link["id"]), "paused")
    assert json.loads(paused.output)["state"] == "paused"
    written = tmp_path / "code.png"
    done = run("poster", "join", str(link["id"]), "--png", "--output", str(written))
    assert done.exit_code == 0
    assert written.read_bytes().startswith(b"\x89PNG")
    assert run("links", "nothing", "--shop").exit_code == 1
