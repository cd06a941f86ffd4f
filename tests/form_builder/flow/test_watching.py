"""Approvals nobody answers, and those of people who have left."""

from datetime import timedelta

import pytest

from regulars.form_builder.flow import offering
from regulars.form_builder.flow.entries import entries_of
from regulars.form_builder.flow.watching import ApprovalDesk, hand_on
from regulars.platform.accounts.access import system_access
from regulars.platform.accounts.members import set_active
from tests.form_builder.flow.conftest import Office
from tests.support.flow_forms import expenses

SYSTEM = system_access("en")


def later(office: Office, hours: float) -> int:
    now = office.site.database.clock() + timedelta(hours=hours)
    with office.site.database.workspace_tx(office.site.workspace, now=now) as uow:
        return hand_on(uow)


def leave(office: Office, name: str) -> None:
    with office.tx() as uow:
        set_active(uow, SYSTEM, office.site.member_id(name), active=False)


def test_what_waits_too_long_goes_on_once_with_new_time(office: Office) -> None:
    terms = {"due": {"n": 2, "unit": "hour"}, "escalate": {"role": "owner"}}
    office.publish(expenses(**terms))
    record = office.asked()
    assert later(office, 1) == 0
    assert later(office, 2.5) == 1
    assert office.tasks("Max") == []
    [task] = office.tasks("Olga")
    assert later(office, 9) == 0, "it goes on once"
    office.decide("Olga", task.id)
    assert office.state(record) == "agreed"
    with office.tx() as uow:
        assert "escalated" in {each.action for each in entries_of(uow, "expenses", record)}


def test_the_desk_looks_only_where_something_waits(office: Office) -> None:
    office.publish(expenses(due={"n": 1, "unit": "day"}, escalate={"manager": True}))
    office.asked()
    desk = ApprovalDesk(office.site.database)
    now = office.site.database.clock()
    assert not desk.is_due(now)
    assert desk.is_due(now + timedelta(days=1, minutes=1))
    desk.answer()


def test_the_turn_of_somebody_who_left_goes_to_the_stores_manager(office: Office) -> None:
    office.site.person("Cleo", "clerk")
    office.publish(expenses(signers=[{"field": "approver"}]))
    record = office.asked(approver=office.site.member_id("Cleo"))
    leave(office, "Cleo")
    assert later(office, 0) == 1
    assert later(office, 0) == 0
    [task] = office.tasks("Max")
    office.decide("Max", task.id)
    assert office.state(record) == "agreed"


def test_where_nobody_can_take_over_it_is_shown_as_stuck_and_handed_over_by_hand(
    office: Office,
) -> None:
    office.site.person("Cleo", "clerk")
    office.publish(expenses(needs="all", signers=[{"field": "approver"}, {"field": "watchers"}]))
    cleo, max_ = office.site.member_id("Cleo"), office.site.member_id("Max")
    record = office.asked(approver=cleo, watchers=[max_])
    leave(office, "Cleo")
    later(office, 0)

    standing = office.run("Mia", lambda uow, access: offering.standing_of(
        uow, access, "expenses", record))  # fmt: skip
    stuck = [each.row.stuck_at is not None for each in standing.signers]
    assert stuck == [True, False]
    assert standing.may_give


@pytest.mark.parametrize("unit", ["hour", "day"])
def test_a_task_carries_its_time(office: Office, unit: str) -> None:
    office.publish(expenses(due={"n": 3, "unit": unit}))
    office.asked()
    [task] = office.tasks("Max")
    length = timedelta(hours=3) if unit == "hour" else timedelta(days=3)
    assert abs(task.due_at - task.created_at - length) <= timedelta(hours=1)
