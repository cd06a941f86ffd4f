"""Doing a change of type: a rehearsal over every row, or the change itself.

The change fills new columns batch by batch, each in its own transaction with the job's cursor, so
a killed worker's successor goes on where it stopped. At the end one transaction converts what was
written meanwhile, puts the old columns aside, the new ones in their place, and publishes the form.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations
from sqlalchemy.exc import IntegrityError

from regulars.form_builder import edits
from regulars.form_builder.changing import ddl, ghosts, rows
from regulars.form_builder.changing.conversions import (
    EMPTY,
    Converted,
    Terms,
    can_convert,
    convert,
    say,
)
from regulars.form_builder.changing.retypes import ENDED_EARLY, WORKING, Retype, retype_of
from regulars.form_builder.changing.rows import Place, Row
from regulars.form_builder.changing.steady import hold_writers
from regulars.form_builder.changing.tables import form_retype, form_retype_loss
from regulars.form_builder.changing.terms import terms_of
from regulars.form_builder.checks import RETYPED
from regulars.form_builder.field_types.base import fold
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.definitions import store
from regulars.platform.errors import RegularsError
from regulars.platform.faultpoint import faultpoint

BATCH = 1000
LEASE = timedelta(seconds=60)
MOST_TRIES = 5
TIDY_LATER = timedelta(minutes=30)
MOST_IN_SWAP = 2000
"""With more rows than this written meanwhile, they are converted before the last transaction."""
BREATH_SECONDS = 0.01

log = logging.getLogger(__name__)


class JobLost(Exception):
    """Somebody else has taken the job up, or it was cancelled."""


def run_due(database: Database, workspace: Workspace) -> int:
    """Take up every change that waits in a workspace; how many there were."""
    with database.workspace_tx(workspace, write=False) as uow:
        waiting = uow.execute(
            sa.select(form_retype.c.id)
            .where(form_retype.c.due_at <= uow.now)
            .order_by(form_retype.c.id)
        )
        numbers = list(waiting.scalars())
    return sum(run_job(database, workspace, number) for number in numbers)


def run_job(database: Database, workspace: Workspace, number: int) -> bool:
    """Work on one change until it rests; False when somebody else has it."""
    work = _claim(database, workspace, number)
    if work is None:
        return False
    try:
        work.do()
    except JobLost:
        log.info("The change of type %s goes on elsewhere, or was cancelled.", number)
        return False
    except RegularsError as error:
        work.stop(error)
    except IntegrityError:
        work.stop(RegularsError("retype-doubles"))
    return True


def _claim(database: Database, workspace: Workspace, number: int) -> _Work | None:
    with database.workspace_tx(workspace) as uow:
        taken = uow.execute(
            form_retype.update()
            .where(
                form_retype.c.id == number,
                form_retype.c.state.in_((*WORKING, *ENDED_EARLY)),
                form_retype.c.due_at <= uow.now,
            )
            .values(
                due_at=uow.now + LEASE,
                token=form_retype.c.token + 1,
                tries=form_retype.c.tries + 1,
            )
        )
        if taken.rowcount != 1:
            return None
        row = uow.execute(form_retype.select().where(form_retype.c.id == number)).one()
        work = _Work(database, workspace, retype_of(row), row.token)
        if row.tries > MOST_TRIES and row.state in WORKING:
            error = {"code": "retype-keeps-failing"}
            work.hold(uow, state="stopped", due_at=uow.now, error=error, finished_at=uow.now)
            return None
        return work


class _Work:
    """One worker at one job."""

    def __init__(self, database: Database, workspace: Workspace, job: Retype, token: int) -> None:
        self.database, self.workspace, self.job, self.token = database, workspace, job, token

    def hold(self, uow: UnitOfWork, **values: Any) -> None:
        """Write the job's state in the transaction of the work; JobLost when it is not ours."""
        values.setdefault("due_at", uow.now + LEASE)
        done = uow.execute(
            form_retype.update()
            .where(form_retype.c.id == self.job.id, form_retype.c.token == self.token)
            .values(**values)
        )
        if done.rowcount != 1:
            raise JobLost

    def stop(self, error: RegularsError) -> None:
        """Lay the job down with the reason; the field stays as it is."""
        problems = [p.as_json(self.job.options["locale"]) for p in getattr(error, "problems", ())]
        said = {"code": error.code, "params": error.params, "problems": problems[:20]}
        with self.database.workspace_tx(self.workspace) as uow:
            begun = self.job.state == "running"
            due = uow.now if begun else None
            self.hold(uow, state="stopped", due_at=due, error=said, finished_at=uow.now)
        if begun:
            self.tidy()

    def do(self) -> None:
        """Whatever the job's state asks for."""
        if self.job.state in ENDED_EARLY:
            self.tidy()
        elif self.job.state == "checking":
            self.check()
        else:
            self.change()

    def tidy(self) -> None:
        """Take away the columns and the table that a change which ended early had begun to fill.

        Safe to repeat; a table too large for the time of day waits for the night.
        """
        with self.database.workspace_tx(self.workspace) as uow:
            place = self.place(uow)
            if not ghosts.may_rewrite(uow, place.table):
                self.hold(uow, due_at=uow.now + TIDY_LATER)
                return
            rows.take_away(uow, place)
            self.hold(uow, due_at=None)

    def check(self) -> None:
        """Convert every row without keeping anything but what would be lost."""
        seen: dict[int, str] | None = {} if self.job.new_field.unique else None
        cursor, counts = self.job.cursor, dict(self.job.counts)
        if seen is not None:
            cursor, counts = 0, {}  # doubles are found in one go
        with self.database.workspace_tx(self.workspace) as uow:
            if not cursor:
                gone = form_retype_loss.delete().where(form_retype_loss.c.retype == self.job.id)
                uow.execute(gone)
            self.hold(uow, work_total=rows.count_rows(uow, self.place(uow)), tries=0)
        while True:
            with self.database.workspace_tx(self.workspace) as uow:
                place = self.place(uow)
                found = rows.read_batch(uow, place, cursor, BATCH)
                made = self.converted(uow, place, found)
                self._count(uow, place, made, counts)
                if seen is not None:
                    _note_doubles(seen, made, counts)
                cursor = found[-1].id if found else cursor
                self.hold(uow, cursor=cursor, counts=counts, work_done=counts["rows"], tries=0)
                if len(found) < BATCH:
                    done = {"state": "checked", "due_at": None, "finished_at": uow.now}
                    self.hold(uow, **done)
                    return
            faultpoint("retype-checking")

    def change(self) -> None:
        """Fill the new columns, then swap."""
        with self.database.workspace_tx(self.workspace) as uow:
            rows.prepare(uow, self.place(uow))
            self.hold(uow)
        cursor, done = self.job.cursor, self.job.done
        while True:
            with self.database.workspace_tx(self.workspace) as uow:
                place = self.place(uow)
                found = rows.read_batch(uow, place, cursor, BATCH)
                rows.write_batch(uow, place, self._values(uow, place, found))
                cursor, done = found[-1].id if found else cursor, done + len(found)
                self.hold(uow, cursor=cursor, work_done=done, tries=0)
            faultpoint("retype-filling")
            if len(found) < BATCH:
                break
            time.sleep(BREATH_SECONDS)
        self._catch_up()
        faultpoint("retype-before-swap")
        with self.database.workspace_tx(self.workspace) as uow:
            self._swap(uow)
            faultpoint("retype-in-swap")

    def place(self, uow: UnitOfWork, old: dict[str, str] | None = None) -> Place:
        """Where the values stand; ``old`` once the old columns have other names."""
        job = self.job
        ghost = None
        if job.back_to is not None and job.state in WORKING:
            ghost = ghosts.get_ghost(uow, job.back_to)
        names = old or {job.old_field.key: job.old_field.key}
        return Place(job.id, job.form, job.field, job.old_field, job.new_field, names, ghost)

    def converted(
        self, uow: UnitOfWork, place: Place, found: Sequence[Row]
    ) -> list[tuple[Row, Converted, Terms]]:
        """Each row with its new value."""
        terms = self._terms(uow, place, found)
        if place.ghost is None:
            return [(row, convert(terms, row.value), terms) for row in found]
        forth = replace(terms, before=terms.after, after=terms.before)
        return [(row, _back(row, terms, forth), terms) for row in found]

    def _values(
        self, uow: UnitOfWork, place: Place, found: Sequence[Row]
    ) -> list[tuple[Row, Any]]:
        return [(row, made.value) for row, made, _terms in self.converted(uow, place, found)]

    def _terms(self, uow: UnitOfWork, place: Place, found: Sequence[Row]) -> Terms:
        values = [row.value for row in found], [row.kept for row in found]
        return terms_of(uow, self._access(), self.job, values)

    def _count(
        self, uow: UnitOfWork, place: Place, made: Sequence[tuple[Row, Converted, Terms]],
        counts: dict[str, Any],
    ) -> None:  # fmt: skip
        lossy = []
        for name in ("rows", "filled", "changed", "lost"):
            counts.setdefault(name, 0)
        for row, converted, terms in made:
            counts["rows"] += 1
            counts["filled"] += row.value not in EMPTY
            if converted.code:
                counts["lost" if converted.value in EMPTY else "changed"] += 1
                lossy.append(_loss(self.job.id, row, converted, terms))
        if lossy:
            uow.connection.execute(form_retype_loss.insert(), lossy)

    def _catch_up(self) -> None:
        """Convert what was written meanwhile, until little enough is left for the swap."""
        for _round in range(20):
            with self.database.workspace_tx(self.workspace) as uow:
                place = self.place(uow)
                stale = rows.read_stale(uow, place, MOST_IN_SWAP)
                rows.write_batch(uow, place, self._values(uow, place, stale))
                self.hold(uow)
            if len(stale) < MOST_IN_SWAP // 4:
                return

    def _swap(self, uow: UnitOfWork) -> None:
        """The old columns aside, the new ones in their place, the definition published."""
        job, access = self.job, self._access()
        hold_writers(uow, job.form)
        place = self.place(uow)
        aside = ghosts.put_aside(
            uow, job.form, job.field, job.before, job.actor,
            ghosts.Loss("retyped", [place.seen], retype=job.id),
        )  # fmt: skip
        now = {move.column: move.now for move in aside.moved}
        last = replace(place, old=now, seen_now=now.get(place.seen, place.seen))
        while stale := rows.read_stale(uow, last, MOST_IN_SWAP):
            rows.write_batch(uow, last, self._values(uow, last, stale))
        ddl.patiently(uow, lambda operations: _take_place(operations, place))
        store.amend(
            uow, access, "form", job.form,
            lambda raw: _with(raw, job.field, job.before, job.after),
            marks={f"{RETYPED}{job.form}": True},
        )  # fmt: skip
        self.hold(uow, state="done", due_at=None, ghost=aside.id, finished_at=uow.now)

    def _access(self) -> Access:
        return replace(system_access(self.job.options["locale"]), name=self.job.actor)


