from regulars.platform.accounts import setup
from regulars.platform.db import Workspace
from regulars.platform.workspaces import get_workspace, list_workspaces
from tests.support.site import Site, words_of


def test_an_owner_puts_a_workspace_to_rest_and_takes_it_back(site: Site) -> None:
    alice = site.signed_in("Alice")
    alice.send(f"{site.home}/settings/archive")
    assert list_workspaces(site.database) == []
    page = alice.get(f"{site.home}/settings").text
    assert "This workspace is at rest" in page
    assert "Currency" not in page
    alice.send(f"{site.home}/settings/reopen")
    assert get_workspace(site.database, "shop").archived_at is None
    assert "at rest:" not in alice.get(f"{site.home}/settings").text


def test_at_rest_owners_read_and_nobody_changes_anything(site: Site) -> None:
    alice, bob = site.signed_in("Alice"), site.signed_in("Bob", "clerk")
    alice.send(f"{site.home}/settings/archive")
    assert alice.get(f"{site.home}/settings/members").status_code == 200
    assert bob.get(f"{site.home}/").status_code == 403
    refused = alice.send(f"{site.home}/settings/units/new", {"code": "A", "name": "A"})
    assert refused.status_code == 409
    assert alice.send(f"{site.home}/settings", {"shop/name": "Renamed"}).status_code == 409


def test_only_owners_may_put_it_to_rest(site: Site) -> None:
    refused = site.signed_in("Bob", "manager").send(f"{site.home}/settings/archive")
    assert refused.status_code == 403
    assert list_workspaces(site.database) == [site.workspace]


def test_a_token_of_a_workspace_at_rest_reads_only(site: Site) -> None:
    owner, clerk = site.token("owner"), site.token("clerk")
    visitor = site.visitor()
    archived = visitor.post("/api/v1/workspace/archive", headers=owner)
    assert archived.json is not None
    assert archived.json["archived_at"] is not None
    assert visitor.get("/api/v1/units", headers=owner).status_code == 200
    assert visitor.get("/api/v1/units", headers=clerk).status_code == 403
    unit = {"code": "A", "name": "A"}
    assert visitor.post("/api/v1/units", headers=owner, json=unit).status_code == 409
    back = visitor.post("/api/v1/workspace/reopen", headers=owner)
    assert back.json is not None
    assert back.json["archived_at"] is None
    assert visitor.post("/api/v1/units", headers=owner, json=unit).status_code == 201


def test_the_api_changes_settings_and_lists_every_mistake(site: Site) -> None:
    owner = {**site.token(), "Accept-Language": "en"}
    visitor = site.visitor()
    done = visitor.patch("/api/v1/workspace", headers=owner, json={"name": "Harbour Café"})
    assert done.json is not None
    assert done.json["name"] == "Harbour Café"
    wrong = {"zone": "Nowhere", "currency": "x", "week_start": 9, "leap_day": "never"}
    refused = visitor.patch("/api/v1/workspace", headers=owner, json=wrong)
    assert refused.status_code == 422
    assert refused.json is not None
    assert {each["path"] for each in refused.json["problems"]} == {
        "zone",
        "currency",
        "week_start",
        "leap_day",
    }
    shape = visitor.patch(
        "/api/v1/workspace", headers=owner, json={"key": "x", "week_start": True}
    )
    assert shape.status_code == 422
    assert get_workspace(site.database, "shop").name == "Harbour Café"


def test_where_29_february_falls_is_a_setting_of_the_page_and_the_api(site: Site) -> None:
    alice, page = site.signed_in("Alice"), f"{site.home}/settings"
    assert '<option value="before" selected>28 February in other years' in alice.get(page).text
    owner, visitor = site.token(), site.visitor()
    done = visitor.patch("/api/v1/workspace", headers=owner, json={"leap_day": "after"})
    assert done.json is not None
    assert done.json["leap_day"] == "after"
    assert '<option value="after" selected>1 March in other years' in alice.get(page).text
    wish = {
        "shop/name": "Harbour", "shop/zone": "UTC", "shop/currency": "EUR", "locale": "en",
        "week_start": "0",
    }  # fmt: skip
    assert alice.send(page, wish).status_code == 303  # a page from before knows nothing of it
    assert get_workspace(site.database, "shop").leap_day == "after"
    assert alice.send(page, {**wish, "leap_day": "never"}).status_code == 422
    assert alice.send(page, {**wish, "leap_day": "before"}).status_code == 303
    assert get_workspace(site.database, "shop").leap_day == "before"


def test_the_switcher_offers_what_is_in_use_and_the_list_shows_all(site: Site) -> None:
    alice = site.signed_in("Alice")
    second = Workspace(0, "second", "Second Shop")
    setup.open_shop(site.database, site.people["Alice"], second, now=site.database.clock())
    assert "Second Shop" in words_of(alice.get(f"{site.home}/").text)
    alice.send("/w/second/settings/archive")
    assert "Second Shop" not in words_of(alice.get(f"{site.home}/").text)
    listed = words_of(alice.get("/workspaces").text)
    assert {"Second Shop", site.workspace.name} <= set(listed)


def test_whose_every_workspace_is_at_rest_lands_on_the_list(site: Site) -> None:
    alice = site.signed_in("Alice")
    alice.send(f"{site.home}/settings/archive")
    assert alice.get("/").location == "/workspaces"
