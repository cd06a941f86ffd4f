"""Rows in and out of a form's tables, set-based: load, insert, change, remove. No rules here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.definition import (
    PAIRED_TYPES,
    FieldDefinition,
    FormDefinition,
    row_form,
)
from regulars.form_builder.field_types.base import FieldType, field_types
from regulars.form_builder.linking import chunks
from regulars.form_builder.searching.marking import mark_texts
from regulars.form_builder.serials import take_ids
from regulars.form_builder.tables import FormTables
from regulars.platform.bulk import insert_columns
from regulars.platform.db import UnitOfWork

SYSTEM_VALUES = (
    "id", "version", "created_at", "created_by", "updated_at", "updated_by",
    "unit", "owner", "form_version", "batch",
)  # fmt: skip


def load_rows(
    uow: UnitOfWork, form: FormDefinition, tables: FormTables, ids: Iterable[int], *,
    lock: bool = False, going: bool = False,
) -> dict[int, dict[str, Any]]:  # fmt: skip
    """Stored plain values (system fields and tags included, subform rows not) by record id.

    With ``lock`` the rows stay as they are until this transaction ends; with ``going`` nobody may
    link to them meanwhile either, because they are about to be removed.
    """
    main, asked = tables.main, sorted(set(ids))
    if not asked:
        return {}
    wanted = [main.c[key] for key in SYSTEM_VALUES]
    wanted += [main.c[each.key] for each in form.fields if each.key in main.c]
    wanted += paired_columns(form.fields, main)
    found: dict[int, dict[str, Any]] = {}
    for some in chunks(asked):
        statement = sa.select(*wanted).where(main.c.id.in_(some)).order_by(main.c.id)
        if lock or going:
            statement = statement.with_for_update(key_share=not going)
        for row in uow.execute(statement).mappings():
            found[row["id"]] = put_together(form.fields, dict(row))
    _add_tags(uow, tables, found)
    return found


def put_together(fields: Iterable[FieldDefinition], values: dict[str, Any]) -> dict[str, Any]:
    """The values of a row with those that stand in two columns made one."""
    for each in fields:
        if is_paired(each):
            kind = field_types.get(each.type)
            other = values.pop(f"{each.key}{kind.companion}", None)
            values[each.key] = kind.together(values.get(each.key), other)
    return values


def paired_columns(fields: Iterable[FieldDefinition], table: sa.FromClause) -> list[Any]:
    """The second columns of values that stand in two."""
    names = [f"{e.key}{field_types.get(e.type).companion}" for e in fields if is_paired(e)]
    return [table.c[name] for name in names if name in table.c]


def is_paired(field: FieldDefinition) -> bool:
    """Whether a value of the field stands in two columns."""
    return field.type in PAIRED_TYPES


def _add_tags(uow: UnitOfWork, tables: FormTables, rows: dict[int, dict[str, Any]]) -> None:
    for key, tags in load_tags(uow, tables, rows).items():
        for record_id, row in rows.items():
            row[key] = tags.get(record_id, frozenset())


def load_tags(
    uow: UnitOfWork, tables: FormTables, ids: Iterable[int]
) -> dict[str, dict[int, frozenset[str]]]:
    """The tags of records: field → record id → tags (only records that have some)."""
    wanted = sorted(ids)
    answer: dict[str, dict[int, frozenset[str]]] = {}
    for key, side in tables.sides.items():
        collected: dict[int, set[str]] = {}
        for some in chunks(wanted):
            rows = uow.execute(
                sa.select(side.c.record, side.c.value).where(side.c.record.in_(some))
            )
            for record_id, value in rows:
                collected.setdefault(record_id, set()).add(value)
        answer[key] = {record_id: frozenset(values) for record_id, values in collected.items()}
    return answer


def load_subform_rows(
    uow: UnitOfWork, form: FormDefinition, tables: FormTables, key: str, ids: Iterable[int]
) -> dict[int, list[dict[str, Any]]]:
    """The rows of one subform by record id, in order; each row has its ``id``."""
    field = form.by_key[key]
    table = tables.rows[key].main
    wanted = [table.c.id, table.c.parent]
    wanted += [table.c[each.key] for each in field.fields if each.key in table.c]
    found: dict[int, list[dict[str, Any]]] = {}
    for some in chunks(sorted(set(ids))):
        statement = (
            sa.select(*wanted)
            .where(table.c.parent.in_(some))
            .order_by(table.c.parent, table.c.position, table.c.id)
        )
        for row in uow.execute(statement).mappings():
            values = dict(row)
            found.setdefault(values.pop("parent"), []).append(values)
    return found


def column_values(form: FormDefinition, values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that hold these plain values (folded texts included)."""
    stored: dict[str, Any] = {}
    for key, value in values.items():
        field = form.find(key)
        if field is not None:
            stored.update(_stored(field, value))
    return stored


