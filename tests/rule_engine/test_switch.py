"""One switch stops everything at once (I11), and what waited is decided about."""

import pytest

from regulars.platform.accounts.audit import audit
from regulars.platform.errors import Conflict
from regulars.rule_engine.channel_trying import prepare_trial
from regulars.rule_engine.switch import go_on, stop_all
from tests.support.clocks import MovableClock
from tests.support.rule_shop import SYSTEM, RuleShop, journey, sms

QUIET = {"purpose": "marketing", "quiet_hours": ["21:00", "09:00"]}


def queue_at_night(shop: RuleShop, clock: MovableClock, n: int = 3) -> None:
    shop.publish(sms(), journey(guards=QUIET))
    people = [shop.customer() for _ in range(n)]
    clock.forward(hours=10)
    for person in people:
        shop.order(person)
    shop.tick()
    assert {each.status for each in shop.messages()} == {"queued"}


def test_i11_queued_messages_stop_within_one_tick_and_leave_when_it_goes_on(
    shop: RuleShop, clock: MovableClock
) -> None:
    queue_at_night(shop, clock)
    with shop.work() as uow:
        stop_all(uow, SYSTEM, "wrong price")
        stop_all(uow, SYSTEM, "again")  # the first reason stays
    clock.forward(hours=11)
    shop.tick()
    assert {each.status for each in shop.messages()} == {"queued"}
    with shop.work() as uow, pytest.raises(Conflict, match="sending-is-stopped"):
        prepare_trial(uow, SYSTEM, "smtp", "a@example.com")
    with shop.work() as uow:
        assert go_on(uow, SYSTEM) == 3
    shop.tick()
    assert {each.status for each in shop.messages()} == {"sent"}
    with shop.work() as uow:
        noted = [row.action for row in uow.execute(audit.select().order_by(audit.c.id))]
        with pytest.raises(Conflict):
            go_on(uow, SYSTEM)
    assert noted[-2:] == ["sending-stopped", "hold-lifted"]


def test_what_waited_can_be_dropped_with_a_reason(shop: RuleShop, clock: MovableClock) -> None:
    queue_at_night(shop, clock, 2)
    with shop.work() as uow:
        stop_all(uow, SYSTEM, "")
        assert go_on(uow, SYSTEM, drop=True) == 2
    assert {each.reason["code"] for each in shop.messages()} == {"sending-stopped"}


def test_messages_that_grew_old_while_stopped_are_not_sent(
    shop: RuleShop, clock: MovableClock
) -> None:
    queue_at_night(shop, clock, 1)
    with shop.work() as uow:
        stop_all(uow, SYSTEM, "")
    clock.forward(days=3)
    with shop.work() as uow:
        go_on(uow, SYSTEM)
    shop.tick()
    (message,) = shop.messages()
    assert (message.status, message.reason["code"]) == ("suppressed", "too-late")
