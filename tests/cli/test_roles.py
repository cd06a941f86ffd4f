"""Roles from the command line: put, publish, list, show."""

import json
from pathlib import Path
from typing import Any

from tests.cli.test_accounts import Run, data, run  # noqa: F401 - a fixture

ROLE: dict[str, Any] = {
    "kind": "role",
    "key": "cashier",
    "label": {"en": "Cashier", "zh-Hans": "收银员"},
    "capabilities": ["view_reports"],
    "default": {"read": "unit_tree"},
}


def test_a_role_is_put_published_and_given(run: Run, tmp_path: Path) -> None:  # noqa: F811
    run("workspace", "create", "Shop")
    path = tmp_path / "cashier.json"
    path.write_text(json.dumps(ROLE), "utf-8")
    assert run("role", "put", str(path)).exit_code == 0
    assert run("token", "create", "till", "--role", "cashier").exit_code == 1
    assert run("role", "publish", "cashier").exit_code == 0
    assert [each["key"] for each in data(run("--json", "role", "list"))] == ["cashier"]
    assert run("token", "create", "till", "--role", "cashier").exit_code == 0
    assert '"unit_tree"' in run("role", "show", "cashier").stdout


def test_a_crooked_role_is_refused_with_its_places(run: Run, tmp_path: Path) -> None:  # noqa: F811
    run("workspace", "create", "Shop")
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps({**ROLE, "key": "owner"}), "utf-8")
    refused = run("role", "put", str(path))
    assert refused.exit_code == 1
    assert "key" in refused.output


def test_access_cases_are_kept_run_and_taken_away(run: Run, tmp_path: Path) -> None:  # noqa: F811
    run("workspace", "create", "Shop")
    form = {
        "kind": "form",
        "key": "notes",
        "label": "Notes",
        "fields": [{"key": "what", "type": "text"}],
    }
    path = tmp_path / "form.json"
    path.write_text(json.dumps(form), "utf-8")
    run("form", "put", str(path))
    run("form", "publish", "notes")
    kept = run(
        "access", "keep", "notes", "--as", "clerk", "--expect", "allowed", "--field", "what"
    )
    assert kept.exit_code == 0, kept.output
    assert run("access", "check").exit_code == 0
    wrong = (
        "--expect",
        "refused",
        "--label",
        "Never",
        "--where",
        '{"field": "what", "op": "is_empty"}',
    )
    assert run("access", "keep", "notes", "--as", "clerk", *wrong).exit_code == 0
    assert run("access", "keep", "notes", "--as", "clerk", "--expect", "refused").exit_code == 0
    checked = run("--json", "access", "check")
    states = [each["result"]["state"] for each in json.loads(checked.stdout)]
    assert (checked.exit_code, states) == (1, ["holds", "holds", "broken"])
    assert run("doctor").exit_code == 1
    assert run("access", "drop", "3").exit_code == 0
    assert run("access", "drop", "3").exit_code == 1
    path.write_text(json.dumps({**form, "fields": [{"key": "other", "type": "text"}]}), "utf-8")
    run("form", "put", str(path))
    assert "access case" in run("form", "publish", "notes").output
    assert run("form", "publish", "notes", "--accept-broken-cases").exit_code == 0
