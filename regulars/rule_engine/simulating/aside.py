"""Whole records taken out of a store and put back, rollups following. Only for a scratch copy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import rollups, storing
from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import LINKED
from regulars.form_builder.linking import chunks
from regulars.platform.bulk import insert_rows
from regulars.platform.db import UnitOfWork

Row = Mapping[str, Any]
RowsOf = Mapping[int, Sequence[Row]]
"""The rows of one field, by the record they belong to."""


@dataclass(frozen=True)
class Kept:
    """One record as it lies in its form's tables: its row, its tags, the rows of its subforms."""

    form: str
    record: int
    main: Row
    tags: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)


@dataclass(frozen=True)
class Shelf:
    """Where records are taken from and put back to."""

    uow: UnitOfWork
    catalog: FormCatalog

    def take_out(self, form: str, ids: Iterable[int]) -> list[Kept]:
        """Remove records; what is needed to put them back, in order of their ids."""
        wanted = sorted(set(ids))
        tables = self.catalog.tables[form]
        before = self._values(form, wanted)
        main = _by(self._all(tables.main, "id", wanted), "id")
        tags = {k: _by(self._all(t, "record", wanted), "record") for k, t in tables.sides.items()}
        rows = {key: self._rows(table.main, wanted) for key, table in tables.rows.items()}
        for table, column in (
            (tables.main, "id"),
            *((side, "record") for side in tables.sides.values()),
            *((inner.main, "parent") for inner in tables.rows.values()),
        ):
            storing.delete_rows(self.uow, table, wanted, column)
        self._follow(form, [(row, None) for row in before.values()])
        for key, found in rows.items():
            self._follow_links(form, key, found, {})
        return [
            Kept(
                form, record, main[record][0],
                {key: found.get(record, []) for key, found in tags.items()},
                {key: found.get(record, []) for key, found in rows.items()},
            )
            for record in wanted
            if record in main
        ]  # fmt: skip

    def put_back(self, kept: Sequence[Kept]) -> None:
        """Put records of one form back as they were."""
        if not kept:
            return
        form = kept[0].form
        tables = self.catalog.tables[form]
        insert_rows(self.uow, tables.main, [each.main for each in kept])
        for key, side in tables.sides.items():
            insert_rows(self.uow, side, [row for each in kept for row in each.tags.get(key, ())])
        for key, inner in tables.rows.items():
            found = [row for each in kept for row in each.rows.get(key, ())]
            insert_rows(self.uow, inner.main, found)
        ids = [each.record for each in kept]
        rollups.recompute_all(self.uow, self.catalog, form, ids)
        self._follow(form, [(None, row) for row in self._values(form, ids).values()])
        for key in tables.rows:
            taken = {each.record: each.rows.get(key, ()) for each in kept}
            self._follow_links(form, key, {}, taken)

    def change(self, form: str, record: int, changes: Row, side: int) -> bool:
        """Set fields to their value before (``side`` 0) or after (1) a change; False: it is gone.

        ``changes`` are an event's, in JSON. Tags move by what was added and removed.
        """
        before = self._values(form, [record]).get(record)
        if before is None:
            return False
        wanted = {key: pair[side] for key, pair in changes.items()}
        values = self.catalog.from_stored_json(form, wanted, self.uow).values
        self._move_tags(form, record, changes, side)
        definition, tables = self.catalog.get_form(form), self.catalog.tables[form]
        stored = storing.column_values(
            definition, {k: _plain(v) for k, v in values.items() if k not in tables.sides}
        )
        stored = {name: value for name, value in stored.items() if name in tables.main.c}
        if stored:
            storing.change_records(self.uow, tables, [(record, stored)])
        for key in tables.rows:
            if isinstance(wanted.get(key), list):
                self._replace_rows(form, record, key, wanted[key])
        self._follow(form, [(before, self._values(form, [record])[record])])
        return True

    def _move_tags(self, form: str, record: int, changes: Row, side: int) -> None:
        tables = self.catalog.tables[form]
        held = storing.load_tags(self.uow, tables, [record])
        for key, table in tables.sides.items():
            if key not in changes:
                continue
            now = held.get(key, {}).get(record, frozenset())
            here, there = (frozenset(changes[key][n] or ()) for n in (side, 1 - side))
            after = (now - (there - here)) | (here - there)
            storing.replace_tags(self.uow, table, {record: (now, after)})

    def _replace_rows(self, form: str, record: int, key: str, wanted: Sequence[Row]) -> None:
        definition, tables = self.catalog.get_form(form), self.catalog.tables[form]
        inner = f"{form}.{key}"
        drafts = [self.catalog.from_stored_json(inner, row, self.uow) for row in wanted]
        before = self._rows(tables.rows[key].main, [record])
        storing.delete_rows(self.uow, tables.rows[key].main, [record], "parent")
        given = [
            (record, n, {k: _plain(v) for k, v in draft.values.items()})
            for n, draft in enumerate(drafts)
        ]
        storing.insert_rows(self.uow, definition, tables, key, given)
        rollups.recompute_all(self.uow, self.catalog, form, [record])
        self._follow_links(form, key, before, self._rows(tables.rows[key].main, [record]))

    def _values(self, form: str, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        tables = self.catalog.tables[form]
        return storing.load_rows(self.uow, self.catalog.get_form(form), tables, ids)

    def _all(self, table: sa.Table, column: str, ids: Sequence[int]) -> list[Row]:
        found: list[Row] = []
        for some in chunks(ids):
            rows = self.uow.execute(table.select().where(table.c[column].in_(some)))
            found += [dict(row) for row in rows.mappings()]
        return found

    def _rows(self, table: sa.Table, ids: Sequence[int]) -> RowsOf:
        return _by(self._all(table, "parent", ids), "parent")

    def _follow_links(self, form: str, key: str, before: RowsOf, after: RowsOf) -> None:
        """Sums of the records that several links named before, or name now."""
        if not self.catalog.get_form(form).by_key[key].has_links:
            return
        touched = rollups.Touched(f"{form}.{key}")
        for parent in {**before, **after}:
            left, taken = (
                [row[LINKED] for row in rows.get(parent, ())] for rows in (before, after)
            )
            touched.add_links(parent, left, taken)
        rollups.refresh(self.uow, self.catalog, [touched])

    def _follow(self, form: str, pairs: list[tuple[Row | None, Row | None]]) -> None:
        rollups.refresh(self.uow, self.catalog, [rollups.Touched(form, pairs)])


def _by(rows: Iterable[Row], column: str) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row[column], []).append(row)
    return found


def _plain(value: Any) -> Any:
    """A link as it is kept: the other record's id."""
    return value if not isinstance(value, Mapping) else value.get("id")
