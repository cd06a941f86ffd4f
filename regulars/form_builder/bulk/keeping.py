"""Bulk edits as people and programs use them: look first, do it, follow, take it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from regulars.form_builder.bulk.steps import AFTER, take_step
from regulars.form_builder.bulk.tables import bulk_edit, bulk_edit_record
from regulars.form_builder.bulk.wishes import MOST_CHANGES, read_changes
from regulars.form_builder.importing.actors import actor_json
from regulars.form_builder.importing.ownership import actor_of, may_look_into
from regulars.form_builder.querying import RecordQuery
from regulars.form_builder.records import find_ids, require_verb
from regulars.platform import jobs
from regulars.platform.accounts.access import Access
from regulars.platform.bulk import insert_rows
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict, Invalid, NotFound
from regulars.platform.problems import Problem, under

JOB = "bulk-edits"
MOST = 50_000
SMALL = 300
"""Up to so many records are worked on at once; more are left to a worker."""


@dataclass(frozen=True)
class BulkEdit:
    """One change of many records; see the table for its states."""

    id: int
    form: str
    state: str
    changes: Sequence[Mapping[str, Any]]
    origin: str
    automation: str
    actor: Mapping[str, Any]
    actor_name: str
    total: int
    error: Mapping[str, Any] | None
    created_at: datetime
    finished_at: datetime | None

    @property
    def is_working(self) -> bool:
        """Whether somebody is, or will be, at work on it."""
        return self.state in AFTER


def create(
    uow: UnitOfWork, access: Access, form: str, chosen: Sequence[int] | RecordQuery,
    changes: Sequence[Mapping[str, Any]], *, origin: str,
) -> BulkEdit:  # fmt: skip
    """Look at what the changes would do to the chosen records; nothing is changed yet."""
    require_verb(access, form, "update")
    if not 0 < len(changes) <= MOST_CHANGES:
        code = "too-many-changes" if changes else "required"
        raise Invalid([Problem("changes", code, {"limit": MOST_CHANGES})])
    _changes, problems = read_changes(uow, access, form, changes)
    if problems:
        raise Invalid(under("changes", problems))
    ids = _ids(uow, access, form, chosen)
    made = uow.execute(
        bulk_edit.insert().values(
            form=form, state="checking", changes=[dict(each) for each in changes], origin=origin,
            actor=actor_json(access), actor_name=access.name, total=len(ids), created_at=uow.now,
        )
    ).inserted_primary_key  # fmt: skip
    assert made is not None
    names = {"form": form, "outcome": "waiting", "version": None, "reason": None, "problems": None}
    insert_rows(
        uow, bulk_edit_record, [{"bulk": made[0], "record": each, **names} for each in ids]
    )
    return _begin(uow, access, get(uow, access, form, made[0]))


def apply(
    uow: UnitOfWork, access: Access, form: str, number: int, *, automation: str = "none"
) -> BulkEdit:
    """Do what was looked at; with ``live`` rules start for the records as for single changes."""
    require_verb(access, form, "update")
    _move(uow, get(uow, access, form, number), "checked", "running", automation=automation)
    return _begin(uow, access, get(uow, access, form, number))


def undo(uow: UnitOfWork, access: Access, form: str, number: int) -> BulkEdit:
    """Put back what the bulk edit changed, where nobody has written since."""
    require_verb(access, form, "update")
    bulk = get(uow, access, form, number)
    was = bulk.state if bulk.state == "stopped" else "done"
    _move(uow, bulk, was, "undoing", error=None)
    return _begin(uow, access, get(uow, access, form, number))


def discard(uow: UnitOfWork, access: Access, form: str, number: int) -> None:
    """Forget one that has changed nothing."""
    bulk = get(uow, access, form, number)
    if bulk.state not in ("checking", "checked"):
        raise Conflict("bulk-not-now")
    forget(uow, [bulk.id])


def forget(uow: UnitOfWork, numbers: Sequence[int]) -> None:
    """Let go of what is kept about these; the records and their history stay."""
    uow.execute(bulk_edit_record.delete().where(bulk_edit_record.c.bulk.in_(numbers)))
    uow.execute(bulk_edit.delete().where(bulk_edit.c.id.in_(numbers)))


def get(uow: UnitOfWork, access: Access, form: str, number: int) -> BulkEdit:
    """One of them; NotFound when it is somebody else's and could show too much."""
    here = (bulk_edit.c.id == number, bulk_edit.c.form == form)
    row = uow.execute(bulk_edit.select().where(*here)).first()
    if row is None or not may_look_into(uow, access, actor_of(row.actor)):
        raise NotFound("no-bulk-edit", id=number)
    return bulk_of(row)


def list_all(uow: UnitOfWork, access: Access, form: str, limit: int = 50) -> list[BulkEdit]:
    """The latest of a form that this reader may look at, newest first."""
    latest = bulk_edit.select().where(bulk_edit.c.form == form).order_by(bulk_edit.c.id.desc())
    rows = uow.execute(latest.limit(limit))
    return [bulk_of(row) for row in rows if may_look_into(uow, access, actor_of(row.actor))]


def bulk_of(row: Any) -> BulkEdit:
    """One row of the table."""
    names = BulkEdit.__dataclass_fields__
    return BulkEdit(**{name: getattr(row, name) for name in names})


def _ids(
    uow: UnitOfWork, access: Access, form: str, chosen: Sequence[int] | RecordQuery
) -> list[int]:
    if isinstance(chosen, RecordQuery):
        found = find_ids(uow, access, form, chosen, most=MOST + 1)
    else:
        found = sorted(set(chosen))
    if not found:
        raise Invalid([Problem("records", "bulk-nobody")])
    if len(found) > MOST:
        raise Invalid([Problem("records", "bulk-too-many", {"limit": MOST})])
    return found


def _move(uow: UnitOfWork, bulk: BulkEdit, was: str, to: str, **values: Any) -> None:
    """Bring it into its next state; Conflict when it is in another one, or somebody was faster."""
    here = (bulk_edit.c.id == bulk.id, bulk_edit.c.state == was)
    moved = uow.execute(bulk_edit.update().where(*here).values(state=to, **values))
    if moved.rowcount != 1:
        raise Conflict("bulk-not-now")


def _begin(uow: UnitOfWork, access: Access, bulk: BulkEdit) -> BulkEdit:
    """Do a small one now; wake a worker for a large one."""
    here = bulk_edit.c.id == bulk.id
    if bulk.total > SMALL:
        uow.execute(bulk_edit.update().where(here).values(due_at=uow.now, tries=0))
        uow.after_commit(jobs.ringer(JOB))
    else:
        while take_step(uow, access, bulk):
            pass
        done = {"state": AFTER[bulk.state], "finished_at": uow.now, "due_at": None}
        uow.execute(bulk_edit.update().where(here).values(**done))
    return get(uow, access, bulk.form, bulk.id)
