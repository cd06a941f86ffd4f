"""The composer without a mouse, in a real browser: open, choose, close, and move a step."""

import pytest
from playwright.sync_api import Locator, Page, expect

from regulars.platform.definitions import store
from tests.support.live_server import LiveServer
from tests.support.people import let_in
from tests.support.rule_shop import SYSTEM, RuleShop, journey, sms

pytestmark = pytest.mark.browser

STEPS = [{"id": name, "do": "wait", "for": f"{n}d"} for n, name in enumerate("abc", 1)]


@pytest.fixture
def composer(live_server: LiveServer, page: Page) -> Page:
    """The composer of a draft with three waits: of one, two and three days."""
    place = let_in(page.context, live_server, "Alice", locale="en")
    shop = RuleShop(live_server.database, place).open()
    shop.publish(sms())
    with shop.work() as uow:
        store.save_draft(uow, SYSTEM, "rule", journey(steps=STEPS))
    page.goto(f"{live_server.url}/w/{place.key}/rules/greet/compose")
    page.wait_for_load_state("networkidle")
    return page


def steps(page: Page) -> list[str]:
    """The steps in their order."""
    chips = page.locator(".rule-step-head > .sentence-chip")
    return [text.strip() for text in chips.all_inner_texts()]


def step(page: Page, words: str) -> Locator:
    """The part of the sentence that says a step."""
    return page.locator(".rule-step-head > .sentence-chip").filter(has_text=words)


def test_a_part_opens_closes_and_is_applied_where_the_keyboard_is(composer: Page) -> None:
    keys = composer.keyboard
    step(composer, "1 day").focus()
    keys.press("Enter")
    length = composer.locator(".chip-form input[name$=_n]")
    expect(length).to_be_focused()
    keys.press("Escape")
    expect(composer.locator(".chip-form")).to_have_count(0)
    expect(step(composer, "1 day")).to_be_focused()
    keys.press("Enter")
    expect(length).to_be_focused()
    keys.press("Control+A")
    keys.type("5")
    keys.press("Enter")
    expect(step(composer, "5 days")).to_be_focused()


def test_a_step_is_moved_and_the_keyboard_goes_with_it(composer: Page) -> None:
    keys = composer.keyboard
    head = composer.locator(".rule-step-head").filter(has_text="1 day")
    down = head.get_by_role("button", name="Move down")
    down.focus()
    keys.press("Enter")
    expect(composer.locator(".rule-step-head").nth(1)).to_contain_text("1 day")
    expect(down).to_be_focused()
    keys.press("Enter")
    expect(composer.locator(".rule-step-head").nth(2)).to_contain_text("1 day")
    expect(step(composer, "1 day")).to_be_focused()  # it cannot go further down
    keys.press("Alt+ArrowUp")
    expect(composer.locator(".rule-step-head").nth(1)).to_contain_text("1 day")
    expect(step(composer, "1 day")).to_be_focused()
    assert steps(composer) == ["wait 2 days", "wait 1 day", "wait 3 days"]


def test_a_menu_is_gone_through_with_the_arrows(composer: Page) -> None:
    keys = composer.keyboard
    composer.locator(".condition summary").first.focus()
    keys.press("ArrowDown")
    menu = composer.locator("details[data-menu][open]").get_by_role("menuitem")
    expect(menu.first).to_be_focused()
    keys.press("ArrowUp")
    expect(menu.last).to_be_focused()
    keys.press("Home")
    keys.press("Enter")
    expect(composer.locator(".chip-form")).to_have_count(1)
    focused = "document.activeElement.closest('.chip-form') !== null"
    composer.wait_for_function(focused)
