"""Looking through other eyes: the same pages, nothing written, and always a way back."""

from typing import Any

import pytest

from regulars.form_builder.origin import API
from regulars.form_builder.records import create_record
from regulars.platform.accounts import members
from regulars.platform.accounts.access import system_access
from tests.security.shop_of_two import MAIL, SECRET, Attack, open_shop, role
from tests.support.site import Site


@pytest.fixture
def attack(site: Site) -> Attack:
    found = open_shop(site, role("masked", default=dict.fromkeys(("read", "update"), "unit_tree")))
    with site.database.workspace_tx(site.workspace) as uow:
        west = {"name": "Westerner", "store": found.west}
        create_record(uow, system_access("en"), "customers", west, origin=API)
    site.person("Dora", "desk", [found.east])
    return found


def look(site: Site, browser: Any, place: str, **sent: Any) -> Any:
    return browser.send(f"{site.home}/settings/{place}/look", sent)


def test_an_owner_sees_what_a_member_sees_and_changes_nothing(site: Site, attack: Attack) -> None:
    browser, listed = site.signed_in("Olga"), f"{site.home}/forms/customers/records"
    assert SECRET in browser.get(listed).text
    look(site, browser, f"members/{site.member_id('Dora')}")
    page = browser.get(listed)
    assert "You see everything as Dora (Desk) does." in page.text
    assert "138****6666" in page.text
    assert not [word for word in (SECRET, MAIL, "Westerner") if word in page.text]
    refused = browser.send(f"{listed}/{attack.customer}/edit", {"name": "Changed"})
    assert refused.status_code == 409
    assert browser.get(f"{site.home}/settings/members").status_code == 403
    browser.send("/account/look-back")
    assert SECRET in browser.get(listed).text
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        assert [m.name for m in members.list_members(uow)] == ["Dora", "Olga"]
    logged = browser.get(f"{site.home}/settings/log").text
    assert "Looked as" in logged


def test_a_role_is_tried_in_one_store(site: Site, attack: Attack) -> None:
    browser, listed = site.signed_in("Olga"), f"{site.home}/forms/customers/records"
    look(site, browser, "roles/desk", unit=attack.west)
    page = browser.get(listed).text
    assert "Westerner" in page
    assert "Back to my own view" in page


def test_nobody_borrows_eyes_that_see_more(site: Site, attack: Attack) -> None:
    site.person("Olga", "owner")
    site.person("Max", "manager", [attack.east])
    site.person("Faye", "clerk", [attack.west])
    browser = site.signed_in("Max", "manager")
    for name in ("Olga", "Faye"):
        assert look(site, browser, f"members/{site.member_id(name)}").status_code == 403
    assert look(site, browser, "roles/owner").status_code == 403
    headers = site.token("manager", [attack.east])
    for eyes in ("owner", f"member:{site.member_id('Olga')}", "member:999", "desk@NOWHERE"):
        answer = site.visitor().get("/api/v1/workspace", headers={**headers, "See-As": eyes})
        assert answer.status_code in (403, 404, 422), eyes


def test_a_lost_right_to_look_gives_ones_own_eyes_back(site: Site, attack: Attack) -> None:
    site.person("Olga", "owner")
    browser = site.signed_in("Max", "manager")
    look(site, browser, f"members/{site.member_id('Dora')}")
    assert "138****6666" in browser.get(f"{site.home}/forms/customers/records").text
    with site.database.workspace_tx(site.workspace) as uow:
        dora = site.member_id("Dora")
        members.change_member(uow, system_access("en"), dora, role="owner", unit_ids=())
    page = browser.get(f"{site.home}/forms/customers/records").text
    assert "You see everything as" not in page


def test_programs_look_with_a_header_and_write_nothing(site: Site, attack: Attack) -> None:
    eyes = {**site.token("owner"), "See-As": f"member:{site.member_id('Dora')}"}
    client, path = site.visitor(), "/api/v1/forms/customers/records"
    listed = client.get(path, headers=eyes).get_json()["records"]
    assert [each["mobile"] for each in listed] == ["138****6666"]
    found = client.post(f"{path}/search", json={"q": "138"}, headers=eyes)
    assert found.get_json()["records"] == []
    refused = client.post(path, json={"name": "New"}, headers=eyes)
    assert refused.get_json()["code"] == "only-looking"
