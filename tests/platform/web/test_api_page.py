"""The page about the API says what the document says, in the reader's words."""

import pytest

from regulars.platform.web import openapi
from tests.support.shop_forms import publish_forms
from tests.support.site import Site, words_of


@pytest.fixture
def shop(site: Site) -> Site:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow)
    return site


def test_every_operation_is_on_the_page(shop: Site) -> None:
    page = shop.signed_in().get(f"{shop.home}/api")
    assert page.status_code == 200
    for each in openapi.operations(shop.app):
        if each.route is not None:
            assert f'id="{each.method}-{each.path.strip("/").replace("/", "-")}"' in page.text


def test_it_shows_what_a_record_of_each_form_holds(shop: Site) -> None:
    words = words_of(shop.signed_in().get(f"{shop.home}/api").text)
    assert {"customers", "mobile", "items.quantity", "total_spend"} <= set(words)


def test_only_who_makes_keys_is_led_there(shop: Site) -> None:
    link = f'href="{shop.home}/settings/tokens"'
    assert link in shop.signed_in("Alice", "owner").get(f"{shop.home}/api").text
    assert link not in shop.signed_in("Carl", "clerk").get(f"{shop.home}/api").text


def test_the_short_address_leads_to_it(shop: Site) -> None:
    signed_in = shop.signed_in().get("/api/v1/docs")
    assert (signed_in.status_code, signed_in.headers["Location"]) == (303, f"{shop.home}/api")
    stranger = shop.visitor().get("/api/v1/docs")
    assert "/sign-in" in stranger.headers["Location"]


def test_the_file_can_be_downloaded(shop: Site) -> None:
    file = shop.signed_in().get(f"{shop.home}/api/openapi.json")
    assert file.json is not None
    assert file.json["openapi"] == "3.1.0"
