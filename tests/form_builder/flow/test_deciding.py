"""Approving, sending back, handing over, asking one more: who may, and what comes of it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from regulars.form_builder import records
from regulars.form_builder.flow import deciding
from regulars.form_builder.flow.entries import entries_of
from regulars.form_builder.origin import API
from regulars.form_builder.timeline import timeline_of
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict, Forbidden, RegularsError
from regulars.platform.tasks.service import finish_task
from tests.form_builder.flow.conftest import Office, refused
from tests.support.flow_forms import expenses

BOTH = [{"role": "manager"}, {"role": "owner"}]


def said(office: Office, record: int) -> list[tuple[str, str, Any]]:
    with office.tx() as uow:
        found = entries_of(uow, "expenses", record)
    return [(each.action, each.actor_name, each.note) for each in reversed(found)]


def test_one_approves_and_the_record_goes_on(office: Office) -> None:
    office.publish()
    record = office.asked()
    [task] = office.tasks("Max")
    assert (task.kind, task.form, task.record) == ("approval", "expenses", record)
    office.decide("Max", task.id, note="fine")
    assert office.state(record) == "agreed"
    assert office.tasks("Mia") == []
    assert said(office, record) == [
        ("moved", "Ann", None), ("approved", "Max", "fine"), ("moved", "Max", "fine"),
    ]  # fmt: skip
    with office.tx() as uow:
        moments = timeline_of(uow, system_access("zh-Hans"), "expenses", record)
        kept = records.get_record(uow, system_access("en"), "expenses", record)
    assert "Max已同意" in {each.words("zh-Hans") for each in moments}
    assert kept.values["updated_by"] == office.site.member_id("Max")


def test_a_return_needs_its_reason_and_goes_where_it_may(office: Office) -> None:
    office.publish(expenses(returned=["draft", "dropped"]))
    record = office.asked()
    [task] = office.tasks("Max")
    wrong = refused(lambda: office.decide("Max", task.id, "returned", to="paid"))
    assert wrong == {("note", "return-needs-reason"), ("to", "not-a-way-back")}
    office.decide("Max", task.id, "returned", note="no receipt", to="draft")
    assert office.state(record) == "draft"
    office.move("Ann", record, "asked")
    assert len(office.tasks("Max")) == 1


def test_all_have_to_sign_and_nobody_signs_twice(office: Office) -> None:
    office.publish(expenses(needs="all", signers=[{"role": "manager"}, {"role": "manager"},
                                                  {"role": "owner"}]))  # fmt: skip
    record = office.asked()
    first, last = office.tasks("Max"), office.tasks("Olga")
    assert len(first) == 1, "the same people are asked once"
    office.decide("Max", first[0].id)
    assert office.state(record) == "asked"
    with pytest.raises(Conflict):
        office.decide("Max", first[0].id)
    office.decide("Olga", last[0].id)
    assert office.state(record) == "agreed"


def test_somebody_who_signed_is_not_the_next_one_either(office: Office) -> None:
    max_ = office.site.member_id("Max")
    office.publish(
        expenses(needs="in_order", signers=[{"role": "manager"}, {"field": "approver"}])
    )
    office.asked(approver=max_)
    office.decide("Max", office.tasks("Max")[0].id)
    with pytest.raises(Conflict) as caught:
        office.decide("Max", office.tasks("Max")[0].id)
    assert caught.value.code == "signed-already"


def test_in_order_one_is_asked_after_the_other(office: Office) -> None:
    office.publish(expenses(needs="in_order", signers=BOTH))
    record = office.asked()
    assert office.tasks("Olga") == []
    office.decide("Max", office.tasks("Max")[0].id)
    office.decide("Olga", office.tasks("Olga")[0].id)
    assert office.state(record) == "agreed"


def test_only_who_is_asked_decides(office: Office) -> None:
    office.publish()
    office.asked()
    task = office.tasks("Max")[0].id
    with pytest.raises(Forbidden):
        office.decide("Olga", task)
    with pytest.raises(RegularsError):
        office.decide("Ann", task)
    with pytest.raises(Forbidden), office.tx() as uow:
        finish_task(uow, system_access("en"), task, "approved")


def test_with_four_eyes_nobody_decides_on_their_own_request(office: Office) -> None:
    office.publish(expenses(four_eyes=True))
    office.asked(by="Max")
    task = office.tasks("Max")[0].id
    with pytest.raises(Forbidden) as caught:
        office.decide("Max", task)
    assert caught.value.code == "own-request"
    office.decide("Mia", task)


def test_with_four_eyes_a_key_signs_for_nobody(office: Office) -> None:
    office.publish(expenses(four_eyes=True))
    record = office.asked(by="Max")
    task, key = office.tasks("Mia")[0].id, office.site.token("manager")
    path = f"/api/v1/tasks/{task}/finish"
    answer = office.site.visitor().post(path, json={"outcome": "approved"}, headers=key)
    assert (answer.status_code, office.state(record)) == (403, "asked")


def hand_over(office: Office, name: str, task: int, to: str, note: str = "") -> None:
    member = office.site.member_id(to)
    office.run(name, lambda uow, access: deciding.hand_over(uow, access, task, member, note))


def add(office: Office, name: str, task: int, who: str, *, before: bool) -> None:
    member = office.site.member_id(who)
    office.run(name, lambda uow, access: deciding.add_signer(
        uow, access, task, member, before=before))  # fmt: skip


def test_a_turn_is_handed_over_and_then_it_is_the_others(office: Office) -> None:
    office.publish()
    record = office.asked()
    task = office.tasks("Max")[0].id
    hand_over(office, "Max", task, "Mia", "on holiday")
    assert office.tasks("Max") == []
    with pytest.raises(Forbidden):
        office.decide("Max", task)
    assert refused(lambda: hand_over(office, "Mia", task, "Mia")) == {("member", "asked-already")}
    office.decide("Mia", task)
    assert office.state(record) == "agreed"
    assert ("handed-over", "Max", "on holiday") in said(office, record)


@pytest.mark.parametrize("before", [True, False])
def test_one_more_is_asked_before_or_behind(office: Office, before: bool) -> None:
    office.publish()
    record = office.asked()
    task = office.tasks("Max")[0].id
    add(office, "Max", task, "Olga", before=before)
    if before:
        assert office.tasks("Max") == []
        office.decide("Olga", office.tasks("Olga")[0].id)
        office.decide("Max", office.tasks("Max")[0].id)
    else:
        assert office.tasks("Olga") == []
        office.decide("Max", task)
        assert office.state(record) == "asked"
        office.decide("Olga", office.tasks("Olga")[0].id)
    assert office.state(record) == "agreed"


def test_whoever_asked_takes_it_back_and_nobody_else(office: Office) -> None:
    office.publish()
    record = office.asked()

    def back(name: str) -> Any:
        return office.run(
            name, lambda uow, access: deciding.withdraw(uow, access, "expenses", record)
        )

    with pytest.raises(Forbidden):
        back("Max")
    back("Ann")
    assert (office.state(record), office.tasks("Max")) == ("draft", [])


def test_nobody_is_sent_to_wait_for_a_signature_that_nobody_can_give(office: Office) -> None:
    office.publish(expenses(signers=[{"field": "approver"}]))
    record = office.make()
    assert refused(lambda: office.move("Ann", record, "asked")) == {
        ("status", "approval-without-signer")
    }


def at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """What each came to; all begin together."""
    start = threading.Barrier(len(works), timeout=30)

    def one(work: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return work()
        except RegularsError as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


def test_two_who_decide_at_the_same_moment_come_one_after_the_other(office: Office) -> None:
    office.publish()
    record = office.asked()
    task = office.tasks("Max")[0].id
    found = at_once([
        lambda: office.decide("Max", task),
        lambda: office.decide("Mia", task, "returned", note="no"),
    ])  # fmt: skip
    assert sorted(type(each).__name__ for each in found) == ["Conflict", "NoneType"]
    moves = [each for each in said(office, record) if each[0] == "moved"]
    assert len(moves) == 2, "it was asked for once, and decided once"
    assert office.state(record) == ("draft" if moves[-1][1] == "Mia" else "agreed")


def test_the_last_two_of_all_signers_at_the_same_moment_finish_it_together(office: Office) -> None:
    office.publish(expenses(needs="all", signers=BOTH))
    record = office.asked()
    tasks = {name: office.tasks(name)[0].id for name in ("Max", "Olga")}
    found = at_once([
        lambda: office.decide("Max", tasks["Max"]), lambda: office.decide("Olga", tasks["Olga"]),
    ])  # fmt: skip
    assert found == [None, None]
    assert office.state(record) == "agreed"
    assert [each[0] for each in said(office, record)].count("approved") == 2


def test_a_word_is_no_book_whichever_way_it_comes(office: Office) -> None:
    office.publish()
    record, book = office.asked(), "x" * 4001
    task = office.tasks("Max")[0].id
    for said_too_much in (
        lambda: hand_over(office, "Max", task, "Mia", book),
        lambda: office.decide("Max", task, note=book),
    ):
        assert "shape-max-length" in {code for _path, code in refused(said_too_much)}
    office.decide("Max", task)
    assert refused(lambda: office.move("Max", record, "dropped", book)) == {
        ("comment", "shape-max-length")
    }
    assert office.state(record) == "agreed"


def test_asking_once_more_where_nobody_is_asked(office: Office) -> None:
    office.publish()
    record = office.asked()

    def again(uow: UnitOfWork, access: Access) -> None:
        deciding.ask_again(uow, access, "expenses", record)

    with pytest.raises(Conflict):
        office.run("Ann", again)
    with office.tx() as uow:
        records.delete_record(uow, system_access("en"), "expenses", record, origin=API)
        records.restore_record(uow, system_access("en"), "expenses", record, origin=API)
    office.run("Ann", again)
    assert len(office.tasks("Max")) == 1
