"""Taking back what one run wrote: fields and tags, as far as nobody has changed them since.

The history of each record names the run and the step that wrote it. Messages cannot be taken
back, and records that a run made stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.origin import Origin
from regulars.form_builder.records import update_record
from regulars.form_builder.storing import load_rows
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict
from regulars.rule_engine.reach import require_seen
from regulars.rule_engine.tables import run, run_step
from regulars.rule_engine.tracing.changes import written_by

Change = tuple[str, int, Mapping[str, Sequence[Any]]]


@dataclass(frozen=True)
class Reverted:
    """How many records were brought back, and how many fields others had changed since."""

    records: int
    kept: int


def revert_run(uow: UnitOfWork, access: Access, run_id: int) -> Reverted:
    """Bring fields and tags back to what they were before a run that is over. Newest first."""
    access.require("run_rules")
    require_seen(uow, access, run, run_id, "no-run")
    if uow.scalar(sa.select(run.c.status).where(run.c.id == run_id)) == "live":
        raise Conflict("run-still-live", id=run_id)
    records: set[tuple[str, int]] = set()
    kept = 0
    origin = Origin("page", automation="none", ref=f"revert:{run_id}")
    for form, record, changes in _changes(uow, run_id):
        values, left = _before(uow, form, record, changes)
        kept += left
        if values:
            update_record(uow, access, form, record, values, origin=origin)
            records.add((form, record))
    return Reverted(len(records), kept)


def has_changes(uow: UnitOfWork, run_id: int) -> bool:
    """Whether a run wrote anything that could be taken back."""
    return any(True for _change in _changes(uow, run_id))


def _changes(uow: UnitOfWork, run_id: int) -> list[Change]:
    """What the run changed, newest first, by the history of what its steps wrote."""
    steps = uow.execute(run_step.select().where(run_step.c.run == run_id)).all()
    rows = written_by(uow, run_id, steps)
    return [
        (row.form, row.record, row.changes) for row in reversed(rows) if row.action == "updated"
    ]


def _before(
    uow: UnitOfWork, form_key: str, record: int, changes: Mapping[str, Sequence[Any]]
) -> tuple[dict[str, Any], int]:
    """The values to write back, and how many fields have moved on since."""
    catalog = catalog_of(uow)
    if form_key not in catalog.forms:
        return {}, len(changes)
    form = catalog.get_form(form_key)
    now = load_rows(uow, form, catalog.tables[form_key], [record]).get(record)
    if now is None:
        return {}, len(changes)
    values: dict[str, Any] = {}
    kept = 0
    for key, pair in changes.items():
        field = form.find(key)
        if field is None or not field_types.get(field.type).writable or len(pair) != 2:
            kept += 1
        elif field.has_side:
            values[key] = sorted(_tags_before(now[key] or frozenset(), pair))
        elif field_types.get(field.type).to_json(field, now.get(key)) == pair[1]:
            values[key] = pair[0]
        else:
            kept += 1
    return values, kept


def _tags_before(now: frozenset[str], pair: Sequence[Any]) -> frozenset[str]:
    """The tags without those the run gave, and with those it took."""
    before, after = frozenset(pair[0] or ()), frozenset(pair[1] or ())
    return (now - (after - before)) | (before - after)
