"""The till in a real browser: a shop that has one, and a clerk's hand on its keys."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from regulars.form_builder.querying import RecordQuery
from regulars.form_builder.records import find_records
from regulars.platform.accounts.access import system_access
from regulars.platform.workspaces import get_workspace
from tests.support.live_server import LiveServer
from tests.support.people import let_in
from tests.support.till_shop import make, open_till

Contexts = Callable[..., BrowserContext]
TILL = "/w/shop/till/counter"


@pytest.fixture
def till_floor(live_server: LiveServer) -> LiveServer:
    """A shop with a till, three members and a coupon."""
    place = get_workspace(live_server.database, "shop")
    with live_server.database.workspace_tx(place) as uow:
        open_till(uow)
        ann = make(uow, "customers", name="Ann Li", mobile="13800001234")
        make(uow, "customers", name="Bo Wang", mobile="13911115678")
        make(uow, "customers", name="Cy Wang", mobile="13922225678")
        make(uow, "coupons", code="TEN OFF", customer=ann, least="50")
    return live_server


def sales(shop: LiveServer) -> list[dict[str, Any]]:
    """What was recorded, in order."""
    place = get_workspace(shop.database, "shop")
    with shop.database.workspace_tx(place, write=False) as uow:
        query = RecordQuery(sort=("id",))
        found = find_records(uow, system_access("en"), "sales", query).records
    return [each.values for each in found]


def at_till(context: BrowserContext, shop: LiveServer) -> Page:
    """A till that is ready for the line to go."""
    let_in(context, shop, "Cleo", "clerk", "en")
    page = context.new_page()
    page.goto(shop.url + TILL)
    expect(page.locator('[data-till][data-ready="files"][data-learned]')).to_be_attached()
    return page


def press(page: Page, pad: str, keys: str) -> None:
    """Big keys, one after the other."""
    for key in keys:
        page.locator(f'[data-pad="{pad}"] [data-press="{key}"]').click()


def serve(page: Page, tail: str) -> None:
    """Type the last digits of somebody's number."""
    press(page, "till-find", tail)
    expect(page.locator("[data-step=sell]")).to_be_visible()


def pay(page: Page, amount: str) -> None:
    """Type an amount and record it."""
    press(page, "till-amount", amount)
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("[data-step=done]")).to_be_visible()


def go_on(page: Page) -> None:
    """To the next customer."""
    page.get_by_role("button", name="Next customer").click()
