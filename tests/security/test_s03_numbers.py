"""S03: a number that no store can hold is nobody's number, wherever it stands."""

import pytest

from regulars.platform.accounts.access import system_access
from regulars.platform.web.addresses import stored_id, stored_ids
from regulars.seed_templates.catalogue import RETAIL, get_pack
from regulars.seed_templates.installer import Wishes, install
from tests.support.shop_forms import publish_forms
from tests.support.site import Site

HUGE = "1781794517257739911036928"
RULE = "thank_you_24h"
API = (
    f"/api/v1/rules/{RULE}/results?below={{}}",
    "/api/v1/tasks?before={}",
    "/api/v1/runs?before={}",
    "/api/v1/messages?before={}",
)
PAGES = (
    f"/w/shop/rules/{RULE}?below={{}}",
    f"/w/shop/rules/{RULE}/results?below={{}}",
    "/w/shop/runs?below={}",
    f"/w/shop/definitions/rule/{RULE}/compare?from={{}}&to={{}}",
)


def test_s03_a_number_no_store_can_hold_is_no_mistake_of_ours(site: Site) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        install(uow, system_access("en"), get_pack(RETAIL), Wishes())
    headers, program, owner = site.token(), site.visitor(), site.signed_in()
    for url in API:
        assert program.get(url.format(HUGE), headers=headers).status_code in (200, 422), url
    for url in PAGES:
        assert owner.get(url.format(HUGE, HUGE)).status_code in (200, 404), url
    unit = {"code": "X", "name": "X", "parent": HUGE}
    assert owner.send("/w/shop/settings/units/new", unit).status_code < 500
    token = {"name": "till", "role": "clerk", "unit_ids": [HUGE]}
    assert owner.send("/w/shop/settings/tokens", token).status_code < 500


def test_s03_a_page_of_a_list_beyond_all_numbers_is_the_first(site: Site) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        publish_forms(uow)
    owner, list_ = site.signed_in(), "/w/shop/forms/customers/records"
    for page in ("9" * 5000, "٣", "²"):
        for address in (list_, f"{list_}/bulk"):
            assert owner.get(f"{address}?page={page}").status_code == 200, address
    row = f"f=birthday&op=older_than&v={'9' * 5000}"
    assert owner.get(f"{list_}?{row}").status_code < 500


@pytest.mark.parametrize("text", ["", "-1", "1.0", "٣", "²", HUGE, "9" * 5000, " 1"])
def test_s03_only_plain_digits_are_the_number_of_something(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        stored_id(text)
    assert stored_ids([text, "7"]) == [7]