def _stored(field: FieldDefinition, value: Any) -> dict[str, Any]:
    if field.freeze:
        return {field.key: value}
    return field_types.get(field.type).stored(field, value)


def insert_records(uow: UnitOfWork, tables: FormTables, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert full rows (columns already spelled out, ids given)."""
    if rows:
        names = [column.name for column in tables.main.columns]
        columns = {name: [row[name] for row in rows] for name in names}
        insert_columns(uow, tables.main, columns)


def change_records(
    uow: UnitOfWork, tables: FormTables, changes: Sequence[tuple[int, Mapping[str, Any]]]
) -> None:
    """Set columns of records; those with the same columns go in one statement."""
    grouped: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for record_id, stored in changes:
        parameters = {f"v_{name}": value for name, value in stored.items()}
        grouped.setdefault(tuple(stored), []).append({"b_id": record_id, **parameters})
    for names, parameters_list in grouped.items():
        statement = (
            tables.main.update()
            .where(tables.main.c.id == sa.bindparam("b_id"))
            .values({name: sa.bindparam(f"v_{name}") for name in names})
        )
        uow.connection.execute(statement, parameters_list)
        mark_texts(uow, tables.main, [each["b_id"] for each in parameters_list], names)


def replace_tags(
    uow: UnitOfWork, side: sa.Table, wanted: Mapping[int, tuple[frozenset[str], frozenset[str]]]
) -> None:
    """Bring tags from (before) to (after) per record."""
    gone = [(r, v) for r, (before, after) in wanted.items() for v in before - after]
    fresh = [(r, v) for r, (before, after) in wanted.items() for v in after - before]
    if gone:
        statement = side.delete().where(
            side.c.record == sa.bindparam("b_record"), side.c.value == sa.bindparam("b_value")
        )
        uow.connection.execute(statement, [{"b_record": r, "b_value": v} for r, v in gone])
    if fresh:
        uow.connection.execute(side.insert(), [{"record": r, "value": v} for r, v in fresh])


def insert_rows(
    uow: UnitOfWork, form: FormDefinition, tables: FormTables, key: str,
    rows: Sequence[tuple[int, int, Mapping[str, Any]]], kept: Sequence[int | None] = (),
) -> None:  # fmt: skip
    """Insert subform rows given as (parent id, position, plain values).

    ``kept`` has the id that each row had before, None for a row that is new.
    """
    if not rows:
        return
    table = tables.rows[key].main
    known = list(kept) or [None] * len(rows)
    fresh = iter(take_ids(uow, table, known.count(None)))
    ids = [next(fresh) if each is None else each for each in known]
    given = [values for _parent, _position, values in rows]
    insert_columns(
        uow,
        table,
        {
            "id": ids,
            "parent": [parent for parent, _position, _values in rows],
            "position": [position for _parent, position, _values in rows],
            **field_columns(row_form(form, form.by_key[key]), table, given),
        },
    )


def field_columns(
    form: FormDefinition, table: sa.Table, given: Sequence[Mapping[str, Any]]
) -> dict[str, list[Any]]:
    """Column → values of all rows, for every field that has columns (folded texts included)."""
    found: dict[str, list[Any]] = {}
    for field in form.fields:
        if field.key not in table.c:
            continue
        values = [row.get(field.key) for row in given]
        if is_stored_as_is(field):
            found[field.key] = values
            continue
        stored = {value: _stored(field, value) for value in set(values)}
        for name in _stored(field, None):
            found[name] = [stored[value].get(name) for value in values]
    return found


def is_stored_as_is(field: FieldDefinition) -> bool:
    """Whether the plain value of a field goes into its one column and nowhere else."""
    return bool(field.freeze) or type(field_types.get(field.type)).stored is FieldType.stored


def delete_rows(uow: UnitOfWork, table: sa.Table, ids: Iterable[int], column: str = "id") -> None:
    """Delete rows of a table by a column of ids."""
    for some in chunks(sorted(set(ids))):
        uow.execute(table.delete().where(table.c[column].in_(some)))
