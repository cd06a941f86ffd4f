"""Who may see and change one field, shown and changed in the designer."""

from typing import Any

import pytest

from regulars.platform.accounts.role_book import roles_of
from tests.security.shop_of_two import open_shop, role
from tests.support.site import PASSWORD, Site


@pytest.fixture
def shop(site: Site) -> Site:
    open_shop(site, role("masked"))
    return site


def save(site: Site, who: str, values: dict[str, Any]) -> Any:
    url = f"{site.home}/forms/customers/design/rights"
    return site.signed_in(who).send(url, {"confirm_password": PASSWORD, **values})


def right_of(site: Site, field: str) -> str:
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        return roles_of(uow)["desk"].field_right("customers", field)


def test_each_role_is_shown_with_its_right(shop: Site) -> None:
    here = f"{shop.home}/forms/customers/design"
    page = shop.signed_in().get(f"{here}/rights?field=mobile").text
    assert 'name="right/desk"' in page
    assert '<option value="masked" selected>' in page
    assert 'name="right/owner"' not in page
    assert f"{here}/rights?field=mobile" in shop.signed_in().get(f"{here}?field=mobile").text
    assert shop.signed_in().get(f"{here}/rights?field=nothing").status_code == 404


def test_what_is_chosen_holds_at_once_and_leaves_the_rest(shop: Site) -> None:
    assert save(shop, "Olga", {"field": "mobile", "right/desk": "hidden"}).status_code == 303
    assert (right_of(shop, "mobile"), right_of(shop, "email")) == ("hidden", "masked")
    assert save(shop, "Olga", {"field": "mobile", "right/desk": "write"}).status_code == 303
    assert (right_of(shop, "mobile"), right_of(shop, "email")) == ("write", "masked")


def test_only_who_may_change_roles_changes_them_here(shop: Site) -> None:
    shop.person("Max", "manager")
    assert save(shop, "Max", {"field": "mobile", "right/desk": "write"}).status_code == 403
    shown = shop.signed_in("Max").get(f"{shop.home}/forms/customers/design/rights?field=mobile")
    assert 'name="right/desk"' not in shown.text
    assert save(shop, "Olga", {"field": "mobile", "right/owner": "hidden"}).status_code == 303
    assert save(shop, "Olga", {"field": "mobile", "right/desk": "everything"}).status_code == 303
    assert right_of(shop, "mobile") == "masked"
