"""S13: the same address shows each reader their own, whoever asked before; nothing is kept."""

import itertools

import pytest

from tests.security.shop_of_two import SECRET, digits_together, open_shop, role
from tests.support.site import Site

PLACES = (
    "/w/shop/forms/customers/records",
    "/w/shop/forms/customers/records/{id}",
    "/w/shop/forms/customers/records?cols=name,mobile",
    "/w/shop/forms/customers/records?filter=%7B%22field%22%3A%22mobile%22%2C%22op%22%3A%22is_not_empty%22%7D",
)
ROUTES = (
    "/api/v1/forms/customers/records",
    "/api/v1/forms/customers/records/{id}",
    "/api/v1/forms/customers/records/{id}/history",
    "/api/v1/forms/customers/schema",
    "/api/v1/openapi.json",
)


@pytest.mark.one_database
def test_two_readers_of_one_address_in_both_orders_see_their_own(site: Site) -> None:
    attack = open_shop(site, role("masked"))
    owner, clerk = site.signed_in("Olga", "owner"), site.signed_in("Chen", "desk")
    of_owner, of_clerk = site.token("owner"), attack.headers
    program = site.visitor()
    for place in PLACES:
        url = place.format(id=attack.customer)
        seen = [(who, who.get(url).text) for who in (owner, clerk, clerk, owner, clerk)]
        whole = [(who, SECRET in digits_together(text)) for who, text in seen]
        assert whole == [(who, who is owner) for who, _text in seen], url
    for route in ROUTES[:3]:
        url = route.format(id=attack.customer)
        answers = [
            (headers, program.get(url, headers=headers).text)
            for headers in (of_clerk, of_owner, of_clerk, of_owner)
        ]
        assert all((SECRET in text) == (headers is of_owner) for headers, text in answers), url


@pytest.mark.one_database
def test_an_etag_of_one_reader_is_worth_nothing_to_another(site: Site) -> None:
    attack = open_shop(site, role("masked"))
    program, url = site.visitor(), f"/api/v1/forms/customers/records/{attack.customer}"
    tag = program.get(url, headers=site.token("owner")).headers["ETag"]
    answer = program.get(url, headers={**attack.headers, "If-None-Match": tag})
    assert answer.status_code == 304 or SECRET not in answer.text


@pytest.mark.one_database
def test_no_answer_about_a_workspace_may_be_kept_by_a_cache(site: Site) -> None:
    attack = open_shop(site, role("masked"))
    browser = site.signed_in("Chen", "desk")
    for place in itertools.chain(PLACES, ROUTES):
        url = place.format(id=attack.customer)
        headers = attack.headers if url.startswith("/api") else {}
        answer = browser.get(url, headers=headers)
        assert answer.status_code == 200, url
        assert "no-store" in answer.headers["Cache-Control"], url
        asked_by = "Authorization" if url.startswith("/api") else "Cookie"
        assert asked_by in answer.headers["Vary"], url
