"""``regulars rules …``, as typed: pause, resume, enrol, tick, explain."""

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from regulars.cli import main
from regulars.form_builder import records
from regulars.form_builder.origin import Origin
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, Workspace
from regulars.seed_templates.catalogue import get_pack
from regulars.seed_templates.installer import Wishes, install
from regulars.wiring import wire

Call = Callable[..., Result]
OWNER = system_access("en")


@pytest.fixture
def call(database: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Call:
    """The command line over the retail pack with one customer who last bought long ago."""
    wire()
    past = Origin("import", automation="none")
    with database.workspace_tx(workspace) as uow:
        install(uow, OWNER, get_pack("retail_crm"), Wishes())
        made = records.create_record(
            uow, OWNER, "customers", {"name": "Wang Fang", "mobile": "13800138000"}, origin=past
        )
        order = {"order_no": "A-1", "customer": made.id, "paid_at": "2025-01-05T10:00"}
        records.create_record(uow, OWNER, "orders", {**order, "status": "paid"}, origin=past)
    monkeypatch.setenv("REGULARS_DATA_DIR", str(database.data_dir))
    monkeypatch.setenv("REGULARS_DATABASE_URL", database.url)
    monkeypatch.setenv("LC_ALL", "C")
    return lambda *arguments: CliRunner().invoke(main, list(arguments))


def test_enrolling_into_a_paused_rule_says_how_to_switch_it_on(call: Call) -> None:
    said = call("rules", "enrol", "win_back_30", "--at", "2025-03-01T10:00")
    assert said.exit_code == 0
    assert "regulars rules resume win_back_30" in said.output
    held = json.loads(call("--json", "rules", "tick", "--at", "2025-03-01T10:00").output)
    assert held["runs"] == 0


def test_a_resumed_rule_goes_on_and_a_paused_one_stops(call: Call) -> None:
    call("rules", "enrol", "win_back_30", "--at", "2025-03-01T10:00")
    on = json.loads(
        call("--json", "rules", "resume", "win_back_30", "--at", "2025-03-01T10:00").output
    )
    assert on == {"rule": "win_back_30", "state": "active"}
    done = json.loads(call("--json", "rules", "tick", "--at", "2025-03-01T10:00").output)
    assert done["runs"] == 1
    off = json.loads(call("--json", "rules", "pause", "win_back_30").output)
    assert off["state"] == "paused"


def test_an_unknown_rule_is_named(call: Call) -> None:
    for command in ("pause", "resume", "enrol"):
        said = call("rules", command, "nothing_like_it")
        assert said.exit_code == 1
        assert "Traceback" not in said.output


def test_why_is_told_with_marks(call: Call) -> None:
    said = call("rules", "explain", "win_back_30", "--record", "1", "--at", "2025-03-01T10:00")
    assert said.exit_code == 0
    assert "✓" in said.output or "✗" in said.output
