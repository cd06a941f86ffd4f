"""S12: a case counts for its reader only what their own lists would show."""

from typing import Any

from regulars.form_builder.origin import API
from regulars.form_builder.records import create_record
from regulars.platform.accounts.access import system_access
from regulars.platform.definitions import store
from tests.security.shop_of_two import VERBS, open_shop, role
from tests.support.site import Site

OWNER = system_access("en")
EAST_ONLY = {**VERBS, "read": "unit", "update": "unit"}
MANAGER = role(key="boss", default=EAST_ONLY, forms={}, capabilities=["manage_roles"])
DESK: dict[str, Any] = role(default={"read": "unit"}, forms={}, capabilities=[])
WEST = {"field": "name", "op": "contains", "value": "West"}


def test_s12_a_manager_of_one_store_learns_nothing_of_another(site: Site) -> None:
    attack = open_shop(site, MANAGER)
    with site.database.workspace_tx(site.workspace) as uow:
        store.save_draft(uow, OWNER, "role", DESK)
        store.publish(uow, OWNER, [("role", "desk")])
        for name, unit in (("Berta West", attack.west), ("Not in the West", attack.east)):
            create_record(uow, OWNER, "customers", {"name": name, "store": unit}, origin=API)
    case = {"who": "desk@E", "form": "customers", "expect": "allowed", "where": WEST}
    owner = site.token()
    made = site.visitor().post("/api/v1/access/cases", json=case, headers=owner).get_json()
    assert (made["result"]["state"], len(made["result"]["records"])) == ("broken", 1)
    attack.headers = site.token("boss", [attack.east])
    [seen] = attack.call("GET", "/access/cases").get_json()["cases"]
    assert (seen["result"]["state"], seen["result"]["records"]) == ("holds", [])
    assert "2" not in seen["result"]["text"]
    nobody = attack.call("POST", "/access/cases", {**case, "where": {**WEST, "value": "Berta"}})
    assert nobody.get_json()["result"]["code"] == "none-meant"
