"""Writing a formatted text in a real browser: by keyboard, with links, by pasting."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from regulars.platform.workspaces import get_workspace
from tests.support.browser import PHONE, accessibility_problems
from tests.support.live_server import LiveServer
from tests.support.people import let_in
from tests.support.shop_forms import publish_forms

pytestmark = pytest.mark.browser

FORM: dict[str, Any] = {
    "kind": "form",
    "key": "notes",
    "label": "Notes",
    "fields": [{"key": "note", "type": "rich_text", "label": "Note", "required": True}],
}
PASTE = """area => {
  const data = new DataTransfer();
  data.setData("text/html", "<p style='color:red' onclick='x()'>from <b>word</b><img src=x></p>");
  const options = { clipboardData: data, bubbles: true, cancelable: true };
  area.dispatchEvent(new ClipboardEvent("paste", options));
}"""


def test_a_text_is_formatted_linked_pasted_saved_and_opened_again(
    live_server: LiveServer, page: Page
) -> None:
    let_in(page.context, live_server, "Alice", locale="en")
    with live_server.database.workspace_tx(get_workspace(live_server.database, "shop")) as uow:
        publish_forms(uow, [FORM])
    page.set_viewport_size(PHONE)
    page.goto(f"{live_server.url}/w/shop/forms/notes/records/new")
    area = page.get_by_role("textbox", name="Note")
    area.focus()
    heading = page.get_by_role("button", name="Heading", exact=True)
    heading.click()
    page.keyboard.type("Visit")
    expect(heading).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="List", exact=True).click()
    page.keyboard.type("likes ")
    page.keyboard.press("Control+b")
    page.keyboard.type("green")
    page.keyboard.press("Control+b")
    page.keyboard.type(" tea, see ")
    page.get_by_role("button", name="Link", exact=True).click()
    page.get_by_label("Address of the link").fill("tea.example/green")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    area.evaluate(PASTE)
    assert accessibility_problems(page) == []
    page.get_by_role("button", name="Save", exact=True).click()
    shown = page.locator(".facts .rich-text")
    expect(shown.locator("h2")).to_have_text("Visit")
    expect(shown.locator("li").first).to_have_text(
        "likes green tea, see https://tea.example/green"
    )
    expect(shown.locator("strong").first).to_have_text("green")
    expect(shown.locator("a")).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(shown.get_by_text("from word")).to_be_visible()
    assert shown.locator("img, [style], [onclick]").count() == 0

    page.goto(f"{page.url}/edit")
    expect(area.locator("h2")).to_have_text("Visit")
    area.evaluate("area => { area.textContent = ''; area.dispatchEvent(new Event('input')); }")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".has-error .rich-area")).to_have_attribute("aria-invalid", "true")
