"""S14: nobody gives, takes or writes down more rights than they hold; the last owner stays."""

import threading
from typing import Any

import pytest

from regulars.platform.accounts import members
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.accounts.audit import audit
from regulars.platform.accounts.role_book import roles_of
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.errors import Conflict
from tests.security.shop_of_two import open_shop, role
from tests.support.site import Site

KEEPER = {
    "kind": "role",
    "key": "keeper",
    "label": "Keeper",
    "capabilities": ["manage_members", "manage_roles", "manage_tokens", "manage_units"],
    "default": {"read": "unit_tree", "create": "unit"},
    "forms": {"customers": {"fields": {"mobile": "masked"}}},
}


def keeper(site: Site) -> tuple[dict[str, str], Any]:
    """Headers of a key in the role keeper, bound to the East store, and the shop."""
    attack = open_shop(site, role())
    owner = system_access("en")
    with site.database.workspace_tx(site.workspace) as uow:
        store.save_draft(uow, owner, "role", KEEPER)
        store.publish(uow, owner, [("role", "keeper")])
    return site.token("keeper", [attack.east]), attack


def logged(site: Site) -> list[tuple[str, str]]:
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        return [(row.action, row.target) for row in uow.execute(audit.select())]


WIDER = [
    ("POST", "/tokens", {"name": "x", "role": "owner", "units": ["E"]}),
    ("POST", "/tokens", {"name": "x", "role": "manager", "units": ["E"]}),
    ("POST", "/tokens", {"name": "x", "role": "keeper"}),
    ("POST", "/tokens", {"name": "x", "role": "keeper", "units": ["W"]}),
    ("POST", "/tokens", {"name": "x", "role": "keeper", "units": ["E", "W"]}),
    ("PATCH", "/members/{clerk}", {"role": "owner"}),
    ("PATCH", "/members/{clerk}", {"role": "clerk", "units": ["W"]}),
    ("PATCH", "/members/{clerk}", {"units": []}),
    ("PATCH", "/members/{owner}", {"role": "keeper"}),
    ("PATCH", "/members/{owner}", {"active": False}),
    ("PATCH", "/members/{far}", {"units": ["E"]}),
    ("PUT", "/roles/keeper", {**KEEPER, "default": {"read": "all"}}),
    ("PUT", "/roles/keeper", {**KEEPER, "capabilities": []}),
    ("DELETE", "/roles/keeper", None),
    ("PUT", "/roles/fresh", {**KEEPER, "key": "fresh", "default": {"read": "all"}}),
    ("PUT", "/roles/fresh", {**KEEPER, "key": "fresh", "default": {"delete": "own"}}),
    ("PUT", "/roles/fresh", {**KEEPER, "key": "fresh", "capabilities": ["design_forms"]}),
    ("PUT", "/roles/fresh", {**KEEPER, "key": "fresh", "forms": {}}),
    ("PUT", "/roles/desk", {**role(), "default": {}}),
    ("PATCH", "/units/W", {"parent": "E"}),
    ("PATCH", "/units/W", {"name": "Mine"}),
    ("PATCH", "/units/E", {"parent": "W"}),
    ("POST", "/units", {"code": "X", "name": "X"}),
]


def test_no_way_leads_to_more_than_one_holds(site: Site) -> None:
    headers, attack = keeper(site)
    site.person("Olga", "owner")
    site.person("Cleo", "clerk", [attack.east])
    site.person("Faye", "clerk", [attack.east, attack.west])
    ids = {name: site.member_id(who) for name, who in
           (("owner", "Olga"), ("clerk", "Cleo"), ("far", "Faye"))}  # fmt: skip
    allowed = {}
    for method, path, body in WIDER:
        answer = site.visitor().open(
            f"/api/v1{path.format(**ids)}", method=method, json=body, headers=headers
        )
        if answer.status_code not in (403, 404, 409):
            allowed[method, path, str(body)[:80]] = (answer.status_code, answer.text[:200])
    assert allowed == {}
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        assert {m.name: (m.role, m.unit_ids) for m in members.list_members(uow)} == {
            "Olga": ("owner", ()),
            "Cleo": ("clerk", (attack.east,)),
            "Faye": ("clerk", (attack.east, attack.west)),
        }
    refused = [target for action, target in logged(site) if action == "refused"]
    assert "/api/v1/tokens" in refused
    assert "/api/v1/roles/keeper" in refused


