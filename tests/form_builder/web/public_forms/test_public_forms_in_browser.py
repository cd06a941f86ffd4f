"""From the owner's first click to the customer's thanks, on a phone and at a desk."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from regulars.form_builder.public_forms import tickets
from regulars.form_builder.public_forms.links import make_links
from regulars.form_builder.web.public_forms import doors
from regulars.platform.accounts.access import system_access
from regulars.platform.definitions import store
from regulars.platform.workspaces import get_workspace
from tests.support.browser import DESKTOP, PHONE, accessibility_problems
from tests.support.live_server import LiveServer
from tests.support.logic_forms import LOGIC_FORMS
from tests.support.people import let_in
from tests.support.shop_forms import publish_forms

pytestmark = pytest.mark.browser
SIZES = pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])


@pytest.fixture
def shop(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> LiveServer:
    """The small shop; machines may be as fast as they are."""
    monkeypatch.setattr(doors, "LEAST", 0.0)
    monkeypatch.setattr(tickets, "SOONEST", timedelta(0))
    monkeypatch.setattr(
        "regulars.form_builder.web.public_forms.visitor_pages.SOONEST", timedelta(0)
    )
    with live_server.database.workspace_tx(get_workspace(live_server.database, "shop")) as uow:
        publish_forms(uow)
    return live_server


def is_sound(page: Page) -> bool:
    """Nothing for axe to say, and nothing to scroll sideways for."""
    assert accessibility_problems(page) == []
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@SIZES
def test_an_owner_makes_a_public_form_and_a_customer_joins(
    shop: LiveServer, open_context: Callable[..., BrowserContext], size: dict[str, int]
) -> None:
    desk = open_context(viewport=size)
    let_in(desk, shop, "Alice", locale="en")
    owner = desk.new_page()
    link = make_public_form(shop, owner)
    customer = open_context(viewport=size, locale="en-GB").new_page()
    join(customer, link)
    customer.get_by_role("link", name="简体中文").click()
    expect(customer.get_by_role("heading", name="谢谢您！")).to_be_visible()
    customer.goto(link)
    expect(customer.locator("[data-draft-offer]")).to_be_hidden()
    owner.reload()
    expect(owner.get_by_text("1 received")).to_be_visible()


def make_public_form(shop: LiveServer, owner: Page) -> str:
    """From the list of public forms to the page of links; the shop's link."""
    owner.goto(f"{shop.url}/w/shop/public-forms?form=customers")
    assert is_sound(owner)
    owner.get_by_role("button", name="New public form").first.click()
    expect(owner.get_by_role("textbox", name="Heading")).to_have_value("Become a member")
    owner.wait_for_load_state("load")
    owner.get_by_label("Ask for one more field").select_option(label="birthday")
    expect(owner.locator(".public-phone #field-_birthday")).to_be_attached()
    owner.get_by_label("What “birthday” is asked for").select_option("membership")
    owner.wait_for_load_state("networkidle")
    assert is_sound(owner)
    owner.get_by_role("button", name="Save and use").last.click()
    link = owner.get_by_label("Link of The whole shop").input_value()
    owner.reload()  # the word that it is saved has faded
    assert is_sound(owner)
    return link


def join(customer: Page, link: str) -> None:
    """Begin, come back, go on, mend what was missing, and be thanked."""
    customer.goto(link)
    customer.wait_for_load_state("load")
    assert is_sound(customer)
    expect(customer.get_by_role("checkbox")).not_to_be_checked()
    customer.get_by_label("Name").fill("Ann")
    customer.goto(link)
    customer.get_by_role("button", name="Go on").click()
    expect(customer.get_by_label("Name")).to_have_value("Ann")
    customer.get_by_role("button", name="Send").click()
    expect(customer.locator(".field-error")).to_have_count(1)
    assert is_sound(customer)
    mobile = customer.get_by_label("mobile")
    assert mobile.get_attribute("type") == "tel"
    assert mobile.get_attribute("autocomplete") == "tel"
    mobile.fill("13900001111")
    customer.get_by_role("checkbox").check()
    customer.get_by_role("button", name="Send").click()
    expect(customer.get_by_role("heading", name="Thank you!")).to_be_visible()
    assert is_sound(customer)


def test_what_follows_from_an_answer_shows_without_sending(
    shop: LiveServer, open_context: Callable[..., BrowserContext]
) -> None:
    raw = {
        "kind": "public_form", "key": "refund", "label": "Refunds", "form": "sales",
        "fields": ["status", "reason", "amount"],
    }  # fmt: skip
    with shop.database.workspace_tx(get_workspace(shop.database, "shop")) as uow:
        publish_forms(uow, LOGIC_FORMS)
        access = system_access("en")
        store.save_draft(uow, access, "public_form", raw)
        store.publish(uow, access, [("public_form", "refund")])
        [link] = make_links(uow, access, "refund", [None])
    page = open_context(viewport=PHONE, locale="en-GB").new_page()
    page.goto(shop.url + link.path)
    page.wait_for_load_state("load")
    reason = page.get_by_label("Refund reason")
    expect(reason).to_have_count(0)
    page.get_by_role("radio", name="Refunded").check()
    expect(reason).to_be_visible()
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".field-error")).not_to_have_count(0)
    reason.fill("Broken")
    page.get_by_role("button", name="Send").click()
    expect(page).to_have_url(re.compile("/done/"))
