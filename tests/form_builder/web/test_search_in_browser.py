"""Searching a list as one types, in a real browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from regulars.form_builder.origin import Origin
from regulars.form_builder.records import create_record
from regulars.platform.accounts.access import system_access
from tests.support.live_server import LiveServer
from tests.support.people import let_in
from tests.support.shop_forms import publish_forms

pytestmark = pytest.mark.browser


def test_a_list_narrows_while_one_types_and_keeps_the_cursor(
    live_server: LiveServer, open_context: Callable[..., BrowserContext]
) -> None:
    context = open_context()
    place = let_in(context, live_server)
    with live_server.database.workspace_tx(place) as uow:
        publish_forms(uow)
        for name in ("Anna", "Berta"):
            create_record(
                uow, system_access("en"), "customers", {"name": name}, origin=Origin("cli")
            )
    page = context.new_page()
    page.goto(f"{live_server.url}/w/{place.key}/forms/customers/records")
    box = page.get_by_role("searchbox").first
    box.press_sequentially("ber")
    expect(page.get_by_role("link", name="Anna", exact=True)).to_have_count(0)
    expect(page.get_by_role("link", name="Berta", exact=True)).to_be_visible()
    expect(box).to_be_focused()
    expect(box).to_have_value("ber")
