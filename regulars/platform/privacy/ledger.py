"""The tables of consent: a ledger that only grows, and what it adds up to now.

Each entry carries the hash of the one before it, so a changed or removed line shows. The database
itself refuses UPDATE and DELETE on the ledger.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import UnitOfWork, workspace_metadata
from regulars.platform.inserting import insert_new

consent_entry = sa.Table(
    "consent_entry",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("form", columns.Text, nullable=False),
    sa.Column("record", columns.BigInt, nullable=False),
    sa.Column("purpose", columns.Text, nullable=False),
    sa.Column("channel", columns.Text, nullable=False),
    sa.Column("action", columns.Text, nullable=False),  # grant, withdraw
    sa.Column("source", columns.Text, nullable=False),  # where it was said: form, till, import …
    sa.Column("evidence", columns.Text),
    sa.Column("text_version", columns.Text),  # which wording the person agreed to
    sa.Column("actor", columns.Text, nullable=False),
    sa.Column("at", columns.Instant, nullable=False),  # when the person said so
    sa.Column("recorded_at", columns.Instant, nullable=False),
    sa.Column("prev_hash", columns.Text, nullable=False),
    sa.Column("hash", columns.Text, nullable=False),
    sqlite_strict=True,
)
sa.Index("consent_entry_of_person", consent_entry.c.form, consent_entry.c.record)

consent_state = sa.Table(
    "consent_state",
    workspace_metadata,
    sa.Column("form", columns.Text, primary_key=True),
    sa.Column("record", columns.BigInt, primary_key=True),
    sa.Column("purpose", columns.Text, primary_key=True),
    sa.Column("channel", columns.Text, primary_key=True),
    sa.Column("granted", columns.Flag, nullable=False),
    sa.Column("at", columns.Instant, nullable=False),
    sqlite_strict=True,
)

consent_head = sa.Table(
    "consent_head",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("hash", columns.Text, nullable=False),
    sa.Column("entries", columns.BigInt, nullable=False),
    sqlite_strict=True,
)

_HASHED = (
    "form", "record", "purpose", "channel", "action", "source", "evidence", "text_version",
    "actor", "at", "recorded_at",
)  # fmt: skip
START = "0" * 64


def _ddl(statement: str, dialect: str) -> Any:
    return sa.DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]


def _refuse_on_sqlite(verb: str) -> Any:
    return _ddl(
        f"CREATE TRIGGER IF NOT EXISTS consent_entry_no_{verb.lower()} "
        f"BEFORE {verb} ON consent_entry "
        "BEGIN SELECT RAISE(ABORT, 'the consent ledger only grows'); END",
        "sqlite",
    )


_REFUSING_FUNCTION = _ddl(
    "CREATE OR REPLACE FUNCTION refuse_consent_change() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN RAISE EXCEPTION ''the consent ledger only grows''; END'",
    "postgresql",
)
_REFUSING_TRIGGER = _ddl(
    "CREATE TRIGGER consent_entry_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE "
    "ON consent_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_consent_change()",
    "postgresql",
)

for _statement in (
    _refuse_on_sqlite("UPDATE"),
    _refuse_on_sqlite("DELETE"),
    _REFUSING_FUNCTION,
    _REFUSING_TRIGGER,
):
    sa.event.listen(consent_entry, "after_create", _statement)


@dataclass(frozen=True)
class ChainCheck:
    """Whether the ledger is whole; ``broken_at`` is the first entry that does not fit."""

    entries: int
    broken_at: int | None = None

    @property
    def is_whole(self) -> bool:
        """Nothing was changed, removed or put in between."""
        return self.broken_at is None


def entry_hash(prev_hash: str, entry: Mapping[str, Any]) -> str:
    """The hash that chains ``entry`` to the one before it."""
    said = [entry[name] for name in _HASHED]
    plain = [v.isoformat() if isinstance(v, datetime) else v for v in said]
    text = json.dumps([prev_hash, *plain], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def append(uow: UnitOfWork, entries: list[dict[str, Any]]) -> None:
    """Chain entries to the end of the ledger; writers take turns until their commit."""
    if not entries:
        return
    insert_new(uow, consent_head, [{"id": 1, "hash": START, "entries": 0}], "id")
    head = uow.execute(consent_head.select().with_for_update()).one()
    previous = head.hash
    for entry in entries:
        entry["prev_hash"] = previous
        entry["hash"] = previous = entry_hash(previous, entry)
    uow.connection.execute(consent_entry.insert(), entries)
    uow.execute(consent_head.update().values(hash=previous, entries=head.entries + len(entries)))


def verify_chain(uow: UnitOfWork) -> ChainCheck:
    """Read the whole ledger and compare every hash."""
    previous, count = START, 0
    for row in uow.execute(consent_entry.select().order_by(consent_entry.c.id)).mappings():
        count += 1
        if row["prev_hash"] != previous or row["hash"] != entry_hash(previous, dict(row)):
            return ChainCheck(count, row["id"])
        previous = row["hash"]
    head = uow.execute(consent_head.select()).first()
    expected = (head.hash, head.entries) if head else (START, 0)
    return ChainCheck(count, None if expected == (previous, count) else 0)
