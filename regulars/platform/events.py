"""The outbox: what happened in a workspace, written in the transaction in which it happened.

Consumers take events by ``processed_at IS NULL``; ids commit out of order, so "id > last seen"
would lose some. A historic event (an import's) starts nothing and is born processed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.bulk import insert_rows
from regulars.platform.db import UnitOfWork, workspace_metadata
from regulars.platform.registry import Registry

event = sa.Table(
    "event",
    workspace_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("kind", columns.Text, nullable=False),
    sa.Column("form", columns.Text),
    sa.Column("record", columns.BigInt),
    sa.Column("changes", columns.Json),  # {field: [before, after]} in the API's JSON form
    sa.Column("data", columns.Json),  # what else the kind needs
    sa.Column("actor", columns.Text, nullable=False),
    sa.Column("chain", columns.Json, nullable=False),  # keys of the rules that caused it
    sa.Column("dedupe_key", columns.Text, unique=True),
    sa.Column("historic", columns.Flag, nullable=False),
    sa.Column("at", columns.Instant, nullable=False),
    sa.Column("processed_at", columns.Instant),
    sqlite_strict=True,
)
sa.Index(
    "event_waiting",
    event.c.id,
    sqlite_where=event.c.processed_at.is_(None),
    postgresql_where=event.c.processed_at.is_(None),
)
sa.Index("event_of_record", event.c.form, event.c.record, event.c.at)


listeners: Registry[Callable[[UnitOfWork], None]] = Registry("listener of events")
"""Told, inside the transaction, that something happened which may start something."""


@dataclass(frozen=True)
class Event:
    """One thing that happened; ``changes`` maps a field to its values before and after."""

    kind: str
    form: str | None = None
    record: int | None = None
    changes: Mapping[str, Sequence[Any]] | columns.Written | None = None
    data: Mapping[str, Any] | columns.Written | None = None
    actor: str = "system"
    chain: tuple[str, ...] = ()
    dedupe_key: str | None = None
    historic: bool = False
    at: datetime | None = None


def record_events(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Write events into the outbox of this transaction."""
    if not events:
        return
    insert_rows(uow, event, [_values(uow, each) for each in events])
    if not all(each.historic for each in events):
        for told in listeners:
            told(uow)


def _plain(changes: Mapping[str, Any] | columns.Written | None) -> Any:
    return changes if changes is None or isinstance(changes, str) else dict(changes)


@lru_cache(maxsize=1000)
def _written_chain(chain: tuple[str, ...]) -> columns.Written:
    return columns.written(list(chain))


def _values(uow: UnitOfWork, each: Event) -> dict[str, Any]:
    return {
        "kind": each.kind,
        "form": each.form,
        "record": each.record,
        "changes": _plain(each.changes),
        "data": _plain(each.data),
        "actor": each.actor,
        "chain": _written_chain(tuple(each.chain)),
        "dedupe_key": each.dedupe_key,
        "historic": each.historic,
        "at": each.at or uow.now,
        "processed_at": uow.now if each.historic else None,
    }
