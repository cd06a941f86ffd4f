"""Filling in a form whose fields depend on each other, on a phone and at a desk."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from regulars.form_builder.origin import Origin
from regulars.form_builder.records import create_record
from regulars.platform.accounts.access import system_access
from regulars.platform.workspaces import get_workspace
from tests.support.browser import DESKTOP, PHONE, accessibility_problems
from tests.support.live_server import LiveServer
from tests.support.logic_forms import LOGIC_FORMS
from tests.support.people import let_in
from tests.support.shop_forms import publish_forms

pytestmark = pytest.mark.browser
ACCESS = system_access("en")


@pytest.fixture
def sales(live_server: LiveServer) -> LiveServer:
    database = live_server.database
    with database.workspace_tx(get_workspace(database, "shop")) as uow:
        publish_forms(uow, LOGIC_FORMS)
        for name in ("Li", "Wu"):
            values = {"name": name, "address": f"{name} Road"}
            create_record(uow, ACCESS, "buyers", values, origin=Origin("cli"))
        for city in ("Wuhan", "Xi'an"):
            values = {"name": f"{city} store", "city": city}
            create_record(uow, ACCESS, "stores", values, origin=Origin("cli"))
    return live_server


def choose(page: Page, field: str, words: str) -> None:
    page.get_by_role("combobox", name=field).fill(words)
    page.get_by_role("option", name=words).click()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_fields_come_go_and_fill_themselves_in(
    sales: LiveServer, open_context: Callable[..., BrowserContext], size: dict[str, int]
) -> None:
    context = open_context(viewport=size)
    let_in(context, sales, "Alice", locale="en")
    page = context.new_page()
    page.goto(f"{sales.url}/w/shop/forms/sales/records/new")
    reason = page.get_by_label("Refund reason")
    expect(reason).to_have_count(0)

    page.get_by_role("radio", name="Refunded").check()
    expect(reason).to_be_visible()
    assert reason.get_attribute("required") is not None
    reason.fill("Broken")
    page.get_by_role("radio", name="Paid").check()
    expect(reason).to_be_hidden()
    expect(page.get_by_label("Paid on")).not_to_have_value("")
    page.get_by_role("radio", name="Refunded").check()
    expect(reason).to_have_value("Broken")

    amount = page.get_by_label("Amount")
    amount.focus()
    amount.press_sequentially("21", delay=20)
    expect(page.locator("#slot-fee")).to_contain_text("42")
    expect(amount).to_be_focused()

    choose(page, "Buyer", "Li")
    expect(page.get_by_label("Address")).to_have_value("Li Road")
    choose(page, "Buyer", "Wu")
    expect(page.get_by_label("Address")).to_have_value("Wu Road")
    page.get_by_label("City").fill("Wuhan")
    page.get_by_label("City").blur()
    expect(page.locator("#slot-store [data-url*=where]")).to_have_count(1)
    store = page.get_by_role("combobox", name="Store")
    store.click()
    expect(page.get_by_role("option")).to_have_text(["Wuhan store"])
    store.press("Enter")
    assert accessibility_problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.get_by_role("radio", name="Paid").check()  # saved at once: what follows comes along
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.locator("h1")).to_be_visible()
    expect(page).not_to_have_url(f"{sales.url}/w/shop/forms/sales/records/new")
    expect(page.get_by_text("Broken")).to_have_count(0)
