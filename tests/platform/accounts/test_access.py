import pytest

from regulars.platform.accounts.access import Access, public_access, system_access
from regulars.platform.accounts.roles import CAPABILITIES, ROLES
from regulars.platform.errors import Forbidden


def access(role: str, units: tuple[int, ...] = ()) -> Access:
    return Access(7, "Alice", role, "en", units)


def test_owner_holds_every_capability() -> None:
    assert all(access("owner").can(each) for each in CAPABILITIES)


@pytest.mark.parametrize("verb", ["read", "create", "update"])
def test_clerk_records_and_corrects(verb: str) -> None:
    assert access("clerk").scope("orders", verb) == "all"


@pytest.mark.parametrize("verb", ["delete", "export"])
def test_clerk_neither_deletes_nor_exports(verb: str) -> None:
    assert access("clerk").scope("orders", verb) == "none"


@pytest.mark.parametrize(
    "capability",
    ["design_forms", "edit_rules", "import_records", "manage_members", "view_reports"],
)
def test_clerk_does_not_design_or_manage(capability: str) -> None:
    with pytest.raises(Forbidden):
        access("clerk").require(capability)


def test_units_narrow_manager_and_clerk_but_never_an_owner() -> None:
    scopes = {role: access(role, (3, 4)).scope("orders", "read") for role in ROLES}
    assert scopes == {"owner": "all", "manager": "unit_tree", "clerk": "unit_tree"}


@pytest.mark.parametrize("verb", ["create", "update", "delete"])
def test_system_forms_are_read_only_for_everybody(verb: str) -> None:
    assert access("owner").scope("sys_messages", verb) == "none"
    assert access("owner").scope("sys_messages", "read") == "all"


def test_nobody_grants_what_they_do_not_hold() -> None:
    granted = {role: [each.key for each in access(role).grantable_roles()] for role in ROLES}
    assert granted == {
        "owner": ["owner", "manager", "clerk"],
        "manager": ["manager", "clerk"],
        "clerk": ["clerk"],
    }


def test_an_unknown_role_may_do_nothing() -> None:
    stranger = access("emperor")
    assert not any(stranger.can(each) for each in CAPABILITIES)
    assert stranger.scope("orders", "read") == "none"
    assert not access("owner").may_grant("emperor")


def test_actors_are_named_for_the_history() -> None:
    token = Access(None, "Till", "clerk", "en", (), "token", 5)
    named = [access("clerk").actor, token.actor, system_access("en").actor]
    assert named == ["member:7", "token:5", "system"]


def test_the_public_holds_nothing_and_the_system_everything() -> None:
    assert not public_access("en").can("enter")
    assert all(system_access("en").can(each) for each in CAPABILITIES)
