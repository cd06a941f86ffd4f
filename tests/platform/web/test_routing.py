from collections.abc import Iterator

import pytest
from flask import url_for
from flask.typing import ResponseReturnValue

from regulars.platform.accounts.access import Access, system_access
from regulars.platform.accounts.roles import CAPABILITIES
from regulars.platform.accounts.routing import workspace_api, workspace_page
from regulars.platform.accounts.units import UnitValues, create_unit, list_units
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict
from regulars.platform.web.permissions import permission_of
from tests.support.site import Site


def test_s11_every_view_declares_who_may_use_it(site: Site) -> None:
    silent = [
        endpoint
        for endpoint, view in site.app.view_functions.items()
        if permission_of(view) is None
    ]
    assert silent == []


def test_every_declared_capability_exists(site: Site) -> None:
    declared = {permission_of(view) for view in site.app.view_functions.values()}
    asked = {each.capability for each in declared if each and each.capability}
    assert asked <= set(CAPABILITIES)


def test_views_below_a_workspace_are_guarded_by_it(site: Site) -> None:
    for rule in site.app.url_map.iter_rules():
        permission = permission_of(site.app.view_functions[rule.endpoint])
        assert permission is not None
        if rule.rule.startswith("/w/"):
            assert permission.door == "workspace", rule.rule
        for_programs = rule.rule.startswith("/api/v1/") and rule.rule != "/api/v1/docs"
        if for_programs and permission.door != "everyone":
            whole = rule.rule.startswith("/api/v1/workspaces")
            assert permission.door == ("installation" if whole else "api"), rule.rule


def test_s17_a_view_that_declares_nothing_is_closed(site: Site) -> None:
    site.app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    answer = site.visitor().get("/forgotten")
    assert answer.status_code == 403
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/w/shop/settings?/webhooks/trigger",
        "/w/shop/settings/",
        "/x//w/shop/settings",
        "/w/shop/..;/settings",
        "/w/shop/%2e%2e/shop/settings",
        "/W/SHOP/settings",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_s17_no_spelling_of_an_address_gets_around_the_door(
    site: Site, path: str, method: str
) -> None:
    site.person("Alice")
    answer = site.visitor().open(path, method=method, headers={"X-HTTP-Method-Override": "GET"})
    assert answer.status_code in (301, 303, 308, 403, 404, 405)
    assert "回头客小店" not in answer.text


def _store(site: Site) -> Iterator[str]:
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        yield from (each.code for each in list_units(uow))


@pytest.mark.parametrize(("status", "kept"), [(200, ["A"]), (303, ["A"]), (422, []), (500, [])])
def test_an_answer_of_error_rolls_back_what_was_written(
    site: Site, status: int, kept: list[str]
) -> None:
    @workspace_page("enter")
    def write(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
        create_unit(uow, system_access("en"), UnitValues("A", "A"))
        return "done", status

    site.app.add_url_rule("/w/<workspace>/write", "write", write, methods=["POST"])
    assert site.signed_in("Alice").send(f"{site.home}/write").status_code == status
    assert list(_store(site)) == kept


def test_an_error_rolls_back_what_was_written(site: Site) -> None:
    @workspace_page("enter")
    def write(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
        create_unit(uow, system_access("en"), UnitValues("A", "A"))
        raise Conflict()

    site.app.add_url_rule("/w/<workspace>/write", "write", write, methods=["POST"])
    assert site.signed_in("Alice").send(f"{site.home}/write").status_code == 409
    assert list(_store(site)) == []


def test_what_waits_for_the_commit_runs_after_it_and_not_without(site: Site) -> None:
    rung: list[list[str]] = []

    @workspace_api("enter")
    def write(uow: UnitOfWork, access: Access, status: int) -> ResponseReturnValue:
        create_unit(uow, system_access("en"), UnitValues(f"A{status}", "A"))
        uow.after_commit(lambda: rung.append(list(_store(site))))
        return {}, status

    site.app.add_url_rule("/api/v1/w/<int:status>", "write", write, methods=["POST"])
    for status in (422, 200):
        site.visitor().post(f"/api/v1/w/{status}", headers=site.token())
    assert rung == [["A200"]]


def test_addresses_stay_in_the_workspace_by_themselves(site: Site) -> None:
    @workspace_page("enter")
    def where(uow: UnitOfWork, access: Access) -> str:
        return url_for("settings.members")

    site.app.add_url_rule("/w/<workspace>/where", "where", where)
    assert site.signed_in("Alice").get(f"{site.home}/where").text == "/w/shop/settings/members"


@pytest.mark.parametrize("page", ["/", "/settings", "/settings/members", "/settings/units"])
def test_s11_strangers_and_outsiders_see_nothing(site: Site, page: str) -> None:
    site.person("Alice")
    assert site.visitor().get(f"{site.home}{page}").location.startswith("/sign-in")
    site.person("Charlie", None)
    charlie = site.signed_in("Charlie")
    other, missing = charlie.get(f"{site.home}{page}"), charlie.get(f"/w/nowhere{page}")
    assert other.status_code == missing.status_code == 404


def test_s13_two_people_never_share_a_page(site: Site) -> None:
    alice, bob = site.signed_in("Alice"), site.signed_in("Bob", "clerk")
    pages = [who.get(f"{site.home}/") for who in (alice, bob)]
    assert "Members" in pages[0].text
    assert "Members" not in pages[1].text
    assert {page.headers["Cache-Control"] for page in pages} == {"no-store"}
