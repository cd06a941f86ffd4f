"""What happened to each record, and the recycle bin. Both are JSON tables beside the records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.masking import masked
from regulars.platform import columns
from regulars.platform.accounts.access import Access
from regulars.platform.bulk import insert_rows
from regulars.platform.db import UnitOfWork, workspace_metadata

history = sa.Table(
    "history",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("form", columns.Text, nullable=False),
    sa.Column("record", columns.BigInt, nullable=False),
    sa.Column("version", columns.BigInt, nullable=False),
    sa.Column("action", columns.Text, nullable=False),  # created, updated, deleted, restored
    sa.Column("changes", columns.Json, nullable=False),  # {field: [before, after]}
    sa.Column("actor", columns.Text, nullable=False),
    sa.Column("actor_name", columns.Text, nullable=False),
    sa.Column("origin", columns.Text, nullable=False),  # page, api, import, rule, pack, cli
    sa.Column("ref", columns.Text),
    sa.Column("batch", columns.BigInt),
    sa.Column("at", columns.Instant, nullable=False),
    sqlite_strict=True,
)
sa.Index("history_of_record", history.c.form, history.c.record, history.c.id)
sa.Index("history_by_time", history.c.form, history.c.at)

trash = sa.Table(
    "trash",
    workspace_metadata,
    sa.Column("form", columns.Text, primary_key=True),
    sa.Column("record", columns.BigInt, primary_key=True),
    sa.Column("title", columns.Text, nullable=False),
    sa.Column("body", columns.Json, nullable=False),  # column values, tags, subform rows
    sa.Column("deleted_at", columns.Instant, nullable=False),
    sa.Column("deleted_by", columns.Text, nullable=False),
    sa.Column("batch", columns.BigInt),
    sqlite_strict=True,
)


@dataclass(frozen=True)
class Entry:
    """One line of a record's history, newest first on pages."""

    id: int
    version: int
    action: str
    changes: Mapping[str, Sequence[Any]]
    actor: str
    actor_name: str
    origin: str
    ref: str | None
    at: datetime


def record_entries(uow: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write history lines; one call per batch."""
    insert_rows(uow, history, rows)


def seen_entries(
    access: Access, catalog: FormCatalog, form_key: str, entries: Iterable[Entry]
) -> list[Entry]:
    """The entries as this reader may see them: without hidden fields, masked ones masked."""
    if not access.held.narrows_fields:
        return list(entries)
    seen = _Seen(access, catalog)
    return [replace(each, changes=seen.changes(form_key, each.changes)) for each in entries]


@dataclass(frozen=True)
class _Seen:
    """What one reader sees of kept values, also of fields that the form no longer has."""

    access: Access
    catalog: FormCatalog

    def changes(
        self, form_key: str, changes: Mapping[str, Sequence[Any]]
    ) -> dict[str, Sequence[Any]]:
        """The changes of the fields that are not hidden."""
        return {
            key: [self.value(form_key, key, value) for value in pair]
            for key, pair in changes.items()
            if self.access.field_right(form_key, key) != "hidden"
        }

    def value(self, form_key: str, key: str, value: Any) -> Any:
        """One kept value; of a subform its rows without their hidden cells."""
        if isinstance(value, list) and all(isinstance(row, Mapping) for row in value):
            return [self.row(f"{form_key}.{key}", row) for row in value]
        if self.access.field_right(form_key, key) != "masked":
            return value
        shown = masked(self.catalog.mask_of(form_key, key) or "all", value)
        return None if shown is None else str(shown)

    def row(self, form_key: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """One kept row of a subform."""
        return {
            key: self.value(form_key, key, value)
            for key, value in row.items()
            if self.access.field_right(form_key, key) != "hidden"
        }


def history_of(uow: UnitOfWork, form: str, record: int, limit: int = 200) -> list[Entry]:
    """What happened to one record, newest first."""
    statement = (
        history.select()
        .where(history.c.form == form, history.c.record == record)
        .order_by(history.c.id.desc())
        .limit(limit)
    )
    return [
        Entry(
            row.id,
            row.version,
            row.action,
            row.changes,
            row.actor,
            row.actor_name,
            row.origin,
            row.ref,
            row.at,
        )
        for row in uow.execute(statement)
    ]
