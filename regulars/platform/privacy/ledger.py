"""The tables of consent: a ledger that only grows, and what it adds up to now.

Each entry carries the hash of the one before it, so a changed or removed line shows. The database
itself refuses UPDATE and DELETE on the ledger (`ledger_guard`), but for one thing: when somebody
is erased, the free texts of their entries go (`redact`). A further entry then vouches for what is
left of them, so that this cannot be used to change anything else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import UnitOfWork, workspace_metadata
from regulars.platform.inserting import insert_new
from regulars.platform.privacy.ledger_guard import guard_ledger

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
    sa.Column("erased_at", columns.Instant),  # evidence and source were erased with the person
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
ERASED = "erased"
_REDACTED = ("evidence", "source")

guard_ledger(consent_entry)


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


def redact(uow: UnitOfWork, form: str, records: Sequence[int]) -> int:
    """Erase the free texts of these people's entries; how many. What they agreed to stays."""
    theirs = sa.and_(consent_entry.c.form == form, consent_entry.c.record.in_(list(records)))
    open_entries = sa.and_(
        theirs, consent_entry.c.erased_at.is_(None), consent_entry.c.action != ERASED
    )
    rows = uow.execute(
        consent_entry.select().where(open_entries).order_by(consent_entry.c.id)
    ).mappings()
    left = {str(row["id"]): rest_hash(dict(row)) for row in rows}
    if not left:
        return 0
    uow.execute(
        consent_entry.update()
        .where(open_entries)
        .values(evidence=None, source=ERASED, erased_at=uow.now)
    )
    vouching = {
        "form": form, "record": records[0], "purpose": ERASED, "channel": ERASED,
        "action": ERASED, "source": ERASED, "evidence": json.dumps(left), "text_version": None,
        "actor": "system", "at": uow.now, "recorded_at": uow.now,
    }  # fmt: skip
    append(uow, [vouching])
    return len(left)


def rest_hash(entry: Mapping[str, Any]) -> str:
    """A hash of what stays of an entry when its free texts are erased, its own hash included."""
    said = [entry[name] for name in (*_HASHED, "hash") if name not in _REDACTED]
    plain = [v.isoformat() if isinstance(v, datetime) else v for v in said]
    return hashlib.sha256(json.dumps(plain, ensure_ascii=False).encode()).hexdigest()


def verify_chain(uow: UnitOfWork) -> ChainCheck:
    """Read the whole ledger and compare every hash."""
    previous, count = START, 0
    erased: dict[str, str] = {}
    vouched: dict[str, str] = {}
    for row in uow.execute(consent_entry.select().order_by(consent_entry.c.id)).mappings():
        count += 1
        entry = dict(row)
        whole = entry["erased_at"] is not None or entry["hash"] == entry_hash(previous, entry)
        if entry["prev_hash"] != previous or not whole:
            return ChainCheck(count, entry["id"])
        if entry["erased_at"] is not None:
            erased[str(entry["id"])] = rest_hash(entry)
        elif entry["action"] == ERASED:
            vouched.update(json.loads(entry["evidence"]))
        previous = entry["hash"]
    unvouched = [int(i) for i, left in erased.items() if vouched.get(i) != left]
    if unvouched:
        return ChainCheck(count, min(unvouched))
    head = uow.execute(consent_head.select()).first()
    expected = (head.hash, head.entries) if head else (START, 0)
    return ChainCheck(count, None if expected == (previous, count) else 0)
