import pytest
from playwright.sync_api import expect

from regulars.form_builder.querying import RecordQuery
from regulars.form_builder.records import find_records, get_record
from regulars.platform.accounts.access import system_access
from tests.guides.conftest import Walk
from tests.support.browser import complaints_of
from tests.support.pictures import Picture, Say
from tests.support.till_screen import press

pytestmark = [pytest.mark.browser, pytest.mark.pictures]


def number_of_a_member_with_a_coupon(walk: Walk) -> str:
    """The member's whole number: nobody else is found by it."""
    access = system_access("en")
    with walk.server.database.workspace_tx(walk.place, write=False) as uow:
        usable = RecordQuery(filter={"formula": "usable AND percent > 0"}, sort=("id",), limit=1)
        [coupon] = find_records(uow, access, "coupons", usable).records
        return str(get_record(uow, access, "customers", coupon["customer"])["mobile"])


def test_a_member_is_served_and_the_line_goes(walk: Walk, picture: Picture, say: Say) -> None:
    number = number_of_a_member_with_a_coupon(walk)
    page = walk.go("/till/counter", phone=True)
    expect(page.locator('[data-till][data-ready="files"][data-learned]')).to_be_attached()
    picture(page, "till/find")
    page.locator("#till-find").fill(number)
    page.locator("#till-find").press("Enter")
    page.get_by_role("checkbox").first.check()
    press(page, "till-amount", "128")
    picture(page, "till/sell")
    page.get_by_role("button", name=say("tills.record"), exact=True).click()
    expect(page.locator("[data-step=done]")).to_contain_text(say("tills.says.offer-used"))
    picture(page, "till/done")
    page.locator("[data-first-of-done]").click()
    page.context.set_offline(True)
    page.locator("[data-nobody]").click()
    press(page, "till-amount", "35")
    page.get_by_role("button", name=say("tills.record"), exact=True).click()
    expect(page.locator("[data-bar]")).to_be_visible()
    complaints_of(page.context).clear()
    page.context.set_offline(False)
    expect(page.locator("[data-bar]")).to_be_hidden()
    picture(walk.go("/tills/counter/edit"), "till/compose")
