"""A clerk's shift in a real browser: with the line, without it, and beside another till."""

from io import BytesIO
from typing import Any

import pytest
import segno
from playwright.sync_api import expect

from regulars.platform.workspaces import get_workspace
from tests.support.browser import DESKTOP, PHONE, accessibility_problems, complaints_of
from tests.support.live_server import LiveServer
from tests.support.people import let_in
from tests.support.till_screen import (
    TILL,
    Contexts,
    at_till,
    go_on,
    pay,
    press,
    sales,
    serve,
)
from tests.support.till_shop import make

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_member_is_served_with_one_hand(
    till_floor: LiveServer, open_context: Contexts, size: dict[str, int]
) -> None:
    page = at_till(open_context(viewport=size), till_floor)
    assert accessibility_problems(page) == []
    press(page, "till-find", "5678")
    expect(page.locator(".till-person")).to_have_count(2)
    assert accessibility_problems(page) == []
    for _ in "5678":
        page.get_by_role("button", name="Delete the last digit").first.click()
    page.keyboard.type("1234")  # as a hand scanner does, wherever the focus is
    expect(page.get_by_role("heading", name="Ann Li")).to_be_visible()
    page.get_by_role("checkbox").check()
    press(page, "till-amount", "49")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("from ¥50.00 on")
    press(page, "till-amount", ".505")
    assert accessibility_problems(page) == []
    wide = "document.documentElement.scrollWidth > window.innerWidth"
    assert not page.evaluate(wide)
    page.locator('[data-quick="50"]').click()
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("[data-step=done]")).to_contain_text("Coupon redeemed. Points: +50")
    assert accessibility_problems(page) == []
    [sale] = sales(till_floor)
    assert (str(sale["amount"]), sale["coupon"]) == ("50.00", 1)
    go_on(page)
    page.get_by_role("button", name="Sale without a member").click()
    pay(page, "7")
    assert [str(each["amount"]) for each in sales(till_floor)] == ["50.00", "7.00"]


def test_without_the_line_sales_wait_and_are_recorded_once(
    till_floor: LiveServer, open_context: Contexts
) -> None:
    context = open_context(viewport=PHONE)
    page = at_till(context, till_floor)
    serve(page, "1234")  # the coupon is on the screen when the line goes
    context.set_offline(True)
    page.get_by_role("checkbox").check()
    pay(page, "60")
    expect(page.locator("[data-step=done]")).to_contain_text("checked when the line is back")
    page.reload()
    expect(page.locator("[data-bar]")).to_contain_text("No line. Sales that wait: 1")
    press(page, "till-find", "5678")
    expect(page.locator(".till-person")).to_have_count(2)
    expect(page.locator(".till-person").first).to_contain_text("C*")
    page.locator(".till-person").first.click()
    expect(page.locator("[data-no-offers]")).to_be_visible()
    pay(page, "12.5")
    assert accessibility_problems(page) == []
    assert sales(till_floor) == []
    complaints_of(context).clear()  # the browser says of each call that there is no line
    context.set_offline(False)
    expect(page.locator("[data-bar]")).to_be_hidden()
    made = sales(till_floor)
    assert sorted(str(each["amount"]) for each in made) == ["12.50", "60.00"]
    assert {each["customer"] for each in made} == {1, 3}
    page.reload()
    expect(page.locator("[data-till][data-learned]")).to_be_attached()
    assert len(sales(till_floor)) == 2
    page.goto(f"{till_floor.url}{TILL}/known")  # opened by its address, it stays on no device
    expect(page.locator("body")).to_contain_text("5678")
    kept = """async () => {
      const shelves = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
      const asked = await Promise.all(shelves.map((shelf) => shelf.keys()));
      return asked.flat().map((each) => new URL(each.url).pathname);
    }"""
    addresses = page.evaluate(kept)
    assert TILL in addresses
    assert f"{TILL}/known" not in addresses


def test_an_answer_that_got_lost_makes_no_double(
    till_floor: LiveServer, open_context: Contexts
) -> None:
    page = at_till(open_context(viewport=PHONE), till_floor)
    page.get_by_role("button", name="Sale without a member").click()

    def lose(route: Any) -> None:
        route.fetch()  # the shop has recorded it; the device never hears of it
        route.abort()

    page.route("**/sales", lose, times=1)
    pay(page, "30")
    expect(page.locator("[data-step=done]")).to_contain_text("Kept on this device")
    assert len(sales(till_floor)) == 1
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("[data-bar]")).to_be_hidden()
    assert len(sales(till_floor)) == 1
    complaints_of(page.context).clear()


def test_of_two_tills_with_one_coupon_the_second_decides_what_to_do(
    till_floor: LiveServer, open_context: Contexts
) -> None:
    first, second = (at_till(open_context(viewport=PHONE), till_floor) for _ in range(2))
    for page in (first, second):
        serve(page, "1234")
        page.get_by_role("checkbox").check()
    second.context.set_offline(True)
    pay(second, "80")
    pay(first, "70")
    expect(first.locator("[data-step=done]")).to_contain_text("Coupon redeemed")
    complaints_of(second.context).clear()
    second.context.set_offline(False)
    expect(second.locator("[data-bar]")).to_contain_text("Needs your decision: 1")
    second.locator("[data-bar-open]").click()
    expect(second.get_by_role("dialog")).to_contain_text("does not count any more")
    assert accessibility_problems(second) == []
    assert len(sales(till_floor)) == 1
    second.get_by_role("button", name="Record without the coupon").click()
    expect(second.locator("[data-bar]")).to_be_hidden()
    assert [(str(each["amount"]), each["coupon"]) for each in sales(till_floor)] == [
        ("70.00", 1), ("80.00", None),
    ]  # fmt: skip
    complaints_of(second.context).clear()  # the refusal stood on its console


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_editor_follows_what_is_chosen(
    till_floor: LiveServer, open_context: Contexts, size: dict[str, int]
) -> None:
    context = open_context(viewport=size, reduced_motion="reduce")
    let_in(context, till_floor, "Alice", locale="en")
    page = context.new_page()
    page.goto(f"{till_floor.url}/w/shop/tills/counter/edit")
    page.wait_for_load_state("load")
    assert accessibility_problems(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    page.locator('[name="points.way"]').select_option("~person")
    expect(page.locator('[name="points.field"]')).to_have_value("balance")
    page.locator('[name="offer.form"]').select_option("")
    expect(page.locator('[name="offer.where"]')).to_have_count(0)
    page.get_by_role("button", name="Save and use").click()
    expect(page.get_by_role("heading", name="Tills")).to_be_visible()
    assert accessibility_problems(page) == []
    page.goto(till_floor.url + TILL)
    press(page, "till-find", "1234")
    expect(page.locator("[data-offers]")).to_be_hidden()
    pay(page, "60")
    expect(page.locator("[data-step=done]")).to_contain_text("Points: +60")


def test_a_member_card_is_read_from_a_photo(
    till_floor: LiveServer, open_context: Contexts
) -> None:
    photo = BytesIO()
    segno.make("CARD-0017", micro=False).save(photo, kind="png", scale=8, border=4)
    place = get_workspace(till_floor.database, "shop")
    with till_floor.database.workspace_tx(place) as uow:
        make(uow, "customers", name="Dee", card="CARD-0017")
    page = at_till(open_context(viewport=PHONE), till_floor)
    page.get_by_role("button", name="Scan").click()
    file = {"name": "card.png", "mimeType": "image/png", "buffer": photo.getvalue()}
    page.locator("[data-scan-photo]").set_input_files(file)
    expect(page.get_by_role("heading", name="Dee")).to_be_visible()
