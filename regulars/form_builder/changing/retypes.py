"""Changing the type of a field, as people ask for it: rehearse, look, do, undo.

The work itself is done by `working`; here stand its states, what it found, and who may ask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import edits
from regulars.form_builder.changing import ghosts
from regulars.form_builder.changing.conversions import can_convert
from regulars.form_builder.changing.tables import form_retype, form_retype_loss
from regulars.form_builder.changing.used_by import breaks_of_change
from regulars.form_builder.changing.wishes import check_wish
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.edits import StepRefused
from regulars.platform import jobs
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.effects import Break
from regulars.platform.definitions.snapshot import Published, snapshot
from regulars.platform.errors import Conflict, Invalid, NotFound
from regulars.platform.problems import Problem

JOB = "change_types"
CAPABILITY = "design_forms"
WORKING = ("checking", "running")
OPEN = (*WORKING, "checked")
ENDED_EARLY = ("cancelled", "stopped")
"""With a ``due_at`` these still have half-filled columns that a worker takes away."""


@dataclass(frozen=True)
class Retype:
    """One change of a field's type. ``before`` and ``after`` are the field's JSON.

    ``counts`` has ``rows`` looked at, ``filled`` with a value, ``changed`` (kept in part) and
    ``lost``; ``doubles`` when a unique field would hold a value twice. ``back_to`` is the ghost
    whose values come back: then this is an undo.
    """

    id: int
    form: str
    field: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    options: Mapping[str, Any]
    state: str
    cursor: int
    total: int
    done: int
    counts: Mapping[str, Any]
    ghost: int | None
    back_to: int | None
    actor: str
    error: Mapping[str, Any] | None
    created_at: datetime
    finished_at: datetime | None

    @property
    def old_field(self) -> FieldDefinition:
        """The field as it is."""
        return FieldDefinition.from_json(self.before)

    @property
    def new_field(self) -> FieldDefinition:
        """The field as it shall be."""
        return FieldDefinition.from_json(self.after)

    @property
    def n_lossy(self) -> int:
        """How many rows would not keep everything."""
        return int(self.counts.get("changed", 0)) + int(self.counts.get("lost", 0))

    @property
    def is_busy(self) -> bool:
        """Whether a worker has something to do here."""
        return self.state in WORKING


@dataclass(frozen=True)
class Loss:
    """One row that would not keep everything: ``before`` and ``after`` as people read them."""

    row: int
    record: int
    before: str
    after: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def problem(self) -> Problem:
        """Why, as a problem with words."""
        return Problem("", self.code, self.params)


def begin(uow: UnitOfWork, access: Access, form: str, ref: str, wish: Mapping[str, Any]) -> Retype:
    """Rehearse a change: ``wish`` is the new type with its settings (``{"type": "number"}``).

    Linking wants ``{"type": "link", "to": "customers", "by": "mobile"}``. Invalid with every
    problem of the wish and every place that the change would break.
    """
    access.require(CAPABILITY)
    _refuse_second(uow, form, ref)
    before = published_field(uow, form, ref)
    after, options = check_wish(uow, form, ref, before, wish)
    _refuse_breaks(uow, form, ref, after)
    return _insert(uow, access, form, ref, (before, after), options)


def begin_undo(uow: UnitOfWork, access: Access, number: int) -> Retype:
    """Rehearse the way back: values nobody touched since come back as they were."""
    access.require(CAPABILITY)
    done = get_retype(uow, access, number)
    if done.state != "done" or done.ghost is None:
        raise Conflict("retype-not-done")
    ghosts.get_ghost(uow, done.ghost)
    _refuse_second(uow, done.form, done.field)
    now = published_field(uow, done.form, done.field)
    if now["type"] != done.after["type"]:
        raise Conflict("retype-overtaken")
    kept: dict[str, Any] = {
        name: now[name] for name in ("label", "help", "placeholder") if name in now
    }
    after = {**done.before, **kept}
    _refuse_breaks(uow, done.form, done.field, after)
    return _insert(
        uow, access, done.form, done.field, (now, after), done.options, back_to=done.ghost
    )


def confirm(uow: UnitOfWork, access: Access, number: int) -> Retype:
    """Do what was rehearsed; Conflict when the field is another by now."""
    access.require(CAPABILITY)
    found = get_retype(uow, access, number)
    if found.state != "checked":
        raise Conflict("retype-not-checked")
    if found.counts.get("doubles"):
        raise Invalid([_doubles(found)])
    if published_field(uow, found.form, found.field) != dict(found.before):
        raise Conflict("retype-overtaken")
    _refuse_breaks(uow, found.form, found.field, found.after)
    _set(uow, number, state="running", cursor=0, work_done=0, due_at=uow.now, tries=0)
    uow.after_commit(jobs.ringer(JOB))
    return get_retype(uow, access, number)


def cancel(uow: UnitOfWork, access: Access, number: int) -> Retype:
    """Stop it; the field stays as it is. What was half-filled is taken away in the background."""
    access.require(CAPABILITY)
    found = get_retype(uow, access, number)
    if found.state not in OPEN:
        raise Conflict("retype-finished")
    token = form_retype.c.token + 1
    begun = uow.now if found.state == "running" else None
    _set(uow, number, state="cancelled", due_at=begun, token=token, finished_at=uow.now)
    if begun is not None:
        uow.after_commit(jobs.ringer(JOB))
    return get_retype(uow, access, number)


def get_retype(uow: UnitOfWork, access: Access, number: int) -> Retype:
    """One change; NotFound otherwise."""
    access.require(CAPABILITY)
    row = uow.execute(form_retype.select().where(form_retype.c.id == number)).first()
    if row is None:
        raise NotFound("no-retype")
    return retype_of(row)


def list_retypes(uow: UnitOfWork, access: Access, form: str) -> list[Retype]:
    """The changes of a form, newest first."""
    access.require(CAPABILITY)
    rows = uow.execute(
        form_retype.select()
        .where(form_retype.c.form == form)
        .order_by(form_retype.c.id.desc())
        .limit(200)
    )
    return [retype_of(row) for row in rows]


def losses(
    uow: UnitOfWork, access: Access, number: int, *, after: int = 0, limit: int = 50
) -> list[Loss]:
    """The rows that would not keep everything, by row, after the row ``after``."""
    access.require(CAPABILITY)
    access.require("read_records")
    rows = uow.execute(
        form_retype_loss.select()
        .where(form_retype_loss.c.retype == number, form_retype_loss.c.row > after)
        .order_by(form_retype_loss.c.row)
        .limit(limit)
    )
    return [Loss(row.row, row.record, row.before, row.after, row.code, row.params) for row in rows]


def can_undo(found: Retype, uow: UnitOfWork) -> bool:
    """Whether the old values are still kept, and nothing has followed."""
    if found.state != "done" or found.ghost is None:
        return False
    try:
        ghosts.get_ghost(uow, found.ghost)
    except NotFound:
        return False
    parsed: FormDefinition | None = snapshot(uow).find("form", found.form)
    known = {each["key"]: each for each in _raw_fields(uow, found.form, found.field)}
    now = known.get(found.field.rpartition(".")[2])
    return parsed is not None and now is not None and now["type"] == found.after["type"]


def published_field(uow: UnitOfWork, form: str, ref: str) -> dict[str, Any]:
    """The JSON of a published field; NotFound otherwise."""
    item = snapshot(uow).items.get(("form", form))
    if item is None:
        raise NotFound("no-form", key=form)
    try:
        return dict(edits.field_at(item.raw, ref))
    except StepRefused:
        raise NotFound("no-field", key=ref) from None


def retype_of(row: Any) -> Retype:
    """A row of the table as a `Retype`."""
    return Retype(
        row.id, row.form, row.field, row.before, row.after, row.options, row.state, row.cursor,
        row.work_total, row.work_done, row.counts, row.ghost, row.back_to, row.actor, row.error,
        row.created_at, row.finished_at,
    )  # fmt: skip


def breaks_of(uow: UnitOfWork, form: str, ref: str, after: Mapping[str, Any]) -> list[Break]:
    """What would no longer work with the field as ``after`` says."""
    seen = snapshot(uow)
    item = seen.items["form", form]
    raw = edits.replace_field(item.raw, ref, after)
    parsed = FormDefinition.from_json(raw)
    return breaks_of_change(seen, Published("form", form, item.version + 1, raw, parsed, uow.now))


def _refuse_breaks(uow: UnitOfWork, form: str, ref: str, after: Mapping[str, Any]) -> None:
    found = [
        each
        for each in breaks_of(uow, form, ref, after)
        if each.problem.code not in ("field-type-fixed", "setting-fixed")
    ]
    if found:
        raise Invalid([each.as_problem() for each in found])


def _refuse_second(uow: UnitOfWork, form: str, ref: str) -> None:
    """One change of a field at a time; a rehearsal that was only looked at makes way."""
    same = (form_retype.c.form == form, form_retype.c.field == ref)
    running = sa.select(form_retype.c.id).where(*same, form_retype.c.state == "running")
    if uow.scalar(running) is not None:
        raise Conflict("retype-running")
    uow.execute(
        form_retype.update()
        .where(*same, form_retype.c.state.in_(OPEN))
        .values(state="cancelled", due_at=None, finished_at=uow.now, token=form_retype.c.token + 1)
    )


def _insert(  # noqa: PLR0913 - the field before and after
    uow: UnitOfWork, access: Access, form: str, ref: str,
    sides: tuple[Mapping[str, Any], Mapping[str, Any]], options: Mapping[str, Any],
    back_to: int | None = None,
) -> Retype:  # fmt: skip
    before, after = sides
    assert can_convert(str(before["type"]), str(after["type"])) or back_to is not None
    values = {
        "form": form, "field": ref, "before": dict(before), "after": dict(after),
        "options": {**options, "locale": access.locale}, "state": "checking", "counts": {},
        "back_to": back_to, "actor": access.name, "due_at": uow.now, "created_at": uow.now,
    }  # fmt: skip
    made = uow.execute(form_retype.insert().values(**values).returning(form_retype.c.id))
    uow.after_commit(jobs.ringer(JOB))
    return get_retype(uow, access, int(made.scalar_one()))


def _doubles(found: Retype) -> Problem:
    said = found.counts["doubles"]
    params = {"field": found.new_field.name, "n": said["n"], "value": said["value"]}
    return Problem("unique", "unique-has-doubles", params)


def _raw_fields(uow: UnitOfWork, form: str, ref: str) -> Sequence[Mapping[str, Any]]:
    item = snapshot(uow).items.get(("form", form))
    if item is None:
        return ()
    head, dot, _tail = ref.partition(".")
    if not dot:
        fields: Sequence[Mapping[str, Any]] = item.raw["fields"]
        return fields
    return next((f.get("fields", ()) for f in item.raw["fields"] if f["key"] == head), ())


def _set(uow: UnitOfWork, number: int, **values: Any) -> None:
    uow.execute(form_retype.update().where(form_retype.c.id == number).values(**values))
