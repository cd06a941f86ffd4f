"""A live form is changed without fear: where it is used, a type and back, one old value."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from regulars.form_builder.changing import working
from regulars.form_builder.origin import API
from regulars.form_builder.records import create_record, update_record
from regulars.platform.accounts.access import system_access
from regulars.platform.i18n import translate
from tests.support.browser import DESKTOP, PHONE, look
from tests.support.live_server import LiveServer
from tests.support.people import let_in
from tests.support.shop_forms import CUSTOMERS, ORDERS, PRODUCTS, publish_forms

pytestmark = pytest.mark.browser
Open = Callable[..., BrowserContext]
OWNER = system_access("en")


@pytest.mark.parametrize(
    ("size", "locale", "scheme"), [(DESKTOP, "en", "light"), (PHONE, "zh-Hans", "dark")]
)
def test_a_live_form_changes_and_everything_comes_back(
    live_server: LiveServer, open_context: Open, size: dict[str, int], locale: str, scheme: str
) -> None:
    page = open_context(viewport=size, color_scheme=scheme).new_page()
    place = let_in(page.context, live_server, "Alice", locale=locale)
    with live_server.database.workspace_tx(place) as uow:
        publish_forms(uow, [PRODUCTS, CUSTOMERS, ORDERS])
        tea = {"sku": "a", "name": "Tea", "price": "3.25"}
        number = create_record(uow, OWNER, "products", tea, origin=API).id
        update_record(uow, OWNER, "products", number, {"name": "Wrong"}, origin=API)
    home = f"{live_server.url}/w/{place.key}/forms"

    def say(key: str, **words: object) -> str:
        return translate(key, locale, **words)

    def press(key: str, **words: object) -> None:
        page.get_by_role("button", name=say(key, **words), exact=True).first.click()

    def work() -> None:
        expect(page.locator("#retype .progress-box")).to_be_visible()  # it has been asked for
        working.run_due(live_server.database, place)

    page.goto(f"{home}/customers/design/used-by?field=tier")
    expect(page.locator(".uses li").first).to_be_visible()
    look(page, locale, "fear-uses")

    page.goto(f"{home}/products/design/retype?field=price")
    look(page, locale, "fear-types")
    page.locator("input[name=type][value=number]").check()
    page.locator("[name=decimals]").select_option("1")
    press("forms.retype-check")
    work()
    expect(page.locator("#retype .data-table")).to_contain_text("3.25", timeout=15_000)
    look(page, locale, "fear-losses")
    press("forms.retype-do")
    page.locator("[data-confirm-yes]").click()
    work()
    expect(page.get_by_text(say("forms.retype.done")).first).to_be_visible(timeout=15_000)
    press("forms.retype-undo")
    work()
    press("forms.retype-do-undo")
    work()
    expect(page.get_by_text(say("forms.retype.done")).first).to_be_visible(timeout=15_000)

    page.goto(f"{home}/products/design/versions")
    look(page, locale, "fear-versions")
    put_a_value_back(page, f"{home}/products/records/{number}", locale)


def put_a_value_back(page: Page, record: str, locale: str) -> None:
    """The history names the old value; one press gives it back."""
    page.goto(f"{record}?tab=history")
    expect(page.locator(".change-list").first).to_contain_text("Wrong")
    look(page, locale, "fear-history")
    name = translate("records.put-back", locale)
    page.get_by_role("button", name=name, exact=True).first.click()
    page.locator("[data-confirm-yes]").click()
    expect(page.locator("h1")).to_contain_text("Tea", timeout=15_000)
