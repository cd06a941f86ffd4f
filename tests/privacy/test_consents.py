from datetime import timedelta

import pytest
import sqlalchemy as sa

from regulars.platform.accounts.access import Access, system_access
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.errors import Forbidden, Invalid
from regulars.platform.events import event
from regulars.platform.privacy.consents import (
    ConsentChange,
    consents_of,
    find_state,
    is_granted,
    ledger_of,
    set_consent,
    set_consents_bulk,
)
from regulars.platform.privacy.ledger import consent_entry, verify_chain
from tests.support.clocks import NOW

SYSTEM = system_access("en")
CLERK = Access(3, "Chen", "clerk", "zh-Hans")


def said(record: int = 7, action: str = "grant", **changed: object) -> ConsentChange:
    values = {
        "form": "customers", "record": record, "purpose": "marketing", "channel": "sms",
        "action": action, "source": "till", "evidence": "asked at the till",
    }  # fmt: skip
    return ConsentChange(**{**values, **changed})  # type: ignore[arg-type]


def test_a_grant_holds_for_its_purpose_and_channel_only(uow: UnitOfWork) -> None:
    state = set_consent(uow, SYSTEM, said())
    assert state.granted
    assert is_granted(uow, "customers", 7, "marketing", "sms")
    assert not is_granted(uow, "customers", 7, "marketing", "email")
    assert not is_granted(uow, "customers", 7, "survey", "sms")
    assert not is_granted(uow, "customers", 8, "marketing", "sms")


def test_a_withdrawal_ends_it_and_both_words_stay_in_the_ledger(uow: UnitOfWork) -> None:
    set_consent(uow, SYSTEM, said())
    set_consent(uow, SYSTEM, said(action="withdraw", evidence=None, source="reply"))
    assert find_state(uow, "customers", 7, "marketing", "sms") is False
    assert [entry.action for entry in ledger_of(uow, "customers", 7)] == ["withdraw", "grant"]
    assert [(s.purpose, s.granted) for s in consents_of(uow, "customers", 7)] == [
        ("marketing", False)
    ]


def test_an_older_word_that_arrives_late_does_not_overrule_a_newer_one(uow: UnitOfWork) -> None:
    set_consent(uow, SYSTEM, said(action="withdraw", at=NOW - timedelta(days=1)))
    set_consent(uow, SYSTEM, said(at=NOW - timedelta(days=30)))
    assert not is_granted(uow, "customers", 7, "marketing", "sms")
    assert len(ledger_of(uow, "customers", 7)) == 2


def test_without_evidence_there_is_no_consent_and_all_problems_are_named(uow: UnitOfWork) -> None:
    with pytest.raises(Invalid) as caught:
        set_consent(uow, SYSTEM, said(evidence=" ", channel="pigeon", source=""))
    assert {(p.path, p.code) for p in caught.value.problems} == {
        ("evidence", "consent-without-evidence"),
        ("channel", "unknown-channel"),
        ("source", "required"),
    }
    assert ledger_of(uow, "customers", 7) == []


def test_nobody_agrees_in_the_future(uow: UnitOfWork) -> None:
    with pytest.raises(Invalid):
        set_consent(uow, SYSTEM, said(at=NOW + timedelta(minutes=1)))


def test_only_who_may_manage_consents_records_them(uow: UnitOfWork) -> None:
    with pytest.raises(Forbidden):
        set_consent(uow, CLERK, said())


def test_events_are_told_only_when_something_changed(uow: UnitOfWork) -> None:
    set_consent(uow, SYSTEM, said())
    set_consent(uow, SYSTEM, said(evidence="asked again"))
    set_consent(uow, SYSTEM, said(action="withdraw"))
    kinds = uow.execute(sa.select(event.c.kind, event.c.record, event.c.data)).all()
    assert [(kind, record) for kind, record, _ in kinds] == [
        ("consent_granted", 7),
        ("consent_withdrawn", 7),
    ]
    assert kinds[0].data == {"purpose": "marketing", "channel": "sms", "source": "till"}


def test_many_at_once_are_one_chain(uow: UnitOfWork) -> None:
    changes = [said(record=n) for n in range(1, 1203)]
    assert set_consents_bulk(uow, SYSTEM, changes, historic=True) == 1202
    check = verify_chain(uow)
    assert check.is_whole
    assert check.entries == 1202
    waiting = uow.scalar(sa.select(sa.func.count()).where(event.c.processed_at.is_(None)))
    assert waiting == 0


@pytest.mark.parametrize("statement", ["update", "delete"])
def test_the_database_refuses_to_change_the_ledger(
    database: Database, workspace: Workspace, statement: str
) -> None:
    with database.workspace_tx(workspace) as uow:
        set_consent(uow, SYSTEM, said())
    change = {
        "update": consent_entry.update().values(action="withdraw"),
        "delete": consent_entry.delete(),
    }[statement]
    with (
        pytest.raises(sa.exc.DatabaseError, match="only grows"),
        database.workspace_tx(workspace) as uow,
    ):
        uow.execute(change)
    with database.workspace_tx(workspace) as uow:
        assert verify_chain(uow).is_whole


def test_a_forged_entry_breaks_the_chain(database: Database, workspace: Workspace) -> None:
    with database.workspace_tx(workspace) as uow:
        set_consent(uow, SYSTEM, said())
        row = uow.execute(consent_entry.select()).mappings().one()
        forged = {**row, "id": row["id"] + 1, "record": 8}
        uow.execute(consent_entry.insert().values(forged))
        check = verify_chain(uow)
    assert not check.is_whole
    assert check.broken_at == 2
