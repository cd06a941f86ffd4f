"""History and events of records that go to the bin, come back, or lose a link on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from regulars.form_builder.batch import Writing
from regulars.form_builder.history import record_entries
from regulars.platform.events import Event, record_events


def tell(
    writing: Writing, action: str, rows: Iterable[Mapping[str, Any]], titles: Mapping[Any, str],
    changes: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Say that records were deleted or restored; ``titles`` by form and record."""
    form, origin, access = writing.form.key, writing.origin, writing.access
    entries, events = [], []
    for row in rows:
        data = {"title": titles.get((form, row["id"]), ""), "links": _links_of(writing, row)}
        entries.append(_entry(writing, action, row["id"], row["version"] + 1, changes or {}))
        events.append(
            Event(
                f"record_{action}",
                form,
                row["id"],
                {},
                data,
                access.actor,
                origin.chain,
                None,
                origin.is_historic,
                origin.at,
            )
        )
    record_entries(writing.uow, entries)
    record_events(writing.uow, events)


def _links_of(writing: Writing, row: Mapping[str, Any]) -> dict[str, int]:
    """Where the record's own links led, for whoever hears of it when it is gone."""
    links = (each.key for each in writing.form.fields if each.type == "link")
    return {key: row[key] for key in links if row.get(key) is not None}


def tell_cleared(writing: Writing, key: str, stored: Mapping[int, Mapping[str, Any]]) -> None:
    """Say that records lost the link ``key``."""
    told = {record_id: {key: [row[key], None]} for record_id, row in stored.items()}
    tell_changed(writing, told, stored)


def tell_changed(
    writing: Writing, told: Mapping[int, Mapping[str, Any]],
    stored: Mapping[int, Mapping[str, Any]],
) -> None:  # fmt: skip
    """Say what was ``told`` of records: record → field → [before, after]."""
    entries, events = [], []
    for record_id, row in stored.items():
        changes = told[record_id]
        entries.append(_entry(writing, "updated", record_id, row["version"] + 1, changes))
        events.append(
            Event(
                "record_updated",
                writing.form.key,
                record_id,
                changes,
                None,
                writing.access.actor,
                writing.origin.chain,
                None,
                writing.origin.is_historic,
            )
        )
    record_entries(writing.uow, entries)
    record_events(writing.uow, events)


def _entry(
    writing: Writing, action: str, record_id: int, version: int, changes: Mapping[str, Any]
) -> dict[str, Any]:
    origin, access = writing.origin, writing.access
    return {
        "form": writing.form.key, "record": record_id, "version": version, "action": action,
        "changes": dict(changes), "actor": access.actor, "actor_name": access.name,
        "origin": origin.kind, "ref": origin.ref, "batch": origin.batch,
        "at": origin.at or writing.uow.now,
    }  # fmt: skip
