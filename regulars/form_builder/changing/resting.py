"""The values of archived fields when a record goes into the recycle bin and comes back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.changing.ddl import columns_of
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import BadValue, Reading, field_types
from regulars.form_builder.linking import chunks
from regulars.form_builder.tables import physical_name
from regulars.platform.db import UnitOfWork


def archived_values(
    uow: UnitOfWork, form: FormDefinition, ids: Iterable[int]
) -> dict[int, dict[str, Any]]:
    """The values of a form's archived fields as JSON, by record; only those there are."""
    table, fields = _resting(uow, form)
    found: dict[int, dict[str, Any]] = {}
    if not fields:
        return found
    for some in chunks(sorted(ids)):
        statement = sa.select(table).where(table.c.id.in_(some))
        for row in uow.execute(statement).mappings():
            found[row["id"]] = {
                each.key: field_types.get(each.type).to_json(each, row[each.key])
                for each in fields
                if row[each.key] is not None
            }
    return found


def restore_archived_values(
    uow: UnitOfWork, form: FormDefinition, record: int, values: Mapping[str, Any]
) -> None:
    """Write the values back as far as their fields still rest among the archived ones."""
    table, fields = _resting(uow, form)
    known = {each.key: each for each in fields if each.key in values}
    if not known:
        return
    reading = Reading(uow.workspace.tz, uow.workspace.currency, uow.now)
    stored: dict[str, Any] = {}
    for each in known.values():
        kind = field_types.get(each.type)
        with suppress(BadValue):  # of another type than when it was put away
            stored |= kind.stored(each, kind.convert(each, values[each.key], reading))
    if not stored:
        return
    uow.execute(table.update().where(table.c.id == record).values(**stored))


def _resting(
    uow: UnitOfWork, form: FormDefinition
) -> tuple[sa.TableClause, list[FieldDefinition]]:
    """The form's table with the columns of its archived fields, as far as they are there."""
    name = physical_name(form.key)
    wanted = [each for each in form.archived if field_types.get(each.type).writable]
    have = columns_of(uow, name) if wanted else set()
    fields = [each for each in wanted if each.key in have]
    made = [sa.column(c.name, c.type) for f in fields for c in field_types.get(f.type).columns(f)]
    return sa.table(name, sa.column("id"), *made), fields
