"""S11: from one workspace another is never reached: by path, query, body, bulk, file or job.

Both hold the same forms. The other one holds more records, so that there are numbers which exist
only there, and a canary in every text.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter

from regulars import wiring
from regulars.form_builder.importing.files import get_file, store_file
from regulars.platform.accounts import tokens
from regulars.platform.accounts.tokens import TokenWish
from regulars.platform.backups import records as backups
from regulars.platform.backups.desk import BackupDesk
from regulars.platform.backups.records import Wish
from regulars.platform.errors import NotFound
from regulars.platform.workspaces import create_workspace, get_workspace
from tests.support.rule_shop import RuleShop, journey, sms
from tests.support.site import Site

CANARY = "canary-of-the-other-shop"
MANY = 6  # records of the other shop; numbers above 2 exist only there


@pytest.fixture
def other(site: Site) -> RuleShop:
    """The workspace that must not be reached."""
    place = create_workspace(site.database, "other", CANARY)
    shop = RuleShop(site.database, place).open()
    shop.publish(sms(), journey())
    for number in range(MANY):
        customer = shop.customer(name=f"{CANARY} {number}", note=CANARY)
        shop.order(customer)
    shop.tick()
    return shop


@pytest.fixture
def own(site: Site) -> RuleShop:
    """The workspace of whoever asks: the same forms, two customers."""
    shop = RuleShop(site.database, site.workspace).open()
    shop.publish(sms(), journey())
    for name in ("Anna", "Ben"):
        shop.order(shop.customer(name=name))
    shop.tick()
    return shop


@pytest.fixture
def untouched(other: RuleShop, tmp_path: Path) -> Iterator[None]:
    """Whatever the test does, every row of the other workspace is as it was."""
    before = rows_of(other)
    yield
    assert rows_of(other) == before


def rows_of(shop: RuleShop) -> dict[str, list[Any]]:
    found = {}
    with shop.database.snapshot_tx(shop.workspace.store) as connection:
        for name in sorted(sa.inspect(connection).get_table_names()):
            table = sa.Table(name, sa.MetaData(), autoload_with=connection)
            found[name] = sorted(map(repr, connection.execute(sa.select(table))))
    return found


def pages(site: Site) -> list[tuple[str, str]]:
    """Every page of a workspace: method and address, numbers filled in."""
    found = []
    for rule in site.app.url_map.iter_rules():
        if "workspace" not in rule.arguments:
            continue
        values: dict[str, Any] = {
            name: _example(rule._converters[name]) for name in rule.arguments
        }
        values["workspace"] = "other"
        with site.app.test_request_context():
            built = rule.build(values, append_unknown=False)
        assert built is not None
        found += [
            (method, built[1]) for method in sorted((rule.methods or set()) & {"GET", "POST"})
        ]
    return found


def _example(converter: BaseConverter) -> Any:
    if isinstance(converter, AnyConverter):
        return sorted(converter.items)[0]
    return 5 if isinstance(converter, IntegerConverter) else "customers"


def test_no_page_of_another_workspace_opens(site: Site, other: RuleShop, untouched: None) -> None:
    alice = site.signed_in("Alice")
    answers = {}
    for method, path in pages(site):
        answer = alice.get(path) if method == "GET" else alice.send(path, {"confirm": "other"})
        answers[method, path] = answer.status_code
        assert CANARY not in answer.text, path
    opened = {where: code for where, code in answers.items() if code not in (404, 405)}
    assert len(answers) > 80
    assert opened == {}


READS = (
    "/forms/customers/records/{n}", "/forms/customers/records/{n}/history",
    "/forms/customers/records/{n}/timeline", "/forms/orders/records/{n}", "/runs/{n}",
    "/backups/{n}", "/backups/{n}/file", "/people/customers/{n}/export",
)  # fmt: skip


def test_numbers_of_another_workspace_lead_nowhere(
    site: Site, own: RuleShop, other: RuleShop, untouched: None
) -> None:
    with site.database.main_tx() as connection:
        backups.ask(connection, Wish(other.workspace.id, "manual", "x"), now=site.database.clock())
    visitor, headers = site.visitor(), site.token()
    for path in READS:
        for number in (1, 2, 3, MANY):
            answer = visitor.get("/api/v1" + path.format(n=number), headers=headers)
            assert CANARY.encode() not in answer.data, path
            if number > 2 or "backups" in path:
                assert answer.status_code == 404, path


def test_lists_queries_and_searches_stay_at_home(
    site: Site, own: RuleShop, other: RuleShop, untouched: None
) -> None:
    visitor, headers = site.visitor(), site.token()
    asked = [
        visitor.get("/api/v1/forms/customers/records?limit=1000", headers=headers),
        visitor.get("/api/v1/runs", headers=headers),
        visitor.get("/api/v1/messages", headers=headers),
        visitor.get("/api/v1/backups", headers=headers),
        visitor.get("/api/v1/members", headers=headers),
        visitor.get("/api/v1/workspace", headers=headers),
        visitor.get("/api/v1/openapi.json", headers=headers),
        visitor.post(
            "/api/v1/forms/customers/records/search",
            headers=headers,
            json={"filter": {"field": "note", "op": "contains", "value": "canary"}, "count": True},
        ),
    ]
    for answer in asked:
        assert answer.status_code == 200, answer.text
        assert CANARY not in answer.text
    assert asked[-1].json == {"records": [], "next": None, "count": 0}


def test_bodies_and_bulk_reach_only_what_is_at_home(
    site: Site, own: RuleShop, other: RuleShop, untouched: None
) -> None:
    visitor, headers = site.visitor(), site.token()
    base = "/api/v1/forms/customers/records"
    assert visitor.patch(f"{base}/{MANY}", headers=headers, json={"note": "x"}).status_code == 404
    assert visitor.delete(f"{base}/{MANY}", headers=headers).status_code == 404
    linked = {"customer": MANY, "amount": "1", "paid_at": "2026-03-10T00:00:00Z"}
    assert (
        visitor.post("/api/v1/forms/orders/records", headers=headers, json=linked).status_code
        == 422
    )
    for mode in ("update", "upsert"):
        bulk = {"mode": mode, "key": "id", "records": [{"id": MANY, "note": "x"}]}
        answer = visitor.post(f"{base}/batch", headers=headers, json=bulk)
        assert answer.status_code in (200, 422)
        assert CANARY not in answer.text
    smuggled = {"name": "Eve", "workspace": "other", "workspace_id": other.workspace.id}
    assert visitor.post(base, headers=headers, json=smuggled).status_code == 422
    for query in ("?workspace=other", "?w=other"):
        listed = visitor.get(base + query, headers={**headers, "X-Workspace": "other"})
        assert CANARY not in listed.text


def test_keys_of_another_workspace_cannot_be_ended_and_open_only_their_own(
    site: Site, other: RuleShop
) -> None:
    now = site.database.clock()
    with site.database.main_tx() as connection:
        wish = TokenWish("theirs", "owner")
        secret = tokens.create_token(connection, other.workspace, wish, now=now)
        theirs = tokens.find_token(connection, secret)
    assert theirs is not None
    alice = site.signed_in("Alice")
    alice.send(f"{site.home}/settings/tokens/{theirs.id}/revoke")
    site.visitor().delete(f"/api/v1/tokens/{theirs.id}", headers=site.token())
    headers = {"Authorization": f"Bearer {secret}"}
    answer = site.visitor().get("/api/v1/workspace", headers=headers)
    assert answer.json is not None
    assert answer.json["key"] == "other"


def test_files_of_another_workspace_are_not_there(
    site: Site, own: RuleShop, other: RuleShop, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_text(f"name,note\nEve,{CANARY}\n", encoding="utf-8")
    with other.work() as uow:
        stored = store_file(uow, path, "people.csv", {})
    with own.work() as uow, pytest.raises(NotFound):
        get_file(uow, stored.id)
    alice = site.signed_in("Alice")
    for name in ("../other", "..%2fother", other.workspace.store, f"{other.workspace.store}/x"):
        assert alice.get(f"{site.home}/files/{name}").status_code == 404


def test_jobs_carry_no_numbers_and_look_after_each_workspace_by_itself(
    site: Site, own: RuleShop, other: RuleShop
) -> None:
    """A forged payload names another workspace; the work is found in SQL, in each store."""
    before = rows_of(other)
    forged = {
        "workspace": "other",
        "workspace_id": other.workspace.id,
        "backup": 1,
        "then": "delete",
    }
    for kind in wiring.job_kinds(site.database):
        kind.handle(forged)
    assert rows_of(other).keys() == before.keys()
    assert get_workspace(site.database, "other").id == other.workspace.id
    assert rows_of(other)["f_customers"] == before["f_customers"]


def test_a_restore_asked_for_here_never_takes_a_backup_from_there(
    site: Site, own: RuleShop, other: RuleShop, tmp_path: Path, untouched: None
) -> None:
    desk, now = BackupDesk(site.database, tmp_path / "backups"), site.database.clock()
    with site.database.main_tx() as connection:
        theirs = backups.ask(connection, Wish(other.workspace.id, "manual", "x"), now=now)
    desk.answer()
    alice = site.signed_in("Alice")
    page = f"{site.home}/settings/backups/{theirs}"
    for answer in (alice.get(f"{page}/file"), alice.send(f"{page}/restore", {"confirm": "shop"})):
        assert answer.status_code == 404
    body = {"confirm": "shop"}
    refused = site.visitor().post(
        f"/api/v1/backups/{theirs}/restore", headers=site.token(), json=body
    )
    assert refused.status_code == 404
    desk.answer()
    assert own.read("customers", 1)["name"] == "Anna"
