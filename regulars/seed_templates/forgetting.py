"""Wiping every trace of records that were never real: history, events, runs, messages, consent.

The consent ledger itself only grows: its lines about made-up people stay, and as record ids are
never given twice they never speak about anybody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from regulars.form_builder.history import history
from regulars.form_builder.linking import chunks
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.events import event
from regulars.platform.privacy.ledger import consent_state
from regulars.rule_engine.digest_tables import report_result, report_result_person
from regulars.rule_engine.tables import (
    decision,
    mirror_member,
    mirror_past,
    outbound,
    run,
    run_step,
)

_OF_RECORDS = (history, event, consent_state, outbound, decision, run)
_MEMBERSHIPS = (mirror_member, mirror_past)


def forget_records(uow: UnitOfWork, form: str, ids: Iterable[int]) -> None:
    """Remove what is kept about these records of ``form`` besides the records themselves."""
    rules = [key for key, rule in snapshot(uow).all("rule").items() if rule.subject == form]
    for some in chunks(sorted(ids)):
        _forget(uow, form, some, rules)


def forget_reports(uow: UnitOfWork, since: datetime) -> None:
    """Remove what was reported from ``since`` on: its figures counted what was never real."""
    made = report_result.c.created_at >= since
    results = sa.select(report_result.c.id).where(made)
    sent = sa.select(report_result.c.outbound_key).where(made)
    uow.execute(outbound.delete().where(outbound.c.idempotency_key.in_(sent)))
    uow.execute(report_result_person.delete().where(report_result_person.c.result.in_(results)))
    uow.execute(report_result.delete().where(made))
    about_nobody = (run.c.form == "", run.c.created_at >= since)
    runs = sa.select(run.c.id).where(*about_nobody)
    uow.execute(run_step.delete().where(run_step.c.run.in_(runs)))
    uow.execute(run.delete().where(*about_nobody))


def _forget(uow: UnitOfWork, form: str, ids: Sequence[int], rules: Sequence[str]) -> None:
    runs = sa.select(run.c.id).where(run.c.form == form, run.c.record.in_(ids))
    uow.execute(run_step.delete().where(run_step.c.run.in_(runs)))
    for table in _OF_RECORDS:
        uow.execute(table.delete().where(table.c.form == form, table.c.record.in_(ids)))
    for table in _MEMBERSHIPS:
        uow.execute(table.delete().where(table.c.rule.in_(rules), table.c.record.in_(ids)))
