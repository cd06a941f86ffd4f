"""Sums over several links, kept from both sides: by what is linked, and by who links here."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest

from regulars.form_builder import records, verifying
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.origin import API
from regulars.form_builder.people.erase_plan import EraseWish
from regulars.form_builder.people.erasing import erase_person
from regulars.form_builder.people.merging import MergeWish, merge_people
from regulars.form_builder.people.parting import undo_merge
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.errors import Conflict, Invalid, NotFound
from regulars.platform.retrying import in_transaction
from regulars.wiring import wire
from tests.support.shop_forms import publish_forms

OWNER = system_access("en")


def rollup(key: str, of: str, aggregate: str, field: str = "", **more: Any) -> dict[str, Any]:
    named = {"field": field} if field else {}
    return {"key": key, "type": "rollup", "of": of, "aggregate": aggregate, **named, **more}


COURSES: dict[str, Any] = {
    "kind": "form", "key": "courses", "label": "Courses", "title": "{name}",
    "fields": [
        {"key": "name", "type": "text", "unique": True},
        {"key": "price", "type": "money"},
        {"key": "starts", "type": "date"},
        {"key": "taken_by", "type": "related", "from": "pupils", "via": "courses"},
        rollup("pupils", "taken_by", "count"),
        rollup("oldest", "taken_by", "max", "age", decimals=0),
        rollup("grown", "taken_by", "count",
               where={"field": "age", "op": "gte", "value": 18}),
    ],
}  # fmt: skip
PUPILS: dict[str, Any] = {
    "kind": "form", "key": "pupils", "label": "Pupils", "title": "{name}",
    "person": {"name": "name"},
    "fields": [
        {"key": "name", "type": "text"},
        {"key": "age", "type": "number"},
        {"key": "courses", "type": "links", "to": "courses", "on_delete": "clear"},
        {"key": "friends", "type": "links", "to": "pupils", "on_delete": "clear"},
        {"key": "liked_by", "type": "related", "from": "pupils", "via": "friends"},
        rollup("n", "courses", "count"),
        rollup("fee", "courses", "sum", "price", result="money"),
        rollup("mean", "courses", "avg", "price", result="money"),
        rollup("first", "courses", "min", "starts", result="date"),
        rollup("dear", "courses", "sum", "price", result="money",
               where={"field": "price", "op": "gt", "value": 15}),
        rollup("company", "courses", "sum", "pupils"),
        rollup("likes", "liked_by", "count"),
    ],
}  # fmt: skip


def make(uow: UnitOfWork, form: str, **values: Any) -> int:
    return records.create_record(uow, OWNER, form, values, origin=API).id


def change(uow: UnitOfWork, form: str, record: int, **values: Any) -> None:
    records.update_record(uow, OWNER, form, record, values, origin=API)


def said(uow: UnitOfWork, form: str, record: int, *keys: str) -> list[Any]:
    """The kept values, as short texts."""
    found = records.get_record(uow, OWNER, form, record)
    return [str(found[key].normalize()) if isinstance(found[key], Decimal) else found[key]
            for key in keys]  # fmt: skip


def sound(uow: UnitOfWork) -> None:
    """Every kept value is what the records say."""
    catalog = catalog_of(uow)
    for form in ("courses", "pupils"):
        assert verifying.look_at_all(uow, catalog, form) == []


@pytest.fixture
def school(uow: UnitOfWork) -> dict[str, int]:
    wire()
    publish_forms(uow, [COURSES, PUPILS])
    prices = {"Tea": "10", "Cake": "20", "Wine": "40"}
    known = {
        name: make(uow, "courses", name=name, price=price, starts=f"2024-0{n}-01")
        for n, (name, price) in enumerate(prices.items(), 1)
    }
    known["Ann"] = make(uow, "pupils", name="Ann", age=8, courses=[known["Tea"], known["Cake"]])
    known["Ben"] = make(uow, "pupils", name="Ben", age=30, courses=[known["Cake"]])
    return known


def test_both_sides_are_added_up_as_links_come_and_go(
    uow: UnitOfWork, school: dict[str, int]
) -> None:
    ann, cake = school["Ann"], school["Cake"]
    kept = ("n", "fee", "mean", "dear", "company")
    assert said(uow, "pupils", ann, *kept) == ["2", "3E+1", "15", "2E+1", "3"]
    assert said(uow, "pupils", ann, "first")[0].isoformat() == "2024-01-01"
    assert said(uow, "courses", cake, "pupils", "oldest", "grown") == ["2", "3E+1", "1"]
    change(uow, "pupils", ann, courses=[school["Wine"], cake])
    assert said(uow, "pupils", ann, "n", "fee", "dear") == ["2", "6E+1", "6E+1"]
    assert said(uow, "courses", school["Tea"], "pupils", "oldest") == ["0", None]
    assert said(uow, "courses", school["Wine"], "pupils", "oldest") == ["1", "8"]
    change(uow, "pupils", ann, courses=[])
    assert said(uow, "pupils", ann, "n", "fee", "mean", "company") == ["0", "0", None, "0"]
    assert said(uow, "pupils", school["Ben"], "company") == ["1"]
    sound(uow)


def test_both_sides_follow_what_the_linked_records_say(
    uow: UnitOfWork, school: dict[str, int]
) -> None:
    change(uow, "courses", school["Cake"], price="25")
    assert said(uow, "pupils", school["Ann"], "fee", "dear") == ["35", "25"]
    assert said(uow, "pupils", school["Ben"], "fee") == ["25"]
    change(uow, "pupils", school["Ann"], age=40)
    assert said(uow, "courses", school["Tea"], "oldest", "grown") == ["4E+1", "1"]
    assert said(uow, "courses", school["Cake"], "oldest", "grown") == ["4E+1", "2"]
    sound(uow)


def test_what_is_deleted_and_restored_is_counted_so(
    uow: UnitOfWork, school: dict[str, int]
) -> None:
    ann, tea, cake = school["Ann"], school["Tea"], school["Cake"]
    records.delete_record(uow, OWNER, "pupils", ann, origin=API)
    assert said(uow, "courses", cake, "pupils", "oldest", "grown") == ["1", "3E+1", "1"]
    records.delete_record(uow, OWNER, "courses", tea, origin=API)
    records.restore_record(uow, OWNER, "pupils", ann, origin=API)
    assert said(uow, "pupils", ann, "n", "fee") == ["1", "2E+1"], "the course is gone by now"
    assert said(uow, "courses", cake, "pupils") == ["2"]
    records.delete_record(uow, OWNER, "courses", cake, origin=API)
    assert said(uow, "pupils", ann, "n", "fee") == ["0", "0"]
    assert said(uow, "pupils", school["Ben"], "n", "company") == ["0", "0"]
    sound(uow)


def test_a_merge_takes_links_along_and_doubles_none(
    uow: UnitOfWork, school: dict[str, int]
) -> None:
    ann, ben, tea, cake = (school[name] for name in ("Ann", "Ben", "Tea", "Cake"))
    cid = make(uow, "pupils", name="Cid", friends=[ann, ben])
    dora = make(uow, "pupils", name="Dora", friends=[ben])
    change(uow, "pupils", ann, friends=[ben, dora])
    change(uow, "pupils", ben, friends=[ann, cid])

    def friends(who: int) -> list[int]:
        rows = records.get_record(uow, OWNER, "pupils", who)["friends"]
        return [row["record"] for row in rows]

    merge_people(uow, OWNER, MergeWish("pupils", ann, ben))
    assert [friends(who) for who in (ann, cid, dora)] == [[dora, cid], [ann], [ann]]
    courses = records.get_record(uow, OWNER, "pupils", ann)["courses"]
    assert [row["record"] for row in courses] == [tea, cake]
    assert said(uow, "pupils", ann, "n", "fee", "likes") == ["2", "3E+1", "2"]
    assert said(uow, "courses", cake, "pupils", "oldest") == ["1", "8"]
    sound(uow)

    undo_merge(uow, OWNER, "pupils", ben)
    assert friends(dora) == [ben]
    assert [sorted(friends(who)) for who in (ann, ben, cid)] == [
        sorted([ben, dora]), sorted([ann, cid]), sorted([ann, ben]),
    ]  # fmt: skip
    assert said(uow, "courses", cake, "pupils", "oldest") == ["2", "3E+1"]
    assert said(uow, "pupils", ben, "n", "likes") == ["1", "3"]
    sound(uow)


def test_somebody_who_is_erased_leaves_every_list(uow: UnitOfWork, school: dict[str, int]) -> None:
    ann, ben, cake = (school[name] for name in ("Ann", "Ben", "Cake"))
    change(uow, "pupils", ben, friends=[ann])
    cid = make(uow, "pupils", name="Cid", friends=[ann, ben])
    records.delete_record(uow, OWNER, "pupils", cid, origin=API)
    erase_person(uow, OWNER, EraseWish("pupils", ann, confirm="Ann"))
    assert records.get_record(uow, OWNER, "pupils", ben)["friends"] == []
    assert said(uow, "courses", cake, "pupils", "oldest") == ["1", "3E+1"]
    records.restore_record(uow, OWNER, "pupils", cid, origin=API)
    rows = records.get_record(uow, OWNER, "pupils", cid)["friends"]
    assert [row["record"] for row in rows] == [ben]
    sound(uow)


def test_what_was_made_wrong_is_found_and_put_right(
    uow: UnitOfWork, school: dict[str, int]
) -> None:
    catalog = catalog_of(uow)
    for form in ("courses", "pupils"):
        main = catalog.tables[form].main
        uow.execute(main.update().values({"pupils" if form == "courses" else "fee": 77}))
        drifts = verifying.look_at_all(uow, catalog, form)
        assert {(each.kind, each.field) for each in drifts} >= {
            ("rollup", "pupils" if form == "courses" else "fee")
        }
        for drift in drifts:
            verifying.mend(uow, catalog, drift)
    sound(uow)


def test_a_sum_added_later_is_filled_for_every_record(
    uow: UnitOfWork, school: dict[str, int]
) -> None:
    more = rollup("cheapest", "courses", "min", "price", result="money")
    publish_forms(uow, [{**PUPILS, "fields": [*PUPILS["fields"], more]}])
    assert said(uow, "pupils", school["Ann"], "cheapest") == ["1E+1"]


@pytest.mark.parametrize(
    "where",
    [
        {"field": "taken_by", "op": "is_not_empty"},
        {"aggregate": "count", "of": "taken_by", "op": "gt", "value": 1},
        {"formula": "SUM(taken_by, age) > 3"},
    ],
)
def test_a_sum_may_not_look_further_than_what_is_linked(uow: UnitOfWork, where: Any) -> None:
    wire()
    more = rollup("busy", "courses", "count", where=where)
    with pytest.raises(Invalid) as caught:
        publish_forms(uow, [COURSES, {**PUPILS, "fields": [*PUPILS["fields"], more]}])
    assert {problem.code for problem in caught.value.problems} == {"rollup-reads-elsewhere"}


def test_nor_at_what_people_agree_to(uow: UnitOfWork) -> None:
    wire()
    agrees = {"consent": {"purpose": "marketing", "channel": "sms"}, "op": "is", "value": True}
    more = rollup("reached", "taken_by", "count", where=agrees)
    with pytest.raises(Invalid) as caught:
        publish_forms(uow, [{**COURSES, "fields": [*COURSES["fields"], more]}, PUPILS])
    assert {problem.code for problem in caught.value.problems} == {"rollup-reads-consents"}


def turn(dice: random.Random, courses: list[int], pupils: list[int]) -> Callable[..., Any]:
    """One thing that somebody does in the office of the school."""
    who, course = dice.choice(pupils), dice.choice(courses)
    taken = dice.sample(courses, dice.randrange(len(courses) + 1))
    kind = dice.choice(["take", "take", "price", "price", "age", "delete", "restore"])
    if kind == "take":
        return lambda uow: change(uow, "pupils", who, courses=taken)
    if kind == "price":
        return lambda uow: change(uow, "courses", course, price=dice.randrange(1, 99))
    if kind == "age":
        return lambda uow: change(uow, "pupils", who, age=dice.randrange(5, 90))
    do = records.delete_record if kind == "delete" else records.restore_record
    return lambda uow: do(uow, OWNER, "pupils", who, origin=API)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.full)])
def test_sums_stay_right_while_everybody_writes(
    database: Database, workspace: Workspace, seed: int
) -> None:
    wire()
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow, [COURSES, PUPILS])
        courses = [make(uow, "courses", name=f"C{n}", price="10") for n in range(3)]
        pupils = [make(uow, "pupils", name=f"P{n}", age=n) for n in range(3)]
    start = threading.Barrier(4)

    def clerk(number: int) -> None:
        dice = random.Random(seed * 100 + number)
        start.wait(30)
        for _ in range(10):
            with suppress(NotFound, Invalid, Conflict):
                in_transaction(database, workspace, turn(dice, courses, pupils))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(clerk, range(4)))
    with database.workspace_tx(workspace) as uow:
        sound(uow)


def test_who_takes_a_course_waits_for_its_price(database: Database, workspace: Workspace) -> None:
    """One changes the price while another links to it: neither may add up the old one."""
    wire()
    plain = [each for each in COURSES["fields"] if each["type"] in ("text", "money")]
    fee = rollup("fee", "courses", "sum", "price", result="money")
    links = [each for each in PUPILS["fields"] if each["key"] in ("name", "courses")]
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow, [{**COURSES, "fields": plain}, {**PUPILS, "fields": [*links, fee]}])
        course = make(uow, "courses", name="Tea", price="10")
        pupil = make(uow, "pupils", name="Ann")
    is_stored, may_end = threading.Event(), threading.Event()

    def dearer(uow: UnitOfWork) -> None:
        change(uow, "courses", course, price="25")
        is_stored.set()
        may_end.wait(0.3)  # the other one is at the door by now, or beyond it

    def take(uow: UnitOfWork) -> None:
        change(uow, "pupils", pupil, courses=[course])

    def second() -> None:
        assert is_stored.wait(30)
        in_transaction(database, workspace, take)
        may_end.set()

    with ThreadPoolExecutor(2) as pool:
        both = pool.submit(in_transaction, database, workspace, dearer), pool.submit(second)
        for each in both:
            each.result()
    with database.workspace_tx(workspace) as uow:
        assert said(uow, "pupils", pupil, "fee") == ["25"]
        sound(uow)
