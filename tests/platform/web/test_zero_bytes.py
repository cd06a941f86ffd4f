"""A zero byte in an address or an input is refused by every route, before a store sees it."""

import pytest

from tests.security.every_route import private_routes
from tests.support.shop_forms import publish_forms
from tests.support.site import Site


@pytest.mark.one_database
def test_every_route_refuses_a_zero_byte_behind_the_mark(site: Site) -> None:
    owner, key = site.signed_in(), site.token("owner")
    passed = []
    for route in private_routes(site.app, "GET"):
        headers = {} if route.permission.door != "api" else key
        answer = owner.get(f"{route.path}?q=a%00b", headers=headers)
        if answer.status_code not in (404, 422):
            passed.append(f"{route.rule}: {answer.status_code}")
    assert passed == []


@pytest.mark.parametrize("name", ["reason", "channel", "rule", "re%00ason"])
def test_a_list_of_messages_names_the_parameter(site: Site, name: str) -> None:
    answer = site.visitor().get(f"/api/v1/messages?{name}=a%00b", headers=site.token("owner"))
    assert answer.status_code == 422
    (problem,) = answer.json["problems"]
    assert (problem["path"], problem["code"]) == (name.replace("%00", ""), "not-text")


def test_a_zero_byte_in_a_path_is_nobodys_address(site: Site) -> None:
    key = site.token("owner")
    assert site.visitor().get("/api/v1/forms/a%00b", headers=key).status_code == 404


def test_an_input_of_a_page_with_a_zero_byte_is_named(site: Site) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow)
    owner = site.signed_in()
    answer = owner.send(f"{site.home}/forms/customers/records/new", {"name": "a\x00b"})
    assert answer.status_code == 422
    assert "Text is expected here." in answer.text
