"""Two records become one: values, links, rows, tags, and the way back."""

from typing import Any

import pytest
import sqlalchemy as sa

from regulars.form_builder.history import history_of, trash
from regulars.form_builder.origin import Origin
from regulars.form_builder.people.merging import MergeWish, merge_people, plan_merge, try_merge
from regulars.form_builder.people.parting import restore_or_part, undo_merge
from regulars.form_builder.people.pointers import MergedInto, survivor_of
from regulars.form_builder.records import update_record
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Forbidden, Invalid, NotFound
from regulars.platform.events import event
from tests.form_builder.people.conftest import OWNER, SYSTEM, People
from tests.support.shop_forms import publish_forms

CLERK = Access(2, "Bob", "clerk", "en")
VISITS: dict[str, Any] = {
    "kind": "form", "key": "visits", "label": "Visits", "title": "{id}",
    "fields": [
        {"key": "guests", "type": "subform", "fields": [
            {"key": "who", "type": "link", "to": "customers"},
            {"key": "seat", "type": "text"},
        ]},
        {"key": "host", "type": "link", "to": "customers", "unique": True},
    ],
}  # fmt: skip


def order(people: People, customer: int, price: str) -> int:
    return people.make("orders", customer=customer, items=[{"quantity": 1, "price": price}])


def test_the_survivor_fills_its_gaps_and_takes_tags_and_orders(people: People) -> None:
    keep = people.make(name="王芳", mobile="13800138000", tags=["vip"])
    drop = people.make(name="Wang Fang", email="f@x.cn", birthday="1990-05-01", tags=["tea"])
    first, second = order(people, keep, "10"), order(people, drop, "32.5")
    merged = people.merge(keep, drop)
    after = people.read(keep)
    assert (after["name"], after["mobile"], after["email"]) == ("王芳", "+8613800138000", "f@x.cn")
    assert after["birthday"].isoformat() == "1990-05-01"
    assert after["tags"] == {"vip", "tea"}
    assert (after["order_count"], str(after["total_spend"])) == (2, "42.50")
    assert [people.read(each, "orders")["customer"] for each in (first, second)] == [keep, keep]
    assert merged.counts == {"link:orders": 1}


def test_a_choice_wins_and_unique_values_change_hands(people: People) -> None:
    keep = people.make(name="王芳", mobile="13800138000", tags=["vip"])
    drop = people.make(name="Wang Fang", mobile="13911112222", tags=["tea"])
    people.merge(keep, drop, name="drop", mobile="drop", tags="drop")
    after = people.read(keep)
    assert (after["name"], after["mobile"], after["tags"]) == (
        "Wang Fang", "+8613911112222", {"tea"},
    )  # fmt: skip


def test_the_dropped_record_points_to_the_survivor_over_several_merges(
    people: People, uow: UnitOfWork
) -> None:
    a, b, c = (people.make(name=name) for name in "ABC")
    people.merge(b, c)
    people.merge(a, b)
    assert survivor_of(uow, "customers", c) == a
    with pytest.raises(MergedInto) as gone:
        people.read(c)
    assert gone.value.params["into"] == a
    assert uow.scalar(sa.select(sa.func.count()).select_from(trash)) == 2


def test_merging_is_done_once_and_starts_nothing(people: People, uow: UnitOfWork) -> None:
    keep, drop = people.make(name="A"), people.make(name="B", email="b@x.cn")
    order(people, drop, "5")
    seen = uow.scalar(sa.select(sa.func.max(event.c.id)))
    first = people.merge(keep, drop)
    again = people.merge(keep, drop)
    assert (again.id, again.again, first.again) == (first.id, True, False)
    fresh = uow.execute(event.select().where(event.c.id > seen)).all()
    assert fresh
    assert all(row.historic for row in fresh)
    actions = [entry.action for entry in history_of(uow, "customers", keep)]
    assert actions == ["merged", "updated", "created"]


def test_rows_inside_records_follow_too(people: People, uow: UnitOfWork) -> None:
    publish_forms(uow, [VISITS])
    keep, drop = people.make(name="A"), people.make(name="B")
    visit = people.make("visits", guests=[{"who": drop, "seat": "1"}, {"who": keep, "seat": "2"}])
    people.merge(keep, drop)
    assert [row["who"] for row in people.read(visit, "visits")["guests"]] == [keep, keep]
    undo_merge(uow, OWNER, "customers", drop)
    assert [row["who"] for row in people.read(visit, "visits")["guests"]] == [drop, keep]


