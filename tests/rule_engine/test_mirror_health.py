"""The doctor works out again whom every mirror should hold, and puts right who is wrong."""

from dataclasses import replace
from datetime import timedelta

import pytest

from regulars.platform.health.findings import Place
from regulars.rule_engine.mirror_health import membership, mend_membership
from regulars.rule_engine.tables import mirror_member
from tests.support.clocks import NOW, MovableClock
from tests.support.rule_shop import RuleShop, mirror

BOUGHT = mirror(
    "bought", {"field": "order_count", "op": "gte", "value": 1}, {"field": "tags", "add": "bought"}
)
LATELY = mirror(
    "lately",
    {"aggregate": "count", "of": "orders", "within": {"last": 1, "unit": "hour"}, "on": "paid_at",
     "op": "gte", "value": 1},
    {"field": "tags", "add": "lately"},
)  # fmt: skip


@pytest.fixture
def place(shop: RuleShop) -> Place:
    shop.publish(BOUGHT, LATELY)
    for number in range(3):
        customer = shop.customer(name=f"C{number}")
        if number:
            shop.order(customer, paid_at=NOW.isoformat())
    shop.tick()
    return Place(shop.database, shop.workspace, NOW, thorough=True)


def said(place: Place) -> list[tuple[str, str]]:
    return [(each.level, each.code) for each in membership(place)]


def test_who_is_wrongly_in_or_out_is_found_and_put_right(shop: RuleShop, place: Place) -> None:
    assert said(place) == [("good", "mirrors-agree")]
    with shop.work() as uow:
        held = mirror_member.c.rule == "bought"
        (first, second) = sorted(uow.execute(mirror_member.select().where(held)).all())[:2]
        uow.execute(mirror_member.delete().where(held, mirror_member.c.record == first.record))
        moved = {"rule": "bought", "record": 1, "value": "bought", "since": second.since}
        uow.execute(mirror_member.insert().values(**moved))
    (finding,) = membership(place)
    assert (finding.level, finding.code, finding.params["n"]) == ("bad", "mirror-drift", 2)
    assert mend_membership(place) == 2
    shop.tick()
    assert said(place) == [("good", "mirrors-agree")]
    assert "bought" not in shop.read("customers", 1)["tags"]


def test_who_only_just_crossed_a_line_is_no_fault(
    shop: RuleShop, place: Place, clock: MovableClock
) -> None:
    later = replace(place, now=NOW + timedelta(hours=2))
    assert said(later) == [("good", "mirrors-agree")]
    assert mend_membership(later) == 0


def test_nothing_is_compared_while_changes_wait_or_in_passing(
    shop: RuleShop, place: Place
) -> None:
    assert said(replace(place, thorough=False)) == []
    shop.customer(name="New")
    assert said(place) == [("watch", "mirrors-wait")]
    assert mend_membership(place) == 0
