from concurrent.futures import ThreadPoolExecutor

import pytest

from regulars.platform.accounts import members, units
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.accounts.units import UnitValues
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.errors import Conflict, Forbidden
from tests.support.site import Site


def settings(site: Site, page: str = "") -> str:
    return f"{site.home}/settings/members{page}"


def test_the_page_shows_everybody_with_role_and_stores(site: Site) -> None:
    site.person("Bob", "clerk")
    page = site.signed_in("Alice").get(settings(site))
    assert page.status_code == 200
    assert "bob@shop.example" in page.text
    assert "Clerk" in page.text


def test_an_owner_changes_a_role_and_it_holds_at_the_next_click(site: Site) -> None:
    alice, bob = site.signed_in("Alice"), site.signed_in("Bob", "clerk")
    assert bob.get(settings(site)).status_code == 403
    done = alice.send(settings(site, f"/{site.member_id('Bob')}"), {"role": "manager"})
    assert done.status_code == 303
    assert bob.get(settings(site)).status_code == 200


def test_s15_a_member_let_go_is_out_at_the_next_click(site: Site) -> None:
    alice, bob = site.signed_in("Alice"), site.signed_in("Bob", "clerk")
    assert bob.get(f"{site.home}/").status_code == 200
    alice.send(settings(site, f"/{site.member_id('Bob')}/active"), {"active": "0"})
    assert bob.get(f"{site.home}/").status_code == 404
    alice.send(settings(site, f"/{site.member_id('Bob')}/active"), {"active": "1"})
    assert bob.get(f"{site.home}/").status_code == 200


@pytest.mark.parametrize("action", ["", "/active", "/password-link"])
def test_s14_a_manager_does_not_touch_an_owner(site: Site, action: str) -> None:
    site.person("Alice")
    manager = site.signed_in("Max", "manager")
    values = {"role": "clerk", "active": "0"}
    target = settings(site, f"/{site.member_id('Alice')}{action}")
    assert manager.send(target, values).status_code == 403


def test_s14_a_manager_grants_no_more_than_they_hold(site: Site) -> None:
    site.person("Bob", "clerk")
    manager = site.signed_in("Max", "manager")
    assert (
        manager.send(settings(site, f"/{site.member_id('Bob')}"), {"role": "owner"}).status_code
        == 403
    )
    assert (
        manager.send(settings(site, f"/{site.member_id('Max')}"), {"role": "owner"}).status_code
        == 403
    )
    invited = {"name": "Eve", "email": "eve@shop.example", "role": "owner"}
    assert manager.send(settings(site, "/invite"), invited).status_code == 403


def test_an_unknown_role_is_refused_at_its_field(site: Site) -> None:
    site.person("Bob", "clerk")
    target = settings(site, f"/{site.member_id('Bob')}")
    refused = site.signed_in("Alice").send(target, {"role": "emperor"})
    assert refused.status_code == 422
    assert "There is no such role." in refused.text


def test_the_last_owner_stays(site: Site) -> None:
    alice = site.signed_in("Alice")
    own = settings(site, f"/{site.member_id('Alice')}")
    demoted = alice.send(own, {"role": "clerk"})
    assert demoted.status_code == 422
    assert "at least one owner" in demoted.text
    assert alice.send(f"{own}/active", {"active": "0"}).status_code == 409
    site.person("Bob", "owner")
    assert alice.send(own, {"role": "clerk"}).status_code == 303


def test_two_owners_who_dismiss_each_other_at_once_leave_one(
    database: Database, workspace: Workspace, site: Site
) -> None:
    site.person("Alice")
    site.person("Bob", "owner")

    def dismiss(who: int) -> bool:
        try:
            with database.workspace_tx(workspace) as uow:
                members.set_active(uow, system_access("en"), who, active=False)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(dismiss, [site.member_id("Alice"), site.member_id("Bob")]))
    assert sorted(done) == [False, True]


def test_a_manager_of_one_region_manages_only_its_people(uow: UnitOfWork) -> None:
    system = system_access("en")
    east = units.create_unit(uow, system, UnitValues("E", "East"))
    west = units.create_unit(uow, system, UnitValues("W", "West"))
    store = units.create_unit(uow, system, UnitValues("E1", "East 1", east.id))
    bound = (east.id, store.id)
    manager = Access(1, "Max", "manager", "en", bound)
    members.check_grant(uow, manager, "clerk", [store.id])
    with pytest.raises(Forbidden):
        members.check_grant(uow, manager, "clerk", [west.id])
    with pytest.raises(Forbidden):  # no store at all would mean every store
        members.check_grant(uow, manager, "clerk", [])


def test_access_reaches_everything_below_the_assigned_units(site: Site) -> None:
    system = system_access("en")
    with site.database.workspace_tx(site.workspace) as uow:
        region = units.create_unit(uow, system, UnitValues("R", "Region"))
        store = units.create_unit(uow, system, UnitValues("S", "Store", region.id))
        units.create_unit(uow, system, UnitValues("X", "Elsewhere"))
    person = site.person("Max", "manager", [region.id])
    with site.database.workspace_tx(site.workspace) as uow:
        access = members.access_of(uow, person.id)
    assert access is not None
    assert access.unit_ids == (region.id, store.id)


def test_members_are_nobody_to_other_workspaces(site: Site) -> None:
    outsider = site.person("Charlie", None)
    assert outsider.active
    charlie = site.signed_in("Charlie")
    assert charlie.get(f"{site.home}/").status_code == 404
    assert charlie.get("/", follow_redirects=True).request.path == "/workspaces/new"