def _back(row: Row, terms: Terms, forth: Terms) -> Converted:
    """A value nobody touched since comes back as it was; another one is converted back."""
    there = convert(replace(forth, ids={}), row.kept) if row.kept not in EMPTY else None
    if there is not None and (there.value == row.value or forth.after.type == "link"):
        return Converted(row.kept)
    if row.value in EMPTY:
        was_lost = there is not None and there.value in EMPTY
        return Converted(row.kept) if was_lost else convert(terms, row.value)
    if can_convert(terms.before.type, terms.after.type):
        return convert(terms, row.value)
    return Converted(frozenset() if terms.after.has_side else None, "cannot-go-back")


def _loss(job: int, row: Row, converted: Converted, terms: Terms) -> dict[str, Any]:
    return {
        "retype": job, "row": row.id, "record": row.record, "before": say(terms, row.value)[:500],
        "after": say(terms, converted.value, is_new=True)[:500], "code": converted.code,
        "params": {name: _plain(value) for name, value in converted.params.items()},
    }  # fmt: skip


def _plain(value: Any) -> Any:
    return value if isinstance(value, (int, str, list)) else str(value)


def _note_doubles(
    seen: dict[int, str], made: Sequence[tuple[Row, Converted, Terms]], counts: dict[str, Any]
) -> None:
    for _row, converted, terms in made:
        if converted.value in EMPTY:
            continue
        text = say(terms, converted.value, is_new=True)
        name = hash(text if terms.after.exact else fold(text))
        if name in seen:
            known = counts.get("doubles") or {"n": 0, "value": text[:60]}
            counts["doubles"] = {**known, "n": known["n"] + 1}
        seen[name] = ""


def _take_place(operations: Operations, place: Place) -> None:
    for column in place.new_columns():
        operations.alter_column(place.table, place.fresh(column.name), new_column_name=column.name)
    if place.to_tags:
        operations.rename_table(place.new_side, place.side)


def _with(raw: Any, ref: str, before: Any, after: Any) -> Any:
    """The form with the field's new type; what else was changed of the field stays."""
    try:
        now = edits.field_at(raw, ref)
    except edits.StepRefused:
        return raw
    if now.get("type") != before["type"]:
        return raw
    words: dict[str, Any] = {
        name: now[name] for name in ("label", "help", "placeholder") if name in now
    }
    return edits.replace_field(raw, ref, {**after, **words})
