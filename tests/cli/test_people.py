"""``regulars person …``, as typed."""

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from regulars.cli import main
from regulars.form_builder.origin import Origin
from regulars.form_builder.records import create_record
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, Workspace
from regulars.wiring import wire
from tests.support.shop_forms import publish_forms

Call = Callable[..., Result]


@pytest.fixture
def call(database: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Call:
    """The command line over a small shop with Ann, who is there twice."""
    wire()
    monkeypatch.setenv("REGULARS_DATA_DIR", str(database.data_dir))
    monkeypatch.setenv("REGULARS_DATABASE_URL", database.url)
    monkeypatch.setenv("LC_ALL", "C")
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow)
        for name in ("Ann", "Anne"):
            values = {"name": name, "email": "ann@x.cn"}
            create_record(uow, system_access("en"), "customers", values, origin=Origin("cli"))

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, arguments)

    return run


def test_people_who_are_there_twice_are_listed(call: Call) -> None:
    listed = call("person", "duplicates", "--form", "customers")
    assert listed.exit_code == 0, listed.output
    assert "Ann (#1), Anne (#2)" in listed.output
    assert "The same e-mail address" in listed.output
    data = json.loads(call("--json", "person", "duplicates", "--form", "customers").output)
    assert data["count"] == 1


def test_they_are_merged_after_a_look_and_parted_again(call: Call) -> None:
    pair = ("--form", "customers", "--keep", "1", "--drop", "2")
    tried = call("--json", "person", "merge", *pair, "--choose", "name", "drop", "--dry-run")
    assert json.loads(tried.output)["choose"] == {"name": "drop"}
    done = call("person", "merge", *pair)
    assert (done.exit_code, done.output) == (0, "Merged. Record 2 is now part of this one.\n")
    back = call("person", "unmerge", "--form", "customers", "--id", "2")
    assert (back.exit_code, back.output) == (0, "“Anne” is a record of its own again.\n")


def test_what_cannot_be_is_refused_with_reasons(call: Call) -> None:
    alone = call("person", "merge", "--form", "customers", "--keep", "1", "--drop", "1")
    assert (alone.exit_code, "two different records" in alone.output) == (1, True)
    stranger = call("person", "duplicates", "--form", "orders")
    assert (stranger.exit_code, "does not hold people" in stranger.output) == (1, True)
