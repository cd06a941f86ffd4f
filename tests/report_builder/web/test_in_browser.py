"""Reports in a real browser: pictures are drawn, numbers lead on, nothing is out of reach."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import PHONE, accessibility_problems

pytestmark = pytest.mark.browser
Go = Callable[[str], Page]
PAGES = (
    "/reports", "/reports/by_month", "/reports/cohorts", "/reports/new", "/reports/by_month/edit",
    "/dashboards", "/dashboards/front?period=all", "/dashboards/front?arrange=1",
)  # fmt: skip


def test_charts_are_drawn_and_drawn_again_for_another_period(open_shop_page: Go) -> None:
    page = open_shop_page("/dashboards/front?period=all")
    expect(page.locator("[data-chart] canvas")).to_have_count(2)

    page.get_by_label("Period").select_option("last_month")
    expect(page.locator(".figure-value")).to_have_text("¥60.00")

    expect(page.locator("[data-chart] canvas")).to_have_count(2)
    assert "period=last_month" in page.url


def test_a_bar_leads_to_the_records_behind_it(open_shop_page: Go) -> None:
    page = open_shop_page("/reports/tiers")
    expect(page.locator("[data-chart] canvas")).to_have_count(1)
    box = page.locator("[data-chart]").bounding_box()
    assert box is not None

    page.mouse.click(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.2)

    page.wait_for_url("**/forms/people/records**")
    expect(page.get_by_role("cell", name="Ann <b>", exact=True)).to_be_visible()


def test_a_report_is_made_from_nothing_and_put_on_a_dashboard(open_shop_page: Go) -> None:
    page = open_shop_page("/reports/new")
    page.get_by_label("Name of the report").fill("Tea")
    page.get_by_label("From which form").select_option("sales")
    page.get_by_label("Over time", exact=True).select_option("sold_at")
    expect(page.locator("[data-chart] canvas")).to_have_count(1)
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("Field", exact=True).select_option("note")
    page.get_by_label("How", exact=True).select_option("is")
    page.get_by_label("Value", exact=True).fill("tea")
    page.get_by_label("Value", exact=True).press("Tab")
    page.get_by_text("Show as a table").click()
    expect(page.get_by_role("row", name="Total")).to_contain_text("3")

    page.get_by_role("button", name="Save and publish").click()
    page.wait_for_url("**/reports/tea")
    page.get_by_text("Put on a dashboard").click()
    page.get_by_role("button", name="Front page").click()

    page.wait_for_url("**/dashboards/front")
    expect(page.get_by_role("heading", name="Tea")).to_be_visible()


def test_cards_move_with_buttons(open_shop_page: Go) -> None:
    page = open_shop_page("/dashboards/front?arrange=1")

    page.get_by_role("button", name="Move back: Turnover").click()

    page.wait_for_load_state("networkidle")
    expect(page.locator(".dash-head h2").first).to_have_text("Sales by month")


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_open_to_everybody_on_every_screen(open_shop_page: Go, path: str) -> None:
    page = open_shop_page(path)
    assert accessibility_problems(page) == []

    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.wait_for_timeout(300)

    assert accessibility_problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
