import pytest
from playwright.sync_api import expect

from regulars.form_builder.changing import working
from tests.guides.conftest import Walk
from tests.support.pictures import Picture

pytestmark = [pytest.mark.browser, pytest.mark.pictures]


def test_a_form_in_use_is_changed(walk: Walk, picture: Picture) -> None:
    picture(walk.go("/forms/customers/design/used-by?field=tier"), "change-a-live-form/used-by")
    page = walk.go("/forms/products/design/retype?field=sku")
    page.locator("input[name=type][value=number]").check()
    page.locator("select[name=decimals]").select_option("0")
    page.locator("main form .btn-primary").click()
    expect(page.locator("#retype")).to_be_visible()
    working.run_due(walk.server.database, walk.place)
    page.reload()
    expect(page.locator("#retype .change-figures")).to_be_visible()
    picture(page, "change-a-live-form/rehearsal")
