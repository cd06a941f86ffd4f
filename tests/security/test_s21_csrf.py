"""S21: what changes something must come from one of our own pages, and GET changes nothing."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.origin import PAGE
from regulars.form_builder.records import create_record
from regulars.platform.accounts.access import system_access
from regulars.platform.db import main_metadata, workspace_metadata
from tests.security.every_route import UNSAFE, routes
from tests.security.walking import walk
from tests.support.shop_forms import publish_forms
from tests.support.site import Site, Visitor

pytestmark = pytest.mark.one_database

OPEN_TO_MACHINES = {
    *("/o/<token>", "/receipts/<token>", "/api/v1/hooks/<token>", "/f/<token>"),
    *("/f/<token>/live", "/f/<token>/files/<ticket>", "/f/yes/<token>"),
}
"""A mail program's own button (RFC 8058), providers, and public forms: the address is the key to
one thing, and a public form's page carries a signed ticket."""

KEPT_BY_LOOKING = {"audit", "throttle", "idempotency", "person_log"}
"""How often somebody asked, and who has looked at a person: meant to be written down."""


def forged(site: Site) -> Iterator[tuple[str, dict[str, Any]]]:
    """A name for each forgery, and what is sent beside method and address."""
    eve = site.visitor()
    eve.get("/sign-in")
    yield "without a token", {"data": {"name": "x"}}
    yield "another visit's token", {"data": {"csrf_token": eve.csrf}}
    yield "another visit's token in the header", {"headers": {"X-CSRF-Token": eve.csrf}}
    yield "JSON as text", {"data": '{"csrf_token": "x"}', "content_type": "text/plain"}
    yield "JSON", {"json": {"csrf_token": eve.csrf}}


FOREIGN = (
    {"Origin": "https://evil.example"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost@evil.example"},
    {"Origin": "file://"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
)


def test_s21_only_signed_links_do_without_a_token(site: Site) -> None:
    without = {
        each.rule
        for each in routes(site.app, *UNSAFE)
        if not each.permission.csrf and each.permission.door not in ("api", "installation")
    }
    assert without == OPEN_TO_MACHINES


def test_s21_every_forgery_of_every_route_is_refused(site: Site) -> None:
    alice = site.signed_in("Alice")
    passed = [
        f"{name}: {route.method} {route.rule} {status}"
        for name, sent in forged(site)
        for route in routes(site.app, *UNSAFE)
        if route.permission.csrf
        and (status := alice.open(route.path, method=route.method, **sent).status_code) != 403
    ]
    assert passed == []


def test_s21_a_foreign_page_is_refused_even_with_a_good_token(site: Site) -> None:
    alice = site.signed_in("Alice")
    alice.get(f"{site.home}/profile")
    passed = [
        f"{headers}: {route.method} {route.rule} {status}"
        for headers in FOREIGN
        for route in routes(site.app, *UNSAFE)
        if route.permission.csrf
        and (status := _sent(alice, route.method, route.path, headers).status_code) != 403
    ]
    assert passed == []


def _sent(visitor: Visitor, method: str, path: str, headers: dict[str, str]) -> Any:
    given = {**headers, "X-CSRF-Token": visitor.csrf}
    return visitor.open(path, method=method, headers=given)


def test_s21_a_cookie_opens_nothing_in_the_api(site: Site) -> None:
    alice = site.signed_in("Alice")
    alice.get(f"{site.home}/profile")
    opened = [
        f"{route.method} {route.rule}"
        for route in routes(site.app, "GET", *UNSAFE)
        if route.permission.door in ("api", "installation")
        and _sent(alice, route.method, route.path, {}).status_code != 401
    ]
    assert opened == []


def test_s21_no_address_that_a_page_links_to_changes_anything(site: Site) -> None:
    _fill(site)
    alice = site.signed_in("Alice")
    alice.get(f"{site.home}/profile")
    before = _fingerprint(site)
    assert len(list(walk(alice, f"{site.home}/"))) > 40
    assert _fingerprint(site) == before


def test_s21_no_get_of_any_route_changes_anything(site: Site) -> None:
    _fill(site)
    alice, headers = site.signed_in("Alice"), site.token()
    site.visitor().get("/api/v1/units", headers=headers)  # notes that the key is in use
    before = _fingerprint(site)
    for route in routes(site.app, "GET"):
        who = site.visitor() if route.permission.door in ("api", "installation") else alice
        answer = who.get(route.path, headers=headers if who is not alice else {})
        assert answer.status_code < 500, route.rule
    assert _fingerprint(site) == before


def _fill(site: Site) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow)
        owner = system_access("en")
        person = {"name": "Wang", "mobile": "13900002222", "tags": ["vip"]}
        made = create_record(uow, owner, "customers", person, origin=PAGE)
        create_record(uow, owner, "orders", {"customer": made.id}, origin=PAGE)


def _fingerprint(site: Site) -> dict[str, str]:
    """A hash of every table of both stores, so that a difference names its table."""
    found = {}
    with site.database.main_tx(write=False) as connection:
        for table in main_metadata.sorted_tables:
            if table.name not in KEPT_BY_LOOKING:
                found[table.name] = _hash(connection.execute(table.select()).all())
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        for table in workspace_metadata.sorted_tables:
            if table.name not in KEPT_BY_LOOKING:
                found[f"shop.{table.name}"] = _hash(uow.execute(table.select()).all())
        for form in catalog_of(uow).tables.values():
            rows = [inner.main for inner in form.rows.values()]
            for table in (form.main, *rows, *form.sides.values()):
                found[f"shop.{table.name}"] = _hash(uow.execute(table.select()).all())
    return found


def _hash(rows: Any) -> str:
    lines = sorted(json.dumps([str(value) for value in row]) for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
