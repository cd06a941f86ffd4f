"""Tables of forms that know people under other names than ``form`` and ``record``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.bulk.tables import bulk_edit, bulk_edit_record
from regulars.form_builder.changing.tables import form_retype, form_retype_loss
from regulars.form_builder.people.tables import distinct_people, person_merge
from regulars.platform.db import UnitOfWork
from regulars.platform.privacy.holdings import Holding


def _pair(table: sa.Table, one: str, other: str) -> Any:
    return lambda _uow, form, records: sa.and_(
        table.c.form == form,
        sa.or_(table.c[one].in_(list(records)), table.c[other].in_(list(records))),
    )


def _losses(_uow: UnitOfWork, form: str, records: Sequence[int]) -> Any:
    retypes = sa.select(form_retype.c.id).where(form_retype.c.form == form)
    return sa.and_(
        form_retype_loss.c.retype.in_(retypes), form_retype_loss.c.record.in_(list(records))
    )


def _bulk_edits(_uow: UnitOfWork, form: str, records: Sequence[int]) -> Any:
    """Those of nobody else: what was typed for one person may name them."""
    kept = bulk_edit_record.c
    edits = sa.select(kept.bulk).where(kept.form == form)
    return sa.and_(
        bulk_edit.c.id.in_(edits.where(kept.record.in_(list(records)))),
        bulk_edit.c.id.not_in(edits.where(kept.record.not_in(list(records)))),
    )


HOLDINGS = (
    Holding(bulk_edit, _bulk_edits),
    Holding(person_merge, _pair(person_merge, "kept", "dropped")),
    Holding(distinct_people, _pair(distinct_people, "first", "second")),
    Holding(form_retype_loss, _losses),
)
