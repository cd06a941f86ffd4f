"""Writing in a table, laying out its columns, opening its groups: in a real browser."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from regulars.form_builder.origin import Origin
from regulars.form_builder.querying import Record
from regulars.form_builder.records import create_record, get_record, update_record
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Workspace
from tests.support.browser import DESKTOP, PHONE, accessibility_problems
from tests.support.live_server import LiveServer
from tests.support.people import let_in
from tests.support.shop_forms import publish_forms

pytestmark = pytest.mark.browser

OWNER = system_access("en")


@dataclass
class Table:
    """The customers' table of one shop in one browser."""

    server: LiveServer
    place: Workspace
    page: Page
    ids: list[int]

    def open(self, query: str = "") -> None:
        self.page.goto(f"{self.server.url}/w/{self.place.key}/forms/customers/records{query}")
        self.page.wait_for_load_state("load")

    def cell(self, name: int, key: str) -> Locator:
        return self.page.locator(f'tr[data-record="{self.ids[name]}"] td[data-cell="{key}"]')

    def stored(self, name: int) -> Record:
        with self.server.database.workspace_tx(self.place, write=False) as uow:
            return get_record(uow, OWNER, "customers", self.ids[name])


Open = Callable[..., Table]


@pytest.fixture
def table(live_server: LiveServer, open_context: Callable[..., BrowserContext]) -> Open:
    def made(**settings: object) -> Table:
        context = open_context(locale="en-GB", **settings)
        place = let_in(context, live_server, locale="en")
        ids = []
        with live_server.database.workspace_tx(place) as uow:
            publish_forms(uow)
            for name, tier in (("Cy", None), ("Bo", "diamond"), ("Ann", "basic")):
                values = {"name": name, "tier": tier, "email": f"{name.lower()}@x.example"}
                made = create_record(uow, OWNER, "customers", values, origin=Origin("cli"))
                ids.insert(0, made.id)
        found = Table(live_server, place, context.new_page(), ids)
        found.open()
        return found

    return made


def test_cells_are_written_by_keys_and_the_last_one_is_taken_back(table: Open) -> None:
    shop = table(viewport=DESKTOP)
    page = shop.page
    shop.cell(0, "email").click(position={"x": 3, "y": 3})
    box = shop.cell(0, "email").get_by_role("textbox")
    expect(box).to_be_focused()
    assert accessibility_problems(page) == []
    box.fill("new@x.example")
    box.press("Tab")
    expect(shop.cell(0, "birthday").locator("input[type=date]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(shop.cell(0, "birthday")).to_be_focused()
    assert shop.stored(0)["email"] == "new@x.example"
    page.keyboard.press("ArrowDown")
    expect(shop.cell(1, "birthday")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("F2")
    shop.cell(1, "email").get_by_role("textbox").fill("nonsense")
    page.keyboard.press("Enter")
    expect(shop.cell(1, "email").locator(".field-error")).to_be_visible()
    page.keyboard.press("Escape")
    expect(shop.cell(1, "email")).to_have_text("bo@x.example")
    assert accessibility_problems(page) == []
    page.get_by_role("button", name="Undo").click()
    expect(shop.cell(0, "email")).to_have_text("ann@x.example")


def test_a_clash_shows_who_wrote_what_in_the_cell(table: Open) -> None:
    shop = table(viewport=DESKTOP)
    shop.cell(0, "name").focus()
    shop.page.keyboard.press("Enter")
    box = shop.cell(0, "name").get_by_role("textbox")
    expect(box).to_be_focused()
    with shop.server.database.workspace_tx(shop.place) as uow:
        update_record(
            uow, OWNER, "customers", shop.ids[0], {"name": "Anna"}, origin=Origin("page")
        )
    box.fill("Annie")
    box.press("Enter")
    expect(shop.cell(0, "name").locator(".cell-clash")).to_contain_text("from “Ann” to “Anna”")
    shop.cell(0, "name").get_by_role("textbox").press("Enter")
    expect(shop.cell(0, "name")).to_have_text("Annie")


def test_columns_are_dragged_wider_pinned_and_kept(table: Open) -> None:
    shop = table(viewport=DESKTOP)
    page = shop.page
    edge = page.locator('th[data-path="name"] [data-edge]')
    at = edge.bounding_box()
    assert at is not None
    page.mouse.move(at["x"] + 4, at["y"] + 10)
    page.mouse.down()
    page.mouse.move(at["x"] + 104, at["y"] + 10)
    with page.expect_response("**/layout*"):
        page.mouse.up()
    width = page.locator('col[data-path="name"]').get_attribute("data-width")
    page.get_by_role("button", name="What to do with the column tier").click()
    page.get_by_role("button", name="Keep at the left").click()
    expect(page.locator("th.is-pinned")).to_have_attribute("data-path", "tier")
    seen = page.locator('th[data-path="email"]').bounding_box()
    page.get_by_role("button", name="What to do with the column email").click()
    with page.expect_response("**/layout*"):
        page.get_by_role("button", name="Wider").click()
    wider = page.locator('col[data-path="email"]')
    expect(wider).to_have_attribute("data-width", str(round(seen["width"] if seen else 0) + 40))
    shop.open()
    expect(page.locator('col[data-path="name"]')).to_have_attribute("data-width", width or "")
    expect(page.locator("th[data-path]").first).to_have_attribute("data-path", "tier")
    assert accessibility_problems(page) == []


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
def test_groups_open_and_close(table: Open, viewport: dict[str, int]) -> None:
    shop = table(viewport=viewport)
    page = shop.page
    page.get_by_text("Group and sum").click()
    page.get_by_label("Group by").select_option("tier")
    page.locator('[name="sum:email"]').select_option("filled")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_load_state("load")
    page.get_by_role("button", name="Open or close Basic").click()
    expect(shop.cell(0, "email")).to_be_visible()
    assert accessibility_problems(page) == []
    page.get_by_role("button", name="Open or close Basic").click()
    expect(shop.cell(0, "email")).to_be_hidden()
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) <= 0


def test_a_phone_writes_in_a_card_by_the_switch(table: Open) -> None:
    shop = table(viewport=PHONE, has_touch=True, is_mobile=True)
    shop.page.get_by_role("button", name="Tap to edit").tap()
    shop.cell(0, "email").tap(position={"x": 3, "y": 3})
    box = shop.cell(0, "email").get_by_role("textbox")
    box.fill("phone@x.example")
    shop.cell(0, "email").get_by_role("button", name="Save").tap()
    expect(shop.cell(0, "email")).to_have_text("phone@x.example")
    assert accessibility_problems(shop.page) == []


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
def test_ticked_records_are_changed_after_a_look_and_put_back(
    table: Open, viewport: dict[str, int]
) -> None:
    shop = table(viewport=viewport)
    page = shop.page
    for title in ("Ann", "Bo"):
        page.get_by_role("checkbox", name=f"Choose {title}").check()
    page.get_by_role("button", name="Change the chosen ones").click()
    page.get_by_label("Which field shall be changed?").select_option("birthday")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_label("What shall be done?").select_option("set")
    assert accessibility_problems(page) == []
    page.locator("input[type=date]").fill("2001-02-03")
    page.get_by_role("button", name="Look at what would happen").click()
    expect(page.get_by_text("will change")).to_be_visible()
    assert accessibility_problems(page) == []
    page.get_by_role("button", name="Change 2 records").click()
    page.get_by_role("button", name="Put everything back").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Everything is put back")
    assert shop.stored(0)["birthday"] is None
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) <= 0
