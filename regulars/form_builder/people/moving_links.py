"""What points to one record points to another afterwards, set-based, form by form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import rollups, storing
from regulars.form_builder.batch import Writing
from regulars.form_builder.definition import LINKED, FieldDefinition
from regulars.form_builder.definitions_seen import unknown_to
from regulars.form_builder.history import record_entries
from regulars.form_builder.linking import chunks
from regulars.form_builder.people.erase_plan import known_links, relation_name
from regulars.form_builder.written import rows_json
from regulars.platform.errors import Invalid
from regulars.platform.events import Event, record_events
from regulars.platform.problems import Problem

Moved = Mapping[str, Sequence[int]]
"""``orders.customer`` (form, field) or ``orders.items.buyer`` → ids."""


Rows = Mapping[int, list[dict[str, Any]]]
"""Record → its rows of one field, in order."""


@dataclass(frozen=True)
class MovedLinks:
    """The ids of the ``rows`` that point elsewhere now.

    ``doubled`` are the records that linked to both in one field: there one link went.
    """

    rows: Moved
    doubled: Moved


def links_of(writing: Writing) -> list[tuple[str, FieldDefinition]]:
    """(form or row form, field) of everything that may point to records of this form."""
    return writing.catalog.links_to(writing.form.key)


def pointing(writing: Writing, source: str, field: FieldDefinition, target: int) -> list[int]:
    """The rows of ``source`` whose ``field`` points to ``target``."""
    table = writing.catalog.source().table(source)
    statement = sa.select(table.c.id).where(table.c[field.key] == target).order_by(table.c.id)
    return list(writing.uow.execute(statement).scalars())


def move_links(writing: Writing, drop: int, keep: int) -> MovedLinks:
    """Point everything that points to ``drop`` to ``keep``; what was moved.

    A record that would point to itself points to nobody, and none points to ``keep`` twice in
    one field of several links. Raises Invalid when a link may exist only once and both have one.
    """
    moved: dict[str, list[int]] = {}
    problems: list[Problem] = []
    for source, field in links_of(writing):
        ids = pointing(writing, source, field, drop)
        if field.unique and ids and pointing(writing, source, field, keep):
            problems.append(_twice(writing, source, field))
        elif ids:
            moved[f"{source}.{field.key}"] = ids
    if problems:
        raise Invalid(problems)
    doubled = {}
    for source, field in links_of(writing):
        name = f"{source}.{field.key}"
        doubled[name] = point(writing, source, field, moved.get(name, []), keep)
    return MovedLinks(moved, {name: ids for name, ids in doubled.items() if ids})


def _twice(writing: Writing, source: str, field: FieldDefinition) -> Problem:
    """A link that both have and one may have; it is named to who knows of it."""
    unknown = unknown_to(writing.uow, writing.access)
    if relation_name(source, field) not in known_links(writing.catalog, writing.form.key, unknown):
        return Problem("drop", "merge-link-unseen")
    label = writing.catalog.get_form(source).label
    return Problem(f"{source}.{field.key}", "merge-link-twice", {"form": label})


def point_back(writing: Writing, moved: MovedLinks, drop: int, keep: int) -> None:
    """Undo `move_links` for what still points where it was moved to."""
    for source, field in links_of(writing):
        name = f"{source}.{field.key}"
        ids = set(moved.rows.get(name, []))
        still = set(pointing(writing, source, field, keep)) if ids else set()
        if source == writing.form.key and keep in ids:
            still.add(keep)  # it pointed to nobody instead of to itself
        point(writing, source, field, sorted(ids & still), drop)
        if moved.doubled.get(name):
            _change_rows(writing, source, moved.doubled[name], partial(_link_again, drop))


def point(
    writing: Writing, source: str, field: FieldDefinition, ids: Sequence[int], target: int
) -> list[int]:
    """Let these rows point to ``target``: columns, history, events, rollups.

    The records where a link went instead, because it would have been a second one.
    """
    if not ids:
        return []
    if "." not in source:
        _point_records(writing, source, field, ids, target)
        return []
    table = writing.catalog.source().table(source)
    parents: set[int] = set()
    for some in chunks(sorted(ids)):
        found = sa.select(table.c.parent).where(table.c.id.in_(some))
        parents.update(writing.uow.execute(found).scalars())
    gone: dict[int, int] = {}

    def change(inner: Writing, key: str, before: Rows) -> None:
        if inner.form.by_key[key].has_links:
            selves = {target} if inner.form.key == writing.form.key else set()
            gone.update(_doubled(before, set(ids), target, selves))
        storing.delete_rows(inner.uow, table, gone)
        for some in chunks(sorted(set(ids) - set(gone))):
            inner.uow.execute(
                table.update().where(table.c.id.in_(some)).values({field.key: target})
            )

    _change_rows(writing, source, sorted(parents), change)
    return sorted(set(gone.values()))


def _doubled(before: Rows, ids: set[int], target: int, selves: set[int]) -> dict[int, int]:
    """Row → record, of the links that would be there twice or lead from a record to itself."""
    return {
        row["id"]: parent
        for parent, rows in before.items()
        for row in rows
        if row["id"] in ids
        and (parent in selves or any(other[LINKED] == target for other in rows))
    }


def _link_again(drop: int, inner: Writing, key: str, before: Rows) -> None:
    """Put the link that went behind the others of its record."""
    there = storing.load_rows(inner.uow, inner.form, inner.tables, before)
    fresh = [
        (parent, len(rows), {LINKED: drop})
        for parent, rows in before.items()
        if parent in there and all(row[LINKED] != drop for row in rows)
    ]
    storing.insert_rows(inner.uow, inner.form, inner.tables, key, fresh)


def _point_records(
    writing: Writing, source: str, field: FieldDefinition, ids: Sequence[int], target: int
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


def _change_rows(
    writing: Writing, source: str, parents: Sequence[int],
    change: Callable[[Writing, str, Rows], None],
) -> None:  # fmt: skip
    """Change rows of these records; tell of it and bring up what builds on them."""
    main, _dot, key = source.partition(".")
    inner = _writing_into(writing, main)
    uow = inner.uow
    owners = storing.load_rows(uow, inner.form, inner.tables, parents, lock=True)
    before = _rows_of(inner, key, owners)
    change(inner, key, before)
    after = _rows_of(inner, key, owners)
    storing.change_records(uow, inner.tables, [
        (i, {"version": row["version"] + 1, "updated_at": uow.now}) for i, row in owners.items()
    ])  # fmt: skip
    _tell(inner, [
        (i, row["version"] + 1, {key: [rows_json(inner.form, key, before[i]),
                                       rows_json(inner.form, key, after[i])]})
        for i, row in owners.items()
    ])  # fmt: skip
    _refresh_rows(inner, key, before, after)


def _rows_of(inner: Writing, key: str, owners: Iterable[int]) -> Rows:
    """The rows of each of these records, of those without any, too."""
    ids = list(owners)
    found = storing.load_subform_rows(inner.uow, inner.form, inner.tables, key, ids)
    return {i: found.get(i, []) for i in ids}


def _refresh_rows(inner: Writing, key: str, before: Rows, after: Rows) -> None:
    touched = rollups.Touched(f"{inner.form.key}.{key}")
    connects = inner.form.by_key[key].has_links
    for parent, rows in before.items():
        if connects:
            touched.add_links(parent, *([r[LINKED] for r in s] for s in (rows, after[parent])))
            continue
        for old, new in zip(rows, after[parent], strict=True):
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
