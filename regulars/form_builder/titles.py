"""What a record is called: its form's title template, filled in by one question per form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.kept_queries import ask
from regulars.form_builder.linking import chunks
from regulars.form_builder.masking import masked
from regulars.form_builder.path_values import mask_at
from regulars.form_builder.system_forms import SystemForm, system_forms
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.expressions.tree import Node
from regulars.platform.expressions.types import Kind

_PART = re.compile(r"\{([^{}]+)\}")
_NOT_IN_TITLES = (Kind.TAGS, Kind.ROWS, Kind.LINK)
_EMPTY_EDGES = " ·-–—,;:|/()"


def titles_of(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, wanted: Mapping[str, Iterable[int]]
) -> dict[tuple[str, int], str]:
    """(form, id) → title, for every record that exists and that this reader may see."""
    found: dict[tuple[str, int], str] = {}
    for form_key, ids in wanted.items():
        some_ids = sorted(set(ids))
        if not some_ids:
            continue
        for some in chunks(some_ids):
            found.update(_titles(uow, access, catalog, form_key, list(some)))
    return found


def own_titles(
    uow: UnitOfWork, catalog: FormCatalog, form: FormDefinition,
    rows: Iterable[tuple[int, Mapping[str, Any]]],
) -> dict[tuple[str, int], str] | None:  # fmt: skip
    """The titles of rows whose values are at hand; None when a title says more than those.

    The values are as this reader may see them, masked where they are.
    """
    shape = catalog.shapes.forms[form.key]
    for path in form.title_paths:
        field = shape.field(path) if path in form.by_key else None
        if path != "id" and (field is None or field.type.kind in _NOT_IN_TITLES):
            return None
    return {(form.key, row_id): fill_title(form, values, row_id, uow) for row_id, values in rows}


def _titles(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, form_key: str, ids: list[int]
) -> dict[tuple[str, int], str]:
    system = system_forms.find(form_key)
    if system is not None:
        known = catalog.prepared(("titles", form_key), partial(_system_titles, system))
        rows = known.rows(uow.connection, {"ids": ids})
        return {(form_key, row_id): str(title) for row_id, title in rows}
    if form_key not in catalog.tables:
        return {}
    form = catalog.get_form(form_key)
    parts = catalog.kept(("title-parts", form_key), partial(_title_parts, catalog, form))
    build = partial(_reading, uow, access, catalog, form, parts)
    found = {}
    for row in ask(uow, access, catalog, ("titles", form_key), build, {"ids": ids}):
        values = {part.path: part.shown(row[f"part_{n}"]) for n, part in enumerate(parts)}
        found[form_key, row["id"]] = fill_title(form, values, row["id"], uow)
    return found


def _system_titles(system: SystemForm) -> sa.Select[Any]:
    table = system.table
    asked = table.c.id.in_(sa.bindparam("ids", expanding=True))
    return sa.select(table.c.id, table.c[system.title]).where(asked)


def _reading(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, form: FormDefinition,
    parts: Sequence[_Part],
) -> sa.Select[Any]:  # fmt: skip
    """The SELECT of what the titles of ``ids`` consist of, for records this reader may see."""
    table = catalog.tables[form.key].main
    limits = expressing.reader_of(uow, catalog, access).limits(form.key, table, "read")
    columns = [
        expressing.value_sql(uow, catalog, part.tree, table, access).label(f"part_{n}")
        for n, part in enumerate(parts)
    ]
    asked = table.c.id.in_(sa.bindparam("ids", expanding=True))
    return sa.select(table.c.id, *columns).where(asked, *limits)


@dataclass(frozen=True)
class _Part:
    """One field of a title; ``mask`` says how it is masked for the reader."""

    path: str
    tree: Node
    mask: str | None

    def shown(self, value: Any) -> Any:
        """The value as this reader may see it."""
        return masked(self.mask, value) if self.mask else value


def _title_parts(catalog: FormCatalog, form: FormDefinition) -> list[_Part]:
    parts = []
    for path in form.title_paths:
        tree, problems = catalog.shown_path(form.key, path)
        if not problems and tree.type is not None and tree.type.kind not in _NOT_IN_TITLES:
            parts.append(_Part(path, tree, mask_at(catalog, tree)))
    return parts


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
