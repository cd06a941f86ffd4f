"""Mirrors that count the same rows: together they find what each would find alone."""

import random
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.history import history
from regulars.platform.events import event
from regulars.platform.expressions import shared_pass
from regulars.rule_engine import mirror_checking, mirror_following
from regulars.rule_engine.book import book_of
from regulars.rule_engine.looking_over import due_mirrors
from regulars.rule_engine.mirror_following import is_kept_by_events
from regulars.rule_engine.mirror_passes import differences_of, passes_of
from regulars.rule_engine.mirrors import differences
from regulars.rule_engine.tables import mirror_member
from tests.support.clocks import NOW, MovableClock
from tests.support.rule_shop import PAID, SILENT_30, RuleShop, journey, mirror

DAY = timedelta(days=1)


def spent(amount: int, **more: Any) -> dict[str, Any]:
    return {
        "aggregate": "sum", "of": "orders", "field": "amount", "op": "gte", "value": amount, **more
    }  # fmt: skip


TIERS = [
    {"value": "diamond", "when": spent(300)},
    {"value": "gold", "when": spent(150, where=PAID)},
]
MANY = (
    mirror("big", spent(150), {"field": "tags", "add": "big"}),
    mirror("silent", SILENT_30, {"field": "tags", "add": "silent"}),
    mirror("few", {"aggregate": "count", "of": "orders", "op": "lte", "value": 1},
           {"field": "tags", "add": "few"}),
    mirror("tier", {"field": "name", "op": "is_not_empty"},
           {"field": "tier", "choose": TIERS, "else": "basic"}),
    mirror("paid", {"all": [spent(100, where=PAID), {"field": "note", "op": "is_empty"}]},
           {"field": "tags", "add": "paid"}),
    mirror("ann", {"field": "name", "op": "is", "value": "ann"}, {"field": "tags", "add": "ann"}),
)  # fmt: skip


def crowd(shop: RuleShop, chance: random.Random) -> list[int]:
    people = [shop.customer(name=name) for name in ("Ann", "", "bob", "Eve", "ida", "Zoë", "x")]
    for person in people:
        for _ in range(chance.randrange(4)):
            shop.order(
                person, amount=str(chance.choice((40, 100, 150, 200))),
                status=chance.choice(("paid", "open")),
                paid_at=NOW - timedelta(days=chance.randrange(60)),
            )  # fmt: skip
    return people


def test_together_they_find_what_each_finds_alone(shop: RuleShop, clock: MovableClock) -> None:
    chance = random.Random(7)
    people = crowd(shop, chance)
    shop.publish(*MANY)
    for person in people[::2]:  # some are members, rightly or not; one is gone
        with shop.work() as uow:
            for key in ("big", "silent", "paid"):
                row = {"rule": key, "record": person, "value": chance.choice((key, "else"))}
                uow.execute(mirror_member.insert().values(**row, since=NOW))
            uow.execute(
                mirror_member.insert().values(rule="tier", record=person, value="gold", since=NOW)
            )
    with shop.work() as uow:
        gone = {"rule": "few", "record": 999, "value": "few", "since": NOW}
        uow.execute(mirror_member.insert().values(gone))
        mirrors = book_of(uow).mirrors
        groups = [[each.rule.key for each in group] for group in passes_of(mirrors)]
        for among in (None, people[:4], [people[1], 999]):
            alone = {each.rule.key: differences(uow, each, among) for each in mirrors}
            alone = {key: turns for key, turns in alone.items() if turns}
            assert differences_of(uow, mirrors, among) == alone
            assert among is not None or {"big", "silent", "few", "tier", "paid"} <= alone.keys()
    assert sorted(map(len, groups)) == [1, 5]


def test_a_question_that_is_kept_does_not_keep_the_moment(
    shop: RuleShop, clock: MovableClock
) -> None:
    lately = {"within": {"last": 30, "unit": "day"}, "on": "paid_at"}
    shop.publish(*(
        mirror(key, spent(amount, **lately), {"field": "tags", "add": key})
        for key, amount in (("some", 100), ("much", 200))
    ))  # fmt: skip
    anna = shop.customer()
    shop.order(anna, amount="250")
    for days, found in ((0, {"some", "much"}), (31, set())):
        clock.forward(days=days)
        with shop.work() as uow:
            assert set(differences_of(uow, book_of(uow).mirrors, [anna])) == found


def test_one_pass_over_the_orders_serves_all_mirrors(shop: RuleShop, monkeypatch: Any) -> None:
    shop.publish(*MANY)
    passes = []
    grouped = shared_pass._grouped
    monkeypatch.setattr(
        shared_pass, "_grouped", lambda *args: passes.append(args[1]) or grouped(*args)
    )
    with shop.work() as uow:
        differences_of(uow, book_of(uow).mirrors)
    (one,) = passes
    assert len(one.nodes) == 4  # the sum, the paid sum, the last one, how many


