"""S34: whoever may only look sets nothing in motion: no retry, no import, no restore."""

from collections.abc import Mapping
from typing import Any

import pytest

from regulars.platform.web.permissions import permission_of
from tests.security.shop_of_two import open_shop, role
from tests.security.test_s11_every_route import address, ask, contents, routes
from tests.support.site import Site

LOOKING: Mapping[str, Any] = {
    "capabilities": ["view_reports"],
    "default": {"read": "all"},
    "forms": {},
}
ONLY_LOOKS = ("enter", "read_records", "view_reports")


@pytest.mark.one_database
def test_a_reader_changes_nothing_by_any_route(site: Site) -> None:
    attack = open_shop(site, role(**LOOKING))
    browser = site.signed_in("Rea", "desk")
    before, done = contents(site), {}
    for rule, method in routes(site, "workspace", "api"):
        permission = permission_of(site.app.view_functions[rule.endpoint])
        assert permission is not None
        path = address(rule, attack)
        if method == "GET" or "/profile" in path or "/tasks" in path:
            continue
        answer = ask(browser, rule, method, path, attack.headers)
        if permission.capability not in ONLY_LOOKS and answer.status_code not in (403, 404):
            done[method, rule.rule] = answer.status_code
    assert done == {}
    assert contents(site) == before


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        ({"read": "all"}, set()),
        ({"read": "all", "create": "all"}, {"create", "insert"}),
        ({"read": "all", "update": "all"}, {"change", "update"}),
        ({"read": "all", "delete": "all"}, {"restore", "remove"}),
    ],
)
def test_each_way_of_writing_asks_for_its_verb(
    site: Site, scopes: dict[str, str], allowed: set[str]
) -> None:
    attack = open_shop(site, role(default=scopes, forms={}, capabilities=[]))
    place = "/forms/customers/records"
    rows = [{"id": attack.customer, "name": "New name"}]
    answers = {
        "create": attack.call("POST", place, {"name": "A"}),
        "insert": attack.call("POST", f"{place}/batch", {"records": [{"name": "B"}]}),
        "update": attack.call("POST", f"{place}/batch", {"records": rows, "mode": "update"}),
        "upsert": attack.call("POST", f"{place}/batch", {"records": rows, "mode": "upsert"}),
        "change": attack.call("PATCH", f"{place}/{attack.customer}", {"name": "C"}),
        "restore": attack.call("POST", f"/forms/customers/bin/{attack.deleted}/restore"),
    }
    answers["remove"] = attack.call("DELETE", f"/forms/orders/records/{attack.order}")
    done = {name for name, answer in answers.items() if answer.status_code < 300}
    assert done == allowed
    refused = {name for name, answer in answers.items() if answer.status_code in (403, 404)}
    assert refused == set(answers) - allowed


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_nobody_changes_what_they_may_not_see(site: Site, verb: str) -> None:
    scopes = {"read": "own", verb: "all"}
    attack = open_shop(site, role(default=scopes, forms={}, capabilities=[]))
    place = f"/forms/customers/records/{attack.customer}"
    method, body = ("PATCH", {"name": "C"}) if verb == "update" else ("DELETE", None)
    answer = attack.call(method, place, body)
    assert answer.status_code == 404
    assert "138" not in answer.text
