"""S11: keys to the installation and keys of a workspace open each other's doors never."""

from typing import Any

import pytest

from regulars.platform.accounts import installation_keys
from regulars.platform.workspaces import create_workspace, list_workspaces
from tests.security.every_route import UNSAFE, routes
from tests.support.site import Site

ROOT = "/api/v1/workspaces"


@pytest.fixture
def whole(site: Site) -> dict[str, str]:
    """Headers of a program with a key to the installation."""
    return site.installation_key()


def asked(site: Site, door: str) -> list[tuple[str, str]]:
    each = routes(site.app, "GET", *UNSAFE)
    return [(route.method, route.path) for route in each if route.permission.door == door]


def statuses(site: Site, door: str, headers: dict[str, str]) -> set[int]:
    client = site.signed_in("Olga")  # a cookie helps with nothing here
    found = set()
    for method, path in asked(site, door):
        body = None if method == "GET" else {}
        found.add(client.open(path, method=method, json=body, headers=headers).status_code)
    return found


@pytest.mark.one_database
def test_a_key_of_a_workspace_reaches_no_workspace_as_a_whole(site: Site) -> None:
    before = list_workspaces(site.database, archived=True)
    assert len(asked(site, "installation")) == 8
    for headers in (site.token("owner"), {}, {"Authorization": "Bearer rgi_guess"}):
        assert statuses(site, "installation", headers) == {401}
    assert list_workspaces(site.database, archived=True) == before


@pytest.mark.one_database
def test_a_key_to_the_installation_sees_inside_of_none(site: Site, whole: dict[str, str]) -> None:
    assert statuses(site, "api", whole) <= {401, 429}


def test_workspaces_are_opened_rested_and_taken_back(site: Site, whole: dict[str, str]) -> None:
    site.person("Olga")
    client = site.visitor()

    def call(method: str, path: str = "", body: Any = None) -> Any:
        return client.open(f"{ROOT}{path}", method=method, json=body, headers=whole)

    wish = {"name": "Second shop", "key": "second", "owner": "olga@shop.example"}
    assert call("POST", body={**wish, "leap_day": "never"}).status_code == 422
    made = call("POST", body={**wish, "leap_day": "after"})
    shown = made.get_json()
    assert (made.status_code, shown["key"], shown["leap_day"]) == (201, "second", "after")
    assert call("POST", body=wish).status_code == 409
    wrong = {"name": "X", "owner": "nobody@x.example", "zone": "Mars/Base"}
    assert call("POST", body=wrong).status_code == 422
    assert call("POST", body={"name": "X", "role": "owner"}).status_code == 422
    assert [each["key"] for each in call("GET").get_json()["workspaces"]] == ["shop", "second"]
    assert call("POST", "/second/archive").get_json()["archived_at"] is not None
    assert call("POST", "/second/reopen").get_json()["archived_at"] is None
    assert call("POST", "/second/backups").status_code == 202
    listed = call("GET", "/second/backups").get_json()["backups"]
    assert [each["kind"] for each in listed] == ["manual"]
    confirm = {"confirm": "second"}
    assert call("POST", f"/shop/backups/{listed[0]['id']}/restore", confirm).status_code == 404
    assert call("POST", f"/second/backups/{listed[0]['id']}/restore", confirm).status_code == 409
    assert call("GET", "/nowhere").status_code == 404
    browser = site.signed_in("Olga")
    assert browser.get("/w/second/").status_code == 200


def test_a_revoked_key_is_shut_out_at_once(site: Site, whole: dict[str, str]) -> None:
    create_workspace(site.database, "third", "Third")
    assert site.visitor().get(ROOT, headers=whole).status_code == 200
    with site.database.main_tx() as connection:
        for key in installation_keys.list_keys(connection):
            installation_keys.revoke_key(connection, key.id, now=site.database.clock())
    assert site.visitor().get(ROOT, headers=whole).status_code == 401
