import pytest
from playwright.sync_api import expect

from tests.guides.conftest import Walk
from tests.support.pictures import Picture, Say

pytestmark = [pytest.mark.browser, pytest.mark.pictures]


def test_a_form_asks_only_what_matters(walk: Walk, picture: Picture, say: Say) -> None:
    page = walk.go("/forms/orders/design/logic")
    page.get_by_role("link", name=say("forms.logic.add-rule"), exact=True).click()
    page.locator("select[name=kind]").select_option("show")
    page.locator("input[name=fields][value=note]").check()
    page.get_by_role("button", name=say("forms.logic.apply")).click()
    page.get_by_role("link", name=say("forms.logic.add-row"), exact=True).click()
    page.locator("select[name=f]").select_option("status")
    page.locator("select[name=v]").select_option("refunded")
    picture(page, "forms-that-think/condition")
    page.get_by_role("button", name=say("forms.logic.apply")).click()
    add = "forms.logic.add-group-any"
    page.get_by_role("link", name=say(add), exact=True).click()
    for channel in ("store", "phone"):
        if channel == "phone":
            group = page.locator(".logic-group")
            group.get_by_role("link", name=say("forms.logic.add-row"), exact=True).click()
        page.locator("select[name=f]").select_option("channel")
        page.locator("select[name=v]").select_option(channel)
        page.get_by_role("button", name=say("forms.logic.apply")).click()
    expect(page.locator(".logic-group .sentence-chip:not(.is-quiet)")).to_have_count(2)
    page.evaluate("scrollTo(0, 0)")
    picture(page, "forms-that-think/rule")
