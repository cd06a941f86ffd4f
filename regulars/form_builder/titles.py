"""What a record is called: its form's title template, filled in by one question per form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.linking import chunks
from regulars.form_builder.system_forms import system_forms
from regulars.platform.db import UnitOfWork
from regulars.platform.expressions.types import Kind

if TYPE_CHECKING:
    from regulars.form_builder.catalog import FormCatalog

_PART = re.compile(r"\{([^{}]+)\}")
_EMPTY_EDGES = " ·-–—,;:|/()"


def titles_of(
    uow: UnitOfWork, catalog: FormCatalog, wanted: Mapping[str, Iterable[int]]
) -> dict[tuple[str, int], str]:
    """(form, id) → title, for every record that exists."""
    found: dict[tuple[str, int], str] = {}
    for form_key, ids in wanted.items():
        some_ids = sorted(set(ids))
        if not some_ids:
            continue
        for some in chunks(some_ids):
            found.update(_titles(uow, catalog, form_key, list(some)))
    return found


def _titles(
    uow: UnitOfWork, catalog: FormCatalog, form_key: str, ids: list[int]
) -> dict[tuple[str, int], str]:
    system = system_forms.find(form_key)
    if system is not None:
        table = system.table
        rows = uow.execute(sa.select(table.c.id, table.c[system.title]).where(table.c.id.in_(ids)))
        return {(form_key, row_id): str(title) for row_id, title in rows}
    if form_key not in catalog.tables:
        return {}
    form = catalog.get_form(form_key)
    table = catalog.tables[form_key].main
    paths, columns = _title_columns(uow, catalog, form, table)
    rows = uow.execute(sa.select(table.c.id, *columns).where(table.c.id.in_(ids)))
    return {
        (form_key, row[0]): fill_title(form, dict(zip(paths, row[1:], strict=True)), row[0], uow)
        for row in rows
    }


def _title_columns(
    uow: UnitOfWork, catalog: FormCatalog, form: FormDefinition, table: sa.Table
) -> tuple[list[str], list[Any]]:
    paths, columns = [], []
    for path in form.title_paths:
        tree, problems = catalog.path(form.key, path)
        if problems or tree.type is None or tree.type.kind in (Kind.TAGS, Kind.ROWS):
            continue
        if tree.type.kind is Kind.LINK:
            continue
        paths.append(path)
        columns.append(expressing.value_sql(uow, catalog, tree, table))
    return paths, columns


def fill_title(
    form: FormDefinition, values: Mapping[str, Any], record_id: int, uow: UnitOfWork
) -> str:
    """The template with its values; empty parts leave no dangling separators."""

    def part(match: re.Match[str]) -> str:
        path = match.group(1)
        return str(record_id) if path == "id" else plain_text(values.get(path), uow)

    filled = " ".join(_PART.sub(part, form.title).split()).strip(_EMPTY_EDGES)
    return filled or f"#{record_id}"


def plain_text(value: Any, uow: UnitOfWork) -> str:
    """A value in a title: days and minutes in the workspace's zone, numbers as they are."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(uow.workspace.tz).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
