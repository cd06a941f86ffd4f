"""The stored rows of a field whose type changes: read with the old type, written with the new.

Next to the field's own columns stand ``<key>__n<job>`` (the new value) and ``<key>__o<job>`` (the
old value it was made of). A row whose old value is no longer that one was written meanwhile and
is converted once more; so nobody who writes has to know or to wait.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations

from regulars.form_builder.changing import ddl
from regulars.form_builder.changing.ghosts import Ghost, table_of
from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.linking import chunks
from regulars.form_builder.tables import physical_name
from regulars.platform import columns
from regulars.platform.db import UnitOfWork


@dataclass(frozen=True)
class Row:
    """One stored value: of the row ``id``, seen by people as part of ``record``."""

    id: int
    record: int
    value: Any
    kept: Any = None  # what a ghost holds of the same row


@dataclass(frozen=True)
class Place:
    """Where the values of one job stand. ``old`` names the columns as they are called now."""

    job: int
    form: str
    ref: str
    before: FieldDefinition
    after: FieldDefinition
    old: Mapping[str, str]
    ghost: Ghost | None = None
    seen_now: str = ""

    @property
    def key(self) -> str:
        """The field's own key."""
        return self.before.key

    @property
    def table(self) -> str:
        """The table of the records, or of the rows."""
        return table_of(self.form, self.ref)

    @property
    def side(self) -> str:
        """The table of the old tags."""
        return physical_name(self.form, self.ref)

    @property
    def side_now(self) -> str:
        """The same table as it is called at this moment."""
        return self.old.get("", self.side)

    @property
    def new_side(self) -> str:
        """The table of the new tags, before it takes its place."""
        return physical_name(f"n{self.job}", self.side)

    @property
    def seen(self) -> str:
        """The column with the old value that was converted."""
        return self.seen_now or f"{self.key[:40]}__o{self.job}"

    def fresh(self, column: str) -> str:
        """The name of a new column before it takes its place."""
        return f"{self.key[:40]}__n{self.job}{column[len(self.key) :]}"

    @property
    def from_tags(self) -> bool:
        """Whether the old values stand in a table of their own."""
        return self.before.has_side

    @property
    def to_tags(self) -> bool:
        """Whether the new values get a table of their own."""
        return self.after.has_side

    def new_columns(self) -> list[sa.Column[Any]]:
        """The new field's columns under their own names."""
        return field_types.get(self.after.type).columns(self.after)

    def source(self) -> sa.TableClause:
        """The table with every column this job reads or writes."""
        made = [sa.column("id", columns.BigInt), sa.column(self.seen, self._seen_type())]
        if "." in self.ref:
            made.append(sa.column("parent", columns.BigInt))
        if not self.from_tags:
            made.append(sa.column(self.old[self.key], self._old_type()))
        made += [sa.column(self.fresh(c.name), c.type) for c in self.new_columns()]
        if self.ghost is not None and self.kept_column:
            kept = field_types.get(self.after.type).columns(self.after)[0].type
            made.append(sa.column(self.kept_column, kept))
        if self.kept_companion:
            made.append(sa.column(self.kept_companion, columns.Text()))
        return sa.table(self.table, *made)

    @property
    def kept_column(self) -> str:
        """The ghost's column, "" without one."""
        return self._kept(self.key)

    @property
    def kept_companion(self) -> str:
        """The ghost's second column of a value that stands in two, "" without one."""
        companion = field_types.get(self.after.type).companion
        return self._kept(f"{self.key}{companion}") if companion else ""

    def _kept(self, column: str) -> str:
        moves = self.ghost.moved if self.ghost else ()
        return next((move.now for move in moves if move.column == column), "")

    @property
    def kept_side(self) -> str:
        """The ghost's table of tags, "" without one."""
        moves = self.ghost.moved if self.ghost else ()
        return next((move.now for move in moves if not move.column), "")

    def _old_type(self) -> Any:
        return field_types.get(self.before.type).columns(self.before)[0].type

    def _seen_type(self) -> Any:
        return columns.Text() if self.from_tags else self._old_type()


def prepare(uow: UnitOfWork, place: Place) -> None:
    """Add the columns and the table that are missing; safe to repeat."""
    have = ddl.columns_of(uow, place.table)
    source = place.source()
    wanted = [place.seen, *(place.fresh(c.name) for c in place.new_columns())]
    lacking = [name for name in wanted if name not in have]

    def add(operations: Operations) -> None:
        for name in lacking:
            operations.add_column(place.table, sa.Column(name, source.c[name].type))
        if place.to_tags and not ddl.has_table(uow, place.new_side):
            operations.create_table(
                place.new_side,
                sa.Column("value", columns.Text, primary_key=True),
                sa.Column("record", columns.BigInt, primary_key=True),
                sqlite_strict=True,
                sqlite_with_rowid=False,
            )

    ddl.patiently(uow, add)


def take_away(uow: UnitOfWork, place: Place) -> None:
    """Drop what `prepare` added, as far as it is still there; safe to repeat."""
    if not ddl.has_table(uow, place.table):
        return
    have = ddl.columns_of(uow, place.table)
    wanted = [place.seen, *(place.fresh(c.name) for c in place.new_columns())]

    def drop(operations: Operations) -> None:
        for name in wanted:
            if name in have:
                operations.drop_column(place.table, name)
        if place.to_tags and ddl.has_table(uow, place.new_side):
            operations.drop_table(place.new_side)

    ddl.patiently(uow, drop)


