"""Runs, messages, tags of rules and consents follow people who are merged."""

from datetime import timedelta

import pytest

from regulars.form_builder.people.merging import Merged, MergeWish, merge_people
from regulars.form_builder.people.parting import undo_merge
from regulars.platform.errors import Conflict
from regulars.platform.privacy.consent_follower import merged_states
from regulars.platform.privacy.consents import find_state, ledger_of
from regulars.platform.privacy.ledger import verify_chain
from regulars.rule_engine.leases import read_database_clock
from regulars.rule_engine.tables import mirror_member, outbound, run
from tests.support.clocks import NOW, MovableClock
from tests.support.rule_shop import SYSTEM, RuleShop, journey, mirror, sms

WAITING = [
    {"id": "pause", "do": "wait", "for": {"n": 2, "unit": "day"}},
    {"id": "hello", "do": "send_message", "message": "hello", "channel": "sms"},
]
BIG = mirror(
    "big",
    {"field": "total_spend", "op": "gte", "value": 150},
    {"field": "tags", "add": "big"},
)


def merge(shop: RuleShop, keep: int, drop: int) -> Merged:
    with shop.work() as uow:
        return merge_people(uow, SYSTEM, MergeWish("customers", keep, drop))


def part(shop: RuleShop, drop: int) -> None:
    with shop.work() as uow:
        undo_merge(uow, SYSTEM, "customers", drop)


def test_runs_and_messages_go_over_and_come_back(shop: RuleShop) -> None:
    shop.publish(sms(), journey())
    keep, drop = shop.customer(name="A"), shop.customer(name="B")
    shop.order(drop)
    shop.tick()
    done = merge(shop, keep, drop)
    assert done.counts == {"link:orders": 1, "runs": 1, "messages": 1, "consents": 1}
    assert [row.record for row in shop.runs()] == [keep]
    assert [row.record for row in shop.messages()] == [keep]
    part(shop, drop)
    assert [row.record for row in shop.runs()] == [drop]
    assert [row.record for row in shop.messages()] == [drop]


def test_a_waiting_run_goes_on_for_the_survivor(shop: RuleShop, clock: MovableClock) -> None:
    shop.publish(sms(), journey(steps=WAITING))
    keep, drop = shop.customer(name="A"), shop.customer(name="B")
    shop.order(drop)
    shop.tick()
    merge(shop, keep, drop)
    clock.forward(days=3)
    shop.tick()
    (message,) = shop.messages()
    assert (message.record, message.status) == (keep, "sent")
    assert message.body["text"].startswith("A, hello!")
    assert message.address == shop.read("customers", keep)["mobile"]


def test_of_two_live_runs_in_one_group_the_newer_stops(
    shop: RuleShop, clock: MovableClock
) -> None:
    parts = {"entry": {"group": "care", "max_live_per_group": 1}, "steps": WAITING}
    shop.publish(sms(), journey("one", **parts), journey("two", **parts))
    keep, drop = shop.customer(), shop.customer()
    shop.order(keep)
    shop.tick()
    clock.forward(hours=1)
    shop.order(drop)
    shop.tick()
    before = [(row.rule, row.record, row.status) for row in shop.runs() if row.status == "live"]
    assert len(before) >= 2
    merge(shop, keep, drop)
    live = [row for row in shop.runs() if row.status == "live"]
    stopped = [row for row in shop.runs() if row.outcome == "merged"]
    assert [row.record for row in live] == [keep]
    assert live[0].entered_at == min(row.entered_at for row in shop.runs())
    assert {row.reason["code"] for row in stopped} == {"person-merged"}


def test_runs_that_both_had_keep_apart_by_name(shop: RuleShop) -> None:
    shop.publish(sms(), journey(entry={"key": "1"}))
    keep, drop = shop.customer(), shop.customer()
    for customer in (keep, drop):
        shop.order(customer)
    shop.tick()
    merge(shop, keep, drop)
    keys = {row.entry_key for row in shop.runs()}
    assert len(shop.runs()) == 2
    assert "1" in keys
    part(shop, drop)
    assert {(row.record, row.entry_key) for row in shop.runs()} == {(keep, "1"), (drop, "1")}


def test_a_step_under_way_loses_its_lease_and_is_done_for_the_survivor(shop: RuleShop) -> None:
    shop.publish(sms(), journey())
    keep, drop = shop.customer(name="A"), shop.customer(name="B")
    shop.order(drop)
    shop.tick()
    with shop.work() as uow:
        lease = read_database_clock(uow) + timedelta(minutes=1)
        uow.execute(run.update().values(status="live", token="held", due_at=lease))
    merge(shop, keep, drop)
    (row,) = shop.runs()
    assert (row.record, row.token, row.status) == (keep, None, "live")