def test_a_link_that_may_exist_once_is_named_before_anything_moves(
    people: People, uow: UnitOfWork
) -> None:
    publish_forms(uow, [VISITS])
    keep, drop = people.make(name="A"), people.make(name="B")
    for customer in (keep, drop):
        people.make("visits", host=customer)
    plan = try_merge(uow, OWNER, MergeWish("customers", keep, drop))
    assert [(p.path, p.code) for p in plan.problems] == [("visits.host", "merge-link-twice")]
    with pytest.raises(Invalid), uow.savepoint():
        people.merge(keep, drop)
    assert people.read(drop)["name"] == "B"


def test_a_trial_says_everything_and_changes_nothing(people: People, uow: UnitOfWork) -> None:
    keep, drop = people.make(name="A"), people.make(name="B", tags=["x"])
    order(people, drop, "5")
    plan = try_merge(uow, OWNER, MergeWish("customers", keep, drop, {"name": "drop"}))
    assert plan.problems == []
    assert {each.field.key: each.side for each in plan.choices if each.differs} == {
        "name": "drop", "tags": "both",
    }  # fmt: skip
    assert plan.counts == {"link:orders": 1}
    assert (people.read(keep)["name"], people.read(drop)["order_count"]) == ("A", 1)


@pytest.mark.parametrize(
    ("choose", "path", "code"),
    [
        ({"nope": "keep"}, "choose/nope", "unknown-field"),
        ({"order_count": "drop"}, "choose/order_count", "unknown-field"),
        ({"name": "left"}, "choose/name", "not-an-option"),
        ({"name": "both"}, "choose/name", "not-an-option"),
        (["name"], "choose", "not-an-object"),
    ],
)
def test_wishes_that_mean_nothing_are_named(
    people: People, uow: UnitOfWork, choose: Any, path: str, code: str
) -> None:
    keep, drop = people.make(name="A"), people.make(name="B")
    with pytest.raises(Invalid) as refused:
        merge_people(uow, OWNER, MergeWish("customers", keep, drop, choose))
    assert [(p.path, p.code) for p in refused.value.problems] == [(path, code)]


def test_only_who_may_merges_and_only_what_is_there(people: People, uow: UnitOfWork) -> None:
    keep = people.make(name="A")
    with pytest.raises(Forbidden):
        plan_merge(uow, CLERK, MergeWish("customers", keep, keep))
    with pytest.raises(Invalid):
        people.merge(keep, keep)
    with pytest.raises(NotFound):
        people.merge(keep, 999)
    with pytest.raises(NotFound):
        merge_people(uow, OWNER, MergeWish("orders", 1, 2))


def test_undoing_gives_each_their_own_back(people: People, uow: UnitOfWork) -> None:
    keep = people.make(name="王芳", mobile="13800138000", tags=["vip"])
    drop = people.make(name="Wang Fang", mobile="13911112222", email="f@x.cn", tags=["tea"])
    mine, theirs = order(people, keep, "10"), order(people, drop, "32.5")
    people.merge(keep, drop, mobile="drop")
    since = order(people, keep, "7")
    update_record(uow, SYSTEM, "customers", keep, {"email": "new@x.cn"}, origin=Origin("page"))
    back = restore_or_part(uow, OWNER, "customers", drop, origin=Origin("page"))
    kept = people.read(keep)
    assert (back["name"], back["mobile"], back["email"], back["tags"]) == (
        "Wang Fang", "+8613911112222", "f@x.cn", {"tea"},
    )  # fmt: skip
    assert (kept["name"], kept["mobile"], kept["tags"]) == ("王芳", "+8613800138000", {"vip"})
    assert kept["email"] == "new@x.cn"
    owners = [people.read(each, "orders")["customer"] for each in (mine, theirs, since)]
    assert owners == [keep, drop, keep]
    assert (kept["order_count"], people.read(drop)["order_count"]) == (2, 1)
    with pytest.raises(NotFound):
        undo_merge(uow, OWNER, "customers", drop)
    assert people.merge(keep, drop).again is False
