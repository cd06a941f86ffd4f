"""``regulars till …``: tills from files, and a sale from a script."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from regulars.cli import main
from regulars.platform.db import Database, Workspace
from regulars.wiring import wire
from tests.support.till_shop import TILL, make, open_till

pytestmark = pytest.mark.one_database


@pytest.fixture
def ann(database: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("REGULARS_DATA_DIR", str(database.data_dir))
    monkeypatch.setenv("REGULARS_DATABASE_URL", database.url)
    wire()
    with database.workspace_tx(workspace) as uow:
        open_till(uow)
        return make(uow, "customers", name="Ann", mobile="13800001234")


def run(*words: str, given: Any = None) -> Result:
    text = None if given is None else json.dumps(given)
    return CliRunner().invoke(main, ["--json", *words], input=text, catch_exceptions=False)


def test_a_sale_is_recorded_once_however_often_a_script_says_it(ann: int) -> None:
    words = (
        "till",
        "sell",
        "counter",
        "60.50",
        "--person",
        str(ann),
        "--once",
        "till-2026-11-22-001",
    )
    first, again = (json.loads(run(*words).output) for _ in range(2))
    assert (first["points"], first["repeated"]) == ("60", False)
    assert again == {**first, "repeated": True}
    assert run("till", "sell", "counter", "x", "--once", "till-2026-11-22-002").exit_code == 1


def test_a_till_is_put_and_published_from_a_file(ann: int) -> None:
    assert run("till", "put", "-", given={**TILL, "key": "second"}).exit_code == 0
    assert run("till", "publish", "second").exit_code == 0
    listed = json.loads(run("till", "list").output)
    assert [each["key"] for each in listed] == ["counter", "second"]
