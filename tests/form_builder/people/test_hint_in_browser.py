"""Whoever types a new customer is told whom it looks like, without a page in between."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from regulars.form_builder.origin import Origin
from regulars.form_builder.records import create_record
from regulars.platform.accounts.access import system_access
from tests.support.browser import PHONE, accessibility_problems
from tests.support.live_server import LiveServer
from tests.support.people import let_in
from tests.support.shop_forms import publish_forms

pytestmark = pytest.mark.browser
Open = Callable[..., BrowserContext]


def test_the_hint_comes_while_typing_and_stops_nobody(
    live_server: LiveServer, open_context: Open
) -> None:
    page = open_context(viewport=PHONE).new_page()
    shop = let_in(page.context, live_server, locale="en")
    with live_server.database.workspace_tx(shop) as uow:
        publish_forms(uow)
        known = {"name": "王芳", "mobile": "13800138000"}
        create_record(uow, system_access("en"), "customers", known, origin=Origin("cli"))
    page.goto(f"{live_server.url}/w/{shop.key}/forms/customers/records/new")
    page.get_by_label("Name").fill("小王")
    page.get_by_label("mobile").fill("138 0013 8000")
    page.get_by_label("email").fill("x@y.cn")
    hint = page.locator("#look-alikes")
    expect(hint).to_contain_text("This looks like somebody who is already here")
    expect(hint.get_by_role("link", name="王芳")).to_be_visible()
    assert accessibility_problems(page) == []
    page.get_by_label("mobile").fill("139 1111 2222")
    page.get_by_label("email").fill("x@z.cn")
    expect(hint).not_to_contain_text("already here")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="小王")).to_be_visible()
