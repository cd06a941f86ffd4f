"""An owner says who may see what, asks why, keeps it as a case, and is asked before it breaks."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from regulars.form_builder.origin import API
from regulars.form_builder.records import create_record
from regulars.platform.accounts import units
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.units import UnitValues
from regulars.platform.definitions import store
from regulars.platform.i18n import translate
from tests.security.shop_of_two import FORMS, role
from tests.support.browser import DESKTOP, PHONE, look
from tests.support.live_server import LiveServer
from tests.support.people import let_in
from tests.support.shop_forms import publish_forms

pytestmark = pytest.mark.browser
Open = Callable[..., BrowserContext]
OWNER = system_access("en")


@pytest.mark.parametrize(
    ("size", "locale", "scheme"), [(DESKTOP, "en", "light"), (PHONE, "zh-Hans", "dark")]
)
def test_li_na_must_not_see_the_phones_and_nobody_opens_them_by_mistake(
    live_server: LiveServer, open_context: Open, size: dict[str, int], locale: str, scheme: str
) -> None:
    page = open_context(viewport=size, color_scheme=scheme).new_page()
    place = let_in(page.context, live_server, "Alice", locale=locale)
    with live_server.database.workspace_tx(place) as uow:
        publish_forms(uow, FORMS)
        east = units.create_unit(uow, OWNER, UnitValues("E", "East")).id
        units.create_unit(uow, OWNER, UnitValues("W", "West"))
        store.save_draft(uow, OWNER, "role", role())
        store.publish(uow, OWNER, [("role", "desk")])
        values = {"name": "张三", "mobile": "13800138000", "store": east}
        number = create_record(uow, OWNER, "customers", values, origin=API).id
    let_in(open_context(), live_server, "Li Na", "desk", locale)
    home = f"{live_server.url}/w/{place.key}"

    hide_the_phone(page, f"{home}/forms/customers/design?field=mobile", locale)

    page.goto(f"{home}/settings/why?form=customers&record={number}&field=mobile")
    lina = page.locator("details", has_text="Li Na")
    lina.locator("summary").click()
    look(page, locale, "access-why")
    lina.get_by_role("link", name=translate("access-cases.keep-this", locale)).click()
    expect(page.locator("[name=expect][value=refused]")).to_be_checked()
    page.locator("[name=label]").fill("Li Na must not see phone numbers")
    look(page, locale, "access-case")
    page.locator("main form button[type=submit]").click()
    expect(page.locator(".access-case")).to_contain_text(
        translate("access-cases.state.holds", locale)
    )
    look(page, locale, "access-cases")

    page.goto(f"{home}/settings/roles/desk")
    page.wait_for_load_state("load")
    page.locator("[name='field/customers/mobile']").select_option("write")
    page.locator("main .form-actions button").click()
    expect(page.locator(".clash")).to_contain_text("Li Na must not see phone numbers")
    look(page, locale, "access-breaks")
    page.get_by_role("button", name=translate("access-cases.breaks-go", locale)).click()
    page.goto(f"{home}/settings/cases")
    expect(page.locator(".access-case")).to_contain_text(
        translate("access-cases.state.broken", locale)
    )
    look(page, locale, "access-broken")


def hide_the_phone(page: Page, designer: str, locale: str) -> None:
    """Beside the field in the designer stands what each role may do with it."""
    page.goto(designer)
    right = page.locator("[name='right/desk']")
    expect(right).to_be_visible()
    look(page, locale, "access-rights")
    right.select_option("hidden")
    page.get_by_role("button", name=translate("roles.rights-save", locale)).click()
    expect(page.locator("[name='right/desk']")).to_have_value("hidden", timeout=15_000)
