"""The web application for tests with a client: people in any role, CSRF done for them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from regulars import wiring
from regulars.app import create_app
from regulars.platform.accounts import (
    installation_keys,
    members,
    passwords,
    signing,
    tokens,
    users,
)
from regulars.platform.accounts.tokens import TokenWish
from regulars.platform.accounts.users import NewUser, User
from regulars.platform.config import Config
from regulars.platform.db import Database, Workspace
from regulars.platform.ids import new_token

SECRET = "only good for tests, but long enough to be taken"
PASSWORD = "five quiet yellow bicycles"
_TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]+)"')


class Visitor(FlaskClient):
    """A browser: keeps cookies, and sends the CSRF token of the last page with every form."""

    csrf = ""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Any request; a page's token is remembered."""
        response = super().open(*args, **kwargs)
        if any(each.startswith("regulars=") for each in response.headers.getlist("Set-Cookie")):
            self.csrf = ""  # a new visit has another token
        if response.mimetype == "text/html" and (found := _TOKEN.search(response.text)):
            self.csrf = found.group(1)
        return response

    def send(self, url: str, values: dict[str, Any] | None = None, **kwargs: Any) -> TestResponse:
        """Post a form the way one of our pages does."""
        if not self.csrf:
            self.get("/sign-in", follow_redirects=True)
        return self.post(url, data={"csrf_token": self.csrf, **(values or {})}, **kwargs)

    def htmx(self, method: str, url: str, values: dict[str, Any] | None = None) -> TestResponse:
        """A request the way htmx sends it."""
        if not self.csrf:
            self.get("/sign-in", follow_redirects=True)
        headers = {"HX-Request": "true", "HX-Request-Type": "partial", "X-CSRF-Token": self.csrf}
        where = {"query_string": values} if method == "GET" else {"data": values}
        return self.open(url, method=method, headers=headers, **where)


@dataclass
class Site:
    """The application over the test's own database and its one workspace, ``shop``."""

    app: Flask
    database: Database
    workspace: Workspace
    people: dict[str, User] = field(default_factory=dict)

    @property
    def home(self) -> str:
        """The address of the workspace."""
        return f"/w/{self.workspace.key}"

    def visitor(self, **settings: Any) -> Visitor:
        """A browser in which nobody has signed in."""
        client = self.app.test_client(**settings)
        assert isinstance(client, Visitor)
        return client

    def person(self, name: str, role: str | None = "owner", units: Sequence[int] = ()) -> User:
        """A user, and a member in ``role`` unless that is None; the same name is the same user."""
        if name in self.people:
            return self.people[name]
        now = self.database.clock()
        newcomer = NewUser(f"{name.lower()}@shop.example", name, PASSWORD, "en")
        with self.database.main_tx() as connection:
            made = users.create_user(connection, newcomer, now=now)
            if role is not None:
                users.join(connection, made.id, self.workspace.id)
        if role is not None:
            with self.database.workspace_tx(self.workspace) as uow:
                members.add_member(uow, made, role, units)
        self.people[name] = made
        return made

    def member_id(self, name: str) -> int:
        """The member id of a person made before."""
        with self.database.workspace_tx(self.workspace, write=False) as uow:
            found = members.find_member_of(uow, self.people[name].id)
        assert found is not None
        return found.id

    def signed_in(self, name: str = "Alice", role: str = "owner", **settings: Any) -> Visitor:
        """A browser in which a member has signed in."""
        who = self.person(name, role)
        visitor, visit = self.visitor(**settings), new_token(32)
        signing.sign_in(self.database, who, visit, agent="test", now=self.database.clock())
        visitor.set_cookie("regulars", visit)
        return visitor

    def installation_key(self) -> dict[str, str]:
        """Headers of a program with a key to the installation as a whole."""
        with self.database.main_tx() as connection:
            _key, secret = installation_keys.create_key(
                connection, "Ops", now=self.database.clock()
            )
        return {"Authorization": f"Bearer {secret}"}

    def token(self, role: str = "owner", units: Sequence[int] = ()) -> dict[str, str]:
        """Headers of a program with a token of this role."""
        wish = TokenWish(f"a {role} token", role, units)
        with self.database.main_tx() as connection:
            secret = tokens.create_token(
                connection, self.workspace, wish, now=self.database.clock()
            )
        return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def site(
    database: Database, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    """The whole application; passwords are hashed cheaply."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(1, 8, 1))
    passwords._nobodys_hash.cache_clear()
    wiring.wire()
    app = create_app(Config(data_dir=tmp_path, secret_key=SECRET), database)
    app.test_client_class = Visitor
    yield Site(app, database, workspace)
    passwords._nobodys_hash.cache_clear()


class _Texts(HTMLParser):
    """The words a reader sees or hears on a page."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style")
        spoken = ("aria-label", "placeholder", "title", "alt")
        self.words += [value for name, value in attrs if name in spoken and value]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._silent:
            self.words.append(data.strip())


def words_of(html: str) -> list[str]:
    """Every text of a page that people read or hear."""
    parser = _Texts()
    parser.feed(html)
    return parser.words
