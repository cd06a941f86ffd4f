"""A print layout with the values of records in it, as their reader may see them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from regulars.form_builder.attachments import readable_files
from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.field_types.barcode import is_code_128
from regulars.form_builder.field_types.base import family_of
from regulars.form_builder.field_types.file import ids_of
from regulars.form_builder.path_values import values_at
from regulars.form_builder.printing.definition import ALWAYS, Block, PrintLayout, filled
from regulars.form_builder.printing.kind import PICTURES, rows_of
from regulars.form_builder.querying import Record, RecordQuery
from regulars.form_builder.records import find_records, get_record
from regulars.form_builder.web.barcode_drawing import fitting, modules
from regulars.form_builder.web.list_lines import Column, columns_at, far_titles
from regulars.form_builder.web.values import Cell, Titles, text_of
from regulars.platform.accounts.access import Access
from regulars.platform.blobs.service import open_blob
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.formats import Formats
from regulars.platform.i18n import pick, translate
from regulars.platform.problems import Problem
from regulars.platform.web.markup import bars, qr_code

MOST_SHEETS = 200
MOST_LINES = 300
_SHARE = {"full": 6, "half": 3, "third": 2}


@dataclass(frozen=True)
class Line:
    """A row of a printed table: what stands in its cells."""

    cells: list[str]


@dataclass(frozen=True)
class Piece:
    """One block as it is drawn: words, (name, value) pairs, a table, a code, or pictures."""

    block: Block
    text: str = ""
    pairs: list[tuple[str, str]] = field(default_factory=list)
    head: list[tuple[str, bool]] = field(default_factory=list)  # title, whether of numbers
    lines: list[Line] = field(default_factory=list)
    total: list[str] = field(default_factory=list)
    code: Markup = field(default_factory=Markup)
    pictures: list[str] = field(default_factory=list)  # data: addresses


@dataclass(frozen=True)
class Sheet:
    """One record on one sheet: rows of pieces that stand abreast."""

    paper: str
    title: str
    rows: list[list[Piece]]


@dataclass(frozen=True)
class _Ground:
    """What every value of one printing is read with."""

    uow: UnitOfWork
    access: Access
    catalog: FormCatalog
    form: FormDefinition
    fmt: Formats

    def say(self, column: Column, value: Any, titles: Titles) -> str:
        locale = self.access.locale
        yes_no = (translate("records.yes", locale), translate("records.no", locale))
        return text_of(Cell(column.field, value, titles, column.field.name), self.fmt, yes_no)

    def name(self, column: Column) -> str:
        return pick(column.field.name, self.access.locale)


def fill(uow: UnitOfWork, access: Access, layout: PrintLayout, ids: Sequence[int]) -> list[Sheet]:
    """One sheet for each record, in this order.

    What the reader does not see of a form is left out. Invalid for none or for more than
    `MOST_SHEETS`, NotFound for a record that is not there or not for this reader.
    """
    if not ids:
        raise Invalid([Problem("record", "required")])
    if len(ids) > MOST_SHEETS:
        raise Invalid([Problem("record", "too-many-sheets", {"n": MOST_SHEETS})])
    catalog = catalog_for(uow, access)
    form = catalog.get_form(layout.form)
    place = uow.workspace
    fmt = Formats(access.locale, place.zone, place.currency, uow.now)
    ground = _Ground(uow, access, catalog, form, fmt)
    records = [get_record(uow, access, form.key, record_id) for record_id in ids]
    columns = columns_at(form, catalog, [path for path in layout.paths if path not in ALWAYS])
    far = _far_values(ground, form.key, columns, ids)
    titles = far_titles(uow, access, catalog, columns, far.values())
    sheets = []
    for record in records:
        words = _Words(ground, columns, {**record.values, **far.get(record.id, {})},
                       {**record.titles, **titles})  # fmt: skip
        pieces = [_piece(ground, words, record, block) for block in layout.blocks]
        sheets.append(Sheet(layout.paper, record.title, abreast(pieces)))
    return sheets


class _Words:
    """The values of one record in words, by path."""

    def __init__(
        self, ground: _Ground, columns: Sequence[Column], values: dict[str, Any], titles: Titles
    ) -> None:
        fmt = ground.fmt
        self.columns = {column.path: column for column in columns}
        self.values = values
        self.said = {
            "today": fmt.date(fmt.now.astimezone(fmt.tz).date()),
            "now": fmt.datetime(fmt.now),
            **{
                each.path: ground.say(each, values.get(each.path), titles)
                for each in columns
                if each.field.type not in PICTURES
            },
        }


def _piece(ground: _Ground, words: _Words, record: Record, block: Block) -> Piece:
    locale = ground.access.locale
    if block.kind == "text":
        return Piece(block, filled(block.text, locale, words.said))
    if block.kind == "fields":
        shown = [words.columns[path] for path in block.fields if path in words.columns]
        pairs = [(ground.name(column), words.said.get(column.path, "")) for column in shown]
        return Piece(block, pairs=[pair for pair in pairs if pair[1] or block.empty])
    if block.kind == "code":
        return Piece(block, code=_code(block, filled(block.text, locale, words.said)))
    if block.kind == "picture":
        return Piece(block, pictures=_pictures(ground, words.values.get(block.field)))
    if block.kind == "table":
        return _table(ground, record, block)
    return Piece(block)


def _code(block: Block, text: str) -> Markup:
    if not text:
        return Markup()
    if block.drawn_as == "bars" and is_code_128(text):
        kind = fitting(text)
        return bars(modules("code_128" if kind == "qr_code" else kind, text), text)
    return qr_code(text, text)


def _pictures(ground: _Ground, value: Any) -> list[str]:
    if not isinstance(value, str) or not value:
        return []
    numbers = ids_of(value)
    found = readable_files(ground.uow, ground.access, numbers)
    shown = [found[n] for n in numbers if n in found and found[n].is_picture]
    addresses = []
    for each in shown:
        with open_blob(ground.uow, each) as source:
            content = base64.b64encode(source.read()).decode()
        addresses.append(f"data:{each.media_type};base64,{content}")
    return addresses


def _table(ground: _Ground, record: Record, block: Block) -> Piece:
    """The rows of a subform or of several links, or the records that point here."""
    held = ground.form.find(block.rows)
    inner = None if held is None else rows_of(ground.form, held, ground.catalog)
    if held is None or inner is None:
        return Piece(block)
    if held.type == "related":
        order = str(held.settings.get("order", "-id"))
        here = inner.pointing(str(held.settings["via"]), record.id)
        query = RecordQuery(filter=here, sort=(order,), limit=MOST_LINES)
        found = find_records(ground.uow, ground.access, inner.key, query).records
        rows = [{**each.values, "id": each.id} for each in found]
        titles = found[0].titles if found else {}
    else:
        rows = list(record.values.get(held.key) or ())[:MOST_LINES]
        titles = record.titles
    columns = columns_at(inner, ground.catalog, block.fields)
    far = _far_values(ground, inner.key, columns, [row["id"] for row in rows])
    titles = {
        **titles, **far_titles(ground.uow, ground.access, ground.catalog, columns, far.values())
    }  # fmt: skip
    whole = [{**row, **far.get(row["id"], {})} for row in rows]
    return Piece(
        block,
        head=[(ground.name(each), each.is_number) for each in columns],
        lines=[Line([ground.say(c, row.get(c.path), titles) for c in columns]) for row in whole],
        total=_total(ground, block, columns, whole),
    )


def _total(
    ground: _Ground, block: Block, columns: Sequence[Column], rows: Sequence[dict[str, Any]]
) -> list[str]:
    if not block.total or not rows:
        return []
    said = []
    for column in columns:
        given = [row.get(column.path) for row in rows]
        numbers = [Decimal(each) for each in given if isinstance(each, Decimal | int)]
        adds = column.path in block.total and family_of(column.field.type) == "number"
        said.append(ground.say(column, sum(numbers, Decimal(0)), {}) if adds else "")
    return said


def _far_values(
    ground: _Ground, form_key: str, columns: Iterable[Column], ids: Sequence[int]
) -> dict[int, dict[str, Any]]:
    far = [column.path for column in columns if "." in column.path]
    if not far or not ids:
        return {}
    return values_at(ground.uow, ground.access, ground.catalog, form_key, ids, far)


def abreast(pieces: Iterable[Piece]) -> list[list[Piece]]:
    """Pieces in rows: those of a half or a third share one as long as they fit. Pure."""
    rows: list[list[Piece]] = []
    taken = 6
    for piece in pieces:
        share = _SHARE[piece.block.width]
        if taken + share > 6:
            rows.append([])
            taken = 0
        rows[-1].append(piece)
        taken += share
    return rows
