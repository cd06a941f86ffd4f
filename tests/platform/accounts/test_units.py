import pytest

from regulars.platform.accounts import units
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.accounts.units import UnitValues
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Forbidden, Invalid, NotFound
from tests.support.site import Site

SYSTEM = system_access("en")


def codes(caught: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(problem.path, problem.code) for problem in caught.value.problems]


def test_units_are_listed_as_a_tree(uow: UnitOfWork) -> None:
    east = units.create_unit(uow, SYSTEM, UnitValues("E", "East"))
    units.create_unit(uow, SYSTEM, UnitValues("A", "Annex"))
    units.create_unit(uow, SYSTEM, UnitValues("E2", "Second", east.id))
    first = units.create_unit(uow, SYSTEM, UnitValues("E1", "First", east.id))
    units.create_unit(uow, SYSTEM, UnitValues("E1A", "Counter", first.id))
    listed = [(each.name, each.depth) for each in units.list_units(uow)]
    assert listed == [("Annex", 0), ("East", 0), ("First", 1), ("Counter", 2), ("Second", 1)]


def test_codes_are_unique_and_plain(uow: UnitOfWork) -> None:
    units.create_unit(uow, SYSTEM, UnitValues("BJ01", "Beijing"))
    with pytest.raises(Invalid) as doubled:
        units.create_unit(uow, SYSTEM, UnitValues(" BJ01 ", "Again"))
    assert codes(doubled) == [("code", "unit-code-taken")]
    with pytest.raises(Invalid) as odd:
        units.create_unit(uow, SYSTEM, UnitValues("北京", ""))
    assert codes(odd) == [("name", "required"), ("code", "bad-unit-code")]


def test_a_unit_keeps_its_own_code_when_saved(uow: UnitOfWork) -> None:
    made = units.create_unit(uow, SYSTEM, UnitValues("BJ01", "Beijing"))
    saved = units.update_unit(uow, SYSTEM, made.id, UnitValues("BJ01", "Beijing 1", None, False))
    assert (saved.name, saved.active) == ("Beijing 1", False)


def test_a_unit_never_lies_inside_itself(uow: UnitOfWork) -> None:
    top = units.create_unit(uow, SYSTEM, UnitValues("T", "Top"))
    below = units.create_unit(uow, SYSTEM, UnitValues("B", "Below", top.id))
    for parent in (top.id, below.id):
        with pytest.raises(Invalid) as caught:
            units.update_unit(uow, SYSTEM, top.id, UnitValues("T", "Top", parent))
        assert codes(caught) == [("parent", "unit-inside-itself")]


def test_the_parent_must_exist(uow: UnitOfWork) -> None:
    with pytest.raises(Invalid) as caught:
        units.create_unit(uow, SYSTEM, UnitValues("B", "Below", 99))
    assert codes(caught) == [("parent", "unknown-store")]


def test_units_are_found_by_code_and_got_by_id(uow: UnitOfWork) -> None:
    made = units.create_unit(uow, SYSTEM, UnitValues("BJ01", "Beijing"))
    assert units.find_unit(uow, "BJ01") == made
    assert units.find_unit(uow, "XX") is None
    with pytest.raises(NotFound):
        units.get_unit(uow, 99)


def test_clerks_open_no_stores(uow: UnitOfWork) -> None:
    with pytest.raises(Forbidden):
        units.create_unit(uow, Access(1, "Bob", "clerk", "en"), UnitValues("B", "Bob's"))


def test_stores_are_managed_on_their_page(site: Site) -> None:
    alice, page = site.signed_in("Alice"), f"{site.home}/settings/units"
    assert "No stores yet" in alice.get(page).text
    assert alice.send(f"{page}/new", {"name": "East", "code": "E"}).status_code == 303
    refused = alice.send(f"{page}/new", {"name": "East again", "code": "E"})
    assert refused.status_code == 422
    assert 'value="East again"' in refused.text
    assert "Another store has the code" in refused.text
    alice.send(f"{page}/1", {"name": "Far East", "code": "E"})
    listed = alice.get(page).text
    assert "Far East" in listed
    assert "Closed" in listed
