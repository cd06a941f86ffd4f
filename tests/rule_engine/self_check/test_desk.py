"""At night every workspace is looked at once, and what was found is told with a cure."""

from datetime import timedelta

import pytest

from regulars.platform.health.findings import Place
from regulars.rule_engine.self_check.desk import SelfCheckDesk, promises
from regulars.rule_engine.tables import run
from tests.support.clocks import NOW, MovableClock
from tests.support.rule_shop import RuleShop, journey, sms

NIGHT = NOW + timedelta(hours=14)  # two in the morning in Shanghai


def said(shop: RuleShop, *, thorough: bool = False) -> list[tuple[str, str]]:
    place = Place(shop.database, shop.workspace, shop.database.clock(), thorough=thorough)
    return [(each.level, each.code) for each in promises(place)]


@pytest.mark.one_database
def test_a_workspace_is_looked_at_once_a_night(shop: RuleShop, clock: MovableClock) -> None:
    desk = SelfCheckDesk(shop.database)
    assert said(shop) == [("good", "invariants-not-yet")]
    assert not desk.is_due(NOW)  # noon
    clock.now = NIGHT
    assert desk.is_due(NIGHT)
    desk.answer()
    assert not desk.is_due(NIGHT)
    assert said(shop) == [("good", "invariants-hold")]
    clock.now = NIGHT + timedelta(days=1)
    assert desk.is_due(clock.now)
    clock.now = NIGHT + timedelta(days=2)
    assert said(shop)[0] == ("watch", "invariants-old")


@pytest.mark.one_database
def test_a_broken_promise_is_told_with_rows_and_a_cure(shop: RuleShop) -> None:
    shop.publish(sms(), journey(steps=[{"do": "wait", "for": "7d"}]))
    shop.order(shop.customer())
    shop.tick()
    with shop.work() as uow:
        uow.execute(run.update().values(due_at=None))
    assert said(shop, thorough=True) == [("bad", "invariant-i6")]
    assert said(shop) == [("bad", "invariant-i6")]  # kept for the page
    place = Place(shop.database, shop.workspace, shop.database.clock())
    for locale, words in (("en", "One run is under way"), ("zh-Hans", "有 1 次执行")):
        (finding,) = promises(place)
        assert finding.text(locale).startswith(words)
        assert "neither-due-nor-waiting" in finding.cure(locale)
