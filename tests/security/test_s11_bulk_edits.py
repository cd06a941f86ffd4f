"""S11: a change of many records reaches nothing that its maker may not change, one by one."""

from typing import Any

import pytest

from regulars.form_builder.origin import API
from regulars.form_builder.records import create_record, get_record
from regulars.platform.accounts.access import system_access
from tests.security.shop_of_two import VERBS, Attack, open_shop, role
from tests.support.site import Site

BULK = "/forms/customers/records/bulk"
OWNER = system_access("en")
CLEAR = {"changes": [{"field": "birthday", "do": "set", "value": "2001-02-03"}]}


@pytest.fixture
def stores(site: Site) -> tuple[Attack, int, int]:
    """A clerk of East who reads everything of East; one customer in each store."""
    mine = {**VERBS, "read": "unit", "update": "unit"}
    attack = open_shop(site, role(default=mine, forms={}))
    with site.database.workspace_tx(site.workspace) as uow:
        east, west = (
            create_record(uow, OWNER, "customers", {"name": name, "store": unit}, origin=API).id
            for name, unit in (("Anna East", attack.east), ("Berta West", attack.west))
        )
    attack.headers = site.token("desk", [attack.east])
    return attack, east, west


def birthday(attack: Attack, record: int) -> Any:
    with attack.site.database.workspace_tx(attack.site.workspace, write=False) as uow:
        return get_record(uow, OWNER, "customers", record).values["birthday"]


def test_ids_of_another_store_are_told_apart_from_nothing(
    stores: tuple[Attack, int, int],
) -> None:
    attack, east, west = stores
    told = attack.call("POST", BULK, {**CLEAR, "ids": [east, west, 99_999]})
    assert told.status_code == 201
    assert "Berta" not in told.text
    looked = told.get_json()
    assert looked["counts"] == {"ready": 1, "not-allowed": 2}
    assert attack.call("POST", f"{BULK}/{looked['id']}/apply").get_json()["counts"]["changed"] == 1
    assert birthday(attack, west) is None
    assert birthday(attack, east) is not None


def test_the_whole_list_is_ones_own_list(stores: tuple[Attack, int, int]) -> None:
    attack, _east, west = stores
    looked = attack.call("POST", BULK, CLEAR).get_json()
    listed = attack.call("GET", "/forms/customers/records", count="1").get_json()
    assert looked["total"] == listed["count"]
    attack.call("POST", f"{BULK}/{looked['id']}/apply")
    assert birthday(attack, west) is None


def test_nobody_follows_does_or_undoes_what_another_one_asked_for(
    stores: tuple[Attack, int, int],
) -> None:
    attack, east, west = stores
    owner = attack.site.token()
    visitor = attack.site.visitor()
    made = visitor.post(f"/api/v1{BULK}", json={**CLEAR, "ids": [east, west]}, headers=owner)
    here = f"{BULK}/{made.get_json()['id']}"
    asked = (("GET", ""), ("POST", "/apply"), ("POST", "/undo"), ("DELETE", ""))
    assert [attack.call(verb, here + end).status_code for verb, end in asked] == [404] * 4
    assert attack.call("GET", BULK).get_json() == {"bulk_edits": []}
    assert birthday(attack, east) is None
