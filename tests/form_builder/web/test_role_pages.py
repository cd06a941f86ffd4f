"""The sheet of a role: what is filled in is what the role may do; and the log of grants."""

from typing import Any

import pytest

from regulars.platform.accounts.role_book import roles_of
from regulars.platform.accounts.role_definition import parse_role
from regulars.platform.accounts.roles import CAPABILITIES, FIELD_RIGHTS, REACHES, VERBS
from tests.platform.accounts.test_roles import CASHIER
from tests.security.shop_of_two import open_shop, role
from tests.support.site import PASSWORD, Site, words_of


def fill(site: Site, url: str, values: dict[str, Any]) -> Any:
    browser = site.signed_in("Olga", "owner")
    return browser.send(f"{site.home}{url}", {"confirm_password": PASSWORD, **values})


SHEET = {
    "label": "收银员",
    "description": "Takes orders",
    "capability": ["view_reports"],
    "scope//read": "unit_tree",
    "scope//create": "none",
    "scope/orders/create": "unit",
    "scope/orders/update": "",
    "field/customers/mobile": "masked",
    "field/customers/email": "write",
    "field/orders/items.price": "hidden",
}


def test_what_is_filled_in_is_what_the_role_may_do(site: Site) -> None:
    open_shop(site, role())
    assert fill(site, "/settings/roles/new", SHEET).status_code in (302, 303)
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        made = roles_of(uow)["shou_yin_yuan"]
    assert made.scope("products", "read", has_units=True) == "unit_tree"
    assert made.scope("orders", "create", has_units=True) == "unit"
    assert made.scope("orders", "update", has_units=True) == "none"
    assert made.field_right("customers", "mobile") == "masked"
    assert made.field_right("customers", "email") == "write"
    assert made.field_right("orders.items", "price") == "hidden"
    assert made.capabilities == {"enter", "read_records", "create_records", "view_reports"}


def test_the_sheet_shows_what_was_saved_and_keeps_conditions(site: Site) -> None:
    open_shop(site, CASHIER)
    browser = site.signed_in("Olga", "owner")
    page = browser.get(f"{site.home}/settings/roles/cashier")
    assert 'value="condition" selected' in page.text
    changed = {"label": "Cashier", "scope/customers/read": "condition", "scope//read": "unit"}
    assert fill(site, "/settings/roles/cashier", changed).status_code in (302, 303)
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        scope = roles_of(uow)["cashier"].scope("customers", "read", has_units=True)
    assert scope == parse_role(CASHIER).scope("customers", "read", has_units=True)


@pytest.mark.parametrize(
    "url", ["/settings/roles", "/settings/roles/new", "/settings/roles/owner"]
)
def test_the_pages_speak_plainly(site: Site, url: str) -> None:
    open_shop(site, role())
    page = site.signed_in("Olga", "owner").get(f"{site.home}{url}")
    assert page.status_code == 200
    spoken = set(words_of(page.text))
    assert not spoken & {*CAPABILITIES, *REACHES, *FIELD_RIGHTS, *VERBS}
    assert len(spoken) > 20


def test_a_mistake_is_shown_and_nothing_is_saved(site: Site) -> None:
    open_shop(site, role())
    answer = fill(site, "/settings/roles/new", {**SHEET, "label": ""})
    assert answer.status_code == 422
    wrong = fill(site, "/settings/roles/new", {**SHEET, "scope/orders/create": "sometimes"})
    assert wrong.status_code == 422
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        assert list(roles_of(uow)) == ["owner", "manager", "desk", "clerk"]


def test_a_role_somebody_has_stays(site: Site) -> None:
    open_shop(site, role())
    refused = fill(site, "/settings/roles/desk/archive", {})
    assert refused.status_code == 422
    log = site.signed_in("Olga", "owner").get(f"{site.home}/settings/log")
    assert "Saved a role" in log.text