def read_batch(uow: UnitOfWork, place: Place, after: int, limit: int) -> list[Row]:
    """The next rows by id, with or without a value."""
    source = place.source()
    statement = sa.select(*_wanted(place, source)).where(source.c.id > after)
    return _rows(uow, place, statement.order_by(source.c.id).limit(limit))


def read_stale(uow: UnitOfWork, place: Place, limit: int) -> list[Row]:
    """Rows whose old value is not the one that was converted."""
    source = place.source()
    if place.from_tags:
        return _stale_tags(uow, place, limit)
    old, seen = source.c[place.old[place.key]], source.c[place.seen]
    statement = sa.select(*_wanted(place, source)).where(old.is_distinct_from(seen))
    return _rows(uow, place, statement.limit(limit))


def write_batch(uow: UnitOfWork, place: Place, made: Sequence[tuple[Row, Any]]) -> None:
    """Keep the new values beside the old ones, and what they were made of."""
    if not made:
        return
    source, kind = place.source(), field_types.get(place.after.type)
    rows = []
    for row, value in made:
        stored = kind.stored(place.after, value)
        values = {f"v_{place.fresh(name)}": cell for name, cell in stored.items()}
        rows.append({"b_id": row.id, f"v_{place.seen}": seen_of(place, row.value), **values})
    names = [name[2:] for name in rows[0] if name.startswith("v_")]
    statement = (
        source.update()
        .where(source.c.id == sa.bindparam("b_id"))
        .values({name: sa.bindparam(f"v_{name}", type_=source.c[name].type) for name in names})
    )
    uow.connection.execute(statement, rows)
    if place.to_tags:
        _write_tags(uow, place, made)


def seen_of(place: Place, value: Any) -> Any:
    """What is kept to notice that somebody wrote meanwhile."""
    if not place.from_tags:
        return value
    return json.dumps(sorted(value), ensure_ascii=False) if value else None


def count_rows(uow: UnitOfWork, place: Place) -> int:
    """How many rows there are to look at."""
    return int(uow.scalar(sa.select(sa.func.count()).select_from(sa.table(place.table))) or 0)


def _wanted(place: Place, source: sa.TableClause) -> list[Any]:
    nothing = sa.literal(None)
    value = nothing if place.from_tags else source.c[place.old[place.key]]
    record = source.c.parent if "." in place.ref else source.c.id
    kept = source.c[place.kept_column] if place.kept_column else nothing
    other = source.c[place.kept_companion] if place.kept_companion else nothing
    return [
        source.c.id, record.label("record"), value.label("value"), kept.label("kept"),
        other.label("companion"),
    ]  # fmt: skip


def _rows(uow: UnitOfWork, place: Place, statement: sa.Select[Any]) -> list[Row]:
    found = uow.execute(statement).all()
    ids = [row[0] for row in found]
    tags = _tags(uow, place.side_now, ids) if place.from_tags else {}
    kept = _tags(uow, place.kept_side, ids) if place.kept_side else {}
    kind = field_types.get(place.after.type)
    return [
        Row(
            row_id,
            record,
            tags.get(row_id, frozenset()) if place.from_tags else value,
            kept.get(row_id, frozenset()) if place.kept_side else kind.together(before, other),
        )
        for row_id, record, value, before, other in found
    ]


def _tags(uow: UnitOfWork, table: str, ids: Iterable[int]) -> dict[int, frozenset[str]]:
    side = _side(table)
    found: dict[int, set[str]] = {}
    for some in chunks(sorted(ids)):
        rows = uow.execute(sa.select(side.c.record, side.c.value).where(side.c.record.in_(some)))
        for record, value in rows:
            found.setdefault(record, set()).add(value)
    return {record: frozenset(values) for record, values in found.items()}


def _stale_tags(uow: UnitOfWork, place: Place, limit: int) -> list[Row]:
    source, last = place.source(), 0
    stale: list[Row] = []
    while len(stale) < limit:
        statement = sa.select(*_wanted(place, source), source.c[place.seen].label("seen"))
        page = statement.where(source.c.id > last).order_by(source.c.id).limit(1000)
        seen = {row.id: row.seen for row in uow.execute(page)}
        if not seen:
            break
        last = max(seen)
        rows = read_ids(uow, place, list(seen))
        stale += [row for row in rows if seen_of(place, row.value) != seen[row.id]]
    return stale[:limit]


def read_ids(uow: UnitOfWork, place: Place, ids: Sequence[int]) -> list[Row]:
    """These rows."""
    source = place.source()
    found: list[Row] = []
    for some in chunks(sorted(ids)):
        found += _rows(uow, place, sa.select(*_wanted(place, source)).where(source.c.id.in_(some)))
    return found


def _write_tags(uow: UnitOfWork, place: Place, made: Sequence[tuple[Row, Any]]) -> None:
    side = _side(place.new_side)
    for some in chunks([row.id for row, _value in made]):
        uow.execute(side.delete().where(side.c.record.in_(some)))
    fresh = [{"record": row.id, "value": tag} for row, value in made for tag in value or ()]
    if fresh:
        uow.connection.execute(side.insert(), fresh)


def _side(table: str) -> sa.TableClause:
    return sa.table(table, sa.column("record", columns.BigInt), sa.column("value", columns.Text()))
