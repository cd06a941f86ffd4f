"""Reports at set times: the true period, the reader's eyes, what a missed one becomes."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from regulars.form_builder.catalog import catalog_of
from regulars.platform.accounts.members import get_member, member_access
from regulars.platform.accounts.units import UnitValues, create_unit
from regulars.platform.definitions import store, versions
from regulars.platform.errors import Conflict, Invalid, NotFound
from regulars.rule_engine import digest_keeping
from regulars.rule_engine.campaigning import CampaignWish
from regulars.rule_engine.counting import count_matches
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.following import RuleFollower
from regulars.rule_engine.markdown import to_html, to_text
from regulars.rule_engine.rehearsal import rehearse
from regulars.rule_engine.service import enrol, pause_rule, start_manually
from regulars.rule_engine.simulating import keeping
from regulars.rule_engine.simulating.simulate import simulate
from regulars.rule_engine.tables import channel_account
from regulars.rule_engine.why import explain_rule
from tests.support.clocks import MovableClock
from tests.support.digests import BY_DAY, digest, join, results
from tests.support.rule_shop import PAID, SYSTEM, RuleShop, journey, sms


@pytest.fixture
def reporting_shop(shop: RuleShop) -> RuleShop:
    """An owner who reads English, and sales of two weeks: 9 to 22 March 2026, n yuan on day n."""
    shop.publish(BY_DAY)
    join(shop, 1)
    anna = shop.customer(agrees=False)
    for day in range(9, 23):
        shop.order(anna, at=datetime(2026, 3, day, 4, tzinfo=UTC), amount=str(day))
    return shop


def test_it_goes_out_with_the_week_that_was_over_at_its_moment(
    reporting_shop: RuleShop, clock: MovableClock
) -> None:
    shop = reporting_shop
    shop.publish(digest())
    clock.now = datetime(2026, 3, 16, 0, 0, tzinfo=UTC)  # Monday, eight in Shanghai
    shop.tick()
    (row,) = results(shop)
    assert (row.since, row.until) == ("2026-03-09", "2026-03-16")
    assert [cells[1] for cells in row.page["rows"]] == [f"¥{n}.00" for n in range(9, 16)]
    assert not row.page["unfinished"]
    (mail,) = shop.messages()
    assert (mail.channel, mail.address, mail.status) == ("email", "m1@shop.example", "sent")
    assert mail.body["subject"] == "Sales: 9 Mar 2026 – 15 Mar 2026"
    (run,) = shop.runs("weekly")
    assert (run.form, run.record, run.outcome) == ("", 0, "finished")
    shop.tick()
    assert len(shop.messages()) == 1


THREE_WEEKS_LATER = datetime(2026, 4, 7, 3, 0, tzinfo=UTC)  # a Tuesday


@pytest.mark.parametrize(
    ("misfire", "weeks"),
    [
        ("run_once", ["2026-03-30"]),
        ("skip", []),
        ("each", ["2026-03-09", "2026-03-16", "2026-03-23", "2026-03-30"]),
    ],
)
def test_after_three_weeks_of_standstill_each_policy_keeps_the_true_periods(
    shop: RuleShop, clock: MovableClock, misfire: str, weeks: list[str]
) -> None:
    join(shop, 1)
    shop.publish(BY_DAY)
    shop.publish(digest(trigger={"misfire": misfire}))
    clock.now = THREE_WEEKS_LATER
    shop.tick()
    assert [row.since for row in results(shop)] == weeks
    assert len(shop.messages(status="sent")) == len(weeks)  # late is better than never
    assert len(shop.runs("weekly")) == len(weeks)


def test_what_is_too_late_by_its_own_limit_is_kept_and_not_sent(
    shop: RuleShop, clock: MovableClock
) -> None:
    join(shop, 1)
    shop.publish(BY_DAY)
    shop.publish(digest(step={"not_later_than": "12h"}))
    clock.now = THREE_WEEKS_LATER
    shop.tick()
    assert len(results(shop)) == 1
    assert [row.reason["code"] for row in shop.messages(status="suppressed")] == ["too-late"]


def test_the_week_begins_on_the_shops_day_and_the_clock_may_change(
    shop: RuleShop, clock: MovableClock
) -> None:
    shop.workspace = replace(shop.workspace, zone="Europe/Berlin", week_start=6)
    join(shop, 1)
    shop.publish(BY_DAY)
    shop.publish(digest(trigger={"weekday": 6, "at": "02:30"}))  # an hour that 29 March has not
    anna = shop.customer(agrees=False)
    for at in ("2026-03-21T22:59", "2026-03-21T23:00", "2026-03-28T22:59", "2026-03-28T23:00"):
        shop.order(anna, at=datetime.fromisoformat(f"{at}+00:00"), amount="10")
    clock.now = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    shop.tick()
    (row,) = results(shop)
    assert (row.since, row.until) == ("2026-03-22", "2026-03-29")
    days = row.page["rows"]
    assert (days[0], days[-1]) == (["22 Mar 2026", "¥10.00"], ["28 Mar 2026", "¥10.00"])
    assert [cells[1] for cells in days[1:-1]] == ["¥0.00"] * 5


def test_a_time_that_still_runs_is_marked_everywhere(
    reporting_shop: RuleShop, clock: MovableClock
) -> None:
    shop = reporting_shop
    shop.publish(digest(step={"period": "this_week"}, trigger={"every": "day"}))
    clock.now = datetime(2026, 3, 20, 3, 0, tzinfo=UTC)
    shop.tick()
    (row,) = results(shop)
    assert (row.page["unfinished"], row.page["open_rows"]) == (True, [4])
    body = shop.messages()[0].body
    assert "still running" in body["subject"]
    assert body["markdown"].count("still running") == 3  # heading, Friday's row, the note


def test_every_reader_gets_their_own_part_in_their_own_language(
    shop: RuleShop, clock: MovableClock
) -> None:
    shop.publish(BY_DAY)
    with shop.work() as uow:
        north, south = (create_unit(uow, SYSTEM, UnitValues(n, n)).id for n in ("north", "south"))
    join(shop, 1)
    join(shop, 2, "manager", unit_ids=[north], locale="zh-Hans")
    shop.publish(digest(step={"readers": ["owner", "M2@shop.example", "gone@shop.example"]}))
    anna = shop.customer(agrees=False)
    placed = [(shop.order(anna, amount="7"), south), (shop.order(anna, amount="5"), north)]
    with shop.work() as uow:
        orders = catalog_of(uow).tables["orders"].main
        for order, unit in placed:
            uow.execute(orders.update().where(orders.c.id == order).values(unit=unit))
    clock.now = datetime(2026, 3, 16, 0, 0, tzinfo=UTC)
    shop.tick()
    owner, manager = results(shop)
    assert owner.page["rows"][1] == ["10 Mar 2026", "¥12.00"]
    assert manager.page["rows"][1] == ["2026年3月10日", "¥5.00"]
    assert [row.locale for row in shop.messages()] == ["en", "zh-Hans"]
    assert "销售额" in shop.messages()[1].body["subject"]


def test_who_may_not_read_reports_gets_none_and_one_sees_why(
    shop: RuleShop, clock: MovableClock
) -> None:
    shop.publish(BY_DAY)
    join(shop, 1, "clerk")
    shop.publish(digest(step={"readers": ["m1@shop.example"]}))
    clock.now = datetime(2026, 3, 16, 0, 0, tzinfo=UTC)
    shop.tick()
    (row,) = results(shop)
    assert row.page is None
    assert row.error.startswith("Your role does not allow this")
    (run,) = shop.runs("weekly")
    assert (run.status, run.reason["code"]) == ("failed", "report-not-read")
    assert shop.messages() == []


def test_nothing_is_sent_where_there_is_nothing_to_say(
    shop: RuleShop, clock: MovableClock
) -> None:
    join(shop, 1)
    shop.publish(BY_DAY)
    shop.publish(digest(step={"skip_empty": True}))
    clock.now = datetime(2026, 3, 16, 0, 0, tzinfo=UTC)
    shop.tick()
    assert [row.page["is_empty"] for row in results(shop)] == [True]
    assert shop.messages() == []


def test_a_group_of_staff_reads_lines_with_a_roles_eyes(
    reporting_shop: RuleShop, clock: MovableClock
) -> None:
    shop = reporting_shop
    with shop.work() as uow:
        row = {"key": "desk", "provider": "slack", "name": "Desk", "settings": {}, "secret": None}
        who = {"changed_at": uow.now, "changed_by": "test", "inbound": None}
        uow.execute(channel_account.insert().values({**row, **who}))
    shop.publish(digest(step={"channel": "staff", "to": "desk", "readers": ["manager"]}))
    clock.now = datetime(2026, 3, 16, 0, 0, tzinfo=UTC)
    shop.tick()
    (row,) = results(shop)
    assert (row.member, row.role, row.locale) == (0, "manager", "zh-Hans")
    (message,) = shop.messages()
    assert (message.channel, message.address, message.form) == ("slack", "desk", "")
    lines = message.body["text"].splitlines()
    assert lines[0].startswith("销售额")
    assert lines[1] == "2026年3月9日 · 营业额 ¥9.00"


def test_one_who_may_less_shows_a_group_no_more(shop: RuleShop) -> None:
    manager = join(shop, 2, "manager")
    shop.publish(BY_DAY)
    raw = digest(step={"channel": "staff", "to": "desk", "readers": ["owner"]})
    with shop.work() as uow:
        store.save_draft(uow, SYSTEM, "rule", raw)
        access = member_access(uow, get_member(uow, manager))
        with pytest.raises(Invalid) as refused:
            store.publish(uow, access, [("rule", "weekly")])
    assert "group-sees-more-than-you" in {each.code for each in refused.value.problems}


def test_everything_that_is_wrong_is_said_at_once(shop: RuleShop) -> None:
    shop.publish(BY_DAY, sms())
    bad = digest(
        subject="customers", when=PAID, entry={"key": "id"}, guards={"purpose": "service"},
        trigger={"misfire": "each"},
    )  # fmt: skip
    bad["steps"] += [
        {"do": "run_report", "report": "none", "channel": "today"},
        {"do": "run_report", "report": "sales", "channel": "staff", "period": "soon",
         "readers": ["nobody", "a@b.example"]},
        {"do": "send_message", "message": "hello", "channel": "sms"},
    ]  # fmt: skip
    with pytest.raises(Invalid) as refused:
        shop.publish(bad)
    problems = refused.value.problems
    found = {(each.path.removeprefix("rule/weekly/"), each.code) for each in problems}
    assert found == {
        ("subject", "not-for-reports"), ("when", "not-for-reports"), ("entry", "not-for-reports"),
        ("steps/1/report", "no-such-report"), ("steps/2/period", "bad-report-period"),
        ("steps/2/to", "required"), ("steps/2/readers/0", "no-such-role"),
        ("steps/2/readers/1", "group-reads-as-a-role"), ("steps/3/do", "only-reports-here"),
    }  # fmt: skip
    with pytest.raises(Invalid) as refused:
        shop.publish(journey("other", trigger={"on": "scan", "every": "day", "misfire": "each"},
                             steps=digest()["steps"]))  # fmt: skip
    assert {each.code for each in refused.value.problems} == {"only-for-reports"}


def test_one_looks_back_with_eyes_as_good_as_then_and_runs_one_out_of_turn(
    reporting_shop: RuleShop, clock: MovableClock
) -> None:
    shop = reporting_shop
    clerk = join(shop, 3, "manager")
    clock.now = datetime(2026, 3, 18, 5, 0, tzinfo=UTC)
    shop.publish(digest(step={"readers": ["owner", "manager"]}))
    with shop.work() as uow:
        digest_keeping.run_now(uow, SYSTEM, "weekly")
    shop.tick()
    by_owner, by_manager = results(shop)
    with shop.work() as uow:
        known = digest_keeping.list_results(uow, SYSTEM, "weekly").rows
        assert [row.id for row in known] == [by_manager.id, by_owner.id]
        eyes = member_access(uow, get_member(uow, clerk))
        assert [row.id for row in digest_keeping.fresh_results(uow, eyes)] == [by_manager.id]
        assert digest_keeping.get_result(uow, eyes, by_manager.id).title == "Sales"
        with pytest.raises(NotFound):
            digest_keeping.get_result(uow, eyes, by_owner.id)
        bound = replace(eyes, unit_ids=(1,))
        with pytest.raises(NotFound):
            digest_keeping.get_result(uow, bound, by_manager.id)
        pause_rule(uow, SYSTEM, "weekly")
        with pytest.raises(Conflict):
            digest_keeping.run_now(uow, SYSTEM, "weekly")


def test_such_a_rule_has_no_people(reporting_shop: RuleShop) -> None:
    reporting_shop.publish(digest())
    with reporting_shop.work() as uow:
        for refused in (
            lambda: enrol(uow, SYSTEM, "weekly"),
            lambda: start_manually(uow, SYSTEM, "weekly", [1]),
            lambda: explain_rule(uow, SYSTEM, "weekly", 1),
            lambda: count_matches(uow, SYSTEM, Rule.from_json(digest())),
            lambda: rehearse(uow, SYSTEM, Rule.from_json(digest()), 1),
        ):
            with pytest.raises(Conflict):
                refused()


def test_a_simulation_says_when_it_would_have_been_sent(
    reporting_shop: RuleShop, clock: MovableClock
) -> None:
    shop = reporting_shop
    clock.now = datetime(2026, 4, 7, 3, 0, tzinfo=UTC)
    with shop.work() as uow:
        wish = keeping.wish_of(uow, SYSTEM, "weekly", 28, digest())
    found = simulate(shop.database, shop.workspace, wish, locale="en")
    assert (found.figures.entries, found.figures.sent) == (4, 4)
    assert [each.at.day for each in found.entered] == [16, 23, 30, 6]
    assert results(shop) == []


def test_an_erased_person_leaves_the_reports_that_named_them(
    shop: RuleShop, clock: MovableClock
) -> None:
    join(shop, 1)
    by_person = {**BY_DAY, "dimensions": [{"as": "who", "field": "customer"}]}
    shop.publish({**by_person, "at": "paid_at"})
    shop.publish(digest())
    anna, ben = (shop.customer(name=name, agrees=False) for name in ("Anna Lee", "Ben Wu"))
    for number, who in enumerate((anna, ben), start=1):
        shop.order(who, amount=str(number))
    clock.now = datetime(2026, 3, 16, 0, 0, tzinfo=UTC)
    shop.tick()
    assert "Anna Lee" in str(results(shop)[0].page["rows"])
    with shop.work() as uow:
        assert RuleFollower().erase(uow, SYSTEM, "customers", anna)["report_result"] == 1
    assert sorted(results(shop)[0].page["rows"]) == [["Ben Wu", "¥2.00"], ["–", "¥1.00"]]
    assert [row.body for row in shop.messages()] == [{}]


def test_versions_are_compared_in_sentences_and_an_old_one_comes_back(shop: RuleShop) -> None:
    shop.publish(BY_DAY, sms())
    shop.publish(digest(), goes_out())
    shop.publish(digest(step={"channel": "today"}), goes_out(goal_days=30))
    english = replace(SYSTEM, locale="en")
    with shop.work() as uow:
        report = versions.compare_versions(uow, english, "rule", "weekly", (1, 2))
        campaign = versions.compare_versions(uow, english, "rule", "spring", (1, 2))
        versions.restore_version(uow, english, "rule", "weekly", 1)
        assert store.get_draft(uow, "rule", "weekly").raw["steps"][0]["channel"] == "email"
    assert report[0].startswith("Gone: Then: run the report “Sales” (Last week) and mail it to")
    assert report[1].startswith("New: Then: run the report “Sales” (Last week) and show it to")
    assert any(line.startswith("New: The goal") and "30 days" in line for line in campaign)


def goes_out(goal_days: int = 14) -> dict[str, Any]:
    """A campaign with a goal."""
    wish = CampaignWish(
        "Spring", "customers", "hello", "sms", "2026-05-01T10:00", goal_form="orders",
        goal_days=goal_days,
    )  # fmt: skip
    return wish.rule("spring", "marketing")


BARS = {**BY_DAY, "key": "drawn", "chart": {"type": "bar", "x": "day", "y": ["revenue"]}}


def test_all_reports_of_a_rule_come_in_one_mail_to_each_reader(
    reporting_shop: RuleShop, clock: MovableClock
) -> None:
    shop = reporting_shop
    join(shop, 2, "manager")
    shop.publish(BARS)
    first, last = ({"id": name, "do": "run_report", "channel": "email"} for name in ("a", "z"))
    steps = [
        {**first, "report": "sales", "period": "last_week", "readers": ["owner", "manager"]},
        {**first, "id": "t", "report": "sales", "channel": "today"},
        {**last, "report": "drawn", "period": "last_week", "not_later_than": "2h"},
        {**last, "id": "no", "report": "sales", "period": "today", "skip_empty": True},
    ]
    shop.publish({**digest(), "steps": steps})
    clock.now = datetime(2026, 3, 16, 0, 0, tzinfo=UTC)
    shop.tick()
    manager, owner = shop.messages()
    assert manager.body["subject"] == "Sales: 9 Mar 2026 – 15 Mar 2026"
    assert owner.body["subject"] == "Weekly: 2 reports"
    assert (owner.expires_at, owner.step) == (None, "z")  # one of the two may come late
    sales, drawn = owner.body["markdown"].split("## ")[1:]
    assert "▇" not in sales
    assert [line.count("▇") for line in drawn.splitlines() if "Mar 2026 |" in line] == [
        12, 14, 15, 16, 18, 19, 20,
    ]  # fmt: skip
    assert {row.outbound_key for row in results(shop) if row.step in "az" and row.member == 1} == {
        owner.idempotency_key
    }
    html = to_html(owner.body["markdown"])
    assert html.count('aria-hidden="true"') == 7
    assert '<table role="presentation" width="100%"' in html
    assert "▇" not in html
    assert "▇" * 20 in to_text(owner.body["markdown"])
