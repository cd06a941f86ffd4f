"""An address is made, given a map, called over HTTP, paused and taken away."""

import html

from werkzeug.test import TestResponse

from regulars.platform.accounts.access import system_access
from regulars.platform.definitions import store
from regulars.platform.problems import Problem
from regulars.rule_engine.api_hooks import url_of
from regulars.rule_engine.hooks import get_hook, last_calls
from tests.rule_engine.test_hooks import signed
from tests.support.rule_shop import CUSTOMERS
from tests.support.shop_forms import ORDERS, PRODUCTS
from tests.support.site import Site


def shop_with_forms(site: Site) -> None:
    with site.database.workspace_tx(site.workspace) as uow:
        forms = (PRODUCTS, CUSTOMERS, ORDERS)
        for form in forms:
            store.save_draft(uow, system_access("en"), "form", form)
        store.publish(uow, system_access("en"), [("form", form["key"]) for form in forms])


def test_an_address_from_its_making_to_its_end(site: Site) -> None:
    shop_with_forms(site)
    visitor, home = site.signed_in(), f"{site.home}/hooks"
    assert visitor.send(home, {"name": ""}).status_code == 422
    made = visitor.send(home, {"name": "North till"})
    secret = made.text.split("whsec_")[1].split('"')[0].split("<")[0].strip()
    assert "whsec_" not in visitor.get(f"{home}/north_till").text
    assert visitor.get(f"{home}/north_till?about=customers").status_code == 200
    refused = visitor.send(f"{home}/north_till", {"name": "x", "about": "customers", "at": "a..b"})
    assert refused.status_code == 422
    values = {"name": "North", "about": "customers", "match": "mobile", "at": "who.mobile"}
    assert (
        visitor.send(f"{home}/north_till", {**values, "path:name": "who.name"}).status_code == 303
    )
    with site.database.workspace_tx(site.workspace) as uow:
        address = "/" + url_of(get_hook(uow, "north_till")).split("/", 3)[3]
    body = {"type": "met", "who": {"mobile": "13800138000", "name": "Anna"}}
    answers = [call(site, address, f"whsec_{secret}", body, n) for n in ("1", "1", "2")]
    assert [each.status_code for each in answers] == [200] * 3
    assert [each.json for each in answers] == [
        {"outcome": "taken", "repeated": repeated} for repeated in (False, True, False)
    ]
    wrong = call(site, address, f"whsec_{secret}", {"who": {"mobile": "x"}}, "3")
    assert wrong.status_code == 422
    assert call(site, address, "whsec_AAAA", body, "4").status_code == 401
    assert call(site, address + "x", f"whsec_{secret}", body, "5").status_code == 404
    page = visitor.get(f"{home}/north_till").text
    assert "Refused" in page
    with site.database.workspace_tx(site.workspace) as uow:
        (kept,) = last_calls(uow, "north_till")[0].problems
    words = Problem(kept["path"], kept["code"], kept["params"]).message("en")
    assert f"{kept['path']}: {words}" in html.unescape(page)
    assert "came once more" in page
    assert visitor.send(f"{home}/north_till/state", {"state": "paused"}).status_code == 303
    assert call(site, address, f"whsec_{secret}", body, "6").status_code == 503
    assert visitor.send(f"{home}/north_till/remove", {}).status_code == 303
    assert "North" not in visitor.get(home).text


def call(site: Site, address: str, secret: str, body: object, message: str) -> TestResponse:
    made = signed(secret, body, message, site.database.clock())
    headers = {
        "webhook-id": made.message, "webhook-timestamp": made.stamp,
        "webhook-signature": made.signatures, "content-type": "application/json",
    }  # fmt: skip
    return site.app.test_client().post(address, data=made.raw, headers=headers)
