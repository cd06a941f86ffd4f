"""S27: a canary in every secret place; no page, answer, file or log line shows any of them."""

import base64
import io
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from werkzeug.test import TestResponse

from regulars import wiring
from regulars.app import create_app
from regulars.form_builder.origin import PAGE
from regulars.form_builder.records import create_record
from regulars.platform.accounts import invitations, password_links
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.accounts.invitations import Wish
from regulars.platform.accounts.password_links import Link
from regulars.platform.accounts.routing import workspace_api, workspace_page
from regulars.platform.config import Config
from regulars.platform.db import Database, UnitOfWork, Workspace
from tests.security.every_route import routes
from tests.security.walking import walk
from tests.support.second_factor import phone_of
from tests.support.shop_forms import publish_forms
from tests.support.site import PASSWORD, SECRET, Site, Visitor

pytestmark = pytest.mark.one_database

SETTINGS = {
    "redis_url": "redis://:canary-of-redis@127.0.0.1:1/0",
    "smtp_url": "smtp://canary-of-smtp-user:canary-of-smtp@127.0.0.1:1",
    "metrics_token": "canary-of-the-figures",
    "old_secret_keys": ("canary-of-an-older-key",),
}


@pytest.fixture
def furnished(database: Database, workspace: Workspace, tmp_path: Path, site: Site) -> Site:
    """A site whose settings and stores are full of canaries."""
    wiring.wire()
    config = Config(data_dir=tmp_path, secret_key=SECRET, **SETTINGS)  # type: ignore[arg-type]
    app = create_app(config, database)
    app.test_client_class = Visitor
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow)
        person = {"name": "Wang", "mobile": "13900002222"}
        create_record(uow, system_access("en"), "customers", person, origin=PAGE)
    return Site(app, database, workspace)


def plant(site: Site) -> dict[str, str]:
    """The secrets of people, each where the product keeps it."""
    alice, bob = site.person("Alice"), site.person("Bob", "clerk")
    phone = phone_of(site.database, bob)
    with site.database.workspace_tx(site.workspace) as uow:
        wish = Wish("eve@shop.example", "Eve", "clerk")
        invitation = invitations.invite(uow, system_access("en"), wish)
    with site.database.main_tx() as connection:
        link = password_links.issue(connection, Link(bob, "password"), now=site.database.clock())
    assert alice.email
    return {
        "the password": PASSWORD,
        "the second factor": phone.secret,
        "a recovery code": phone.recovery[0],
        "an invitation": invitation,
        "a password link": link,
        "the key": SECRET,
        "Redis": "canary-of-redis",
        "SMTP": "canary-of-smtp",
        "the figures": "canary-of-the-figures",
        "an older key": "canary-of-an-older-key",
    }


def shapes(secret: str) -> list[str]:
    """A secret as it is, in base64 at any offset, in an address, in hexadecimal."""
    raw = secret.encode()
    encoded = [base64.b64encode(b"\0" * n + raw).decode()[4 * (n > 0) : -4] for n in range(3)]
    return [secret, quote(secret), raw.hex(), *(each for each in encoded if len(each) > 8)]


def shown(text: str, secrets: dict[str, str]) -> list[str]:
    return [name for name, secret in secrets.items() if any(s in text for s in shapes(secret))]


def body(answer: TestResponse) -> str:
    """Whatever it is; some answers are files."""
    return answer.get_data().decode("utf-8", "replace")


def test_s27_no_page_answer_or_log_line_shows_a_secret(furnished: Site, log: io.StringIO) -> None:
    secrets = plant(furnished)
    alice, token = furnished.signed_in("Alice"), furnished.token()
    cookie = alice.get_cookie("regulars")
    assert cookie is not None
    secrets |= {"the session": cookie.value, "a key": token["Authorization"].split()[1]}
    found, looked = [], 0
    for address, answer in walk(alice, f"{furnished.home}/"):
        found += [f"{address}: {name}" for name in shown(body(answer), secrets)]
    for route in routes(furnished.app, "GET"):
        who, headers = (
            (alice, {}) if route.permission.door != "api" else (Visitor(furnished.app), token)
        )
        answer = who.get(route.path, headers=headers)
        looked += answer.status_code == 200
        found += [f"{route.rule}: {name}" for name in shown(body(answer), secrets)]
    assert found == []
    assert looked > 100
    assert shown(log.getvalue(), secrets) == []
    assert "request" in log.getvalue()


def test_s27_no_error_page_shows_what_the_error_says(furnished: Site, log: io.StringIO) -> None:
    secrets = plant(furnished)

    @workspace_page("enter")
    def broken_page(uow: UnitOfWork, access: Access) -> str:
        raise ValueError(f"could not open '{secrets['SMTP']}' with {secrets['the password']!r}")

    @workspace_api("enter")
    def broken_route(uow: UnitOfWork, access: Access) -> str:
        raise KeyError(secrets["the second factor"])

    furnished.app.add_url_rule("/w/<workspace>/broken", "broken_page", broken_page)
    furnished.app.add_url_rule("/api/v1/broken", "broken_route", broken_route)
    alice = furnished.signed_in("Alice")
    answers: list[Any] = [
        alice.get(f"{furnished.home}/broken"),
        alice.htmx("GET", f"{furnished.home}/broken"),
        furnished.visitor().get("/api/v1/broken", headers=furnished.token()),
    ]
    assert [each.status_code for each in answers] == [500, 500, 500]
    said = "".join(each.text + str(each.headers) for each in answers)
    assert shown(said + log.getvalue(), secrets) == []
    assert "Traceback" not in said
    assert "ValueError" not in said
    assert "broken_page" in log.getvalue()  # the place is told, for whoever mends it


def test_s27_the_settings_in_memory_do_not_print_their_secrets(furnished: Site) -> None:
    config = furnished.app.extensions["regulars"].config
    assert "canary" not in repr(config) + str(config) + repr(furnished.app.extensions["regulars"])


def test_s27_answers_for_outsiders_show_nothing_either(furnished: Site) -> None:
    secrets = plant(furnished)
    visitor = furnished.visitor()
    for path in ("/", "/sign-in", "/setup", "/nothing", "/readyz", "/healthz", "/metrics",
                 f"{furnished.home}/", "/api/v1/openapi.json", "/static/x/secret_key",
                 "/static/x/../../secret_key", "/data/secret_key", "/.env"):  # fmt: skip
        answer = visitor.get(path)
        assert shown(answer.text + str(answer.headers), secrets) == [], path
