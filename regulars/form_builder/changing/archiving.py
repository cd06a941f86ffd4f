"""Fields that were put away: what uses them, bringing them back, taking them away for good."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import edits
from regulars.form_builder.changing import ddl, ghosts
from regulars.form_builder.changing.ghosts import Ghost, Loss
from regulars.form_builder.changing.keeping import PURGING
from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.edits import StepRefused
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.importing.figures import guard
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import Conflict, Invalid, NotFound

KIND, CAPABILITY = "form", "design_forms"
PAGE = 1000


def archived_fields(uow: UnitOfWork, access: Access, form: str) -> dict[str, FieldDefinition]:
    """The published archived fields by their name (``amount``, ``items.price``)."""
    access.require(CAPABILITY)
    parsed = snapshot(uow).find(KIND, form)
    if parsed is None:
        return {}
    found = {each.key: each for each in parsed.archived}
    for outer in parsed.fields:
        found |= {f"{outer.key}.{each.key}": each for each in outer.archived}
    return found


def archived_json(uow: UnitOfWork, form: str) -> dict[str, Mapping[str, Any]]:
    """The JSON of the published archived fields by their name."""
    item = snapshot(uow).items.get((KIND, form))
    raw = item.raw if item is not None else {"fields": ()}
    return {ref: edits.archived_at(raw, ref) for ref in _refs_archived(raw)}


def archive_field(uow: UnitOfWork, access: Access, form: str, ref: str) -> int:
    """Put a field away at once; Invalid with every place that still uses it."""
    return _move(uow, access, form, ref, edits.archive_field, _refs)


def restore_field(uow: UnitOfWork, access: Access, form: str, ref: str) -> int:
    """Bring an archived field back with its values, at the end of the form."""
    return _move(uow, access, form, ref, edits.restore_field, _refs_archived)


def purge_field(
    uow: UnitOfWork, access: Access, form: str, ref: str, confirm: str, *, now: bool = False
) -> Ghost:
    """Take an archived field away. Its values can be downloaded and had back for a while.

    ``confirm`` is the field's name or key as the person typed it; ``now`` drops the values with
    the next round of the maintenance instead of in 30 days.
    """
    field = archived_fields(uow, access, form).get(ref)
    if field is None:
        raise NotFound("no-archived-field", key=ref)
    if confirm.strip() not in {ref, field.key, *_names(field)}:
        raise Invalid([ghosts.problem_of_purge(field.name)])
    raw = edits.archived_at(snapshot(uow).items[KIND, form].raw, ref)
    uow.memo.setdefault(PURGING, set()).add((form, ref))
    store.amend(uow, access, KIND, form, lambda body: edits.purge_field(body, ref))
    loss = Loss("purged", keep=timedelta(0)) if now else Loss("purged")
    return ghosts.put_aside(uow, form, ref, raw, access.name, loss)


def take_back(uow: UnitOfWork, access: Access, number: int) -> str:
    """Make a purged field an archived one again; its name."""
    access.require(CAPABILITY)
    ghost = ghosts.get_ghost(uow, number)
    if ghost.reason != "purged":
        raise Conflict("ghost-of-retype")
    raw = snapshot(uow).items.get((KIND, ghost.form))
    if raw is None:
        raise NotFound("no-form", key=ghost.form)
    if ghost.field in {*_refs(raw.raw), *_refs_archived(raw.raw)}:
        raise Conflict("field-key-taken", field=ghost.definition.name)
    ghosts.bring_back(uow, ghost)

    def back(body: Mapping[str, Any]) -> Mapping[str, Any]:
        return edits.add_archived(body, ghost.field, ghost.raw)

    store.amend(uow, access, KIND, ghost.form, back)
    return ghost.field


def drop_due(uow: UnitOfWork) -> int:
    """Drop what has waited long enough; how many went. Large tables wait for the night."""
    return sum(1 for number in ghosts.due_ghosts(uow) if ghosts.drop(uow, number))


def may_drop_something(uow: UnitOfWork) -> bool:
    """Whether a ghost is due that may be dropped at this time of day."""
    return any(ghosts.may_drop(uow, number) for number in ghosts.due_ghosts(uow))


def values_as_csv(uow: UnitOfWork, access: Access, number: int) -> Iterator[str]:
    """The kept values of a ghost as CSV lines: the record's id and the value."""
    access.require(CAPABILITY)
    access.require("export_records")
    ghost = ghosts.get_ghost(uow, number)
    yield "\ufeff" + _line(["id", i18n.pick(ghost.definition.name, access.locale)])
    for record, value in kept_values(uow, ghost):
        yield _line([str(record), str(guard(value))])


def kept_values(uow: UnitOfWork, ghost: Ghost) -> Iterator[tuple[int, str]]:
    """(record or row id, value as text) of every value a ghost keeps, in order of the ids."""
    field = ghost.definition
    for move in ghost.moved[:1]:
        if move.column:
            yield from _column_values(uow, move, field)
        elif field.has_side and ddl.has_table(uow, move.now):
            side = sa.table(move.now, sa.column("record"), sa.column("value"))
            rows = uow.execute(sa.select(side).order_by(side.c.record, side.c.value))
            yield from ((record, value) for record, value in rows)


def _column_values(
    uow: UnitOfWork, move: ghosts.Move, field: FieldDefinition
) -> Iterator[tuple[int, str]]:
    kind = field_types.get(field.type)
    made = kind.columns(field)[0].type
    table = sa.table(move.table, sa.column("id"), sa.column(move.now, made))
    value, last = table.c[move.now], 0
    while True:
        rows = uow.execute(
            sa.select(table.c.id, value)
            .where(table.c.id > last, value.is_not(None))
            .order_by(table.c.id)
            .limit(PAGE)
        ).all()
        for record, found in rows:
            yield record, str(kind.to_json(field, found))
        if len(rows) < PAGE:
            return
        last = rows[-1][0]


def _move(
    uow: UnitOfWork, access: Access, form: str, ref: str,
    step: Callable[[Mapping[str, Any], str], Mapping[str, Any]],
    refs: Callable[[Mapping[str, Any]], list[str]],
) -> int:  # fmt: skip
    """Publish a step on one of the fields ``refs``; a draft without that field stays as it is."""
    access.require(CAPABILITY)
    item = snapshot(uow).items.get((KIND, form))
    if item is None:
        raise NotFound("no-form", key=form)
    if ref not in refs(item.raw):
        raise NotFound("no-field", key=ref)
    try:
        return store.amend(
            uow, access, KIND, form, lambda raw: step(raw, ref) if ref in refs(raw) else raw
        )
    except StepRefused as refused:
        raise Conflict(refused.code) from None


def _refs(raw: Mapping[str, Any]) -> list[str]:
    inner = [f"{f['key']}.{each['key']}" for f in raw["fields"] for each in f.get("fields", ())]
    return [*(each["key"] for each in raw["fields"]), *inner]


def _refs_archived(raw: Mapping[str, Any]) -> list[str]:
    inner = [f"{f['key']}.{each['key']}" for f in raw["fields"] for each in f.get("archived", ())]
    return [*(each["key"] for each in raw.get("archived", ())), *inner]


def _names(field: FieldDefinition) -> list[str]:
    name = field.name
    return [name] if isinstance(name, str) else list(name.values())


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
