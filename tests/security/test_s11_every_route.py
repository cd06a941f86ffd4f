"""S11: every route, asked by those who must not: made from the application's own list of routes.

Nobody, somebody of another workspace, somebody who may only enter, somebody who was let go, a
revoked key, a cookie at the API: each is refused by each route, and nothing is changed by asking.
Somebody of another store gets no record of this one, by whatever number it is asked for.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.routing import AnyConverter, Rule
from werkzeug.routing.converters import NumberConverter

from regulars.form_builder.origin import API
from regulars.form_builder.records import create_record, delete_record
from regulars.platform.accounts import members, tokens, users
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.roles import CAPABILITIES
from regulars.platform.db import Workspace, workspace_metadata
from regulars.platform.definitions import store
from regulars.platform.privacy.consents import ConsentChange, consents_of, set_consent
from regulars.platform.web.permissions import permission_of
from regulars.platform.workspaces import create_workspace
from tests.security.shop_of_two import Attack, digits_together, open_shop, role
from tests.support.site import Site, Visitor

CANARY = "EastCanary"
GUEST = {"kind": "role", "key": "guest", "label": "Guest"}
SHUT = (401, 429)  # whoever guesses keys is soon not heard at all
NOT_COUNTED = ("audit", "api_request", "idempotency")


@pytest.fixture
def attack(site: Site) -> Attack:
    """The shop with a guest's role, and people of the East store whom the West must not see."""
    found = open_shop(site, role())
    owner = system_access("en")
    with site.database.workspace_tx(site.workspace) as uow:
        store.save_draft(uow, owner, "role", GUEST)
        store.publish(uow, owner, [("role", "guest")])
        person = {"name": CANARY, "mobile": "13900001111", "store": found.east}
        found.customer = create_record(uow, owner, "customers", person, origin=API).id
        row = {"customer": found.customer, "store": found.east, "items": []}
        found.order = create_record(uow, owner, "orders", row, origin=API).id
        gone = {"name": f"{CANARY} gone", "store": found.east}
        found.deleted = create_record(uow, owner, "customers", gone, origin=API).id
        delete_record(uow, owner, "customers", found.deleted, origin=API)
        mine = {"name": "Westerner", "store": found.west}
        create_record(uow, owner, "customers", mine, origin=API)
    return found


def routes(site: Site, *doors: str) -> Iterator[tuple[Rule, str]]:
    """Every route behind these doors with each of its methods."""
    for rule in site.app.url_map.iter_rules():
        permission = permission_of(site.app.view_functions[rule.endpoint])
        if permission is not None and permission.door in doors:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method


def address(rule: Rule, attack: Attack, **known: Any) -> str:
    """The route with the numbers of the East store in it."""
    values = {"form_key": "customers", "workspace": "shop", "record_id": attack.customer, **known}
    filled = {}
    for name in rule.arguments:
        converter = rule._converters[name]
        usual: Any = 1 if isinstance(converter, NumberConverter) else "customers"
        if isinstance(converter, AnyConverter):
            usual = sorted(converter.items)[0]
        filled[name] = values.get(name, usual)
    built = rule.build(filled, append_unknown=False)
    assert built is not None, rule
    return built[1]


def ask(client: Visitor, rule: Rule, method: str, path: str, headers: Mapping[str, str]) -> Any:
    """The request as a page or a program sends it."""
    if path.startswith("/api/"):
        body = {"json": {}} if method in ("POST", "PUT", "PATCH") else {}
        return client.open(path, method=method, headers=dict(headers), **body)
    return client.get(path) if method == "GET" else client.send(path)


def contents(site: Site) -> dict[str, list[Any]]:
    """Everything the workspace holds."""
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        known = sa.inspect(uow.connection).get_table_names()
        tables = [t for t in workspace_metadata.sorted_tables if t.name in known]
        kept = {
            table.name: [tuple(map(str, row)) for row in uow.execute(sa.select(table))]
            for table in tables
            if not any(part in table.name for part in NOT_COUNTED)
        }
        for name in ("f_customers", "f_orders"):
            rows = uow.execute(sa.select(sa.text("*")).select_from(sa.table(name)))
            kept[name] = [tuple(map(str, row)) for row in rows]
    return kept


def elsewhere(site: Site) -> Workspace:
    return create_workspace(site.database, "other", "Other shop")


def test_every_route_says_who_may_use_it(site: Site) -> None:
    silent = [
        rule.rule
        for rule in site.app.url_map.iter_rules()
        if permission_of(site.app.view_functions[rule.endpoint]) is None
    ]
    assert silent == []
    for rule, _method in routes(site, "workspace", "api"):
        permission = permission_of(site.app.view_functions[rule.endpoint])
        assert permission is not None
        assert permission.capability in CAPABILITIES, rule.rule


