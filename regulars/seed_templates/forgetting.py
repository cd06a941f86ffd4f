"""Wiping every trace of records that were never real: history, events, runs, messages, consent.

The consent ledger itself only grows: its lines about made-up people stay, and as record ids are
never given twice they never speak about anybody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from regulars.form_builder.history import history
from regulars.form_builder.linking import chunks
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.events import event
from regulars.platform.privacy.ledger import consent_state
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


def _forget(uow: UnitOfWork, form: str, ids: Sequence[int], rules: Sequence[str]) -> None:
    runs = sa.select(run.c.id).where(run.c.form == form, run.c.record.in_(ids))
    uow.execute(run_step.delete().where(run_step.c.run.in_(runs)))
    for table in _OF_RECORDS:
        uow.execute(table.delete().where(table.c.form == form, table.c.record.in_(ids)))
    for table in _MEMBERSHIPS:
        uow.execute(table.delete().where(table.c.rule.in_(rules), table.c.record.in_(ids)))
