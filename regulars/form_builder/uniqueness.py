"""Unique fields: no two live records alike, within the batch and against what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.batch import Writing
from regulars.form_builder.converting import RowDraft
from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.base import fold
from regulars.form_builder.linking import chunks


def refuse_doubles(writing: Writing, drafts: Sequence[RowDraft]) -> None:
    """Note a problem at each draft whose unique value another record has."""
    for field in writing.form.fields:
        if field.unique:
            _refuse_field(writing, field, drafts)


def _refuse_field(writing: Writing, field: FieldDefinition, drafts: Sequence[RowDraft]) -> None:
    given = [
        draft
        for draft in drafts
        if draft.values.get(field.key) is not None
        and (draft.current or {}).get(field.key) != draft.values[field.key]
    ]
    if not given:
        return
    holders = _holders(writing, field, {_spelled(writing, field, draft) for draft in given})
    first: dict[Any, RowDraft] = {}
    for draft in given:
        value = _spelled(writing, field, draft)
        holder = holders.get(value)
        earlier = first.setdefault(value, draft)
        if (holder is not None and holder != draft.id) or earlier is not draft:
            shown = str(draft.values[field.key])[:60]
            draft.refuse(field.key, "not-unique", field=field.name, value=shown)


def _spelled(writing: Writing, field: FieldDefinition, draft: RowDraft) -> Any:
    value = draft.values[field.key]
    return fold(value) if f"{field.key}__ci" in writing.tables.main.c else value


def _holders(writing: Writing, field: FieldDefinition, values: set[Any]) -> dict[Any, int]:
    table = writing.tables.main
    name = f"{field.key}__ci"
    column = table.c[name if name in table.c else field.key]
    found: dict[Any, int] = {}
    for some in chunks(sorted(values)):
        rows = writing.uow.execute(sa.select(column, table.c.id).where(column.in_(some)))
        found.update((row[0], row[1]) for row in rows)
    return found
