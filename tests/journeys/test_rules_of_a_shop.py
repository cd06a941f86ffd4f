"""Every rule that looks after the shop in the golden year, composed in the browser from nothing.

What is composed must be, word for word, the rule that the golden year runs and counts.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from regulars.platform.definitions import store
from tests.golden.year import shop as year
from tests.support.browser import accessibility_problems
from tests.support.composer import Composer
from tests.support.live_server import LiveServer
from tests.support.people import let_in
from tests.support.rule_shop import RuleShop

pytestmark = pytest.mark.browser

LIMITS, ROUNDS = "Consent, quiet hours", "Who may come in again"
BY_DAY = {"Send_nothing_from": "21:00", "until": "10:00"}
LAPSE = {"A_new_round_for_each": "Newest record in “orders”", "Group_of_rules": "retention"}
PAID_ORDER = {"A_new_record_of": "Orders", "Only_these": "Orders · paid"}
NEVER_BOUGHT = "Include people who have no record of “Orders” at all?"


@pytest.fixture
def shop(live_server: LiveServer, page: Page) -> RuleShop:
    """The year's forms and messages, no rule; the owner is signed in."""
    place = let_in(page.context, live_server, "Alice", locale="en")
    made = RuleShop(live_server.database, place)
    made.publish(*year.FORMS)
    made.publish(*year.MESSAGES)
    return made


@pytest.fixture
def composer(live_server: LiveServer, page: Page, shop: RuleShop) -> Composer:
    return Composer(page, f"{live_server.url}/w/{shop.workspace.key}/rules")


def test_win_back_after_thirty_days_and_once_more_after_a_week(
    composer: Composer, shop: RuleShop
) -> None:
    composer.begin("Win back")
    silent_for(composer, 30)
    composer.step("Send a message", Message="win_back_1")
    composer.step("Wait for something", **PAID_ORDER)
    wait = composer.step_at("wait up to 7 days")
    composer.change("… or something else", What_happens="When somebody answers")
    composer.change("… or something else", What_happens="When a link is clicked")
    composer.step("End here", composer.block(wait, "If it happens:"))
    composer.step("Send a message", composer.block(wait, "If not:"), Message="win_back_2")
    composer.change("Add what ends it early", **PAID_ORDER)
    composer.change(LIMITS, **BY_DAY)
    composer.change(ROUNDS, **LAPSE)
    finish(composer, shop, year.WIN_BACK)


def test_a_card_on_the_birthday_of_gold_and_diamond_members(
    composer: Composer, shop: RuleShop
) -> None:
    composer.begin("Birthday")
    start(composer, "On a date (birthday…)", Date="birthday", At="10:00")
    composer.condition("A field", Field="tier", Compare="is one of", Value="Gold, Diamond")
    give_coupon(composer, "birthday", 20, 30)
    composer.step("Send a message", Message="birthday", Not_later_than="The same day")
    composer.change(LIMITS, **BY_DAY)
    finish(composer, shop, year.BIRTHDAY)


def test_thanks_a_day_after_the_first_order_unless_it_came_back(
    composer: Composer, shop: RuleShop
) -> None:
    composer.begin("Thanks")
    start(composer, "When a record is added", **PAID_ORDER)
    composer.condition("A field", Field="order_count", Compare="is", Value="1")
    composer.step("Wait", How_long="24", Unit="hours")
    composer.step("Decide")
    decide = composer.step_at("decide")
    composer.condition("A field", decide, Field="Orders › status", Compare="is", Value="paid")
    yes, no = composer.block(decide, "If yes:"), composer.block(decide, "If no:")
    give_coupon(composer, "thanks", 10, 30, within=yes)
    composer.step("Send a message", yes, Message="thanks")
    composer.step("End here", no)
    composer.change(LIMITS, **BY_DAY)
    composer.change(ROUNDS, A_new_round_for_each="Record in “Orders”")
    finish(composer, shop, year.THANKS)


def test_both_sides_of_a_referral_get_a_coupon(composer: Composer, shop: RuleShop) -> None:
    composer.begin("Referral", "Referrals")
    start(composer, "When a record changes", Which_field="status", To="succeeded")
    give_coupon(composer, "referral", 15, 60, whose="referrer")
    give_coupon(composer, "referral", 15, 60, whose="friend")
    composer.step("Add a tag", Of_which_record="referrer", Tags="advocate")
    finish(composer, shop, year.REFERRAL)


def test_a_tier_follows_what_was_spent_and_diamond_is_welcomed_once(
    composer: Composer, shop: RuleShop
) -> None:
    composer.begin("Tier", keeps=True)
    composer.change(
        "Choose…", It_keeps="One of several values (a tier)", Field="tier",
        First_value="Diamond", Otherwise="Basic",
    )  # fmt: skip
    values = composer.region("They carry")
    composer.condition("A field", values, Field="total_spend", Compare="more than", Value="5000")
    composer.change("Add a value", Value="Gold")
    composer.condition("A field", values, Field="total_spend", Compare="at least", Value="1500")
    finish(composer, shop, year.TIER)

    composer.begin("Diamond")
    start(composer, "When somebody joins a group", Group="Tier", Only_this_value="Diamond")
    give_coupon(composer, "tier", 20, 60)
    composer.step("Send a message", Message="diamond")
    composer.change(LIMITS, **BY_DAY)
    composer.change(ROUNDS, A_new_round_for_each="Value of “tier”")
    finish(composer, shop, year.DIAMOND)


