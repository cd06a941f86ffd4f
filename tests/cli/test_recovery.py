import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from regulars import wiring
from regulars.app import create_app
from regulars.cli import main
from regulars.platform import data_folder
from regulars.platform.accounts import second_factors, users
from regulars.platform.accounts.users import User
from regulars.platform.config import Config
from regulars.platform.db import Database
from regulars.platform.sealing import seal_for
from regulars.platform.secret_keys import new_key
from tests.support.second_factor import Phone
from tests.support.site import PASSWORD, Visitor

Run = Callable[..., Result]
EMAIL = "alice@shop.example"
NEW = "six loud green tractors"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line over a data folder with one shop and its owner, Alice."""
    for name in ("REGULARS_DATABASE_URL", "REGULARS_REDIS_URL", "REGULARS_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REGULARS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    data_folder.prepare(tmp_path)

    def call(*words: str, **settings: Any) -> Result:
        return CliRunner().invoke(main, list(words), **settings)

    assert call("workspace", "create", "Shop").exit_code == 0
    words = ("user", "create", EMAIL, "--role", "owner", "--password-stdin", "--locale", "en")
    assert call(*words, input=f"{PASSWORD}\n").exit_code == 0
    return call


@pytest.fixture
def database(run: Run, tmp_path: Path) -> Iterator[Database]:
    """The stores of that folder."""
    opened = Database("", tmp_path)
    yield opened
    opened.close()


def data(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def alice(database: Database) -> User:
    with database.main_tx(write=False) as connection:
        found = users.find_user(connection, EMAIL)
    assert found is not None
    return found


def visitor(database: Database) -> Visitor:
    wiring.wire()
    app = create_app(Config.from_environ(), database)
    app.test_client_class = Visitor
    client = app.test_client()
    assert isinstance(client, Visitor)
    return client


def turn_on(database: Database) -> Phone:
    seal, now = seal_for(Config.from_environ().secret_keys), database.clock()
    person = alice(database)
    with database.main_tx() as connection:
        second_factors.begin(connection, seal, person.id, now=now)
        setup = second_factors.unfinished(connection, seal, person)
    assert setup is not None
    phone = Phone(database, setup.secret)
    phone.recovery = second_factors.confirm(database, seal, person.id, phone.code(), now=now)
    return phone


def sign_in(client: Visitor, password: str) -> str:
    return str(client.send("/sign-in", {"email": EMAIL, "password": password}).location)


def test_a_lost_owner_gets_back_in_with_a_link_from_the_command_line(
    run: Run, database: Database
) -> None:
    turn_on(database)
    printed = data(run("--json", "user", "recover", EMAIL.upper()))
    base, _, path = printed["link"].partition("/new-password/")
    assert base == "http://127.0.0.1:8000"
    owner = visitor(database)
    page = owner.get(f"/new-password/{path}")
    assert "it will be off afterwards" in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    done = owner.send(f"/new-password/{path}", {"password": NEW})
    assert done.location == "/"
    assert owner.get("/w/shop/").status_code == 200
    assert visitor(database).get(f"/new-password/{path}").status_code == 404
    assert sign_in(visitor(database), NEW) == "/"


def test_a_newer_link_replaces_the_older_one(run: Run, database: Database) -> None:
    older, newer = (data(run("--json", "user", "recover", EMAIL))["link"] for _ in range(2))
    assert visitor(database).get("/" + older.split("/", 3)[3]).status_code == 404
    assert visitor(database).get("/" + newer.split("/", 3)[3]).status_code == 200


@pytest.mark.parametrize("command", ["recover", "reset-second-factor", "sign-out"])
def test_nobody_is_found_under_a_wrong_address(run: Run, command: str) -> None:
    refused = run("user", command, "nobody@shop.example")
    assert refused.exit_code == 1
    assert "nobody@shop.example" in refused.output


def test_a_second_factor_is_reset(run: Run, database: Database) -> None:
    turn_on(database)
    assert sign_in(visitor(database), PASSWORD).startswith("/sign-in/code")
    assert data(run("--json", "user", "reset-second-factor", EMAIL))["was_on"]
    assert sign_in(visitor(database), PASSWORD) == "/"
    assert not data(run("--json", "user", "reset-second-factor", EMAIL))["was_on"]


def test_somebody_is_signed_out_everywhere(run: Run, database: Database) -> None:
    phone, office = visitor(database), visitor(database)
    for each in (phone, office):
        sign_in(each, PASSWORD)
        assert each.get("/w/shop/").status_code == 200
    assert data(run("--json", "user", "sign-out", EMAIL))["ended"] == 2
    assert [each.get("/w/shop/").status_code for each in (phone, office)] == [303, 303]


def test_a_workspace_asks_its_owners_for_a_second_factor(run: Run, database: Database) -> None:
    shown = data(run("--json", "workspace", "security"))
    assert shown["owners_second_factor"] == "optional"
    data(run("--json", "workspace", "security", "--owners-second-factor", "required"))
    owner = visitor(database)
    sign_in(owner, PASSWORD)
    assert owner.get("/w/shop/").location == "/account/second-factor"
    data(run("--json", "workspace", "security", "--owners-second-factor", "optional"))
    assert owner.get("/w/shop/").status_code == 200


def test_a_key_is_changed_without_signing_anybody_out(run: Run, database: Database) -> None:
    phone = turn_on(database)
    before = visitor(database)
    assert sign_in(before, PASSWORD).startswith("/sign-in/code")
    before.get("/sign-in/code")
    cookie = before.get_cookie("regulars")
    assert cookie is not None
    made = data(run("--json", "secret", "rotate"))
    assert made == {"keys": 2, "resealed": 1}
    after = visitor(database)  # the restarted application
    after.set_cookie("regulars", cookie.value)
    after.csrf = before.csrf  # of a page that was open meanwhile
    done = after.post("/sign-in/code", data={"csrf_token": before.csrf, "code": phone.code(1)})
    assert done.status_code == 303
    assert data(run("--json", "secret", "forget-old")) == {"forgotten": 1, "resealed": 0}
    seal = seal_for(Config.from_environ().secret_keys)
    now = database.clock()
    second_factors.check(database, seal, alice(database).id, phone.recovery[0], now=now)
    assert second_factors.seal_again(database, seal) == 0


def test_keys_of_the_environment_are_changed_there(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_SECRET_KEY", new_key())
    refused = run("secret", "rotate")
    assert refused.exit_code == 1
    assert "in front of the old one" in refused.output
