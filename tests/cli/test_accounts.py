import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from regulars.cli import main
from tests.support.site import PASSWORD

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line over an empty data folder."""
    for name in ("REGULARS_DATABASE_URL", "REGULARS_REDIS_URL", "REGULARS_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REGULARS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)

    def call(*words: str, **settings: Any) -> Result:
        return CliRunner().invoke(main, list(words), **settings)

    return call


def data(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_workspace_is_opened_and_listed(run: Run) -> None:
    how = ("--currency", "EUR", "--leap-day", "after")
    assert run("workspace", "create", "海边咖啡", *how).exit_code == 0
    (listed,) = data(run("--json", "workspace", "list"))
    assert (listed["key"], listed["name"], listed["currency"], listed["leap_day"]) == (
        "hai-bian-ka-fei",
        "海边咖啡",
        "EUR",
        "after",
    )


def test_a_user_becomes_a_member_with_a_password_that_is_shown_once(run: Run) -> None:
    run("workspace", "create", "Shop")
    made = data(run("--json", "user", "create", "alice@shop.example", "--role", "owner"))
    assert made["role"] == "owner"
    assert len(made["password"]) >= 12


def test_a_password_may_come_from_standard_input_and_is_not_echoed(run: Run) -> None:
    run("workspace", "create", "Shop")
    words = ("user", "create", "alice@shop.example", "--role", "clerk", "--password-stdin")
    done = run(*words, input=f"{PASSWORD}\n")
    assert done.exit_code == 0
    assert PASSWORD not in done.output


def test_a_known_user_joins_a_second_workspace_and_keeps_their_password(run: Run) -> None:
    run("workspace", "create", "One")
    run("workspace", "create", "Two")
    for key in ("one", "two"):
        made = run("-w", key, "--json", "user", "create", "alice@shop.example", "--role", "owner")
        assert (data(made)["password"] is None) == (key == "two")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("user", "create", "nobody", "--role", "clerk"), "not an e-mail address"),
        (("user", "password", "nobody@shop.example"), "nobody@shop.example"),
        (("token", "create", "Till", "--role", "clerk", "--unit", "XX"), "XX"),
        (("token", "revoke", "7"), "nothing here"),
        (("workspace", "create", "Shop", "--zone", "Mars"), "time zone"),
    ],
)
def test_refusals_give_their_reasons_and_exit_code_1(
    run: Run, words: tuple[str, ...], reason: str
) -> None:
    run("workspace", "create", "First Shop")
    refused = run(*words)
    assert refused.exit_code == 1
    assert reason in refused.output


def test_an_unknown_role_is_refused_before_anything_is_made(run: Run) -> None:
    run("workspace", "create", "Shop")
    assert run("user", "create", "a@shop.example", "--role", "emperor").exit_code == 1
    assert run("token", "create", "till", "--role", "emperor").exit_code == 1


def test_a_key_is_made_listed_without_its_secret_and_revoked(run: Run) -> None:
    run("workspace", "create", "Shop")
    made = data(run("--json", "token", "create", "Till", "--role", "clerk"))
    listed = run("--json", "token", "list")
    assert made["token"] not in listed.stdout
    assert data(listed)[0]["ends_in"] == made["token"][-4:]
    assert run("token", "revoke", str(made["id"])).exit_code == 0
    assert data(run("--json", "token", "list")) == []


def test_a_forgotten_password_is_replaced(run: Run) -> None:
    run("workspace", "create", "Shop")
    run("user", "create", "alice@shop.example", "--role", "owner")
    done = data(run("--json", "user", "password", "alice@shop.example"))
    assert len(done["password"]) >= 12


def test_a_workspace_is_put_to_rest_and_taken_back(run: Run) -> None:
    run("workspace", "create", "Shop")
    assert data(run("--json", "workspace", "archive", "shop"))["archived_at"] is not None
    assert "at rest" in run("workspace", "list").output
    refused = run("-w", "shop", "token", "list")
    assert refused.exit_code == 1
    assert "Shop is at rest" in refused.output
    assert run("workspace", "archive", "shop").exit_code == 1
    assert data(run("--json", "workspace", "restore", "shop"))["archived_at"] is None
    assert run("-w", "shop", "token", "list").exit_code == 0