@pytest.mark.one_database
def test_nobody_is_let_in_anywhere(site: Site, attack: Attack) -> None:
    nobody, owner = site.visitor(), site.signed_in("Olga", "owner")
    before, open_doors = contents(site), {}
    for rule, method in routes(site, "workspace", "api", "signed_in"):
        path = address(rule, attack)
        is_api = path.startswith("/api/v1") and "docs" not in path
        found = {"nobody": ask(nobody, rule, method, path, {})}
        if is_api:
            found["by cookie"] = ask(owner, rule, method, path, {})
            found["guessed"] = ask(nobody, rule, method, path, {"Authorization": "Bearer rgl_x"})
        for who, answer in found.items():
            shut = (
                answer.status_code in SHUT
                if is_api
                else answer.status_code in (302, 303, 401, 403)
            )
            if not shut or CANARY in answer.text:
                open_doors[who, method, rule.rule] = answer.status_code
    assert open_doors == {}
    assert contents(site) == before


@pytest.mark.one_database
def test_owners_of_another_workspace_find_nothing_here(site: Site, attack: Attack) -> None:
    other = elsewhere(site)
    person = site.person("Otto", None)
    with site.database.main_tx() as connection:
        users.join(connection, person.id, other.id)
    with site.database.workspace_tx(other) as uow:
        members.add_member(uow, person, "owner")
    with site.database.main_tx() as connection:
        wish = tokens.TokenWish("theirs", "owner")
        secret = tokens.create_token(connection, other, wish, now=site.database.clock())
    browser, headers = site.signed_in("Otto"), {"Authorization": f"Bearer {secret}"}
    before, open_doors = contents(site), {}
    for rule, method in routes(site, "workspace", "api"):
        path = address(rule, attack)
        answer = ask(browser, rule, method, path, headers)
        entered = path.startswith("/w/") and answer.status_code not in (403, 404)
        if entered or CANARY in answer.text or answer.status_code >= 500:
            open_doors[method, rule.rule] = answer.status_code
    assert open_doors == {}
    assert contents(site) == before


@pytest.mark.one_database
@pytest.mark.parametrize("who", ["guest", "let go", "revoked"])
def test_who_holds_nothing_is_refused_by_every_route(site: Site, attack: Attack, who: str) -> None:
    browser = site.signed_in("Gus", "guest" if who == "guest" else "owner")
    headers = site.token("guest" if who == "guest" else "owner")
    if who != "guest":
        with site.database.workspace_tx(site.workspace) as uow:
            owner = system_access("en")
            members.add_member(uow, site.person("Olga", None), "owner")
            members.set_active(uow, owner, site.member_id("Gus"), active=False)
        with site.database.main_tx() as connection:
            for token in tokens.list_tokens(connection, site.workspace):
                now = site.database.clock()
                tokens.revoke_token(connection, site.workspace, token.id, now=now)
    before, open_doors = contents(site), {}
    for rule, method in routes(site, "workspace", "api"):
        permission = permission_of(site.app.view_functions[rule.endpoint])
        assert permission is not None
        if who == "guest" and permission.capability == "enter":
            continue
        path = address(rule, attack)
        answer = ask(browser, rule, method, path, headers)
        if answer.status_code not in (*SHUT, 403, 404) or CANARY in answer.text:
            open_doors[method, rule.rule] = answer.status_code
    assert open_doors == {}
    assert contents(site) == before


@pytest.mark.one_database
def test_another_store_sees_no_record_of_this_one(site: Site, attack: Attack) -> None:
    site.person("Wes", "manager", [attack.west])
    browser, headers = site.signed_in("Wes", "manager"), site.token("manager", [attack.west])
    numbers = [
        {"form_key": form, "record_id": number}
        for form, number in (
            ("customers", attack.customer), ("orders", attack.order), ("customers", attack.deleted)
        )
    ]  # fmt: skip
    leaks, reached = {}, {}
    for rule, method in routes(site, "workspace", "api"):
        for known in numbers if "record_id" in rule.arguments else numbers[:2]:
            path = address(rule, attack, **known)
            answer = ask(browser, rule, method, path, headers)
            if CANARY in answer.text or "13900001111" in digits_together(answer.text):
                leaks[method, path] = answer.status_code
            if "record_id" in rule.arguments and answer.status_code not in (403, 404, 422):
                reached[method, path] = answer.status_code
    assert leaks == {}
    assert reached == {}
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        names = uow.execute(sa.select(sa.column("name")).select_from(sa.table("f_customers")))
        assert CANARY in names.scalars().all()


