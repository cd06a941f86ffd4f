"""While the brake of a workspace is on, no rule runs and nothing leaves."""

from regulars.platform.hold import find_hold, lift_hold, place_hold
from regulars.platform.workspaces import archive_workspace, reopen_workspace
from tests.support.rule_shop import RuleShop, journey, sms


def test_nothing_runs_until_the_brake_is_off_and_then_nothing_is_lost(shop: RuleShop) -> None:
    shop.publish(sms(), journey())
    with shop.work() as uow:
        place_hold(uow, "restored", as_of=uow.now)
    shop.order(shop.customer())
    shop.tick()
    assert (shop.runs(), shop.messages()) == ([], [])
    assert not shop.engine.is_due(shop.database.clock())
    with shop.work() as uow:
        found = find_hold(uow)
        assert found is not None
        assert (found.reason, found.since, found.as_of) == ("restored", uow.now, uow.now)
        assert lift_hold(uow)
        assert not lift_hold(uow)
    shop.tick()
    (message,) = shop.messages()
    assert message.status == "sent"


def test_rules_rest_with_their_workspace(shop: RuleShop) -> None:
    shop.publish(sms(), journey())
    shop.order(shop.customer())
    now = shop.database.clock()
    resting = archive_workspace(shop.database, shop.workspace, now=now)
    shop.engine.drain()
    assert not shop.engine.is_due(now)
    assert shop.runs() == []
    reopen_workspace(shop.database, resting)
    shop.engine.drain()
    assert len(shop.messages()) == 1
