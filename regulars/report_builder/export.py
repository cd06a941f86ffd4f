"""A result as a file: JSON, CSV for every spreadsheet, XLSX with real numbers and dates."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from regulars.platform import i18n
from regulars.platform.formats import Formats
from regulars.report_builder.result import Column, Result
from regulars.report_builder.wording import cell_text

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_BOM = "\ufeff"
_FORBIDDEN_IN_SHEET_NAMES = set("[]:*?/\\")
_NUMBER_FORMATS = {"percent": "0.0%", "money": "#,##0.00", "count": "#,##0"}


@dataclass(frozen=True)
class Format:
    """One kind of file: its media type, and how a result becomes its bytes."""

    media_type: str
    write: Callable[[Result, str, Formats], bytes]


def to_json(result: Result, title: str, formats: Formats) -> bytes:
    """The API's answer."""
    return json.dumps(result.as_json(formats.locale), ensure_ascii=False, indent=2).encode()


def to_csv(result: Result, title: str, formats: Formats) -> bytes:
    """Comma-separated UTF-8 that spreadsheets recognise; texts cannot become formulas."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow([safe_text(_heading(column, formats)) for column in result.columns])
    for row in result.rows:
        cells = zip(row, result.columns, strict=True)
        writer.writerow([_plain_text(value, column, formats) for value, column in cells])
    return (_BOM + target.getvalue()).encode()


def to_xlsx(result: Result, title: str, formats: Formats) -> bytes:
    """One sheet; numbers, days and instants as what they are, to calculate with."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(sheet_name(title))
    sheet.freeze_panes = "A2"
    for position, column in enumerate(result.columns, start=1):
        width = 12 if column.is_measure else 24
        sheet.column_dimensions[get_column_letter(position)].width = width
    sheet.append([_bold(sheet, _heading(column, formats)) for column in result.columns])
    for row in result.rows:
        cells = zip(row, result.columns, strict=True)
        sheet.append([_cell(sheet, value, column, formats) for value, column in cells])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


FORMATS: Mapping[str, Format] = {
    "json": Format("application/json", to_json),
    "csv": Format("text/csv; charset=utf-8", to_csv),
    "xlsx": Format("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", to_xlsx),
}


def safe_text(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def sheet_name(title: str) -> str:
    """A title as a sheet may be called: at most 31 signs, none of the forbidden ones."""
    cleaned = "".join(" " if sign in _FORBIDDEN_IN_SHEET_NAMES else sign for sign in title)
    return cleaned.strip(" '")[:31] or "Report"


def _heading(column: Column, formats: Formats) -> str:
    return i18n.pick(column.label, formats.locale)


def _plain_text(value: Any, column: Column, formats: Formats) -> str:
    """Numbers and days in a form every program reads; everything else as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return safe_text(cell_text(value, column, formats))
    if isinstance(value, (Decimal, int)) and column.format != "time":
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    if isinstance(value, datetime):
        return value.astimezone(formats.tz).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    return safe_text(cell_text(value, column, formats))


def _cell(sheet: Worksheet, value: Any, column: Column, formats: Formats) -> Any:
    if value is None:
        return None
    made = WriteOnlyCell(sheet, value=_sheet_value(value, column, formats))
    shown = column.format or column.type
    if isinstance(value, (Decimal, int)) and not isinstance(value, bool):
        made.number_format = _NUMBER_FORMATS.get(shown, "General")
    elif isinstance(made.value, str):
        made.data_type = "s"  # a text that begins with "=" stays a text
    return made


def _sheet_value(value: Any, column: Column, formats: Formats) -> Any:
    if isinstance(value, bool):
        return cell_text(value, column, formats)
    if isinstance(value, (Decimal, int)) and column.format != "time":
        return value
    if isinstance(value, datetime):
        return value.astimezone(formats.tz).replace(tzinfo=None)
    if isinstance(value, date):
        return value
    return cell_text(value, column, formats)


def _bold(sheet: Worksheet, text: str) -> Any:
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    cell.font = Font(bold=True)
    return cell
