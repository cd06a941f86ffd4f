"""A member's own views of a list."""

from dataclasses import replace

import pytest

from regulars.form_builder.list_settings import keep_settings, own_settings
from regulars.form_builder.own_views import keeping
from regulars.form_builder.own_views.tables import list_start, own_view
from regulars.form_builder.own_views.uses import own_view_uses
from regulars.platform import i18n
from regulars.platform.accounts import members, passwords, users
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.accounts.users import NewUser
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.definitions.uses import Used
from regulars.platform.errors import Conflict, Forbidden, NotFound

ANN, BO = Access(1, "Ann", "owner", "en"), Access(2, "Bo", "clerk", "en")
FORM = "customers"


def labels(uow: UnitOfWork, access: Access) -> list[str]:
    return [each.view["label"] for each in keeping.list_own(uow, access, FORM)]


def test_everybody_has_views_and_an_order_of_their_own(
    database: Database, workspace: Workspace
) -> None:
    with database.workspace_tx(workspace) as uow:
        made = [
            keeping.add_own(uow, ANN, FORM, {"key": "x", "label": name, "roles": ["clerk"]})
            for name in "abc"
        ]
        keeping.add_own(uow, BO, FORM, {"label": "z"})
        assert made[0].view == {"label": "a"}
        keeping.move_own(uow, ANN, FORM, made[2].key, -1)
        assert (labels(uow, ANN), labels(uow, BO)) == (["a", "c", "b"], ["z"])
        keeping.move_own(uow, ANN, FORM, made[0].key, 99)
        keeping.change_own(uow, ANN, FORM, made[1].key, {"label": "B", "key": "own-1"})
        assert labels(uow, ANN) == ["c", "B", "a"]
        for attempt in (keeping.remove_own, keeping.get_own):
            with pytest.raises(NotFound):
                attempt(uow, BO, FORM, made[0].key)
        with pytest.raises(NotFound):
            keeping.change_own(uow, BO, FORM, made[0].key, {"label": "mine"})
        keeping.remove_own(uow, ANN, FORM, made[2].key)
        assert labels(uow, ANN) == ["B", "a"]
        assert keeping.list_own(uow, ANN, "orders") == []


def test_a_list_opens_with_the_view_that_was_chosen_until_it_is_gone(
    database: Database, workspace: Workspace
) -> None:
    with database.workspace_tx(workspace) as uow:
        mine = keeping.add_own(uow, ANN, FORM, {"label": "a"})
        keeping.set_start(uow, ANN, FORM, "board")
        keeping.set_start(uow, ANN, FORM, mine.key)
        keep_settings(uow, ANN, FORM, mine.key, {"widths": {"name": 100}})
        assert keeping.start_of(uow, ANN, FORM) == mine.key
        assert keeping.start_of(uow, BO, FORM) == ""
        keeping.remove_own(uow, ANN, FORM, mine.key)
        assert keeping.start_of(uow, ANN, FORM) == ""
        assert own_settings(uow, ANN, FORM, mine.key) == {}


def test_only_members_keep_views_and_only_so_many(
    database: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "MOST", 1)
    with database.workspace_tx(workspace) as uow:
        keeping.add_own(uow, ANN, FORM, {"label": "a"})
        with pytest.raises(Conflict):
            keeping.add_own(uow, ANN, FORM, {"label": "b"})
        program = replace(ANN, member_id=None, kind="token")
        assert keeping.list_own(uow, program, FORM) == []
        for attempt in (
            lambda: keeping.add_own(uow, program, FORM, {"label": "c"}),
            lambda: keeping.set_start(uow, program, FORM, "board"),
        ):
            with pytest.raises(Forbidden):
                attempt()


def test_nothing_of_a_member_who_is_let_go_stays(database: Database, workspace: Workspace) -> None:
    wish = NewUser("kim@shop.example", "Kim", passwords.hash_password("a long password of Kim"))
    with database.main_tx() as connection:
        user = users.create_user(connection, wish, now=database.clock())
    with database.workspace_tx(workspace) as uow:
        kim = members.member_access(uow, members.add_member(uow, user, "clerk"))
        keeping.add_own(uow, kim, FORM, {"label": "a"})
        keeping.set_start(uow, kim, FORM, "own-1")
        members.set_active(uow, system_access("en"), int(kim.member_id or 0), active=False)
        assert [uow.execute(each.select()).all() for each in (own_view, list_start)] == [[], []]


@pytest.mark.parametrize(
    ("ref", "n"), [("", 3), ("tier", 1), ("customer", 1), ("amount", 2), ("name", 0)]
)
def test_the_views_that_look_at_a_field_are_counted(
    database: Database, workspace: Workspace, ref: str, n: int
) -> None:
    where = {"all": [{"field": "tier", "op": "is", "value": "name"}]}
    with database.workspace_tx(workspace) as uow:
        keeping.add_own(uow, ANN, FORM, {"label": "name", "where": where})
        keeping.add_own(uow, ANN, FORM, {"label": "x", "sort": ["-amount"]})
        keeping.add_own(uow, BO, FORM, {"label": "y", "columns": ["amount", "customer.name"]})
        found = list(own_view_uses(uow, Used("form", FORM, ref)))
    assert [each.name for each in found] == ([_words(n)] if n else [])


def _words(n: int) -> dict[str, str]:
    said = i18n.translate
    return {each: said("definitions.named.own-view", each, n=n) for each in i18n.LOCALES}
