"""Tables of rules that know people under other names than ``form`` and ``record``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.privacy.holdings import Holding
from regulars.rule_engine.tables import (
    message_link,
    mirror_member,
    mirror_past,
    outbound,
    run,
    run_step,
)


def _steps(_uow: UnitOfWork, form: str, records: Sequence[int]) -> Any:
    theirs = sa.select(run.c.id).where(run.c.form == form, run.c.record.in_(list(records)))
    return run_step.c.run.in_(theirs)


def _links(_uow: UnitOfWork, form: str, records: Sequence[int]) -> Any:
    theirs = sa.select(outbound.c.idempotency_key).where(
        outbound.c.form == form, outbound.c.record.in_(list(records))
    )
    return message_link.c.outbound_key.in_(theirs)


def _kept(table: sa.Table) -> Any:
    def where(uow: UnitOfWork, form: str, records: Sequence[int]) -> Any:
        """By the rules whose subject is this form, deleted rules included."""
        other = [rule.key for rule in snapshot(uow).all("rule").values() if rule.subject != form]
        return sa.and_(table.c.record.in_(list(records)), table.c.rule.not_in(other))

    return where


HOLDINGS = (
    Holding(run_step, _steps),
    Holding(message_link, _links),
    Holding(mirror_member, _kept(mirror_member)),
    Holding(mirror_past, _kept(mirror_past)),
)