def test_a_message_at_its_provider_is_waited_for(shop: RuleShop) -> None:
    shop.publish(sms(), journey())
    keep, drop = shop.customer(), shop.customer()
    shop.order(drop)
    shop.tick()
    with shop.work() as uow:
        lease = read_database_clock(uow) + timedelta(minutes=1)
        uow.execute(outbound.update().values(status="sending", token="held", due_at=lease))
    with pytest.raises(Conflict) as busy:
        merge(shop, keep, drop)
    assert busy.value.code == "person-busy"
    assert shop.read("customers", drop)["id"] == drop


def test_what_rules_keep_is_worked_out_anew(shop: RuleShop) -> None:
    shop.publish(BIG)
    keep, drop, rich = (shop.customer() for _n in range(3))
    shop.order(keep)
    shop.order(drop)
    shop.order(rich, amount="500")
    shop.tick()
    assert shop.read("customers", rich)["tags"] == {"big"}
    merge(shop, keep, drop)
    assert shop.read("customers", keep)["tags"] == {"big"}
    part(shop, drop)
    assert shop.read("customers", keep)["tags"] == frozenset()
    merge(shop, drop, rich)
    members = shop.count(mirror_member, mirror_member.c.record == drop)
    assert (members, shop.count(mirror_member)) == (1, 1)


def test_a_tag_of_a_rule_is_not_inherited(shop: RuleShop) -> None:
    few = mirror(
        "few", {"field": "order_count", "op": "lt", "value": 2}, {"field": "tags", "add": "few"}
    )
    shop.publish(few)
    keep, drop = shop.customer(tags=["mine"]), shop.customer(tags=["theirs"])
    for customer in (keep, drop, keep):
        shop.order(customer)
    shop.tick()
    assert shop.read("customers", drop)["tags"] == {"theirs", "few"}
    merge(shop, keep, drop)
    assert shop.read("customers", keep)["tags"] == {"mine", "theirs"}


@pytest.mark.parametrize(
    ("keep_says", "drop_says", "after"),
    [
        (["grant"], [], True),
        ([], ["grant"], True),
        (["grant"], ["withdraw"], False),
        (["withdraw"], ["grant"], False),
        (["grant", "withdraw"], ["grant"], False),
        (["withdraw"], ["withdraw", "grant"], False),
        (["grant"], ["grant", "withdraw"], False),
        ([], [], None),
    ],
)
def test_a_refusal_is_never_lost(
    shop: RuleShop, keep_says: list[str], drop_says: list[str], after: bool | None
) -> None:
    keep, drop = shop.customer(agrees=False), shop.customer(agrees=False)
    for person, words in ((keep, keep_says), (drop, drop_says)):
        for n, word in enumerate(words):
            shop.consent(person, word, at=NOW + timedelta(seconds=n))
    with shop.work() as uow:
        before = find_state(uow, "customers", keep, "marketing", "sms")
    merge(shop, keep, drop)
    with shop.work() as uow:
        assert find_state(uow, "customers", keep, "marketing", "sms") is after
        assert len(ledger_of(uow, "customers", drop)) == len(drop_says)
        assert verify_chain(uow).is_whole
    part(shop, drop)
    with shop.work() as uow:
        assert bool(find_state(uow, "customers", keep, "marketing", "sms")) is bool(before)
        assert verify_chain(uow).is_whole


def test_what_was_said_after_a_merge_outlives_its_undoing(shop: RuleShop) -> None:
    keep, drop = shop.customer(agrees=False), shop.customer()
    merge(shop, keep, drop)
    shop.consent(keep, "withdraw", at=NOW + timedelta(minutes=1))
    shop.consent(keep, "grant", at=NOW + timedelta(minutes=2))
    part(shop, drop)
    with shop.work() as uow:
        assert find_state(uow, "customers", keep, "marketing", "sms") is True


def test_the_stricter_word_is_the_latest_refusal() -> None:
    key = ("marketing", "sms")
    late, early = NOW, NOW - timedelta(days=9)
    assert merged_states({key: (False, early)}, {key: (True, late)}) == {key: (False, early)}
    assert merged_states({key: (True, early)}, {key: (True, late)}) == {key: (True, late)}
    assert merged_states({}, {}) == {}


def test_a_merge_that_fails_leaves_no_trace(shop: RuleShop) -> None:
    keep, drop = shop.customer(), shop.customer()
    shop.order(drop)
    with pytest.raises(ZeroDivisionError):
        _merge_and_stumble(shop, keep, drop)
    assert shop.read("customers", drop)["order_count"] == 1


def _merge_and_stumble(shop: RuleShop, keep: int, drop: int) -> None:
    with shop.work() as uow:
        merge_people(uow, SYSTEM, MergeWish("customers", keep, drop))
        raise ZeroDivisionError
