"""Steps that ask people: tasks and approvals, their answers, their time."""

from datetime import timedelta
from typing import Any

import pytest

from regulars.platform.accounts.access import Access
from regulars.platform.errors import Conflict, Invalid, NotFound
from regulars.platform.events import event
from regulars.platform.privacy.followers import Move
from regulars.platform.tasks.service import (
    TasksWanted,
    finish_task,
    list_tasks,
)
from regulars.platform.tasks.tables import task
from regulars.rule_engine.standing import stop_run
from regulars.wiring import TASK_FOLLOWER
from tests.support.clocks import MovableClock
from tests.support.rule_shop import SYSTEM, RuleShop, journey

CALL = {
    "id": "call", "do": "create_task", "title": "Call {name|the customer}", "role": "manager",
    "due": {"n": 1, "unit": "day"},
}  # fmt: skip
TAG = {"do": "add_tags", "field": "tags"}
ASK = {
    "id": "ask", "do": "approval", "title": {"en": "Refund {name}?", "zh-Hans": "给{name}退款？"},
    "role": "clerk", "due": {"n": 1, "unit": "day"},
    "then": [{"id": "yes", **TAG, "tags": ["yes"]}],
    "else": [{"id": "no", **TAG, "tags": ["no"]}],
    "timed_out": [{"id": "late", **TAG, "tags": ["late"]}],
}  # fmt: skip


def start(shop: RuleShop, *steps: dict[str, Any]) -> int:
    shop.publish(journey(steps=list(steps)))
    anna = shop.customer(name="Anna")
    shop.order(anna)
    shop.tick()
    return anna


def the_task(shop: RuleShop) -> Any:
    with shop.work() as uow:
        return uow.execute(task.select()).one()


def answer(shop: RuleShop, outcome: str) -> None:
    found = the_task(shop)
    with shop.work() as uow:
        finish_task(uow, SYSTEM, found.id, outcome, "fine by me")
    shop.tick()


def test_a_task_says_who_what_and_until_when(shop: RuleShop) -> None:
    anna = start(shop, CALL)
    made = the_task(shop)
    assert (made.title, made.role, made.state) == ("Call Anna", "manager", "open")
    assert (made.form, made.record) == ("customers", anna)
    assert made.due_at - made.created_at == timedelta(days=1)
    shop.tick()
    assert the_task(shop).id == made.id
    assert [run.status for run in shop.runs()] == ["done"]


@pytest.mark.parametrize(("outcome", "tag"), [("approved", "yes"), ("rejected", "no")])
def test_an_answer_sends_the_run_its_way(shop: RuleShop, outcome: str, tag: str) -> None:
    anna = start(shop, ASK)
    assert the_task(shop).title == "给Anna退款？"
    assert shop.runs()[0].wait_kind == "approval"
    answer(shop, outcome)
    assert shop.read("customers", anna)["tags"] == frozenset({tag})
    step = next(each for each in shop.trace(shop.runs()[0].id) if each.step == "ask")
    assert (step.outcome, step.output["note"]) == (outcome, "fine by me")


def test_silence_goes_to_somebody_else_once_and_then_its_own_way(
    shop: RuleShop, clock: MovableClock
) -> None:
    anna = start(shop, {**ASK, "escalate": "owner"})
    clock.forward(days=1)
    shop.tick()
    escalated = the_task(shop)
    assert (escalated.role, escalated.state) == ("owner", "open")
    assert shop.read("customers", anna)["tags"] == frozenset()
    clock.forward(days=1)
    shop.tick()
    assert shop.read("customers", anna)["tags"] == frozenset({"late"})


def test_a_late_answer_changes_nothing_any_more(shop: RuleShop, clock: MovableClock) -> None:
    anna = start(shop, ASK)
    clock.forward(days=2)
    shop.tick()
    answer(shop, "approved")
    assert shop.read("customers", anna)["tags"] == frozenset({"late"})