def test_who_sleeps_is_tagged_and_called(composer: Composer, shop: RuleShop) -> None:
    composer.begin("Sleeping", keeps=True)
    silent_for(composer, 90)
    composer.change("Choose…", Tag="sleeping")
    finish(composer, shop, year.SLEEPING)

    composer.begin("Wake")
    start(composer, "When somebody joins a group", Group="Sleeping")
    ask(composer, "Call {name|them}", "Manager", 3, "days")
    composer.change(ROUNDS, **LAPSE)
    finish(composer, shop, year.WAKE)


def test_bad_feedback_becomes_a_task_that_gets_louder(composer: Composer, shop: RuleShop) -> None:
    composer.begin("Unhappy", "Feedback")
    start(composer, "When a record is added")
    composer.condition("A field", Field="score", Compare="at most", Value="2")
    ask(composer, "Mend this: {words|?}", "Manager", 24, "hours")
    composer.step(
        "Wait for something", What_happens="When a task is done", How_long="24", Unit="hours"
    )
    late = composer.block(composer.step_at("wait up to 24 hours"), "If not:")
    ask(composer, "Nobody mended: {words|?}", "Owner", 1, "days", within=late)
    finish(composer, shop, year.UNHAPPY)


def test_who_comes_often_is_tagged(composer: Composer, shop: RuleShop) -> None:
    composer.begin("Often", keeps=True)
    composer.condition(
        "How many or how much", Only_these="Orders · paid", Compare="at least", Value="4",
        **{"In the last … days": "30"},
    )  # fmt: skip
    composer.change("Choose…", Tag="often")
    finish(composer, shop, year.OFTEN)


def test_the_owner_reads_every_monday_how_the_week_was(composer: Composer, shop: RuleShop) -> None:
    shop.publish(year.WEEK)
    shop.order(shop.customer(), at=shop.database.clock() - timedelta(days=7), amount="80")
    composer.begin_report("Weekly")
    composer.change("every Monday at 08:00", At="10:00")
    composer.step(
        "Run a report and send it", Report="Week", Time_it_covers="Last week",
        How_they_get_it="On their first page only",
    )  # fmt: skip
    finish(composer, shop, year.WEEKLY)
    page = composer.page
    expect(page.locator("html.js")).to_have_count(1)  # without a script nothing asks back
    page.get_by_role("button", name="Run it now").click()
    page.get_by_role("button", name="Yes, go ahead").click()
    expect(page.get_by_text("The reports are being run")).to_be_visible()
    shop.tick()
    page.reload()
    page.get_by_role("link", name="Week", exact=True).click()
    expect(page.get_by_role("table", name="Week")).to_contain_text("¥80.00")


def test_the_question_about_those_who_never_bought_makes_the_difference(
    composer: Composer, shop: RuleShop
) -> None:
    for _ in range(3):
        shop.customer(name="Never bought")
    shop.order(shop.customer(name="Lapsed"), automation="none", paid_at="2025-12-01T10:00:00Z")
    composer.begin("Who is silent")
    silent_for(composer, 30)
    count = composer.page.locator("#rule-count-found")
    expect(count).to_contain_text("1 person fits now")
    expect(count).to_contain_text("3 more never did at all")
    composer.change("the last in “orders”", **{NEVER_BOUGHT: "Yes"})
    expect(count).to_contain_text("4 people fit now")


def start(composer: Composer, how: str, **answers: str) -> None:
    """Say what the rule starts with, instead of the usual daily look."""
    composer.change("every day at 10:00", It_starts=how, **answers)


def silent_for(composer: Composer, days: int) -> None:
    """No paid order for so many days, without those who never bought."""
    composer.condition(
        "Nothing for some time", Only_these="Orders · paid",
        At_least_this_many_days_ago=str(days), **{NEVER_BOUGHT: "No"},
    )  # fmt: skip


def give_coupon(
    composer: Composer, source: str, percent: int, days: int, *, whose: str = "Customers",
    within: Locator | None = None,
) -> None:  # fmt: skip
    """Add a coupon: for whom, why, how much off, how long it holds."""
    composer.step("Add a record (coupon, task…)", within, Form="Coupons")
    step = composer.step_at("add a record to “Coupons”")
    composer.value("customer", step, Which_value=whose)
    composer.value("source", step, Value=source)
    composer.value("percent", step, Value=str(percent))
    composer.value("issued_at", step, How_much_later="0")
    composer.value("expires_at", step, How_much_later=str(days))


def ask(
    composer: Composer, what: str, who: str, n: int, unit: str, *, within: Locator | None = None
) -> None:
    """Add a task for a role, with its time."""
    composer.step(
        "Ask somebody to do something", within, What_is_to_be_done=what, Who=who,
        How_long=str(n), Unit=unit,
    )  # fmt: skip


def finish(composer: Composer, shop: RuleShop, rule: Mapping[str, Any]) -> None:
    """It is the rule of the golden year; it is published and runs."""
    with shop.work() as uow:
        draft = store.get_draft(uow, "rule", rule["key"])
    assert _without_names(draft.raw) == _without_names(rule)
    assert accessibility_problems(composer.page) == []
    composer.page.get_by_role("link", name="Check and publish").click()
    composer.page.get_by_role("button", name="Publish").click()
    expect(composer.page.get_by_text("Running").first).to_be_visible()


def _without_names(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in rule.items() if name not in ("label", "schema")}
