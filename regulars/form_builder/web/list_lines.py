"""The lines of a list: its columns, and what stands in each of a record's cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from regulars.form_builder.attachments import readable_files
from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.field_types.base import family_of
from regulars.form_builder.field_types.file import FILE_TYPES, ids_of
from regulars.form_builder.path_values import values_at
from regulars.form_builder.querying import Record
from regulars.form_builder.titles import titles_of
from regulars.form_builder.web.cell_rights import CLOSED_FAR, closed_columns
from regulars.form_builder.web.list_colors import Coloring
from regulars.form_builder.web.list_state import ListState
from regulars.form_builder.web.pens import Pen
from regulars.form_builder.web.values import field_at_path, record_url, target_of
from regulars.platform.accounts.access import Access
from regulars.platform.blobs.service import Blob
from regulars.platform.db import UnitOfWork
from regulars.platform.web.rendering import label


@dataclass(frozen=True)
class Column:
    """One column of a list."""

    path: str
    field: FieldDefinition
    is_usable: bool = True  # False for what this reader sees masked
    closed: str = ""  # why its cells cannot be changed in the table; "" when they can
    width: int | None = None
    is_pinned: bool = False

    @property
    def is_number(self) -> bool:
        """Whether its values stand to the right."""
        return family_of(self.field.type) == "number"

    @property
    def title(self) -> str:
        """What stands above it."""
        return label(self.field.name)

    @property
    def sorts(self) -> bool:
        """Whether a list can be sorted by it."""
        set_apart = self.field.has_side or self.field.has_links or self.field.type in FILE_TYPES
        return self.is_usable and not set_apart


@dataclass(frozen=True)
class Line:
    """One record of a list: where it is shown, and what stands in its columns.

    ``drawn`` are the column's title, its kind (main, num or ""), and the value as markup, which is
    empty where there is nothing.
    """

    record: Record
    url: str
    drawn: list[tuple[str, str, str]]

    def cells(self, columns: Sequence[Column]) -> Iterator[tuple[Column, str, str]]:
        """Each column with its kind and its value as markup."""
        for column, (_title, kind, drawn) in zip(columns, self.drawn, strict=True):
            yield column, kind, drawn


def listing_lines(
    uow: UnitOfWork, access: Access, form: FormDefinition, columns: Sequence[Column],
    found: Sequence[Record],
) -> list[Line]:  # fmt: skip
    """Records as lines; values through links are fetched for all of them together."""
    catalog = catalog_for(uow, access)
    ids = [record.id for record in found]
    far = [column.path for column in columns if "." in column.path]
    reached = values_at(uow, access, catalog, form.key, ids, far) if far else {}
    titles = far_titles(uow, access, catalog, columns, reached.values())
    if found:
        titles = {**found[0].titles, **titles}
    rows = [{**record.values, **reached.get(record.id, {})} for record in found]
    files = _files(uow, access, columns, rows)
    named = naming(columns)
    pens = [
        (each.path, Pen(
            each.title, each.field, titles, is_first=each == named, is_number=each.is_number,
            files=files,
        ))
        for each in columns
    ]  # fmt: skip
    lines = []
    for record, values in zip(found, rows, strict=True):
        drawn = [(pen.title, pen.kind, pen.draw(values.get(path))) for path, pen in pens]
        lines.append(Line(record, record_url(form.key, record.id), drawn))
    return lines


def naming(columns: Sequence[Column]) -> Column | None:
    """The column that leads to the record: the first that shows a value of its own."""
    own = (each for each in columns if not target_of(each.field))
    own = (each for each in own if each.field.type not in FILE_TYPES)
    return next(own, columns[0] if columns else None)


def painted(coloring: Coloring, columns: Sequence[Column], lines: Sequence[Line]) -> list[Line]:
    """The lines with the marks of the list's colours."""
    paths, paint = [column.path for column in columns], coloring.painted
    return [replace(line, drawn=paint(line.record, paths, line.drawn)) for line in lines]


def columns_at(form: FormDefinition, catalog: FormCatalog, paths: Iterable[str]) -> list[Column]:
    """The columns of a list at these paths."""
    found = [(path, field_at_path(form, path, catalog)) for path in paths]
    return [
        Column(path, field, not catalog.path(form.key, path)[1])
        for path, field in found
        if field is not None
    ]


def laid_columns(
    uow: UnitOfWork, access: Access, form: FormDefinition, columns: Sequence[Column],
    state: ListState,
) -> list[Column]:  # fmt: skip
    """The columns with their widths, which of them stay in place, and which can be written in."""
    laid = state.arrangement_of(form)
    closed = closed_columns(uow, access, form)
    return [
        replace(
            each, width=laid.widths.get(each.path), is_pinned=each.path in laid.pinned,
            closed=closed.get(each.path, CLOSED_FAR),
        )
        for each in columns
    ]  # fmt: skip


def _files(
    uow: UnitOfWork, access: Access, columns: Sequence[Column], rows: Sequence[dict[str, Any]]
) -> dict[int, Blob]:
    """The files of all cells, asked for together."""
    paths = [each.path for each in columns if each.field.type in FILE_TYPES]
    given = (row.get(path) for row in rows for path in paths)
    numbers = {n for each in given if isinstance(each, str) for n in ids_of(each)}
    return readable_files(uow, access, numbers) if numbers else {}


def far_titles(
    uow: UnitOfWork,
    access: Access,
    catalog: FormCatalog,
    columns: Sequence[Column],
    rows: Iterable[Any],
) -> dict[tuple[str, int], str]:
    wanted: dict[str, set[int]] = {}
    for column in columns:
        target = target_of(column.field)
        if "." in column.path and target:
            ids = {row.get(column.path) for row in rows}
            wanted.setdefault(target, set()).update(i for i in ids if isinstance(i, int))
    return titles_of(uow, access, catalog, wanted) if wanted else {}
