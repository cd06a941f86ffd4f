import pytest
from playwright.sync_api import expect

from tests.guides.conftest import DESK, Walk
from tests.support.pictures import Picture

pytestmark = [pytest.mark.browser, pytest.mark.pictures]


def test_a_form_is_designed(walk: Walk, picture: Picture) -> None:
    page = walk.go("/new-form?start=gallery")
    picture(page, "design-a-form/start")
    page.set_viewport_size({"width": 1440, "height": 840})
    page = walk.go("/forms/customers/design")
    page.locator("[data-field=mobile] [data-card-settings]").click()
    expect(page.locator("#panel")).to_be_visible()
    expect(page.locator(".field-card.is-selected")).to_be_visible()
    picture(page, "design-a-form/designer")
    page.set_viewport_size(DESK)
    picture(walk.go("/forms/customers/design?tab=preview"), "design-a-form/preview")


def test_a_field_is_added_on_a_phone(walk: Walk, picture: Picture) -> None:
    page = walk.go("/forms/customers/design", phone=True)
    picture(page, "design-a-form/phone")
