"""What is due is found at once, however much there is; what is worn out is laid aside once."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from regulars.platform.columns import Instant
from regulars.rule_engine import answering
from regulars.rule_engine.backlog import oldest_due
from regulars.rule_engine.due_work import find_due
from regulars.rule_engine.executing import execute_due
from regulars.rule_engine.ingest import ingest
from regulars.rule_engine.leases import MAX_ATTEMPTS
from regulars.rule_engine.scans import fire_due
from regulars.rule_engine.sender import send_due
from regulars.rule_engine.service import pause_rule, resume_rule
from regulars.rule_engine.tables import fire, outbound, run
from tests.support.clocks import MovableClock
from tests.support.plans import plans
from tests.support.rule_shop import SYSTEM, RuleShop, journey, sms

CROWD = 3
DAILY = {"on": "scan", "every": "day", "at": "09:00"}


def wear_out(shop: RuleShop, table: sa.Table, row: int, attempts: int = MAX_ATTEMPTS) -> None:
    """As if a row had killed its worker again and again: its last lease has run out."""
    ago = sa.literal(shop.database.clock() - timedelta(days=400), Instant())
    with shop.work() as uow:
        changes = {"attempts": attempts, "token": "dead", "due_at": ago}
        uow.execute(table.update().where(table.c.id == row).values(changes))


@pytest.fixture
def crowded(shop: RuleShop) -> RuleShop:
    """A shop where a few have ordered and nobody's run has taken its first step."""
    shop.publish(sms(), journey())
    for _ in range(CROWD):
        shop.order(shop.customer())
    ingest(shop.database, shop.workspace, shop.database.clock)
    return shop


def do_runs(shop: RuleShop) -> int:
    return execute_due(shop.database, shop.workspace, shop.database.clock)


def do_messages(shop: RuleShop) -> int:
    return send_due(shop.database, shop.workspace, shop.database.clock, shop.engine.surroundings)


@pytest.mark.parametrize("place", range(CROWD))
def test_a_worn_out_run_is_laid_aside_wherever_it_stands_and_never_taken_again(
    crowded: RuleShop, place: int
) -> None:
    poison = crowded.runs()[place].id
    wear_out(crowded, run, poison)
    assert do_runs(crowded) == CROWD - 1
    assert do_runs(crowded) == 0
    stuck = crowded.runs(status="stuck")
    assert [(each.id, each.attempts, each.token) for each in stuck] == [
        (poison, MAX_ATTEMPTS, None)
    ]
    assert len(crowded.runs(status="done")) == CROWD - 1


@pytest.mark.parametrize("place", range(CROWD))
def test_a_worn_out_message_is_given_up_wherever_it_stands_and_never_taken_again(
    crowded: RuleShop, place: int
) -> None:
    do_runs(crowded)
    poison = crowded.messages()[place].id
    wear_out(crowded, outbound, poison)
    assert do_messages(crowded) == CROWD - 1
    assert do_messages(crowded) == 0
    (failed,) = crowded.messages(status="failed")
    assert (failed.id, failed.attempts, failed.reason) == (
        poison, MAX_ATTEMPTS, {"code": "given-up"},
    )  # fmt: skip
    assert len(crowded.messages(status="sent")) == CROWD - 1


def test_a_message_whose_every_call_kills_the_worker_is_left_to_a_person(
    shop: RuleShop,
) -> None:
    shop.publish(sms(), journey())
    shop.order(shop.customer())
    ingest(shop.database, shop.workspace, shop.database.clock)
    do_runs(shop)
    (message,) = shop.messages()
    with shop.work() as uow:
        began = {"status": "sending", "sending_at": uow.now, "provider": "outbox"}
        uow.execute(outbound.update().values(began))
    wear_out(shop, outbound, message.id, MAX_ATTEMPTS - 1)
    with shop.work() as uow:
        uow.execute(outbound.update().values(attempts=MAX_ATTEMPTS))
    do_messages(shop)
    (message,) = shop.messages()
    assert (message.status, message.reason) == ("unknown", {"code": "outcome-unknown"})


def test_a_worn_out_scan_is_given_up_and_the_others_go_on(
    shop: RuleShop, clock: MovableClock
) -> None:
    scan = {"trigger": DAILY, "guards": {}, "steps": [{"do": "stop"}]}
    shop.publish(journey("first", **scan), journey("second", **scan))
    clock.forward(days=1)
    shop.engine.plan(clock())
    with shop.work() as uow:
        fires = list(uow.execute(fire.select().order_by(fire.c.id)))
    wear_out(shop, fire, fires[0].id)
    assert fire_due(shop.database, shop.workspace, clock) == 1
    with shop.work() as uow:
        states = list(uow.execute(sa.select(fire.c.state).order_by(fire.c.id)).scalars())
    assert states == ["failed", "done"]


def test_what_is_worn_out_under_a_paused_rule_waits_for_the_rule(crowded: RuleShop) -> None:
    wear_out(crowded, run, crowded.runs()[0].id)
    with crowded.work() as uow:
        pause_rule(uow, SYSTEM, "greet")
    assert do_runs(crowded) == 0
    assert crowded.runs(status="stuck") == []
    with crowded.work() as uow:
        resume_rule(uow, SYSTEM, "greet")
    do_runs(crowded)
    assert len(crowded.runs(status="stuck")) == 1


SORTED_LATER = ("Sort", "TEMP B-TREE")


def test_due_runs_are_found_by_their_time_and_worn_out_ones_by_their_own_index(
    crowded: RuleShop,
) -> None:
    with plans("run") as told:
        do_runs(crowded)
    claims = [plan for plan in told if "run_next" in plan]
    ends = [plan for plan in told if "run_worn_out" in plan]
    assert (len(claims), len(ends)) == (1, 1)
    assert not any(word in claims[0] for word in SORTED_LATER)


def test_due_messages_are_found_by_channel_and_time(crowded: RuleShop) -> None:
    do_runs(crowded)
    with plans("outbound") as told:
        do_messages(crowded)
    looks = [plan for plan in told if "outbound_next" in plan]
    assert len(looks) >= 2  # which channels have anything, and the claim
    assert any("outbound_worn_out" in plan for plan in told)


def test_who_listens_is_asked_of_versions_and_not_of_all_that_waits(crowded: RuleShop) -> None:
    with plans("definition_version") as told, crowded.work() as uow:
        answering.answer_runs(uow, [])
    (looks,) = told
    assert "run_live_version" in looks


@pytest.mark.parametrize("ask", [find_due, oldest_due], ids=["what", "since when"])
def test_asking_what_is_due_does_not_go_through_all_that_waits(
    crowded: RuleShop, ask: Any
) -> None:
    do_runs(crowded)
    with plans("outbound") as told, crowded.work() as uow:
        ask(uow)
    assert any("outbound_next" in plan for plan in told)
