"""A form is designed in a real browser: by mouse, by keys, on a phone, out of a spreadsheet."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from regulars.form_builder.importing import running
from regulars.platform.db import Workspace
from tests.support.browser import PHONE, accessibility_problems, drag
from tests.support.live_server import LiveServer
from tests.support.people import let_in

pytestmark = pytest.mark.browser
SHEET = "Name,Mobile,Level\n" + "\n".join(
    f"Guest {n},1380013800{n},{('Gold', 'Silver')[n % 2]}" for n in range(8)
)


@pytest.fixture
def place(live_server: LiveServer, page: Page) -> Workspace:
    """An empty shop; its owner is signed in."""
    return let_in(page.context, live_server, "Alice", locale="en")


def at(server: LiveServer, place: Workspace, path: str) -> str:
    return f"{server.url}/w/{place.key}{path}"


def titles(page: Page) -> list[str]:
    return [box.input_value() for box in page.locator("#canvas [data-card-title]").all()]


def settle(page: Page, said: str) -> None:
    """Wait until the step has been taken: it is read aloud then."""
    expect(page.locator("#designer-says")).to_contain_text(said, timeout=15_000)


def begin(page: Page, live_server: LiveServer, place: Workspace, name: str) -> None:
    page.goto(at(live_server, place, "/new-form?start=gallery"))
    assert accessibility_problems(page) == []
    page.get_by_role("button", name=f"Begin with {name}").click()
    expect(page.locator("#canvas")).to_be_visible()
    page.wait_for_load_state("load")  # keys are heard once the scripts are there


def test_a_form_is_arranged_by_keys_alone(
    live_server: LiveServer, page: Page, place: Workspace
) -> None:
    begin(page, live_server, place, "Suppliers")
    start = titles(page)
    page.locator("[data-card-settings]").first.focus()
    page.keyboard.press("Alt+ArrowDown")
    settle(page, "Name: place 2 of 5 in Supplier.")
    assert titles(page)[:2] == [start[1], start[0]]
    page.keyboard.press("Alt+Shift+ArrowDown")
    settle(page, "1 field moved.")
    page.keyboard.press("Alt+ArrowRight")
    expect(page.locator(".is-span-2")).to_have_count(1)
    page.keyboard.press("r")
    settle(page, "Name changed.")
    for _ in range(4):
        page.keyboard.press("Control+z")
        settle(page, "Undone.")
        page.evaluate("document.getElementById('designer-says').textContent = ''")
    assert titles(page) == start
    page.reload()
    page.keyboard.press("Control+Shift+z")
    settle(page, "Done again.")
    assert titles(page)[:2] == [start[1], start[0]]
    page.keyboard.press("Control+z")
    settle(page, "Undone.")
    page.locator("[data-card-settings]").first.focus()
    page.keyboard.press("x")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("x")
    expect(page.locator("[data-picked-count]")).to_have_text("2")
    page.keyboard.press("Control+d")
    settle(page, "2 fields duplicated.")
    assert len(titles(page)) == len(start) + 2
    page.locator("#palette [data-type=long_text] button").click()
    expect(page.locator(".field-card.is-selected")).to_be_in_viewport(ratio=1)
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_visible()
    assert accessibility_problems(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("rating")
    expect(page.locator("[data-palette-list] li:visible")).to_have_count(1)


def test_fields_travel_by_mouse_and_clipboard_and_show_what_they_became(
    live_server: LiveServer, page: Page, place: Workspace
) -> None:
    page.set_viewport_size({"width": 1440, "height": 1600})
    begin(page, live_server, place, "Suppliers")
    drag(page, page.locator("[data-type='part/note']"), page.locator(".field-card").nth(1))
    expect(page.locator(".canvas-mark.is-note")).to_be_visible()
    sections = page.locator("#canvas [data-section]")
    email = page.locator("[data-field=email] .grip")
    drag(page, email, sections.last.locator(".field-card").first)
    expect(sections.last.locator("[data-field=email]")).to_be_visible()
    page.locator("[data-field=goods] .card-pick").check()
    page.locator("[data-field=terms] .card-pick").check()
    page.locator("#selection [data-act=copy]").click()
    settle(page, "Fields copied: 2")
    begin(page, live_server, place, "Goods received")
    page.locator("[data-card-settings]").first.focus()
    page.keyboard.press("Control+v")
    settle(page, "2 fields pasted.")
    page.locator("[data-field=terms] [data-card-settings]").click()
    page.get_by_label("Type of Terms of payment").select_option("number")
    settle(page, "has another type now")
    assert accessibility_problems(page) == []
    page.get_by_role("link", name="Preview").click()
    expect(page.get_by_label("On a phone")).to_be_visible()
    page.get_by_role("link", name="简体中文").click()
    expect(page.get_by_label("On a computer")).to_contain_text("供应商")
    assert accessibility_problems(page) == []
    page.get_by_role("link", name="Definition").click()
    text = page.locator("#definition")
    raw = json.loads(text.input_value())
    text.fill(json.dumps({**raw, "fields": [{"key": "x", "type": "rocket"}]}))
    page.get_by_role("button", name="Take it over").click()
    expect(page.locator("#json-problems")).to_contain_text("fields/0/type")
    text.fill(json.dumps({**raw, "label": "Deliveries"}))
    page.get_by_role("button", name="Take it over").click()
    expect(page.locator("#form-name")).to_have_value("Deliveries")
    assert accessibility_problems(page) == []


def test_a_phone_makes_a_form_of_a_spreadsheet_and_fills_in_pages(
    live_server: LiveServer, open_context: Callable[..., BrowserContext]
) -> None:
    context = open_context(viewport=PHONE, has_touch=True, is_mobile=True)
    place = let_in(context, live_server, "Alice", locale="en")
    page = context.new_page()
    page.goto(at(live_server, place, "/new-form?start=file"))
    assert accessibility_problems(page) == []
    page.locator("input[type=file]").set_input_files(
        {"name": "my guests.csv", "mimeType": "text/csv", "buffer": SHEET.encode()}
    )
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("Type of Level")).to_have_value("choice")
    assert accessibility_problems(page) == []
    page.get_by_role("button", name="Make the form and bring the rows in").click()
    page.wait_for_url("**/imports/*")
    running.run_due(live_server.database, place)
    page.goto(at(live_server, place, "/forms/my_guests/records"))
    expect(page.get_by_text("Guest 7").first).to_be_visible()
    begin(page, live_server, place, "Feedback")
    page.get_by_role("button", name="Add a field").click()
    page.locator("#palette [data-type=date] button").click()
    expect(page.locator("#panel")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= 360")
    assert accessibility_problems(page) == []
    page.goto(at(live_server, place, "/forms/feedback/design/publish"))
    page.get_by_role("button", name="Publish").click()
    page.goto(at(live_server, place, "/forms/feedback/records/new"))
    page.get_by_role("button", name="Next").click()
    expect(page.locator("#page-2")).to_be_visible()
    expect(page.locator("#page-1")).to_be_hidden()
    assert accessibility_problems(page) == []
    page.get_by_role("button", name="3", exact=False).first.click()
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.locator("#page-2")).to_be_visible()
    expect(page.get_by_text("1 to mend")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= 360")
