"""Levels, addresses and locations in a real browser, at the size of a phone."""

import pytest
from playwright.sync_api import Page, expect

from regulars.platform.workspaces import get_workspace
from tests.support.browser import PHONE, accessibility_problems
from tests.support.live_server import LiveServer
from tests.support.people import let_in
from tests.support.shop_forms import publish_forms

pytestmark = pytest.mark.browser

LEVELS = [
    {"value": "food", "label": "Food"},
    {"value": "food.tea", "label": "Tea"},
    {"value": "food.tea.green", "label": "Green"},
    {"value": "ware", "label": "Ware"},
]
VISITS = {
    "kind": "form", "key": "visits", "label": "Visits", "title": "{name}",
    "fields": [
        {"key": "name", "type": "text", "label": "Name"},
        {"key": "kind", "type": "cascade", "label": "Kind", "options": LEVELS, "required": True},
        {"key": "home", "type": "address", "label": "Home", "required": True},
        {"key": "spot", "type": "location", "label": "Where"},
    ],
}  # fmt: skip


@pytest.fixture
def new_visit(live_server: LiveServer, page: Page) -> str:
    let_in(page.context, live_server, "Alice", locale="en")
    with live_server.database.workspace_tx(get_workspace(live_server.database, "shop")) as uow:
        publish_forms(uow, [VISITS])
    page.set_viewport_size(PHONE)
    return f"{live_server.url}/w/shop/forms/visits/records/new"


def test_places_are_filled_in_level_by_level(page: Page, new_visit: str) -> None:
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": 30.27415, "longitude": 120.15515, "accuracy": 12})
    page.goto(new_visit)
    levels = page.locator(".cascade-levels select")
    levels.nth(0).select_option("Food")
    expect(levels.nth(1)).to_be_focused()
    page.keyboard.type("Tea")
    levels.nth(1).select_option("Tea")
    expect(levels).to_have_count(3)
    assert page.locator("[name=kind]").input_value() == "", "it goes on below"
    levels.nth(2).select_option("Green")
    expect(page.locator("[name=kind]")).to_have_value("food.tea.green")

    street = page.get_by_label("Home · Street, number, room")
    street.fill("浙江杭州西湖区文三路 1 号 310012")
    street.blur()
    line = page.locator("[name=home]")
    expect(line).to_have_value("浙江省杭州市西湖区文三路 1 号 310012")
    expect(street).to_have_value("文三路 1 号")
    page.get_by_label("Home · District").select_option("余杭区")
    expect(line).to_have_value("浙江省杭州市余杭区文三路 1 号 310012")

    page.get_by_role("button", name="Where I am").click()
    expect(page.get_by_text("Found, to within 12 m.")).to_be_visible()
    expect(page.locator("[name=spot]")).to_have_value("30.274150, 120.155150")
    assert accessibility_problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Food / Tea / Green")).to_be_visible()
    expect(page.get_by_role("link", name="30.27415, 120.15515")).to_be_visible()
    page.get_by_role("link", name="Edit").click()
    expect(page.locator(".cascade-levels select").nth(2)).to_have_value("Green")
    expect(page.get_by_label("Home · District")).to_have_value("330110")


def test_who_may_not_be_located_is_told_what_to_do(page: Page, new_visit: str) -> None:
    page.goto(new_visit)
    page.get_by_role("button", name="Where I am").click()
    expect(page.get_by_text("The browser may not tell where you are.")).to_be_visible()
