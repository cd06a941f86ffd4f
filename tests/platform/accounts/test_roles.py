"""Roles as data: what follows from a definition, who covers whom, what holds at once."""

from typing import Any

import pytest

from regulars import wiring
from regulars.platform import i18n
from regulars.platform.accounts import members, users
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.accounts.granting import covers
from regulars.platform.accounts.role_book import roles_of
from regulars.platform.accounts.role_definition import parse_role, role_problems, role_schema
from regulars.platform.accounts.roles import CHOSEN_CAPABILITIES, ROLES, ByCondition, Role
from regulars.platform.accounts.users import NewUser
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.definitions import store
from regulars.platform.errors import Forbidden, Invalid
from regulars.platform.i18n import translate
from tests.support.shop_forms import publish_forms

CASHIER: dict[str, Any] = {
    "kind": "role",
    "key": "cashier",
    "label": {"en": "Cashier", "zh-Hans": "收银员"},
    "capabilities": ["view_reports"],
    "default": {"read": "unit"},
    "forms": {
        "orders": {"read": "unit_tree", "create": "unit", "update": "own"},
        "customers": {
            "read": {"condition": {"field": "tier", "op": "is", "value": "basic"}},
            "fields": {"mobile": "masked", "email": "hidden", "tier": "read_only"},
        },
        "products": {"read": "all"},
    },
}


def role(**changes: Any) -> Role:
    return parse_role({**CASHIER, **changes})


def access(of: Role, units: tuple[int, ...] = (3,)) -> Access:
    return Access(9, "Chen", of.key, "en", units, roles={**ROLES, of.key: of})


def test_a_role_holds_the_verbs_it_may_use_anywhere() -> None:
    assert role().capabilities == {
        *("enter", "view_reports", "read_records", "create_records", "update_records")
    }


def test_a_form_goes_by_its_own_scopes_and_else_by_the_default() -> None:
    held = access(role())
    assert [held.scope("orders", verb) for verb in ("read", "create", "update", "delete")] == [
        *("unit_tree", "unit", "own", "none")
    ]
    assert held.scope("coupons", "read") == "unit"
    assert isinstance(held.scope("customers", "read"), ByCondition)
    assert held.scope("customers", "update") == "none"


def test_a_custom_role_without_a_store_does_not_see_all() -> None:
    assert access(role(), ()).scope("orders", "read") == "unit_tree"


def test_fields_are_written_unless_the_role_says_less() -> None:
    held = access(role())
    rights = [held.field_right("customers", key) for key in ("mobile", "email", "tier", "name")]
    assert rights == ["masked", "hidden", "read_only", "write"]
    assert held.field_right("orders", "email") == "write"


def test_columns_of_a_subform_follow_their_subform() -> None:
    fields = {"items": "read_only", "items.price": "hidden", "items.note": "masked"}
    held = access(role(forms={"orders": {"read": "all", "fields": fields}}))
    rights = [held.field_right("orders.items", key) for key in ("price", "note", "product")]
    assert rights == ["hidden", "masked", "read_only"]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"key": "owner"}, "key"),
        ({"key": "Über"}, "key"),
        ({"capabilities": ["enter"]}, "capabilities/0"),
        ({"default": {"read": "some"}}, "default/read"),
        ({"default": {"look": "all"}}, "default/look"),
        ({"forms": {"orders": {"fields": {"a": "write"}}}}, "forms/orders/fields/a"),
        ({"forms": {"Orders": {}}}, "forms/Orders"),
        ({"label": None}, "label"),
        ({"is_owner": True}, "is_owner"),
    ],
)
def test_a_crooked_role_is_refused_where_it_is_crooked(change: dict[str, Any], place: str) -> None:
    assert place in [problem.path for problem in role_problems({**CASHIER, **change})]


def test_the_schema_lists_every_capability_that_can_be_chosen() -> None:
    schema = role_schema()
    listed = schema["properties"]["capabilities"]["items"]["enum"]
    assert tuple(listed) == CHOSEN_CAPABILITIES


@pytest.mark.parametrize("locale", ["en", "zh-Hans", "zh-Hant"])
def test_every_capability_that_can_be_chosen_has_its_words(locale: str) -> None:
    assert [
        each for each in CHOSEN_CAPABILITIES if not translate(f"roles.can.{each}", locale)
    ] == []


@pytest.mark.parametrize(
    ("mine", "wanted", "holds"),
    [
        ("owner", {}, True),
        ("manager", {}, False),  # a condition is not known to lie within one's stores
        ("manager", {"forms": {}}, True),
        ("manager", {"forms": {}, "default": {"read": "all"}}, False),
        ("manager", {"forms": {}, "capabilities": ["manage_tokens"]}, False),
        ("clerk", {"forms": {}, "capabilities": []}, True),
        ("clerk", {"forms": {}, "capabilities": [], "default": {"delete": "own"}}, False),
    ],
)
def test_nobody_covers_more_than_they_hold(mine: str, wanted: Any, holds: bool) -> None:
    assert covers(ROLES[mine], role(**wanted), has_units=True) is holds


