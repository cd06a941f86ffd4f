"""What physically remains of a field that is gone: renamed, kept for a while, dropped by night.

A rename is done in a moment on both databases, so the field's own name is free at once; the drop
may rewrite a whole table and is left to `drop_due`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations

from regulars.form_builder.changing import ddl
from regulars.form_builder.changing.tables import form_ghost
from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.tables import physical_name
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import NotFound
from regulars.platform.problems import Problem

KEPT_DAYS = 30
NIGHT = range(2, 5)
LARGE = 200_000
"""From this many rows on, SQLite drops a column by night only: it rewrites the table."""


@dataclass(frozen=True)
class Move:
    """One column (or table, then ``column`` is "") and the name it has now."""

    table: str
    column: str
    now: str


@dataclass(frozen=True)
class Ghost:
    """A field that is gone; its values can be had back until ``drop_at``."""

    id: int
    form: str
    field: str
    reason: str
    raw: Mapping[str, Any]
    moved: tuple[Move, ...]
    at: datetime
    by: str
    drop_at: datetime
    dropped_at: datetime | None

    @property
    def definition(self) -> FieldDefinition:
        """The field as it was."""
        return FieldDefinition.from_json(self.raw)


@dataclass(frozen=True)
class Loss:
    """Why and for how long something is put aside; ``columns`` are extra ones to go with it."""

    reason: str
    columns: Sequence[str] = ()
    keep: timedelta = timedelta(days=KEPT_DAYS)
    retype: int | None = None


def table_of(form: str, ref: str) -> str:
    """The physical table whose columns hold a field."""
    head, _dot, tail = ref.partition(".")
    return physical_name(form, head) if tail else physical_name(form)


def stored_in(form: str, ref: str, field: FieldDefinition) -> list[tuple[str, str]]:
    """(table, column) of everything that holds a field's values; a whole table has no column."""
    if field.has_side or field.has_rows:
        return [(physical_name(form, ref), "")]
    names = [field.key] if field.freeze else [c.name for c in _columns(field)]
    return [(table_of(form, ref), name) for name in names]


def put_aside(
    uow: UnitOfWork, form: str, ref: str, raw: Mapping[str, Any], by: str, loss: Loss
) -> Ghost:
    """Rename what holds a field's values, so that its name is free."""
    number = _insert(uow, form, ref, raw, by, loss)
    field = FieldDefinition.from_json(raw)
    extra = [(table_of(form, ref), name) for name in loss.columns]
    moves = [
        Move(table, column, _ghostly(table, column, field.key, number))
        for table, column in (*stored_in(form, ref, field), *extra)
        if _is_there(uow, table, column)
    ]
    ddl.patiently(uow, lambda operations: _rename(uow, operations, moves))
    body = [{"table": m.table, "column": m.column, "now": m.now} for m in moves]
    uow.execute(form_ghost.update().where(form_ghost.c.id == number).values(moved=body))
    return get_ghost(uow, number)


def bring_back(uow: UnitOfWork, ghost: Ghost) -> None:
    """Give the columns their old names again; the ghost is gone then."""

    def back(operations: Operations) -> None:
        for move in ghost.moved:
            if move.column:
                operations.alter_column(move.table, move.now, new_column_name=move.column)
            else:
                operations.rename_table(move.now, move.table)

    ddl.patiently(uow, back)
    uow.execute(form_ghost.delete().where(form_ghost.c.id == ghost.id))


def list_ghosts(uow: UnitOfWork, form: str) -> list[Ghost]:
    """What of a form waits to be dropped, newest first."""
    rows = uow.execute(
        form_ghost.select()
        .where(form_ghost.c.form == form, form_ghost.c.dropped_at.is_(None))
        .order_by(form_ghost.c.id.desc())
    )
    return [_ghost(row) for row in rows]


def get_ghost(uow: UnitOfWork, number: int) -> Ghost:
    """One ghost that is still there; NotFound otherwise."""
    row = uow.execute(
        form_ghost.select().where(form_ghost.c.id == number, form_ghost.c.dropped_at.is_(None))
    ).first()
    if row is None:
        raise NotFound("no-ghost")
    return _ghost(row)


