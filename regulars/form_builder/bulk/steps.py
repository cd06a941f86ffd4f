"""The steps of a bulk edit: some records at a time, each step in one transaction with its marks.

A record that somebody saved after it was looked at is left as it is, and listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import records
from regulars.form_builder.bulk.drafting import drafts_back, drafts_of, try_changes
from regulars.form_builder.bulk.tables import bulk_edit_record
from regulars.form_builder.bulk.wishes import Change, read_changes
from regulars.form_builder.history import history
from regulars.form_builder.importing.batches import problem_json
from regulars.form_builder.origin import Origin
from regulars.form_builder.taking_back import CHANGED, untouched, values_before
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.inserting import upsert
from regulars.platform.problems import Problem, under

CHUNK = 500
WAITING = {"checking": "waiting", "running": "ready", "undoing": "changed"}
"""State of the whole → the outcome of the records that the next step takes up."""
AFTER = {"checking": "checked", "running": "done", "undoing": "undone"}

Row = Mapping[str, Any]
_kept = bulk_edit_record.c


def take_step(uow: UnitOfWork, access: Access, bulk: Any) -> int:
    """Take up some records of ``bulk`` as its state asks; how many there were."""
    mine = (_kept.bulk == bulk.id, _kept.outcome == WAITING[bulk.state])
    some = sa.select(_kept.record, _kept.version).where(*mine).order_by(_kept.record).limit(CHUNK)
    found = {row.record: row.version for row in uow.execute(some)}
    if found:
        step = {"checking": _check, "running": _run, "undoing": _undo}[bulk.state]
        upsert(uow, bulk_edit_record, list(step(uow, access, bulk, found)),
               ("outcome", "version", "reason", "problems"))  # fmt: skip
    return len(found)


def changes_of(uow: UnitOfWork, access: Access, bulk: Any) -> list[Change]:
    """What is to be done, read again: fields and rights may have changed since."""
    changes, problems = read_changes(uow, access, bulk.form, bulk.changes)
    if problems:
        raise Invalid(under("changes", problems))
    return changes


def _check(uow: UnitOfWork, access: Access, bulk: Any, found: Mapping[int, Any]) -> Iterable[Row]:
    for each in try_changes(uow, access, bulk.form, list(found), changes_of(uow, access, bulk)):
        yield _row(bulk, each.record, each.outcome, each.version, each.problems)


def _run(uow: UnitOfWork, access: Access, bulk: Any, found: Mapping[int, int]) -> Iterable[Row]:
    marks = untouched(uow, bulk.form, found)
    going = [record for record, mark in marks.items() if not mark]
    drafts = drafts_of(uow, access, bulk.form, going, changes_of(uow, access, bulk))
    origin = Origin(bulk.origin, bulk.automation, ref=ref_of(bulk.id))
    done = records.write_drafts(uow, access, bulk.form, drafts, origin=origin, mode="update")
    for result in done.results:
        record = drafts[result.index].id or 0
        kept = result.status == "refused"
        outcome = {"updated": "changed", "refused": "refused"}.get(result.status, "unchanged")
        version = found[record] + (result.status == "updated")
        marks.pop(record)
        yield _row(bulk, record, outcome, version, result.problems if kept else ())
    for record, mark in marks.items():
        yield _row(bulk, record, mark or "gone", found[record])


def _undo(uow: UnitOfWork, access: Access, bulk: Any, found: Mapping[int, int]) -> Iterable[Row]:
    marks = untouched(uow, bulk.form, found)
    going = sorted(record for record, mark in marks.items() if not mark)
    before = values_before(uow, bulk.form, going, history.c.ref == ref_of(bulk.id))
    asked = {str(each["field"]) for each in bulk.changes}
    drafts = drafts_back(uow, access, bulk.form, before, asked)
    origin = Origin(bulk.origin, "none", ref=f"undo:{ref_of(bulk.id)}", restores=True)
    done = records.write_drafts(uow, access, bulk.form, drafts, origin=origin, mode="update")
    problems = {drafts[each.index].id: each.problems for each in done.results}
    for record, mark in marks.items():
        if mark:
            outcome = "changed-after" if mark == CHANGED else mark
        else:
            outcome = "kept" if problems.get(record) else "restored"
        yield _row(bulk, record, outcome, found[record], problems.get(record, ()))


def ref_of(bulk: int) -> str:
    """How the history names a bulk edit."""
    return f"bulk:{bulk}"


def _row(
    bulk: Any, record: int, outcome: str, version: int | None, problems: Sequence[Problem] = ()
) -> Row:
    first = problems[0] if problems else None
    return {
        "bulk": bulk.id, "record": record, "form": bulk.form, "outcome": outcome,
        "version": version, "reason": f"{first.path}|{first.code}" if first else None,
        "problems": [problem_json(each) for each in problems] or None,
    }  # fmt: skip
