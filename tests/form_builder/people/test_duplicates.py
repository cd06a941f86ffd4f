"""Finding people who are there twice, in a form and while typing."""

import pytest

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.people.duplicates import find_duplicates, look_alikes, tell_apart
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Forbidden, Invalid, NotFound
from tests.form_builder.people.conftest import OWNER, SYSTEM, People

CLERK = Access(2, "Bob", "clerk", "en")


def found(uow: UnitOfWork) -> list[tuple[int, ...]]:
    return [each.group.ids for each in find_duplicates(uow, OWNER, "customers")]


def test_doubles_are_found_with_their_titles_and_reasons(people: People, uow: UnitOfWork) -> None:
    one = people.make(name="王芳", mobile="13800138000", birthday="1990-05-01")
    two = people.make(name="Wang Fang", mobile="13800138001", birthday="1990-05-01")
    people.make(name="张伟", mobile="13911112222")
    (doubles,) = find_duplicates(uow, OWNER, "customers")
    assert doubles.group.ids == (one, two)
    assert [member.title for member in doubles.members] == ["王芳", "Wang Fang"]
    codes = [reason.code for reason in doubles.group.pairs[0].likeness.reasons]
    assert codes == ["alike-name-and-birthday", "alike-name-near-phone"]


def test_a_search_sees_what_changed_since_the_last_one(people: People, uow: UnitOfWork) -> None:
    one = people.make(name="Ann", email="a@x.cn")
    assert found(uow) == []
    two = people.make(name="Anne", email="A@x.cn")
    assert found(uow) == [(one, two)]
    tell_apart(uow, OWNER, "customers", [two, one])
    assert found(uow) == []


def test_telling_apart_twice_is_harmless_and_needs_two_records(
    people: People, uow: UnitOfWork
) -> None:
    one = people.make(name="Ann", email="a@x.cn")
    two = people.make(name="Anne", email="A@x.cn")
    for _again in range(2):
        tell_apart(uow, OWNER, "customers", [one, two])
    for ids in ([one], [one, one], [one, 999]):
        with pytest.raises(Invalid):
            tell_apart(uow, OWNER, "customers", ids)


def test_only_who_may_merge_sees_them_and_only_forms_of_people_have_them(
    people: People, uow: UnitOfWork
) -> None:
    with pytest.raises(Forbidden):
        find_duplicates(uow, CLERK, "customers")
    with pytest.raises(NotFound) as refused:
        find_duplicates(uow, OWNER, "orders")
    assert refused.value.code == "holds-no-people"


def test_whoever_is_bound_to_a_store_meets_no_strangers(people: People, uow: UnitOfWork) -> None:
    people.make(name="Ann", email="a@x.cn")
    elsewhere = people.make(name="Anne", email="a@x.cn")
    bound = Access(3, "Mia", "manager", "en", unit_ids=(77,))
    assert [each.group.ids for each in find_duplicates(uow, bound, "customers")]
    table = catalog_of(uow).tables["customers"].main
    uow.execute(table.update().where(table.c.id == elsewhere).values(unit=5))
    assert find_duplicates(uow, bound, "customers") == []


@pytest.mark.parametrize(
    ("typed", "hits"),
    [
        ({"name": "王芳", "mobile": "138 0013 8000"}, ["same-phone"]),
        ({"name": "wang fang", "birthday": "1990-05-01"}, []),
        ({"email": "FANG@x.cn "}, ["same-email"]),
        ({"name": "王芳"}, ["same-name-no-contact"]),
        ({"name": "张伟", "mobile": "garbage"}, []),
        ({}, []),
    ],
)
def test_whoever_types_is_told_whom_it_looks_like(
    people: People, uow: UnitOfWork, typed: dict[str, str], hits: list[str]
) -> None:
    one = people.make(name="王芳", mobile="13800138000", email="fang@x.cn", birthday="1990-05-01")
    alike = look_alikes(uow, SYSTEM, "customers", typed)
    assert [each.likeness.reasons[0].code for each in alike] == hits
    assert {each.id for each in alike} <= {one}
    assert look_alikes(uow, SYSTEM, "customers", typed, besides=one) == []