def next_drop(uow: UnitOfWork) -> datetime | None:
    """When the next ghost is due, or None."""
    found: datetime | None = uow.scalar(
        sa.select(sa.func.min(form_ghost.c.drop_at)).where(form_ghost.c.dropped_at.is_(None))
    )
    return found


def due_ghosts(uow: UnitOfWork) -> list[int]:
    """The ghosts whose time has come, oldest first."""
    rows = uow.execute(
        sa.select(form_ghost.c.id)
        .where(form_ghost.c.dropped_at.is_(None), form_ghost.c.drop_at <= uow.now)
        .order_by(form_ghost.c.id)
    )
    return list(rows.scalars())


def drop(uow: UnitOfWork, number: int) -> bool:
    """Drop one ghost for good; False when the table is too large for the time of day."""
    ghost = get_ghost(uow, number)
    if not may_drop(uow, number):
        return False

    def away(operations: Operations) -> None:
        for move in ghost.moved:
            if not move.column and ddl.has_table(uow, move.now):
                operations.drop_table(move.now)
            elif move.column and _is_there(uow, move.table, move.now):
                operations.drop_column(move.table, move.now)

    ddl.patiently(uow, away)
    gone = form_ghost.update().where(form_ghost.c.id == number)
    uow.execute(gone.values(dropped_at=uow.now, raw={}))
    return True


def may_drop(uow: UnitOfWork, number: int) -> bool:
    """Whether dropping it now would keep nobody waiting for long."""
    moves = get_ghost(uow, number).moved
    return all(not move.column or may_rewrite(uow, move.table) for move in moves)


def problem_of_purge(label: Any) -> Problem:
    """What to type when the typed words were others."""
    return Problem("confirm", "confirm-by-name", {"name": label})


def may_rewrite(uow: UnitOfWork, table: str) -> bool:
    """Whether dropping a column of the table now would keep nobody waiting for long."""
    if uow.dialect == "postgresql" or not ddl.has_table(uow, table):
        return True  # there a drop only marks the column
    known = sa.table(table)
    many = uow.scalar(sa.select(sa.func.count()).select_from(known)) or 0
    return many < LARGE or uow.now.astimezone(uow.workspace.tz).hour in NIGHT


def _rename(uow: UnitOfWork, operations: Operations, moves: Sequence[Move]) -> None:
    for table in dict.fromkeys(move.table for move in moves):
        gone = [move.column for move in moves if move.table == table and move.column]
        ddl.drop_indexes(uow, operations, table, gone)
    for move in moves:
        if move.column:
            operations.alter_column(move.table, move.column, new_column_name=move.now)
        else:
            operations.rename_table(move.table, move.now)


def _is_there(uow: UnitOfWork, table: str, column: str) -> bool:
    if not ddl.has_table(uow, table):
        return False
    return not column or column in ddl.columns_of(uow, table)


def _ghostly(table: str, column: str, key: str, number: int) -> str:
    """``amount__ci`` → ``amount__g7__ci``; keys hold no two underscores, so nothing else is so."""
    if not column:
        return physical_name(f"g{number}", table)
    head, rest = column[: len(key)], column[len(key) :]
    return f"{head[:40]}__g{number}{rest}"


def _insert(
    uow: UnitOfWork, form: str, ref: str, raw: Mapping[str, Any], by: str, loss: Loss
) -> int:
    values: dict[str, Any] = {
        "form": form, "field": ref, "reason": loss.reason, "raw": dict(raw), "moved": [],
        "retype": loss.retype, "at": uow.now, "by": by, "drop_at": uow.now + loss.keep,
    }  # fmt: skip
    made = uow.execute(form_ghost.insert().values(**values).returning(form_ghost.c.id))
    return int(made.scalar_one())


def _columns(field: FieldDefinition) -> list[sa.Column[Any]]:
    return field_types.get(field.type).columns(field)


def _ghost(row: Any) -> Ghost:
    moves = tuple(Move(each["table"], each["column"], each["now"]) for each in row.moved)
    return Ghost(
        row.id, row.form, row.field, row.reason, row.raw, moves, row.at, row.by, row.drop_at,
        row.dropped_at,
    )  # fmt: skip