def test_many_mirrors_write_a_record_once_and_each_tells_its_turns_once(shop: RuleShop) -> None:
    levels = [f"over{n}" for n in range(0, 300, 25)]
    welcome = journey("welcome", trigger={"on": "mirror_entered", "rule": "over100"},
                      steps=[{"do": "update_record", "values": {"note": "welcome"}}])  # fmt: skip
    shop.publish(welcome, *(
        mirror(key, spent(int(key[4:])), {"field": "tags", "add": key}) for key in levels
    ))  # fmt: skip
    people = [shop.customer(tags=["friend"]) for _ in range(3)]
    shop.tick()
    assert told(shop) == {(each, "over0"): ["mirror_entered"] for each in people}
    shop.order(people[0], amount="130")
    order = shop.order(people[1], amount="260")
    shop.tick()
    for person, spending in zip(people, (130, 260, 0), strict=True):
        held = {key for key in levels if int(key[4:]) <= spending}
        assert shop.read("customers", person)["tags"] == {"friend", *held}
        assert {key for who, key in told(shop) if who == person} == held
    shop.change("orders", order, amount="30")
    shop.tick()
    fallen = ["mirror_entered", "mirror_left"]
    assert {key for who, key in told(shop) if told(shop)[who, key] == fallen} == {
        key for key in levels if 30 < int(key[4:]) <= 260
    }
    assert all(turns in (fallen, fallen[:1]) for turns in told(shop).values())
    assert [run.record for run in shop.runs("welcome")] == people[:2]
    with shop.work() as uow:
        lines = uow.execute(
            history.select().where(history.c.ref.like("rule:%")).order_by(history.c.id)
        ).all()
        members = uow.scalar(sa.select(sa.func.count()).select_from(mirror_member))
    assert [line.record for line in lines] == [*people, *people[:2], people[1]]
    assert lines[3].ref == "rule:over25,over50,over75,over100,over125"
    assert members == 1 + 6 + 2


def told(shop: RuleShop) -> dict[tuple[int, str], list[str]]:
    """What the mirrors have told of each person, in order."""
    found: dict[tuple[int, str], list[str]] = {}
    with shop.work() as uow:
        turns = event.select().where(event.c.kind.like("mirror_%")).order_by(event.c.id)
        for row in uow.execute(turns):
            found.setdefault((row.record, row.data["rule"]), []).append(row.kind)
    return found


def test_a_change_that_nobody_was_told_of_heals_when_there_is_time(
    shop: RuleShop, clock: MovableClock, monkeypatch: Any
) -> None:
    monkeypatch.setattr(mirror_checking, "SLICE", 2)
    shop.publish(
        mirror("big", spent(150), {"field": "tags", "add": "big"}),
        journey("welcome", trigger={"on": "mirror_entered", "rule": "big"},
                steps=[{"do": "update_record", "values": {"note": "welcome"}}]),
    )  # fmt: skip
    people = [shop.customer(name=str(n)) for n in range(5)]
    for person in people[:2]:
        shop.order(person, amount="200")
    shop.tick()
    assert [shop.read("customers", each)["tags"] for each in people[:3]] == [
        {"big"}, {"big"}, frozenset()
    ]  # fmt: skip
    clock.forward(minutes=1)
    with shop.work() as uow:  # behind the product's back
        orders = catalog_of(uow).tables["orders"].main
        uow.execute(sa.delete(orders).where(orders.c.customer == people[0]))
        uow.execute(sa.update(orders).values(customer=people[4]))
    clock.forward(days=1, minutes=1)
    engine = shop.engine
    rounds = 0
    while engine.is_unchecked(clock()):
        engine.check(clock())
        shop.tick()
        rounds += 1
    tags = [shop.read("customers", each)["tags"] for each in people]
    assert tags == [frozenset(), frozenset(), frozenset(), frozenset(), {"big"}]
    assert shop.read("customers", people[4])["note"] == "welcome"
    assert rounds >= 3
    assert not engine.is_unchecked(clock())


def test_a_mirror_that_events_keep_right_is_not_looked_over_every_hour(
    shop: RuleShop, clock: MovableClock
) -> None:
    shop.publish(*MANY)
    shop.tick()
    clock.forward(minutes=1)
    shop.tick()
    with shop.work() as uow:
        kept = {each.rule.key for each in book_of(uow).mirrors if is_kept_by_events(uow, each)}
    assert kept == {"big", "few", "tier", "paid", "ann"}
    clock.forward(hours=2)
    with shop.work() as uow:
        assert due_mirrors(uow, anyway=False) == ["silent"]


def test_what_no_mirror_reads_moves_nobody(shop: RuleShop, monkeypatch: Any) -> None:
    shop.publish(*MANY)
    ann = shop.customer(name="ann", note="x")
    order = shop.order(ann, amount="40")
    shop.tick()
    asked: list[list[str]] = []

    def noted(uow: Any, mirrors: Any, records: Any = None) -> Any:
        asked.append([each.rule.key for each in mirrors])
        return differences_of(uow, mirrors, records)

    monkeypatch.setattr(mirror_following, "differences_of", noted)
    shop.change("customers", ann, language="en")
    shop.tick()
    assert asked == []
    shop.change("customers", ann, note=None)
    shop.tick()
    assert asked == [["paid"]]
    shop.change("orders", order, amount="400")
    shop.tick()
    assert set(asked[1]) == {"big", "tier", "paid"}
    assert shop.read("customers", ann)["tier"] == "diamond"
