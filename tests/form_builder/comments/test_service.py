"""Comments: who may read and write them, and whom they call."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from regulars.form_builder.comments import service
from regulars.form_builder.comments.service import mentioned
from regulars.platform.accounts import members
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.accounts.members import Member
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.errors import Forbidden, Invalid, NotFound
from regulars.platform.tasks.service import TasksWanted, list_tasks
from tests.form_builder.web.conftest import Shop, shop
from tests.security.shop_of_two import role

__all__ = ["shop"]
OWNER = system_access("en")


@contextmanager
def work(shop: Shop) -> Iterator[UnitOfWork]:
    with shop.site.database.workspace_tx(shop.site.workspace) as uow:
        yield uow


def access_of(shop: Shop, uow: UnitOfWork, name: str) -> Access:
    return members.member_access(uow, members.get_member(uow, shop.site.member_id(name)))


def member(number: int, name: str, *, active: bool = True) -> Member:
    fields = {"id": number, "name": name, "active": active}
    made = object.__new__(Member)
    for key, value in fields.items():
        object.__setattr__(made, key, value)
    return made


TEAM = [
    member(1, "Ann"), member(2, "Ann Lee"), member(3, "王芳"), member(4, "Bob", active=False),
    member(5, "a.b"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@Ann please call", [1]),
        ("@ann lee and @Ann", [1, 2]),
        ("@Ann Lee only", [2]),
        ("@Anna is somebody else", []),
        ("请@王芳看一下", [3]),
        ("＠王芳", [3]),
        ("@Bob has left", []),
        ("mail ann@example.com", []),
        ("@axb", []),
        ("(@a.b)", [5]),
    ],
)
def test_names_behind_a_sign_are_found(text: str, expected: list[int]) -> None:
    assert [each.id for each in mentioned(text, TEAM)] == expected


def test_a_comment_is_written_changed_and_taken_away_by_its_writer(shop: Shop) -> None:
    who = shop.make("customers", name="Ann")
    for name in ("Wei", "Li"):
        shop.site.signed_in(name, "clerk")
    with work(shop) as uow:
        wei, li = access_of(shop, uow, "Wei"), access_of(shop, uow, "Li")
        made = service.add_comment(uow, wei, "customers", who.id, " Likes tea.\r\nAsk again. ")
        assert made.text == "Likes tea.\nAsk again."
        with pytest.raises(Forbidden):
            service.change_comment(uow, li, "customers", made.id, "No")
        with pytest.raises(Forbidden):
            service.remove_comment(uow, li, "customers", made.id)
        changed = service.change_comment(uow, wei, "customers", made.id, "Likes coffee.")
        assert changed.edited_at == uow.now
        assert [each.text for each in service.list_comments(uow, li, "customers", who.id)] == [
            "Likes coffee."
        ]
        service.remove_comment(uow, OWNER, "customers", made.id)
        assert service.list_comments(uow, wei, "customers", who.id) == []


def test_a_named_colleague_gets_one_task_if_they_may_see_the_record(shop: Shop) -> None:
    who = shop.make("customers", name="Ann")
    with work(shop) as uow:
        blind = role(key="blind", default={}, forms={"customers": {"read": "none"}})
        store.save_draft(uow, OWNER, "role", blind)
        store.publish(uow, OWNER, [("role", "blind")])
    for name, role_key in (("Wei", "clerk"), ("Li", "clerk"), ("Mo", "blind")):
        shop.site.signed_in(name, role_key)
    with work(shop) as uow:
        wei = access_of(shop, uow, "Wei")
        text = "@Li @Mo @Wei please call her"
        made = service.add_comment(uow, wei, "customers", who.id, text)
        assert list(made.mentions) == sorted(map(shop.site.member_id, ("Wei", "Li")))
        service.change_comment(uow, wei, "customers", made.id, f"{text} today")
        tasks = list_tasks(uow, OWNER, TasksWanted(record=("customers", who.id)))
        assert [(each.member, each.title) for each in tasks] == [
            (shop.site.member_id("Li"), "Wei asks you to look at “Ann”")
        ]


@pytest.mark.parametrize(
    ("text", "code"),
    [(" \n ", "required"), ("x" * 4001, "shape-max-length"), ("a\0b", "bad-characters")],
)
def test_what_is_no_comment_is_refused(shop: Shop, text: str, code: str) -> None:
    who = shop.make("customers", name="Ann")
    with work(shop) as uow, pytest.raises(Invalid) as refused:
        service.add_comment(uow, OWNER, "customers", who.id, text)
    assert refused.value.problems[0].code == code


def test_what_cannot_be_read_cannot_be_commented_on(shop: Shop) -> None:
    who = shop.make("customers", name="Ann")
    with work(shop) as uow:
        made = service.add_comment(uow, OWNER, "customers", who.id, "Hello")
        blind = role(key="blind", default={}, forms={"customers": {"read": "none"}})
        store.save_draft(uow, OWNER, "role", blind)
        store.publish(uow, OWNER, [("role", "blind")])
    shop.site.signed_in("Mo", "blind")
    with work(shop) as uow:
        mo = access_of(shop, uow, "Mo")
        for attempt in (
            lambda: service.list_comments(uow, mo, "customers", who.id),
            lambda: service.add_comment(uow, mo, "customers", who.id, "I"),
            lambda: service.change_comment(uow, mo, "customers", made.id, "I"),
            lambda: service.remove_comment(uow, mo, "customers", made.id),
            lambda: service.remove_comment(uow, OWNER, "orders", made.id),
        ):
            with pytest.raises((NotFound, Forbidden)):
                attempt()
        assert [e.text for e in service.list_comments(uow, OWNER, "customers", who.id)] == [
            "Hello"
        ]