def test_being_overdue_is_told_once_and_answers_a_wait(
    shop: RuleShop, clock: MovableClock
) -> None:
    wait = {
        "id": "wait", "do": "wait_for", "timeout": {"n": 9, "unit": "day"},
        "any": [{"on": "task_overdue", "of": "call"}, {"on": "task_done", "of": "call"}],
        "then": [{"id": "tag", **TAG, "tags": ["moved"]}],
    }  # fmt: skip
    anna = start(shop, CALL, wait)
    clock.forward(days=1)
    for _ in range(3):
        shop.tick()
    assert shop.count(event, event.c.kind == "task_overdue") == 1
    assert shop.read("customers", anna)["tags"] == frozenset({"moved"})


def test_a_task_that_is_done_starts_another_rule(shop: RuleShop) -> None:
    follow = journey(
        "follow", trigger={"on": "task_done", "rule": "greet", "of": "call"},
        steps=[{"id": "tag", **TAG, "tags": ["called"]}],
    )  # fmt: skip
    shop.publish(journey(steps=[CALL]), follow)
    anna = shop.customer()
    shop.order(anna)
    shop.tick()
    answer(shop, "done")
    assert shop.read("customers", anna)["tags"] == frozenset({"called"})


def test_a_run_that_is_stopped_calls_its_question_off(shop: RuleShop) -> None:
    start(shop, ASK)
    (run,) = shop.runs()
    with shop.work() as uow:
        stop_run(uow, SYSTEM, run.id)
    assert the_task(shop).state == "cancelled"


def test_only_the_first_answer_counts(shop: RuleShop) -> None:
    start(shop, ASK)
    answer(shop, "approved")
    with pytest.raises(Conflict):
        answer(shop, "rejected")
    with pytest.raises(Invalid):
        answer(shop, "maybe")
    assert the_task(shop).outcome == "approved"


def test_people_see_what_is_for_them_and_managers_all_of_their_stores(shop: RuleShop) -> None:
    start(shop, CALL)
    found = the_task(shop)
    clerk = Access(7, "Li", "clerk", "en")
    manager = Access(8, "Wang", "manager", "en", unit_ids=(3,))
    with shop.work() as uow:
        assert list_tasks(uow, clerk, TasksWanted()) == []
        with pytest.raises(NotFound):
            finish_task(uow, clerk, found.id)
        assert [row.id for row in list_tasks(uow, manager, TasksWanted(mine=True))] == [found.id]
        uow.execute(task.update().values(unit=4))
        assert list_tasks(uow, manager, TasksWanted()) == []
        uow.execute(task.update().values(member=7))
        assert [row.id for row in list_tasks(uow, clerk, TasksWanted(mine=True))] == [found.id]


@pytest.mark.parametrize(
    ("step", "place", "code"),
    [
        ({**CALL, "title": "Call {nobody}"}, "title", "unknown-field-in-words"),
        ({**CALL, "title": "Look: {link:shop}"}, "title", "unknown-field-in-words"),
        ({**CALL, "member": "name"}, "member", "leads-to-no-member"),
        ({**CALL, "of": "name"}, "of", "leads-to-no-record"),
        ({"do": "create_task"}, "title", "required"),
        ({**CALL, "role": "nobody"}, "role", "no-such-role"),
        ({**ASK, "escalate": "nobody"}, "escalate", "no-such-role"),
    ],
)
def test_what_cannot_be_asked_is_not_published(
    shop: RuleShop, step: dict[str, Any], place: str, code: str
) -> None:
    with pytest.raises(Invalid) as caught:
        shop.publish(journey(steps=[step]))
    problem = caught.value.problems[0]
    assert (problem.path.rpartition("/")[2], problem.code) == (place, code)


def test_tasks_follow_a_merged_person_and_go_with_an_erased_one(shop: RuleShop) -> None:
    anna = start(shop, CALL)
    follower, move = TASK_FOLLOWER, Move(1, "customers", anna + 1, anna)
    with shop.work() as uow:
        assert follower.count(uow, "customers", anna) == {"tasks": 1}
        moved = follower.merge(uow, SYSTEM, move)
        assert follower.count(uow, "customers", anna + 1) == {"tasks": 1}
        follower.unmerge(uow, SYSTEM, move, moved)
        assert follower.count(uow, "customers", anna) == {"tasks": 1}
        assert follower.erase(uow, SYSTEM, "customers", anna) == {"tasks": 1}
    assert shop.count(task) == 0
