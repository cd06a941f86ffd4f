"""What a bulk edit would do, or did: counts, reasons with their records, samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.bulk.drafting import Trial, try_changes
from regulars.form_builder.bulk.keeping import BulkEdit
from regulars.form_builder.bulk.steps import changes_of
from regulars.form_builder.bulk.tables import bulk_edit_record
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.history import Entry, seen_entries
from regulars.form_builder.importing.batches import problem_from_json
from regulars.form_builder.titles import titles_of
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem

SAMPLES, REASONS, LISTED = 5, 20, 20
_kept = bulk_edit_record.c


@dataclass(frozen=True)
class Reason:
    """Why some records are not changed: how many, and the first of them with their titles."""

    problem: Problem
    count: int
    records: Sequence[tuple[int, str]]


def counts_of(uow: UnitOfWork, bulk: BulkEdit) -> Mapping[str, int]:
    """How many records ended up how."""
    counted = sa.select(_kept.outcome, sa.func.count().label("n")).where(_kept.bulk == bulk.id)
    return {row.outcome: row.n for row in uow.execute(counted.group_by(_kept.outcome))}


def reasons_of(uow: UnitOfWork, access: Access, bulk: BulkEdit) -> list[Reason]:
    """The reasons, the most frequent first; each with the first records that it is true of."""
    with_reason = (_kept.bulk == bulk.id, _kept.reason.is_not(None))
    n = sa.func.count().label("n")
    counted = sa.select(_kept.reason, n).where(*with_reason).group_by(_kept.reason)
    found = []
    for row in uow.execute(counted.order_by(n.desc(), _kept.reason).limit(REASONS)).all():
        some = sa.select(_kept.record, _kept.problems).where(
            *with_reason, _kept.reason == row.reason
        )
        first = uow.execute(some.order_by(_kept.record).limit(LISTED)).all()
        problem = problem_from_json(first[0].problems[0])
        records = _titled(uow, access, bulk.form, [each.record for each in first])
        found.append(Reason(problem, row.n, records))
    return found


def listed(
    uow: UnitOfWork, access: Access, bulk: BulkEdit, outcomes: Sequence[str]
) -> list[tuple[int, str]]:
    """The first records that ended up this way, with their titles."""
    some = sa.select(_kept.record).where(_kept.bulk == bulk.id, _kept.outcome.in_(outcomes))
    ids = uow.execute(some.order_by(_kept.record).limit(LISTED)).scalars()
    return _titled(uow, access, bulk.form, list(ids))


def samples_of(uow: UnitOfWork, access: Access, bulk: BulkEdit) -> list[tuple[str, Entry]]:
    """The first records that would change, by title: what stands there before and after.

    They are looked at again rather than kept: nobody's values lie in a bulk edit.
    """
    some = sa.select(_kept.record).where(_kept.bulk == bulk.id, _kept.outcome == "ready")
    ids = list(uow.execute(some.order_by(_kept.record).limit(SAMPLES)).scalars())
    try:
        trials = try_changes(uow, access, bulk.form, ids, changes_of(uow, access, bulk))
    except Invalid:
        return []
    titles = dict(_titled(uow, access, bulk.form, ids))
    catalog = catalog_for(uow, access)
    entries = seen_entries(access, catalog, bulk.form, map(_entry, trials))
    return [(titles.get(each.id, f"#{each.id}"), each) for each in entries]


def _entry(trial: Trial) -> Entry:
    """What would become of a record, the way its history would tell of it."""
    changes = trial.changes or {}
    now: Any = None
    return Entry(trial.record, trial.version or 0, "updated", changes, "", "", "page", None, now)


def _titled(
    uow: UnitOfWork, access: Access, form: str, ids: Sequence[int]
) -> list[tuple[int, str]]:
    titles = titles_of(uow, access, catalog_for(uow, access), {form: list(ids)}) if ids else {}
    return [(each, titles.get((form, each), f"#{each}")) for each in ids]
