import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from regulars.cli import main
from regulars.platform.db import Database
from regulars.platform.workspaces import create_workspace
from tests.seed_templates.small_pack import as_bytes, small_files

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The command line over a data folder with one empty workspace."""
    data = tmp_path / "data"
    data.mkdir()
    database = Database("", data)
    database.create_stores()
    create_workspace(database, "inn", "客栈", locale="en")
    database.close()

    def call(*arguments: str) -> Result:
        environment = {"REGULARS_DATA_DIR": str(data), "REGULARS_DATABASE_URL": "", "LANG": "C"}
        return CliRunner(env=environment).invoke(main, list(arguments), catch_exceptions=False)

    return call


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small pack, laid out as an author would."""
    home = tmp_path / "small_inn"
    for name, body in as_bytes(small_files()).items():
        target = home / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
    return home


def data_of(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_the_shipped_packs_are_listed(run: Run) -> None:
    [listed] = data_of(run("--json", "pack", "list"))
    assert (listed["key"], listed["installed"]) == ("retail_crm", None)
    assert "retail_crm 0.1.0" in run("pack", "list").output


def test_the_retail_pack_is_sound(run: Run) -> None:
    checked = run("pack", "check", "retail_crm")
    assert checked.exit_code == 0
    assert "sound" in checked.output


def test_a_folder_is_tried_then_installed_then_nothing_to_change(run: Run, folder: Path) -> None:
    tried = data_of(run("--json", "pack", "install", str(folder), "--dry-run"))
    assert (tried["dry_run"], tried["nothing_to_change"]) == (True, False)
    done = data_of(run("--json", "pack", "install", str(folder)))
    assert done["changes"] == tried["changes"]
    again = run("pack", "install", str(folder))
    assert again.output.strip() == "Nothing to change."


def test_a_broken_pack_is_refused_with_every_reason(run: Run, folder: Path) -> None:
    (folder / "forms" / "stays.json").write_text("{")
    (folder / "run.sh").write_text("true")
    refused = run("pack", "check", str(folder))
    assert refused.exit_code == 1
    assert "run.sh" in refused.output
    (folder / "run.sh").unlink()
    assert "forms/stays.json" in run("pack", "install", str(folder)).output


def test_what_is_no_pack_is_said_so(run: Run) -> None:
    refused = run("pack", "install", "nothing_here")
    assert refused.exit_code == 1
    assert "nothing_here" in refused.output


def test_sample_data_is_taken_out_again(run: Run) -> None:
    installed = data_of(run("--json", "pack", "install", "retail_crm", "--sample-data"))
    assert installed["sample_records"] > 4000
    assert len(installed["paused_rules"]) == 4
    removed = data_of(run("--json", "pack", "uninstall-sample", "retail_crm"))
    assert sum(removed["removed"].values()) == installed["sample_records"]
    assert removed["kept"] == {}
    assert run("pack", "uninstall-sample", "retail_crm").exit_code == 1