def test_whoever_sees_a_field_masked_cannot_give_it_away_open() -> None:
    masked = role(forms={"customers": {"read": "unit", "fields": {"mobile": "masked"}}})
    hidden = role(forms={"customers": {"read": "unit", "fields": {"mobile": "hidden"}}})
    opened = role(forms={"customers": {"read": "unit"}})
    assert covers(masked, hidden, has_units=True)
    assert covers(masked, masked, has_units=True)
    assert not covers(masked, opened, has_units=True)
    assert not covers(masked, ROLES["clerk"], has_units=True)


def test_a_hidden_subform_hides_what_the_other_role_hides_of_it() -> None:
    column = role(forms={"orders": {"read": "unit", "fields": {"items.price": "hidden"}}})
    whole = role(forms={"orders": {"read": "unit", "fields": {"items": "hidden"}}})
    assert covers(column, whole, has_units=True)
    assert not covers(whole, column, has_units=True)


@pytest.fixture
def shop(uow: UnitOfWork) -> UnitOfWork:
    wiring.wire()
    publish_forms(uow)
    return uow


def publish(uow: UnitOfWork, raw: dict[str, Any], actor: Access | None = None) -> None:
    who = actor or system_access("en")
    store.save_draft(uow, who, "role", raw)
    store.publish(uow, who, [("role", raw["key"])])


def test_a_published_role_stands_among_the_roles(shop: UnitOfWork) -> None:
    publish(shop, CASHIER)
    assert list(roles_of(shop)) == ["owner", "manager", "cashier", "clerk"]


def test_a_role_must_fit_the_forms(shop: UnitOfWork) -> None:
    crooked = {
        **CASHIER,
        "default": {"read": {"condition": {"field": "tier", "op": "is", "value": "basic"}}},
        "forms": {
            "ghosts": {"read": "all"},
            "orders": {"fields": {"colour": "hidden", "items.price": "hidden"}},
            "customers": {"read": {"condition": {"field": "size", "op": "gt", "value": 1}}},
        },
    }
    with pytest.raises(Invalid) as refused:
        publish(shop, crooked)
    assert {(problem.path, problem.code) for problem in refused.value.problems} >= {
        ("role/cashier/default/read", "condition-needs-a-form"),
        ("role/cashier/forms/ghosts", "unknown-form"),
        ("role/cashier/forms/orders/fields/colour", "unknown-field"),
    }
    assert not any("items.price" in problem.path for problem in refused.value.problems)
    assert any("customers/read/condition" in problem.path for problem in refused.value.problems)


def test_an_editor_of_roles_gives_no_more_than_they_hold_and_not_to_themselves(
    shop: UnitOfWork,
) -> None:
    keeper = {**CASHIER, "key": "keeper", "capabilities": ["manage_roles"], "forms": {}}
    publish(shop, keeper)
    me = Access(4, "Kim", "keeper", "en", (3,), roles=roles_of(shop))
    publish(shop, {**CASHIER, "capabilities": [], "forms": {}}, me)
    for too_much in ({"default": {"read": "all"}}, {"capabilities": ["design_forms"]}):
        with pytest.raises(Forbidden, match="grant-too-high"):
            publish(shop, {**CASHIER, "capabilities": [], "forms": {}, **too_much}, me)
    with pytest.raises(Forbidden, match="own-role"):
        publish(shop, {**keeper, "capabilities": []}, me)
    with pytest.raises(Forbidden):
        publish(shop, CASHIER, Access(5, "Max", "manager", "en", roles=roles_of(shop)))


def test_a_change_holds_in_the_next_transaction(database: Database, workspace: Workspace) -> None:
    wiring.wire()
    now = database.clock()
    with database.main_tx() as connection:
        chen = users.create_user(
            connection, NewUser("c@shop.example", "Chen", "five quiet bicycles", "en"), now=now
        )
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow)
        publish(uow, CASHIER)
        members.add_member(uow, chen, "cashier")
    with database.workspace_tx(workspace) as uow:
        before = members.access_of(uow, chen.id)
        publish(uow, {**CASHIER, "capabilities": []})
    with database.workspace_tx(workspace, write=False) as uow:
        after = members.access_of(uow, chen.id)
    assert before is not None
    assert after is not None
    assert (before.can("view_reports"), after.can("view_reports")) == (True, False)


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_every_capability_is_said_in_plain_words(locale: str) -> None:
    for capability in CHOSEN_CAPABILITIES:
        assert i18n.translate(f"roles.can.{capability}", locale)
