"""Views, colours, pinyin and the tabs of a record, in a real browser on a desk and on a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from regulars.form_builder.origin import Origin
from regulars.form_builder.records import write_batch
from regulars.platform.accounts.access import system_access
from tests.support.browser import DESKTOP, PHONE, accessibility_problems
from tests.support.live_server import LiveServer
from tests.support.people import let_in
from tests.support.shop_forms import publish_forms

pytestmark = pytest.mark.browser


def is_sound(page: Page) -> None:
    """Nothing is wider than the screen, and axe has nothing to complain about."""
    page.wait_for_load_state("load")
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(wide)
    assert accessibility_problems(page) == []


@pytest.mark.parametrize(
    ("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"]
)
def test_a_list_is_coloured_kept_for_oneself_and_opened_with(
    live_server: LiveServer, open_context: Callable[..., BrowserContext], size: dict[str, int],
    scheme: str,
) -> None:  # fmt: skip
    context = open_context(viewport=size, color_scheme=scheme)
    place = let_in(context, live_server)
    with live_server.database.workspace_tx(place) as uow:
        publish_forms(uow)
        people = [{"name": "张晓明", "tier": "diamond"}, {"name": "重庆老李"}, {"name": "Anna"}]
        write_batch(uow, system_access("zh-Hans"), "customers", people, origin=Origin("cli"))
    page = context.new_page()
    page.goto(f"{live_server.url}/w/{place.key}/forms/customers/records")
    page.wait_for_load_state("load")
    box = page.get_by_role("searchbox").first
    for word, name in (("zxm", "张晓明"), ("chongqing", "重庆老李")):
        box.fill(word)
        expect(page.locator(".row-link")).to_have_count(1)
        expect(page.get_by_role("link", name=name)).to_be_visible()
    box.fill("")
    expect(page.locator(".row-link")).to_have_count(3)
    page.locator("#filter-menu > summary").click()
    page.locator("#filter-field").select_option("tier")
    page.locator("#filter-op").select_option("is")
    page.locator("#filter-value select").select_option("diamond")
    page.locator("#filter-row details summary").click()
    page.locator("#filter-paint").select_option("red")
    is_sound(page)
    page.locator("#filter-row button.btn-primary").click()
    expect(page.locator("tr .tint-whole")).to_have_count(1)
    expect(page.locator(".row-link")).to_have_count(3)
    page.locator("#view-menu > summary").click()
    page.locator("#view-label").fill("重点")
    is_sound(page)
    page.locator(".view-new button.btn-primary").click()
    expect(page.locator(".tab[aria-current=page]")).to_contain_text("重点")
    page.locator("#view-menu > summary").click()
    page.locator("#view-menu form[action$='/start'] button").click()
    page.goto(f"{live_server.url}/w/{place.key}/forms/customers/records")
    expect(page.locator(".tab[aria-current=page]")).to_contain_text("重点")
    expect(page.locator("tr .tint-whole")).to_have_count(1)
    is_sound(page)
    for shape in ("as=kanban&by=tier", "as=calendar&by=created_at", "as=gallery"):
        page.goto(f"{page.url.partition('?')[0]}?view=own-1&{shape}")
        expect(page.locator("#record-table .tint-whole").first).to_be_attached()
        is_sound(page)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_record_has_tasks_and_a_list_a_sheet(
    live_server: LiveServer, open_context: Callable[..., BrowserContext], size: dict[str, int]
) -> None:
    context = open_context(viewport=size)
    place = let_in(context, live_server)
    with live_server.database.workspace_tx(place) as uow:
        publish_forms(uow)
        people = [{"name": "张晓明"}]
        write_batch(uow, system_access("zh-Hans"), "customers", people, origin=Origin("cli"))
    page = context.new_page()
    home = f"{live_server.url}/w/{place.key}/forms/customers/records"
    page.goto(f"{home}/1?tab=tasks")
    page.wait_for_load_state("load")
    page.locator("#record-tasks input[name=title]").fill("打电话问问")
    is_sound(page)
    page.locator("#record-tasks .form-actions button").click()
    expect(page.locator("#record-tasks tbody tr")).to_contain_text("打电话问问")
    is_sound(page)
    page.locator("#record-tasks form[action$='/finish'] button").click()
    expect(page.locator("#record-tasks tbody .badge, #record-tasks tbody .chip")).to_have_count(1)
    page.goto(f"{home}/1?tab=orders")
    is_sound(page)
    page.goto(f"{home}/print?cols=name,tier")
    expect(page.locator(".list-sheet tbody tr")).to_have_count(1)
    is_sound(page)
