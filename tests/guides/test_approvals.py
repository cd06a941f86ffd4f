import pytest
from playwright.sync_api import expect

from tests.guides.conftest import Walk
from tests.support.pictures import Picture, Say

pytestmark = [pytest.mark.browser, pytest.mark.pictures]


def test_a_request_is_set_up_and_comes_into_the_inbox(
    walk: Walk, picture: Picture, say: Say
) -> None:
    page = walk.go("/forms/returns/design/states")
    page.wait_for_load_state("load")
    page.get_by_role("button", name=say("flow.begin-ready")).click()
    expect(page.locator(".flow-box")).to_have_count(3)
    page.get_by_role("link", name=say("flow.change-approval"), exact=True).click()
    page.locator("[name=signers][value='role:owner']").check()
    page.locator("[name=signers][value='role:manager']").uncheck()
    page.get_by_role("button", name=say("forms.logic.apply")).click()
    expect(page.locator(".chip-form")).to_have_count(0)
    page.evaluate("scrollTo(0, 0)")
    picture(page, "approvals/states")
    page = walk.go("/forms/returns/design/publish")
    page.get_by_role("button", name=say("forms.publish")).click()
    page.wait_for_url("**/records*")
    page = walk.go("/forms/returns/records/1")
    page.get_by_role("button", name=say("flow.ready-submit")).click()
    expect(page.locator(".state-approval")).to_be_visible()
    page = walk.go("/tasks")
    page.locator("summary", has_text=say("flow.return")).first.click()
    picture(page, "approvals/inbox")
