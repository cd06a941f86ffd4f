"""An expense is asked for, sent back, handed over and approved, on a phone and on a desk."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from regulars.platform.workspaces import get_workspace
from tests.support.browser import DESKTOP, PHONE, accessibility_problems
from tests.support.flow_forms import EXPENSES
from tests.support.live_server import LiveServer
from tests.support.people import let_in
from tests.support.shop_forms import publish_forms

pytestmark = pytest.mark.browser
BARE = {
    **{key: value for key, value in EXPENSES.items() if key != "workflow"},
    "fields": EXPENSES["fields"][:3],
}


def is_fine(page: Page) -> None:
    """Nothing is wider than the screen, and everybody can use it."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert accessibility_problems(page) == []


def keep(page: Page) -> None:
    page.get_by_role("button", name="Keep").click()
    expect(page.locator(".chip-form")).to_have_count(0)


def design(page: Page, home: str) -> None:
    """An approval from nothing: the ready-made one, one more state, one more way."""
    page.goto(f"{home}/forms/expenses/design/states")
    page.wait_for_load_state("load")
    page.get_by_role("button", name="Begin with an approval").click()
    page.get_by_role("link", name="Add a state").click()
    page.locator(".chip-form [name=label]").fill("Paid")
    page.locator(".chip-form [name=color]").select_option("blue")
    page.get_by_role("checkbox", name="This is an end").check()
    keep(page)
    page.get_by_role("link", name="Change “Approved”").click()
    page.get_by_role("checkbox", name="This is an end").uncheck()
    keep(page)
    expect(page.get_by_text("Records would stay at “Approved” for good")).to_be_visible()
    page.get_by_role("link", name="Add a way").click()
    page.locator("[name=from][value=approved]").check()
    page.locator(".chip-form [name=to]").select_option("paid")
    page.locator("[name=who][value='role:owner']").check()
    is_fine(page)
    keep(page)
    expect(page.get_by_role("link", name="From “Approved” to “Paid”: Owner")).to_be_visible()
    expect(page.locator(".flow-box")).to_have_count(4)
    is_fine(page)
    page.goto(f"{home}/forms/expenses/design/publish")
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url("**/records*")


def ask(alice: Page, home: str) -> None:
    """Fill in an expense and submit it."""
    alice.goto(f"{home}/forms/expenses/records/new")
    alice.get_by_label("What for").fill("Cups")
    alice.get_by_label("Amount").fill("12")
    alice.get_by_role("button", name="Save", exact=True).first.click()
    alice.wait_for_url("**/records/1")
    alice.get_by_role("button", name="Submit").click()
    expect(alice.get_by_text("One signature is enough.")).to_be_visible()
    expect(alice.get_by_role("link", name="Edit", exact=True)).to_have_count(0)
    is_fine(alice)


def send_back(max_: Page, home: str) -> None:
    """Out of the inbox, with a reason."""
    max_.goto(f"{home}/tasks")
    expect(max_.get_by_text("12.00")).to_be_visible()
    max_.get_by_text("Send back").first.click()
    max_.get_by_label("Reason").fill("Where is the receipt?")
    is_fine(max_)
    max_.get_by_role("button", name="Send back").click()
    expect(max_.get_by_text("Nothing to do")).to_be_visible()


def hand_over(alice: Page, max_: Page, home: str) -> None:
    """Asked for again, the turn goes to a colleague."""
    alice.reload()
    expect(alice.locator("#timeline").get_by_text("Where is the receipt?").first).to_be_visible()
    alice.get_by_role("button", name="Submit").click()
    max_.goto(f"{home}/forms/expenses/records/1")
    max_.locator("summary", has_text="Hand over").click()
    max_.get_by_label("Colleague").first.select_option("Mia")
    max_.get_by_role("button", name="Hand over").click()
    expect(max_.locator(".state-signers").get_by_text("Mia")).to_be_visible()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_an_expense_from_nothing_to_its_end(
    live_server: LiveServer, open_context: Callable[..., BrowserContext], size: dict[str, int]
) -> None:
    database = live_server.database
    with database.workspace_tx(get_workspace(database, "shop")) as uow:
        publish_forms(uow, [BARE])
    pages: dict[str, Page] = {}
    for name, role in (("Alice", "owner"), ("Max", "manager"), ("Mia", "manager")):
        context = open_context(viewport=size, reduced_motion="reduce")
        let_in(context, live_server, name, role, locale="en")
        pages[name] = context.new_page()
    alice, max_, mia = pages["Alice"], pages["Max"], pages["Mia"]
    home = f"{live_server.url}/w/shop"
    design(alice, home)
    ask(alice, home)
    send_back(max_, home)
    hand_over(alice, max_, home)

    mia.goto(f"{home}/tasks")
    mia.locator("summary", has_text="Approve").focus()
    mia.keyboard.press("Enter")
    mia.get_by_label("Note").first.fill("Fine")
    mia.get_by_role("button", name="Approve").click()
    expect(mia.get_by_text("Nothing to do")).to_be_visible()
    alice.reload()
    alice.get_by_role("button", name="Paid").click()
    expect(alice.get_by_text("This is an end.")).to_be_visible()
    is_fine(alice)