BODIES: list[tuple[str, str, Any]] = [
    ("POST", "/forms/orders/records", {"customer": "{customer}"}),
    ("POST", "/forms/orders/records", {"customer": {"mobile": "13900001111"}}),
    ("POST", "/forms/customers/records", {"name": "N", "store": "{east}"}),
    ("PATCH", "/forms/customers/records/{mine}", {"store": "{east}"}),
    (
        "POST",
        "/forms/customers/records/batch",
        {"records": [{"id": "{customer}", "name": "x"}], "mode": "update", "atomic": True},
    ),
    (
        "POST",
        "/forms/customers/records/batch",
        {"records": [{"mobile": "13900001111", "name": "x"}], "mode": "update", "key": "mobile",
         "atomic": True},
    ),
    (
        "POST",
        "/forms/orders/records/batch",
        {"records": [{"customer": "{customer}"}], "atomic": True},
    ),
    ("POST", "/people/customers/merge", {"keep": "{mine}", "drop": "{customer}"}),
    ("POST", "/people/customers/merge", {"keep": "{customer}", "drop": "{mine}"}),
    ("POST", "/people/customers/duplicates/apart", {"ids": ["{mine}", "{customer}"]}),
    ("POST", "/forms/customers/bin/{deleted}/restore", None),
    (
        "POST",
        "/consents",
        {"person": {"form": "customers", "id": "{customer}"}, "purpose": "marketing",
         "channel": "sms", "action": "withdraw", "source": "x"},
    ),
    (
        "POST",
        "/forms/orders/records/search",
        {"filter": {"field": "customer", "op": "is", "value": {"mobile": "13900001111"}}},
    ),
]  # fmt: skip


def filled(value: Any, numbers: Mapping[str, int]) -> Any:
    if isinstance(value, dict):
        return {key: filled(each, numbers) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, numbers) for each in value]
    if isinstance(value, str) and value.startswith("{"):
        return numbers[value.strip("{}")]
    return value


def test_numbers_of_another_store_in_bodies_are_refused(site: Site, attack: Attack) -> None:
    headers = site.token("manager", [attack.west])
    client = site.visitor()
    listed = client.get("/api/v1/forms/customers/records", headers=headers).get_json()["records"]
    mine = next(each["id"] for each in listed if each["name"] == "Westerner")
    numbers = {
        "customer": attack.customer, "east": attack.east, "mine": mine, "deleted": attack.deleted
    }  # fmt: skip
    before, taken = contents(site), {}
    for method, path, body in BODIES:
        answer = client.open(
            f"/api/v1{path.format(**numbers)}", method=method, headers=headers,
            json=filled(body, numbers),
        )  # fmt: skip
        if answer.status_code not in (403, 404, 422) or CANARY in answer.text:
            taken[method, path, str(body)] = (answer.status_code, answer.text[:200])
    assert taken == {}
    assert contents(site) == before


def test_an_answer_from_another_store_is_obeyed_and_told_to_nobody_here(
    site: Site, attack: Attack
) -> None:
    """Whoever writes STOP is left alone; this store still learns neither who nor which message."""
    owner, whom = system_access("en"), ("customers", attack.customer)
    with site.database.workspace_tx(site.workspace) as uow:
        set_consent(uow, owner, ConsentChange(*whom, "marketing", "sms", "grant", "till", "slip"))
    headers, client = site.token("manager", [attack.west]), site.visitor()
    stop = {"channel": "sms", "address": "13900001111", "text": "TD", "key": "g1"}
    for _turn in ("first", "again"):
        told = client.post("/api/v1/messages/replies", json=stop, headers=headers).get_json()
        assert (told["people"], told["message"]) == ([], None)
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        assert [state.granted for state in consents_of(uow, *whom)] == [False]
    there = {**stop, "key": "g2"}
    east = client.post(
        "/api/v1/messages/replies", json=there, headers=site.token("manager", [attack.east])
    )
    assert east.get_json()["people"] == [{"form": "customers", "id": attack.customer}]


def test_values_behind_links_stay_within_the_store(site: Site, attack: Attack) -> None:
    """A West order that points to an East customer shows and counts nothing of that customer."""
    owner = site.token("owner")
    client = site.visitor()
    row = {"customer": attack.customer, "store": attack.west}
    order = client.post("/api/v1/forms/orders/records", json=row, headers=owner).get_json()
    headers = site.token("manager", [attack.west])
    shown = client.get(f"/api/v1/forms/orders/records/{order['id']}", headers=headers)
    assert CANARY not in shown.text
    far = client.get(
        "/api/v1/forms/orders/records?fields=customer.name,customer.mobile", headers=headers
    )
    assert far.status_code == 200
    assert "13900001111" not in far.text
    for ask_for in (
        {"filter": {"field": "customer.name", "op": "is", "value": CANARY}, "count": True},
        {"filter": {"formula": f'customer.name = "{CANARY}"'}, "count": True},
    ):
        found = client.post("/api/v1/forms/orders/records/search", json=ask_for, headers=headers)
        assert found.get_json()["count"] == 0
    by_name = {
        "definition": {
            "from": "orders",
            "dimensions": [{"as": "who", "field": "customer.name"}],
            "measures": [{"as": "n", "aggregate": "count"}],
        }
    }
    told = client.post("/api/v1/reports/run", json=by_name, headers=headers)
    assert told.status_code == 200
    assert CANARY not in told.text
    by_name["definition"]["where"] = {"field": "customer.name", "op": "is", "value": CANARY}
    narrowed = client.post("/api/v1/reports/run", json=by_name, headers=headers)
    assert narrowed.get_json()["rows"] == []
