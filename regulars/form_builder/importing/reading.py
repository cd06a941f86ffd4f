"""One door to every kind of file: what it is, how to read it, its columns and its lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from regulars.form_builder.importing import csv_files, workbooks
from regulars.form_builder.importing.csv_files import Line
from regulars.form_builder.importing.encodings import canonical_encoding, guess_encoding
from regulars.form_builder.importing.limits import (
    MAX_COLUMNS,
    MAX_LINES,
    MAX_UNPACKED_BYTES,
    MIB,
    BadFile,
)

MOST_SKIPPED = 50
LOOKED_AT = 10
TITLE_BESIDE = 2  # a line with one cell is a title where another has more than so many


@dataclass(frozen=True)
class FileShape:
    """How a file is read.

    ``skip`` lines stand above the table (a title, the upper line of a heading); ``heading`` says
    whether the first one after them names the columns.
    """

    format: str  # "csv" or "xlsx"
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    heading: bool = True
    skip: int = 0

    def as_json(self) -> dict[str, Any]:
        """What is stored with the file."""
        return {
            "format": self.format, "encoding": self.encoding, "delimiter": self.delimiter,
            "sheet": self.sheet, "sheets": list(self.sheets), "heading": self.heading,
            "skip": self.skip,
        }  # fmt: skip

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> FileShape:
        """The shape stored with a file."""
        return cls(**{**raw, "sheets": tuple(raw.get("sheets", ()))})


@dataclass(frozen=True)
class Table:
    """A file seen as named columns; `lines` starts again from the top each time it is called."""

    path: Path
    shape: FileShape
    columns: tuple[str, ...]

    def lines(self) -> Iterator[Line]:
        """The lines below the heading. A CSV line keeps its own width, so that a broken one shows;
        a sheet's rows are filled up, because Excel does not store empty cells.
        """
        lines = islice(_all_lines(self.path, self.shape), self.shape.skip, None)
        if self.shape.heading:
            next(lines, None)
        width = len(self.columns)
        fill = self.shape.format == "xlsx"
        for count, (number, cells) in enumerate(lines, start=1):
            if count > MAX_LINES:
                raise BadFile("too-many-lines", limit=MAX_LINES)
            if fill and len(cells) < width:
                cells += [""] * (width - len(cells))
            yield number, cells


def find_shape(path: Path, wanted: Mapping[str, Any]) -> FileShape:
    """What kind of table this is; ``wanted`` (encoding, sheet …) wins over guesses.

    ``path`` is already unpacked. Raises BadFile.
    """
    heading = bool(wanted.get("heading", True))
    with path.open("rb") as stream:
        mark = stream.read(4)
    if not mark:
        raise BadFile("file-empty")
    if mark == workbooks.OLD_EXCEL_MARK:
        raise BadFile("old-excel")
    if mark == workbooks.ZIP_MARK:
        workbooks.check_workbook(path)
        sheets = tuple(workbooks.sheet_names(path))
        sheet = str(wanted.get("sheet") or (sheets[0] if sheets else ""))
        if sheet not in sheets:
            raise BadFile("no-such-sheet", sheet=sheet)
        shape = FileShape("xlsx", sheet=sheet, sheets=sheets, heading=heading)
        return _below_title(path, shape, wanted)
    if path.stat().st_size > MAX_UNPACKED_BYTES:
        raise BadFile("file-too-large-unpacked", limit=MAX_UNPACKED_BYTES // MIB)
    encoding = _encoding(path, str(wanted.get("encoding") or ""))
    delimiter = str(wanted.get("delimiter") or csv_files.guess_delimiter(path, encoding))
    return _below_title(path, FileShape("csv", encoding, delimiter, heading=heading), wanted)


def _below_title(path: Path, shape: FileShape, wanted: Mapping[str, Any]) -> FileShape:
    """The shape with the lines above the table left out, as wanted or as it looks."""
    if "skip" in wanted:
        return replace(shape, skip=max(0, min(int(wanted["skip"]), MOST_SKIPPED)))
    return replace(shape, skip=_title_lines(path, shape)) if shape.heading else shape


def _title_lines(path: Path, shape: FileShape) -> int:
    """How many of the first lines are a title, or the upper line of a heading over columns.

    Such a line fills one cell where others fill at least three, or its cells are merged with those
    beside them and a line below names more columns.
    """
    first = list(islice(_all_lines(path, shape), LOOKED_AT))
    filled = [sum(1 for cell in cells if cell.strip()) for _number, cells in first]
    most = max(filled, default=0)
    wide: set[int] = set()
    if shape.format == "xlsx" and first:
        wide = workbooks.wide_rows(path, shape.sheet, first[-1][0])
    for at, (number, _cells) in enumerate(first[:-1]):
        is_title = filled[at] == 1 and most > TITLE_BESIDE
        if not is_title and not (number in wide and filled[at] < max(filled[at + 1 :])):
            return at
    return 0


def open_table(path: Path, shape: FileShape) -> Table:
    """The file with its columns known; raises BadFile when there is not one line."""
    first = next(islice(_all_lines(path, shape), shape.skip, None), None)
    if first is None:
        raise BadFile("file-empty")
    cells = first[1]
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) > MAX_COLUMNS:
        raise BadFile("too-many-columns", limit=MAX_COLUMNS)
    names = cells if shape.heading else [""] * len(cells)
    return Table(path, shape, tuple(column_names(names)))


def column_names(cells: list[str]) -> list[str]:
    """Names by which columns are mapped: trimmed, never empty, never twice."""
    names = []
    taken: Counter[str] = Counter()
    for position, cell in enumerate(cells, start=1):
        name = " ".join(cell.split()) or f"Column {position}"
        taken[name] += 1
        while taken[name] > 1:
            name = f"{name} ({taken[name]})"
            taken[name] += 1
        names.append(name)
    return names


def _all_lines(path: Path, shape: FileShape) -> Iterator[Line]:
    if shape.format == "xlsx":
        return workbooks.read_lines(path, shape.sheet)
    return csv_files.read_lines(path, shape.encoding, shape.delimiter)


def _encoding(path: Path, wanted: str) -> str:
    if not wanted:
        return guess_encoding(path)
    known = canonical_encoding(wanted)
    if known is None:
        raise BadFile("unknown-encoding", encoding=wanted[:40])
    # A chosen UTF-8 or UTF-16 still honours the mark at the start of the file.
    return {"utf-8": "utf-8-sig"}.get(known, known)
