"""What points to one record points to another afterwards, set-based, form by form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import rollups, storing
from regulars.form_builder.batch import Writing
from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.history import record_entries
from regulars.form_builder.linking import chunks
from regulars.form_builder.written import rows_json
from regulars.platform.errors import Invalid
from regulars.platform.events import Event, record_events
from regulars.platform.problems import Problem

Moved = dict[str, list[int]]
"""``orders.customer`` (form, field) or ``orders.items.buyer`` → ids of the moved rows."""


def links_of(writing: Writing) -> list[tuple[str, FieldDefinition]]:
    """(form or row form, field) of everything that may point to records of this form."""
    return writing.catalog.links_to(writing.form.key)


def pointing(writing: Writing, source: str, field: FieldDefinition, target: int) -> list[int]:
    """The rows of ``source`` whose ``field`` points to ``target``."""
    table = writing.catalog.source().table(source)
    statement = sa.select(table.c.id).where(table.c[field.key] == target).order_by(table.c.id)
    return list(writing.uow.execute(statement).scalars())


def move_links(writing: Writing, drop: int, keep: int) -> Moved:
    """Point everything that points to ``drop`` to ``keep``; what was moved.

    A record that would point to itself points to nobody. Raises Invalid when a link may exist
    only once and both have one.
    """
    moved: Moved = {}
    problems: list[Problem] = []
    for source, field in links_of(writing):
        ids = pointing(writing, source, field, drop)
        if field.unique and ids and pointing(writing, source, field, keep):
            label = writing.catalog.get_form(source).label
            problems.append(Problem(f"{source}.{field.key}", "merge-link-twice", {"form": label}))
        elif ids:
            moved[f"{source}.{field.key}"] = ids
    if problems:
        raise Invalid(problems)
    for source, field in links_of(writing):
        ids = moved.get(f"{source}.{field.key}", [])
        point(writing, source, field, ids, keep)
    return moved


def point_back(writing: Writing, moved: Moved, drop: int, keep: int) -> None:
    """Undo `move_links` for what still points where it was moved to."""
    for source, field in links_of(writing):
        ids = set(moved.get(f"{source}.{field.key}", []))
        if not ids:
            continue
        still = set(pointing(writing, source, field, keep))
        if source == writing.form.key and keep in ids:
            still.add(keep)  # it pointed to nobody instead of to itself
        point(writing, source, field, sorted(ids & still), drop)


def point(
    writing: Writing, source: str, field: FieldDefinition, ids: Sequence[int], target: int | None
) -> None:
    """Let these rows point to ``target``: columns, history, events, rollups."""
    if not ids:
        return
    if "." in source:
        _point_rows(writing, source, field, ids, target)
    else:
        _point_records(writing, source, field, ids, target)


def _point_records(
    writing: Writing, source: str, field: FieldDefinition, ids: Sequence[int], target: int | None
) -> None:
    inner = _writing_into(writing, source)
    uow, key = inner.uow, field.key
    stored = storing.load_rows(uow, inner.form, inner.tables, ids, lock=True)
    after = {
        i: {**row, key: None if (source, i) == (writing.form.key, target) else target}
        for i, row in stored.items()
    }
    version = {"updated_at": uow.now, "updated_by": inner.access.member_id}
    storing.change_records(uow, inner.tables, [
        (i, {key: after[i][key], "version": row["version"] + 1, **version})
        for i, row in stored.items()
    ])  # fmt: skip
    _tell(inner, [(i, row["version"] + 1, {key: [row[key], after[i][key]]})
                  for i, row in stored.items()])  # fmt: skip
    touched = rollups.Touched(source, [(stored[i], after[i]) for i in stored])
    rollups.refresh(uow, inner.catalog, [touched])


def _point_rows(
    writing: Writing, source: str, field: FieldDefinition, ids: Sequence[int], target: int | None
) -> None:
    main, _dot, subform = source.partition(".")
    inner = _writing_into(writing, main)
    uow, table = inner.uow, inner.tables.rows[subform].main
    parents: set[int] = set()
    for some in chunks(sorted(ids)):
        parents.update(
            uow.execute(sa.select(table.c.parent).where(table.c.id.in_(some))).scalars()
        )
    owners = storing.load_rows(uow, inner.form, inner.tables, parents, lock=True)
    load = storing.load_subform_rows
    before = load(uow, inner.form, inner.tables, subform, parents)
    for some in chunks(sorted(ids)):
        uow.execute(table.update().where(table.c.id.in_(some)).values({field.key: target}))
    after = load(uow, inner.form, inner.tables, subform, parents)
    storing.change_records(uow, inner.tables, [
        (i, {"version": row["version"] + 1, "updated_at": uow.now}) for i, row in owners.items()
    ])  # fmt: skip
    _tell(inner, [
        (i, row["version"] + 1, {subform: [rows_json(inner.form, subform, before.get(i, [])),
                                           rows_json(inner.form, subform, after.get(i, []))]})
        for i, row in owners.items()
    ])  # fmt: skip
    _refresh_rows(inner, source, before, after)


def _refresh_rows(inner: Writing, source: str, before: Any, after: Any) -> None:
    touched = rollups.Touched(source)
    for parent, rows in before.items():
        for old, new in zip(rows, after.get(parent, []), strict=False):
            touched.add({**old, "parent": parent}, {**new, "parent": parent})
    rollups.refresh(inner.uow, inner.catalog, [touched])


def _writing_into(writing: Writing, form_key: str) -> Writing:
    form = writing.catalog.get_form(form_key)
    return Writing(writing.uow, writing.access, writing.catalog, form, writing.origin)


def _tell(inner: Writing, changed: Sequence[tuple[int, int, dict[str, Any]]]) -> None:
    """History and events of records that were changed: (id, version, changes)."""
    origin, access, now = inner.origin, inner.access, inner.uow.now
    record_entries(inner.uow, [
        {
            "form": inner.form.key, "record": i, "version": version, "action": "updated",
            "changes": changes, "actor": access.actor, "actor_name": access.name,
            "origin": origin.kind, "ref": origin.ref, "batch": origin.batch, "at": now,
        }
        for i, version, changes in changed
    ])  # fmt: skip
    record_events(inner.uow, [
        Event("record_updated", inner.form.key, i, None if origin.is_historic else changes,
              None, access.actor, origin.chain, None, origin.is_historic, now)
        for i, _version, changes in changed
    ])  # fmt: skip
