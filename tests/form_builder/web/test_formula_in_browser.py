"""Typing a formula in a real browser: mistakes, completion, the value it gives."""

import pytest
from playwright.sync_api import Page, expect

from regulars.form_builder.origin import Origin
from regulars.form_builder.records import create_record
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database
from regulars.platform.workspaces import get_workspace
from tests.support.browser import accessibility_problems
from tests.support.live_server import LiveServer
from tests.support.people import let_in
from tests.support.shop_forms import publish_forms

pytestmark = pytest.mark.browser


def fill(database: Database) -> None:
    with database.workspace_tx(get_workspace(database, "shop")) as uow:
        publish_forms(uow)
        create_record(uow, system_access("en"), "customers", {"name": "Ann"}, origin=Origin("cli"))


def test_a_formula_is_completed_mended_and_kept(live_server: LiveServer, page: Page) -> None:
    let_in(page.context, live_server, "Alice", locale="en")
    fill(live_server.database)
    page.goto(f"{live_server.url}/w/shop/forms/customers/design?field=average")
    formula = page.locator("#set-formula")
    state = page.locator("#set-formula-state")
    expect(state).to_contain_text("Gives: number")

    formula.fill("total_spend / nobody")
    expect(state.locator("mark")).to_have_text("nobody")
    expect(state).to_contain_text("Line 1, character 15")

    formula.fill("order_count + order_c")
    state.get_by_role("button", name="order_count").click()
    expect(formula).to_have_value("order_count + order_count")
    expect(state.locator("output")).to_have_text("0")
    assert accessibility_problems(page) == []

    with page.expect_response("**/design/steps"):
        page.locator("#set-label").click()
    page.reload()
    expect(page.locator("#set-formula")).to_have_value("order_count + order_count")
