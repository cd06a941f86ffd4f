"""Mirrors: what people carry follows what is true of them, both ways."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from regulars.form_builder.origin import Origin
from regulars.form_builder.records import create_record, delete_record, update_record
from regulars.platform.accounts.access import Access
from regulars.platform.errors import Invalid
from regulars.platform.events import event
from regulars.rule_engine.book import book_of
from regulars.rule_engine.looking_over import look_over
from regulars.rule_engine.mirrors import Cause, differences, refresh_some
from regulars.rule_engine.tables import mirror_member, mirror_past
from tests.support.clocks import NOW, MovableClock
from tests.support.rule_shop import SILENT_30, SYSTEM, RuleShop, journey, mirror, sms

DAY = timedelta(days=1)
BOUGHT_LATELY = {
    "aggregate": "count", "of": "orders", "within": {"last": 30, "unit": "day"}, "on": "paid_at",
    "op": "gte", "value": 2,
}  # fmt: skip
FREQUENT = mirror("frequent", BOUGHT_LATELY, {"field": "tags", "add": "frequent"})
TIER = mirror(
    "tier",
    None,
    {
        "field": "tier",
        "choose": [
            {"value": "diamond", "when": {"field": "total_spend", "op": "gte", "value": 5000}},
            {"value": "gold", "when": {"field": "total_spend", "op": "gte", "value": 1000}},
        ],
        "else": "basic",
    },
)


def turns(shop: RuleShop, rule: str) -> list[tuple[str, int, str, bool]]:
    with shop.work() as uow:
        rows = uow.execute(
            event.select().where(event.c.kind.like("mirror_%")).order_by(event.c.id)
        )
        return [
            (row.kind, row.record, row.data["value"], row.historic)
            for row in rows
            if row.data["rule"] == rule
        ]


def members(shop: RuleShop, rule: str) -> dict[int, str]:
    with shop.work() as uow:
        rows = uow.execute(mirror_member.select().where(mirror_member.c.rule == rule))
        return {row.record: row.value for row in rows}


def rows_of(shop: RuleShop, table: sa.Table) -> list[Any]:
    with shop.work() as uow:
        return list(uow.execute(table.select()))


def test_a_single_order_puts_the_tag_on_at_once_and_time_takes_it_off(
    shop: RuleShop, clock: MovableClock
) -> None:
    shop.publish(FREQUENT)
    anna = shop.customer()
    shop.tick()
    shop.order(anna)
    shop.order(anna)
    shop.tick()
    assert shop.read("customers", anna)["tags"] == {"frequent"}
    assert turns(shop, "frequent") == [("mirror_entered", anna, "frequent", False)]
    clock.forward(days=31)
    shop.tick()
    assert shop.read("customers", anna)["tags"] == frozenset()
    assert turns(shop, "frequent")[1:] == [("mirror_left", anna, "frequent", False)]
    with shop.work() as uow:
        (past,) = uow.execute(mirror_past.select())
    assert (past.since, past.until) == (NOW, clock.now)


def test_other_tags_stay_and_history_says_which_rule_it_was(shop: RuleShop) -> None:
    shop.publish(FREQUENT)
    anna = shop.customer(tags=["friend of the house"])
    for _ in range(2):
        shop.order(anna)
    shop.tick()
    assert shop.read("customers", anna)["tags"] == {"friend of the house", "frequent"}
    with shop.work() as uow:
        told = uow.execute(
            sa.select(event.c.chain).where(
                event.c.kind == "record_updated", event.c.record == anna
            )
        ).all()
    assert [row.chain for row in told] == [["frequent"]]


def spent(days: int, amount: int) -> dict[str, Any]:
    return {
        "aggregate": "sum", "of": "orders", "field": "amount", "op": "gte", "value": amount,
        "within": {"last": days, "unit": "day"}, "on": "paid_at",
    }  # fmt: skip


def test_choices_that_count_the_same_orders_are_found_in_one_pass(
    shop: RuleShop, clock: MovableClock
) -> None:
    choose = [
        {"value": "diamond", "when": spent(30, 500)},
        {"value": "gold", "when": spent(60, 100)},
    ]
    busy = {"aggregate": "count", "of": "orders", "op": "gte", "value": 1}
    shop.publish(mirror("recent_tier", busy, {"field": "tier", "choose": choose}))
    people = {}
    for name, amount in (("rich", "900"), ("some", "150"), ("little", "20")):
        people[name] = shop.customer(name=name)
        shop.order(people[name], amount=amount)
    people["none"] = shop.customer(name="none")
    shop.tick()
    assert members(shop, "recent_tier") == {people["rich"]: "diamond", people["some"]: "gold"}
    clock.forward(days=40)  # nothing happens, so everybody is looked over
    shop.tick()
    assert members(shop, "recent_tier") == {people["rich"]: "gold", people["some"]: "gold"}
    clock.forward(days=40)
    shop.tick()
    assert members(shop, "recent_tier") == {}


def test_a_choice_moves_up_and_down_and_tells_both_ways(shop: RuleShop) -> None:
    shop.publish(TIER)
    anna = shop.customer()
    shop.tick()
    assert shop.read("customers", anna)["tier"] == "basic"
    order = shop.order(anna, amount="5200")
    shop.tick()
    assert shop.read("customers", anna)["tier"] == "diamond"
    shop.change("orders", order, status="refunded")
    shop.order(anna, amount="1500")
    shop.tick()
    assert shop.read("customers", anna)["tier"] == "gold"
    assert turns(shop, "tier")[-4:] == [
        ("mirror_left", anna, "basic", False),
        ("mirror_entered", anna, "diamond", False),
        ("mirror_left", anna, "diamond", False),
        ("mirror_entered", anna, "gold", False),
    ]


def test_many_who_change_their_value_together_are_written_together(
    shop: RuleShop, clock: MovableClock
) -> None:
    shop.publish(TIER)
    orders = [shop.order(shop.customer(), amount="5200") for _ in range(6)]
    shop.tick()
    rich = {each.record: each.since for each in rows_of(shop, mirror_member)}
    clock.forward(days=1)
    for order in orders:
        shop.change("orders", order, status="refunded")
    asked: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    sa.event.listen(sa.engine.Engine, "before_cursor_execute", note)
    try:
        shop.tick()
    finally:
        sa.event.remove(sa.engine.Engine, "before_cursor_execute", note)
    assert set(members(shop, "tier").values()) == {"basic"}
    assert len([each for each in asked if each.startswith("UPDATE mirror_member")]) == 1
    was = [each for each in rows_of(shop, mirror_past) if each.value == "diamond"]
    assert {each.record: each.since for each in was} == rich
    assert {each.until > each.since for each in was} == {True}


def test_the_first_look_over_is_backlog_and_fires_nothing(shop: RuleShop) -> None:
    rich = shop.customer()
    shop.order(rich, amount="9000")
    shop.tick()
    welcome = journey(
        "welcome", trigger={"on": "mirror_entered", "rule": "tier", "value": "diamond"}
    )
    shop.publish(sms(), TIER, welcome)
    shop.tick()
    assert members(shop, "tier") == {rich: "diamond"}
    assert all(historic for _kind, _record, _value, historic in turns(shop, "tier"))
    assert shop.runs("welcome") == []
    newcomer = shop.customer()
    shop.order(newcomer, amount="6000")
    shop.tick()
    assert [run.record for run in shop.runs("welcome")] == [newcomer]
    assert [m.record for m in shop.messages(status="sent")] == [newcomer]


def test_imported_history_moves_mirrors_but_fires_nothing(
    shop: RuleShop, clock: MovableClock
) -> None:
    welcome = journey("welcome", trigger={"on": "mirror_entered", "rule": "tier"})
    shop.publish(sms(), TIER, welcome)
    anna, bob = shop.customer(), shop.customer()
    shop.tick()
    before = len(shop.runs("welcome"))
    clock.forward(minutes=1)
    shop.order(anna, amount="7000", automation="none")
    clock.forward(minutes=1)
    shop.order(bob, amount="7000")
    shop.tick()
    assert members(shop, "tier") == {anna: "diamond", bob: "diamond"}
    assert [run.record for run in shop.runs("welcome")][before:] == [bob]


def test_what_a_mirror_keeps_cannot_be_changed_by_hand(shop: RuleShop) -> None:
    shop.publish(FREQUENT, TIER)
    anna = shop.customer()
    shop.tick()
    owner = Access(1, "Owner", "owner", "en")
    for values in ({"tier": "diamond"}, {"tags": ["frequent"]}):
        with pytest.raises(Invalid) as caught, shop.work() as uow:
            update_record(uow, owner, "customers", anna, values, origin=Origin("page"))
        assert [p.code for p in caught.value.problems] == ["locked-by-rule"]
    with shop.work() as uow:
        update_record(
            uow, owner, "customers", anna, {"tags": ["my own"]}, origin=Origin("page")
        )  # fmt: skip
    assert shop.read("customers", anna)["tags"] == {"my own"}


def test_a_rule_that_comes_to_keep_another_tag_takes_the_old_one_away(shop: RuleShop) -> None:
    shop.publish(FREQUENT)
    anna = shop.customer()
    for _ in range(2):
        shop.order(anna)
    shop.tick()
    shop.publish({**FREQUENT, "sets": {"field": "tags", "add": "regular"}})
    shop.tick()
    assert shop.read("customers", anna)["tags"] == {"regular"}
    assert members(shop, "frequent") == {anna: "regular"}


def test_a_deleted_record_leaves(shop: RuleShop) -> None:
    shop.publish(TIER)
    anna = shop.customer()
    shop.tick()
    with shop.work() as uow:
        delete_record(uow, SYSTEM, "customers", anna, origin=Origin("cli"))
    shop.tick()
    assert members(shop, "tier") == {}


def test_a_deleted_order_moves_whoever_had_placed_it(shop: RuleShop) -> None:
    shop.publish(TIER)
    anna = shop.customer()
    shop.tick()
    order = shop.order(anna, amount="5200")
    shop.tick()
    shop.delete("orders", order)
    shop.tick()
    assert members(shop, "tier") == {anna: "basic"}
    assert shop.read("customers", anna)["tier"] == "basic"


def test_two_mirrors_that_feed_each_other_come_to_rest(shop: RuleShop) -> None:
    when_b = {"field": "tags", "op": "has", "value": "b"}
    shop.publish(
        mirror("make_a", {"not": when_b}, {"field": "tags", "add": "a"}),
        mirror(
            "make_b", {"field": "tags", "op": "has", "value": "a"}, {"field": "tags", "add": "b"}
        ),
    )
    shop.customer()
    shop.tick()
    shop.customer()
    done = shop.tick()
    assert done.events < 40  # an endless loop would never have come back


def test_who_finds_the_same_difference_twice_tells_it_once(shop: RuleShop) -> None:
    shop.publish(FREQUENT)
    shop.tick()
    anna = shop.customer()
    for _ in range(2):
        shop.order(anna)
    for _ in range(2):
        with shop.work() as uow:
            pinned = book_of(uow).rules["frequent"]
            found = differences(uow, pinned, [anna])
            refresh_some(uow, pinned, [anna], Cause())
            refresh_some(uow, pinned, [anna], Cause())
        assert len(found) <= 1
    assert len(turns(shop, "frequent")) == 1


def test_a_look_over_that_was_overtaken_starts_over(
    shop: RuleShop, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.publish(FREQUENT)
    anna = shop.customer()
    for _ in range(2):
        shop.order(anna)
    shop.tick()
    clock.forward(days=31)
    overtaken = []

    def buys_meanwhile(name: str) -> None:
        if name == "mirror-read" and not overtaken:
            overtaken.append(name)
            shop.order(anna)
            shop.order(anna)
            shop.engine.round(shop.workspace, clock, anyway=False)

    monkeypatch.setattr("regulars.rule_engine.looking_over.faultpoint", buys_meanwhile)
    assert look_over(shop.database, shop.workspace, clock, "frequent")
    assert overtaken
    assert members(shop, "frequent") == {anna: "frequent"}
    kinds = [kind for kind, *_rest in turns(shop, "frequent")]
    assert kinds == ["mirror_entered", *["mirror_left", "mirror_entered"] * (len(kinds) // 2)]


def test_members_always_equal_a_full_recompute(shop: RuleShop, clock: MovableClock) -> None:
    """Random orders, refunds, deletions and days; after each, mirrors equal plain Python."""
    rng = random.Random(7)
    shop.publish(FREQUENT, TIER)
    people = [shop.customer() for _ in range(6)]
    orders: dict[int, dict[str, Any]] = {}
    for _ in range(30):
        move = rng.choice(["order", "order", "history", "refund", "delete", "days", "tick"])
        if move in ("order", "history"):
            who, amount = rng.choice(people), rng.choice([200, 900, 2600])
            automation = "live" if move == "order" else "none"
            made = shop.order(who, amount=str(amount), automation=automation)
            orders[made] = {"who": who, "amount": amount, "at": clock.now, "paid": True}
        elif move == "refund" and orders:
            chosen = rng.choice(sorted(orders))
            shop.change("orders", chosen, status="refunded")
            orders[chosen]["paid"] = False
        elif move == "delete" and orders:
            chosen = rng.choice(sorted(orders))
            with shop.work() as uow:
                delete_record(uow, SYSTEM, "orders", chosen, origin=Origin("cli"))
            del orders[chosen]
        elif move == "days":
            clock.forward(days=rng.choice([1, 11, 31]))
        clock.forward(minutes=1)
        if move in ("tick", "days"):
            clock.forward(hours=1)
            shop.tick()
            assert_right(shop, clock.now, people, orders)


def assert_right(
    shop: RuleShop, now: datetime, people: list[int], orders: dict[int, dict[str, Any]]
) -> None:
    zone = shop.workspace.tz
    first_day = now.astimezone(zone).date() - 29 * DAY
    for who in people:
        mine = [order for order in orders.values() if order["who"] == who]
        late = [o for o in mine if o["at"].astimezone(zone).date() >= first_day]
        spent = sum(order["amount"] for order in mine if order["paid"])
        tier = "diamond" if spent >= 5000 else "gold" if spent >= 1000 else "basic"
        seen = shop.read("customers", who)
        assert ("frequent" in seen["tags"]) == (len(late) >= 2)
        assert seen["tier"] == tier
        assert members(shop, "tier")[who] == tier
    held = {who for who in people if "frequent" in shop.read("customers", who)["tags"]}
    assert set(members(shop, "frequent")) == held
    for rule in ("frequent", "tier"):
        alternate(turns(shop, rule))


def alternate(told: list[tuple[str, int, str, bool]]) -> None:
    """Nobody enters twice without leaving in between."""
    inside: dict[int, str | None] = {}
    for kind, record, value, _historic in told:
        if kind == "mirror_entered":
            assert inside.get(record) is None
            inside[record] = value
        else:
            assert inside.get(record) == value
            inside[record] = None


def test_creating_a_customer_counts_as_a_change(shop: RuleShop) -> None:
    shop.publish(
        mirror("named", {"field": "name", "op": "is_not_empty"}, {"field": "tags", "add": "n"})
    )
    with shop.work() as uow:
        made = create_record(uow, SYSTEM, "customers", {"name": "Anna"}, origin=Origin("cli"))
    shop.tick()
    assert shop.read("customers", made.id)["tags"] == {"n"}


@pytest.mark.parametrize(
    ("asks", "entered"),
    [
        (SILENT_30, ["done"]),
        ({"all": [SILENT_30, {"field": "tags", "op": "has", "value": "buyer"}]}, ["skipped"]),
    ],
    ids=["of something else", "for its tag"],
)
def test_who_a_new_mirror_marks_is_backlog_only_where_a_rule_asks_for_the_mark(
    shop: RuleShop, clock: MovableClock, asks: dict[str, Any], entered: list[str]
) -> None:
    daily = {"on": "scan", "every": "day", "at": "10:00"}
    tag = {"do": "add_tags", "tags": ["lapsed"]}
    shop.publish(journey("lapsed", trigger=daily, when=asks, steps=[tag], guards={}))
    anna = shop.customer()
    shop.order(anna, automation="none", paid_at=clock() - timedelta(days=29))
    clock.forward(hours=1)
    shop.tick()
    bought = {"aggregate": "count", "of": "orders", "op": "gte", "value": 1}
    shop.publish(mirror("buyer", bought, {"field": "tags", "add": "buyer"}))
    clock.forward(minutes=5)
    shop.engine.drain()  # the mirror looks over everybody
    assert "buyer" in shop.read("customers", anna)["tags"]
    clock.forward(days=2)
    shop.tick()
    assert [run.status for run in shop.runs("lapsed")] == entered
