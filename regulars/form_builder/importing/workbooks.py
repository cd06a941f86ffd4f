"""Excel workbooks (.xlsx), read as text cells; every size is checked before anything is parsed.

Dates come as ``2011-12-09`` or ``2011-12-09T12:50:00``, numbers without Excel's binary dust,
shares as ``20%``, formulas as the value Excel stored. What stands in merged cells holds for each
line they cover (`merged`).
"""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from defusedxml.common import DefusedXmlException
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.xml import DEFUSEDXML

from regulars.form_builder.importing.csv_files import Line
from regulars.form_builder.importing.figures import guard
from regulars.form_builder.importing.limits import (
    MAX_CELL,
    MAX_COLUMNS,
    MAX_LINES,
    MAX_PACKING,
    MAX_SHARED_TEXT_BYTES,
    MAX_WORKBOOK_BYTES,
    MAX_WORKBOOK_PARTS,
    MIB,
    PACKING_MATTERS_FROM,
    BadFile,
)
from regulars.form_builder.importing.merged import Merged

ZIP_MARK = b"PK\x03\x04"
OLD_EXCEL_MARK = b"\xd0\xcf\x11\xe0"
_BROKEN = (
    DefusedXmlException, InvalidFileException, ParseError, zipfile.BadZipFile,
    KeyError, ValueError, TypeError, IndexError, AttributeError, EOFError, OSError,
)  # fmt: skip  # whatever openpyxl trips over in a file that is not what it says


def check_workbook(path: Path) -> None:
    """Refuse what would not fit into memory once unpacked; raises BadFile."""
    if not DEFUSEDXML:
        raise BadFile("workbook-needs-defusedxml")
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError):
        raise BadFile("file-damaged") from None
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise BadFile("not-a-workbook")
    if len(parts) > MAX_WORKBOOK_PARTS:
        raise BadFile("workbook-suspicious")
    if sum(part.file_size for part in parts) > MAX_WORKBOOK_BYTES:
        raise BadFile("file-too-large-unpacked", limit=MAX_WORKBOOK_BYTES // MIB)
    for part in parts:
        _check_part(part)


def _check_part(part: zipfile.ZipInfo) -> None:
    # Only sheets are read row by row; whatever else a workbook names is read at once.
    whole = not part.filename.startswith(("xl/worksheets/", "xl/media/"))
    if whole and part.file_size > MAX_SHARED_TEXT_BYTES:
        raise BadFile("file-too-large-unpacked", limit=MAX_SHARED_TEXT_BYTES // MIB)
    packed = max(part.compress_size, 1)
    if part.file_size > PACKING_MATTERS_FROM and part.file_size / packed > MAX_PACKING:
        raise BadFile("workbook-suspicious")


def sheet_names(path: Path) -> list[str]:
    """The sheets in the owner's order."""
    with _opened(path) as book:
        return [sheet.title for sheet in book.worksheets]


def read_lines(path: Path, sheet: str) -> Iterator[Line]:
    """Every row with something in it, with its number, without trailing empty cells."""
    with _opened(path) as book:
        if sheet not in book.sheetnames:
            raise BadFile("no-such-sheet", sheet=sheet)
        rows = book[sheet].iter_rows(max_col=MAX_COLUMNS + 1)
        try:
            merged = Merged.of(path, _part_of(book[sheet]))
            for number, row in enumerate(rows, start=1):
                if number > MAX_LINES:
                    raise BadFile("too-many-lines", limit=MAX_LINES)
                cells = [_text(cell) for cell in row]
                merged.fill(number, cells)
                while cells and not cells[-1]:
                    cells.pop()
                if len(cells) > MAX_COLUMNS:
                    raise BadFile("too-many-columns", limit=MAX_COLUMNS)
                if any(len(cell) > MAX_CELL for cell in cells):
                    raise BadFile("cell-too-long", line=number, limit=MAX_CELL)
                if cells:
                    yield number, cells
        except _BROKEN:
            raise BadFile("file-damaged") from None


def wide_rows(path: Path, sheet: str, last: int) -> set[int]:
    """The rows up to ``last`` in which cells are merged with those beside them."""
    with _opened(path) as book:
        try:
            merged = Merged.of(path, _part_of(book[sheet]))
        except _BROKEN:
            raise BadFile("file-damaged") from None
    return {number for number in range(1, last + 1) if merged.is_wide(number)}


def _part_of(sheet: Any) -> str:
    """Where a sheet is kept inside the workbook."""
    return str(sheet._worksheet_path)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    with path.open("rb") as stream:  # ours to close: openpyxl leaves it open when it stumbles
        try:
            book = openpyxl.load_workbook(
                stream, read_only=True, data_only=True, keep_links=False, keep_vba=False
            )
        except _BROKEN:
            raise BadFile("file-damaged") from None
        try:
            yield book
        finally:
            book.close()


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str) and cell.data_type == "e":
        return value
    if isinstance(value, str):
        return guard(value)  # as a CSV file would have it, so that all that follows is the same
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)) and cell.number_format.endswith("%"):
        share = (Decimal(format(value, ".15g")) * 100).normalize()
        return f"{share:f}%"
    if isinstance(value, float):
        return format(Decimal(format(value, ".15g")), "f")
    if isinstance(value, dt.datetime):
        whole_day = value.time() == dt.time()
        return value.date().isoformat() if whole_day else value.isoformat()
    return value.isoformat() if isinstance(value, (dt.date, dt.time)) else str(value)
