"""Stored rows as history keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_types.base import field_types


def rows_json(form: FormDefinition, key: str, rows: Sequence[dict[str, Any]]) -> list[Any]:
    """Subform rows in the API's JSON form."""
    by_key = {each.key: each for each in form.by_key[key].fields}
    return [
        {
            name: field_types.get(by_key[name].type).to_json(by_key[name], value)
            for name, value in row.items()
            if name in by_key and value is not None
        }
        for row in rows
    ]


def rows_differ(given: Sequence[dict[str, Any]], stored: Sequence[dict[str, Any]]) -> bool:
    """Whether rows that are given say something else than those that are stored."""
    return without_ids(given) != without_ids(stored)


def without_ids(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The values of rows without their ids and gaps: what others can be compared with."""
    return [{name: v for name, v in row.items() if name != "id" and v is not None} for row in rows]