def test_as_much_as_one_holds_may_be_given(site: Site) -> None:
    headers, attack = keeper(site)
    fresh = {**KEEPER, "key": "fresh", "capabilities": []}
    client = site.visitor()
    assert client.put("/api/v1/roles/fresh", json=fresh, headers=headers).status_code == 201
    assert client.post("/api/v1/roles/fresh/publish", headers=headers).status_code == 200
    wish = {"name": "till", "role": "fresh", "units": ["E"]}
    made = client.post("/api/v1/tokens", json=wish, headers=headers)
    assert made.status_code == 201
    assert client.delete("/api/v1/roles/fresh", headers=headers).status_code == 409
    client.delete(f"/api/v1/tokens/{made.get_json()['id']}", headers=headers)
    assert client.delete("/api/v1/roles/fresh", headers=headers).status_code == 204
    actions = [action for action, _target in logged(site)]
    assert actions[-4:] == ["role-published", "token-made", "token-revoked", "role-archived"]
    assert attack.east


def test_the_log_holds_no_secret_and_is_for_who_may_read_it(site: Site) -> None:
    headers, _attack = keeper(site)
    owner = site.token("owner")
    client = site.visitor()
    wish = {"name": "till", "role": "clerk"}
    secret = client.post("/api/v1/tokens", json=wish, headers=owner).get_json()["token"]
    told = client.get("/api/v1/audit", headers=owner)
    assert told.get_json()["audit"][0]["action"] == "token-made"
    assert secret not in told.text
    assert client.get("/api/v1/audit", headers=headers).status_code == 403


def test_a_program_does_not_decide_who_owns_the_shop(site: Site) -> None:
    site.person("Olga", "owner")
    site.person("Oda", "owner")
    owner, client = site.token("owner"), site.visitor()
    address = f"/api/v1/members/{site.member_id('Oda')}"
    for body in ({"role": "clerk"}, {"active": False}):
        assert client.patch(address, json=body, headers=owner).status_code == 403
    site.person("Cleo", "clerk")
    promoted = client.patch(
        f"/api/v1/members/{site.member_id('Cleo')}", json={"role": "owner"}, headers=owner
    )
    assert promoted.get_json()["code"] == "owner-by-hand"


@pytest.mark.parametrize("leave", ["demote", "dismiss"])
def test_two_owners_who_dismiss_each_other_at_once_leave_one(site: Site, leave: str) -> None:
    names = ("Olga", "Oda")
    for name in names:
        site.person(name, "owner")
    ids = {name: site.member_id(name) for name in names}
    gate, outcomes = threading.Barrier(2), []

    def act(actor: str, other: str) -> None:
        access = Access(ids[actor], actor, "owner", "en")

        def work(uow: UnitOfWork) -> None:
            if leave == "demote":
                members.change_member(uow, access, ids[other], role="clerk", unit_ids=())
            else:
                members.set_active(uow, access, ids[other], active=False)

        gate.wait()
        try:
            with site.database.workspace_tx(site.workspace) as uow:
                work(uow)
            outcomes.append("done")
        except Conflict as refused:
            outcomes.append(refused.code)

    threads = [threading.Thread(target=act, args=pair) for pair in (names, tuple(reversed(names)))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(outcomes) == ["done", "last-owner"]
    with site.database.workspace_tx(site.workspace, write=False) as uow:
        left = [m for m in members.list_members(uow) if m.role == "owner" and m.active]
    assert len(left) == 1


def test_an_owner_can_manage_somebody_whose_role_is_gone(site: Site) -> None:
    keeper(site)
    site.person("Kim", "keeper")
    with site.database.workspace_tx(site.workspace) as uow:
        store.archive(uow, system_access("en"), "role", "keeper")
    with site.database.workspace_tx(site.workspace) as uow:
        gone = members.access_of(uow, site.people["Kim"].id)
        assert gone is not None
        assert not gone.can("enter")
        owner = Access(1, "Olga", "owner", "en", roles=roles_of(uow))
        kim = members.find_member_of(uow, site.people["Kim"].id)
        assert kim is not None
        members.change_member(uow, owner, kim.id, role="clerk", unit_ids=())


def test_an_invitation_goes_no_higher_and_is_withdrawn_by_no_less(site: Site) -> None:
    attack = open_shop(site, role())
    site.person("Max", "manager", [attack.east])
    browser = site.signed_in("Max", "manager")
    for wish in (
        {"role": "owner", "unit_ids": attack.east},
        {"role": "manager"},
        {"role": "clerk", "unit_ids": attack.west},
        {"role": "desk", "unit_ids": attack.east},
    ):
        sent = {"email": "new@shop.example", "name": "New", **wish}
        answer = browser.send(f"{site.home}/settings/members/invite", sent)
        assert answer.status_code == 403, wish
