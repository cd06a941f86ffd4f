"""Every publishing, pause and change of a rule stands in the workspace's log, with who did it."""

from datetime import timedelta
from typing import Any

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.audit import audit
from regulars.platform.definitions import store
from regulars.rule_engine import service
from regulars.rule_engine.breaking import pause_by_itself
from tests.support.clocks import MovableClock
from tests.support.rule_shop import SYSTEM, RuleShop, journey, sms
from tests.support.site import Site

LI = Access(7, "Li", "owner", "zh-Hans")
WILD = {"code": "too-many-sends", "sent": 9, "expected": 2}
WAITING = journey(label={"zh-Hans": "问候"}, steps=[{"do": "stop"}])


def log_of(shop: RuleShop) -> list[tuple[str, str, str]]:
    with shop.work() as uow:
        rows = uow.execute(audit.select().order_by(audit.c.id)).all()
        return [(row.actor_name, row.action, row.target) for row in rows]


def save(shop: RuleShop, access: Access, raw: dict[str, Any]) -> None:
    with shop.work() as uow:
        store.save_draft(uow, access, raw["kind"], raw)


def test_who_changed_published_paused_and_archived_a_rule_is_written_down(
    shop: RuleShop, clock: MovableClock
) -> None:
    save(shop, LI, WAITING)
    for act in (
        lambda uow: store.publish(uow, LI, [("rule", "greet")]),
        lambda uow: service.pause_rule(uow, LI, "greet"),
        lambda uow: service.pause_rule(uow, LI, "greet"),  # it is paused already
        lambda uow: service.resume_rule(uow, LI, "greet"),
        lambda uow: pause_by_itself(
            uow, "greet", {"code": "too-many-sends", "sent": 9, "expected": 2}
        ),
        lambda uow: service.archive_rule(uow, LI, "greet"),
    ):
        with shop.work() as uow:
            act(uow)
    actions = ["edited", "published", "paused", "resumed", "paused", "archived"]
    found = log_of(shop)
    assert [(action, target) for _who, action, target in found] == [
        (f"rule-{action}", "greet") for action in actions
    ]
    assert [who for who, _action, _target in found] == ["Li"] * 4 + [SYSTEM.name, "Li"]


def test_a_hand_that_goes_on_with_its_own_draft_is_noted_once_an_hour(
    shop: RuleShop, clock: MovableClock
) -> None:
    ann = Access(8, "Ann", "owner", "en")
    for access, later in ((LI, 0), (LI, 1), (ann, 1), (ann, 1), (ann, 90), (SYSTEM, 0)):
        clock.now += timedelta(minutes=later)
        save(shop, access, sms(text=f"{clock.now}"))
    assert [who for who, _action, _target in log_of(shop)] == ["Li", "Ann", "Ann"]
    assert {action for _who, action, _target in log_of(shop)} == {"message-edited"}


def test_publishing_says_which_version_and_letting_people_in_says_how_many(shop: RuleShop) -> None:
    shop.publish(sms(), journey())
    shop.publish(journey(label="Again"))
    anna = shop.customer()
    with shop.work() as uow:
        service.start_manually(uow, LI, "greet", [anna])
        told = {row.action: (row.before, row.after) for row in uow.execute(audit.select())}
    assert told["rule-published"] == ({"version": 1}, {"version": 2})
    assert told["rule-started"] == (None, {"n": 1})


def test_the_log_calls_rules_by_their_names(site: Site) -> None:
    shop = RuleShop(site.database, site.workspace).open()
    shop.publish(sms(), WAITING)
    with shop.work() as uow:
        pause_by_itself(uow, "greet", WILD)
    page = site.signed_in().get(f"{site.home}/settings/log").text
    assert "问候" in page
    assert "too-many-sends" not in page
    assert "greet" not in page
