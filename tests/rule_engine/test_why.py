"""Why and why not, now and then: the same questions, as the record was and people had said."""

from datetime import datetime, timedelta

import pytest

from regulars.platform.errors import NotFound
from regulars.platform.privacy.suppressions import suppress_address
from regulars.rule_engine.service import pause_rule, resume_rule
from regulars.rule_engine.switch import go_on, stop_all
from regulars.rule_engine.why import Explanation, explain_rule
from tests.support.clocks import NOW, MovableClock
from tests.support.rule_shop import SILENT_30, SYSTEM, RuleShop, journey, mirror, sms

DAY = timedelta(days=1)


def ask(shop: RuleShop, rule: str, record: int, at: datetime) -> Explanation:
    """What the rule says of a record at a moment."""
    with shop.work(at) as uow:
        return explain_rule(uow, SYSTEM, rule, record)


def codes(found: Explanation) -> dict[str, bool | None]:
    """The questions and whether they are well."""
    return {answer.code: answer.holds for answer in found.answers}


def found_value(found: Explanation) -> str:
    """The value that the condition found."""
    finding = next(answer.finding for answer in found.answers if answer.finding)
    return finding.shown


def test_the_condition_sees_the_record_as_it_was(shop: RuleShop, clock: MovableClock) -> None:
    big = journey("big", when={"field": "total_spend", "op": "gte", "value": 150})
    shop.publish(sms(), big)
    clock.forward(days=1)
    anna = shop.customer(tier="basic")
    shop.order(anna, at=clock())
    clock.forward(days=10)
    shop.order(anna, at=clock())
    then = clock() - 5 * DAY
    assert codes(ask(shop, "big", anna, then))["does-not-fit"] is False
    assert "100" in found_value(ask(shop, "big", anna, then))
    assert codes(ask(shop, "big", anna, clock()))["fits"] is True
    assert codes(ask(shop, "big", anna, clock() - 10 * DAY - timedelta(hours=1))) == {
        "not-there-then": False
    }


def test_values_consents_and_wordings_are_those_of_then(
    shop: RuleShop, clock: MovableClock
) -> None:
    gold = {"field": "tier", "op": "is", "value": "gold"}
    anna = shop.customer(tier="gold", agrees=False)
    clock.forward(days=1)
    shop.publish(sms(), journey("gold", when=gold, trigger={"on": "scan", "every": "day"}))
    clock.forward(days=1)
    shop.consent(anna)
    shop.change("customers", anna, tier="basic")
    clock.forward(days=1)
    shop.publish(journey("gold", trigger={"on": "scan", "every": "day"}))
    before = codes(ask(shop, "gold", anna, NOW + timedelta(days=1, hours=1)))
    assert (before["fits"], before["no-consent"]) == (True, False)
    later = codes(ask(shop, "gold", anna, NOW + timedelta(days=2, hours=1)))
    assert (later["does-not-fit"], later["consent"]) == (False, True)
    assert "fits" not in codes(ask(shop, "gold", anna, clock()))  # the new wording asks nothing
    assert codes(ask(shop, "gold", anna, NOW))["not-published-then"] is False


def test_imported_orders_are_seen_from_their_own_date(shop: RuleShop) -> None:
    shop.publish(
        sms(), journey("quiet", when=SILENT_30, trigger={"on": "scan", "every": "day"}),
        at=NOW - 90 * DAY,
    )  # fmt: skip
    anna = shop.customer(at=NOW - 100 * DAY)
    for days in (60, 10):
        shop.order(anna, paid_at=NOW - days * DAY, automation="none")
    assert codes(ask(shop, "quiet", anna, NOW))["does-not-fit"] is False
    assert codes(ask(shop, "quiet", anna, NOW - 15 * DAY))["fits"] is True
    assert codes(ask(shop, "quiet", anna, NOW - 40 * DAY))["does-not-fit"] is False


def test_what_came_of_it_is_told_with_its_run_and_message(
    shop: RuleShop, clock: MovableClock
) -> None:
    night = ["11:00", "14:00"]  # noon in Shanghai is within
    daily = {"on": "scan", "every": "day", "at": "12:30"}
    guards = {"purpose": "marketing", "quiet_hours": night}
    anna = shop.customer()
    shop.publish(sms(), journey("noon", trigger=daily, guards=guards, entry={"backlog": "enrol"}))
    asked = ask(shop, "noon", anna, clock())
    assert codes(asked)["later"] is None
    assert asked.acts
    clock.forward(hours=1)
    shop.tick()
    told = {a.code: a.params for a in ask(shop, "noon", anna, clock()).answers}
    (run,) = shop.runs("noon")
    (message,) = shop.messages()
    assert told["entered-already"]["run"] == run.id
    assert told["message-held"]["message"] == message.id
    assert shop.messages() == [message]  # asking has changed nothing


def test_events_are_found_through_the_link_they_came_by(
    shop: RuleShop, clock: MovableClock
) -> None:
    shop.publish(sms(), journey())
    anna, other = shop.customer(), shop.customer()
    shop.order(anna)
    clock.forward(hours=1)
    assert "event-seen-at" in codes(ask(shop, "greet", anna, clock()))
    assert codes(ask(shop, "greet", other, clock()))["no-event"] is False
    with pytest.raises(NotFound):
        ask(shop, "greet", 999, clock())


def test_what_a_mirror_keeps_is_called_as_the_form_calls_it(shop: RuleShop) -> None:
    gold = {"value": "gold", "when": {"field": "name", "op": "is_not_empty"}}
    shop.publish(mirror("tier", None, {"field": "tier", "choose": [gold], "else": "basic"}))
    anna = shop.customer(name="Anna")
    shop.tick()
    (told,) = [each for each in ask(shop, "tier", anna, NOW).answers if each.code == "member"]
    assert told.params == {"value": "金卡"}


def test_a_pause_and_the_switch_are_told_as_they_stood_then(
    shop: RuleShop, clock: MovableClock
) -> None:
    shop.publish(sms(), journey())
    anna = shop.customer()
    clock.forward(days=1)
    with shop.work() as uow:
        pause_rule(uow, SYSTEM, "greet")
        stop_all(uow, SYSTEM, "Stocktaking")
    paused = clock() + timedelta(hours=1)
    clock.forward(days=1)
    with shop.work() as uow:
        resume_rule(uow, SYSTEM, "greet")
        go_on(uow, SYSTEM)
    clock.forward(days=1)
    before = codes(ask(shop, "greet", anna, paused - timedelta(hours=2)))
    assert (before["active-then"], "brake-then" in before) == (True, False)
    meanwhile = codes(ask(shop, "greet", anna, paused))
    assert (meanwhile["paused-by"], meanwhile["brake-then"]) == (False, False)
    now = codes(ask(shop, "greet", anna, clock()))
    assert (now["active"], "brake" in now) == (True, False)


def test_an_address_barred_later_was_free_then(shop: RuleShop, clock: MovableClock) -> None:
    shop.publish(sms(), journey())
    anna = shop.customer(mobile="13800000001")
    clock.forward(days=2)
    with shop.work() as uow:
        suppress_address(uow, SYSTEM, "sms", "+8613800000001", "asked")
    clock.forward(days=1)
    assert "held" in codes(ask(shop, "greet", anna, clock()))
    assert "held" not in codes(ask(shop, "greet", anna, clock() - 2 * DAY))
