"""A result as a page shows it: the picture, its table, notes in words, ways to the records."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for

from regulars.platform import i18n
from regulars.platform.formats import Formats
from regulars.report_builder.charts.base import Look, Picture, charts, no_drill
from regulars.report_builder.definition import ChartSetting, ReportDefinition
from regulars.report_builder.result import Column, Linked, Result, plain_json
from regulars.report_builder.service import chart_of
from regulars.report_builder.wording import cell_text, note_text

MAX_TABLE_ROWS = 500
TOTAL = "total"


@dataclass(frozen=True)
class TableCell:
    """One cell: its words, whether it is a number, and where it leads."""

    text: str
    is_number: bool
    url: str | None = None


@dataclass(frozen=True)
class TableRow:
    """One row of the table."""

    cells: tuple[TableCell, ...]
    unfinished: bool = False


@dataclass(frozen=True)
class Shown:
    """Everything one figure needs."""

    report: ReportDefinition
    result: Result
    setting: ChartSetting
    picture: Picture
    headings: tuple[tuple[str, bool], ...]
    rows: tuple[TableRow, ...]
    totals: TableRow | None
    notes: tuple[str, ...]

    @property
    def kind(self) -> str:
        """How it is shown: number, drawn, table, cohort."""
        return self.picture.kind

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.result.rows

    @property
    def option(self) -> str:
        """What the browser draws, as JSON."""
        return json.dumps(self.picture.option or {}, ensure_ascii=False, separators=(",", ":"))

    @property
    def hidden_rows(self) -> int:
        """Rows that only a download holds."""
        return len(self.result.rows) - len(self.rows)


def show(
    report: ReportDefinition,
    result: Result,
    formats: Formats,
    arguments: Mapping[str, Any] | None = None,
) -> Shown:
    """The figure of a result. With ``arguments`` (of the address) its numbers lead to records."""
    drill = no_drill if arguments is None else _Drills(report, result, arguments).url
    look = Look(formats, drill)
    setting = chart_of(report)
    picture = charts.get(setting.type).picture(result, setting, look)
    rows = [_row(result, n, look) for n in range(min(len(result.rows), MAX_TABLE_ROWS))]
    totals = _totals(result, look)
    notes = [note_text(note, result, formats) for note in result.notes]
    if picture.data.get("left_out"):
        left_out = picture.data["left_out"]
        notes.append(i18n.translate("reports.note.left-out", formats.locale, n=left_out))
    return Shown(
        report,
        result,
        setting,
        picture,
        tuple(
            (i18n.pick(each.label, formats.locale), _is_number(each)) for each in result.columns
        ),
        tuple(rows),
        totals,
        tuple(notes),
    )


@dataclass(frozen=True)
class _Drills:
    """Addresses of the records behind numbers: a row is named by its own values."""

    report: ReportDefinition
    result: Result
    arguments: Mapping[str, Any]

    def url(self, row: int, column: str | None) -> str | None:
        total = row < 0
        drill = self.result.total_drill if total else self.result.drill[row]
        if drill is None or drill.form.startswith("sys_"):
            return None
        of = TOTAL if total else json.dumps(row_name(self.result, row), ensure_ascii=False)
        arguments = {**self.arguments, "of": of, "column": column}
        return url_for("reports.behind", report_key=self.report.key, **arguments)


def row_name(result: Result, row: int) -> list[Any]:
    """The values that tell a row from the others, as JSON."""
    return [
        value.id if isinstance(value, Linked) else plain_json(value)
        for value, column in zip(result.rows[row], result.columns, strict=True)
        if not column.is_measure
    ]


def tells_apart(result: Result) -> bool:
    """Whether only some rows are unfinished; when all are, the note below says it once."""
    return len(result.unfinished) < len(result.rows)


def _row(result: Result, number: int, look: Look) -> TableRow:
    values = zip(result.rows[number], result.columns, strict=True)
    cells = tuple(_cell(value, column, look, number) for value, column in values)
    return TableRow(cells, number in result.unfinished and tells_apart(result))


def _cell(value: Any, column: Column, look: Look, row: int) -> TableCell:
    text = cell_text(value, column, look.formats)
    is_known = value is not None and column.of is None
    url = look.drill(row, column.key) if column.is_measure and is_known else None
    return TableCell(text, _is_number(column), url)


def _is_number(column: Column) -> bool:
    return column.is_measure or column.type in ("count", "number", "money")


def _totals(result: Result, look: Look) -> TableRow | None:
    """The totals, where there is more than one row to total."""
    if result.totals is None or len(result.rows) < 2:
        return None
    word = i18n.translate("reports.total", look.locale)
    cells = []
    for n, (value, column) in enumerate(zip(result.totals, result.columns, strict=True)):
        if column.is_measure:
            drill = look if result.total_drill is not None else Look(look.formats)
            cells.append(_cell(value, column, drill, -1))
        else:
            cells.append(TableCell(word if n == 0 else "", is_number=False))
    return TableRow(tuple(cells))


def download_names() -> Sequence[tuple[str, str, str]]:
    """(format, words, icon) of every kind of file."""
    return (
        ("xlsx", "reports.download-xlsx", "file-spreadsheet"),
        ("csv", "reports.download-csv", "file-text"),
        ("json", "reports.download-json", "code"),
    )
