"""Merged cells of a sheet: what stands in the first one holds for those below it.

Excel keeps the text of merged cells in the first of them. A line below it that has something of
its own gets that text, too, so that every line says which group it belongs to. Beside it nothing
is filled in: a title over the whole sheet is no value of every column.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from openpyxl.utils.cell import column_index_from_string

MOST_RANGES = 50_000
BLOCK = 1024 * 1024
_LONGEST = 120  # bytes of one mark
_RANGE = re.compile(
    rb'<(?:\w{1,9}:)?mergeCell\s[^>]{0,40}?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"'
)


@dataclass(frozen=True)
class Range:
    """One merged range; rows and columns count from 1."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass
class Merged:
    """The merged ranges of one sheet while its rows go by, from the first on."""

    starts: dict[int, list[Range]] = field(default_factory=dict)
    _open: dict[int, tuple[int, str]] = field(default_factory=dict)  # column → last row, text

    @classmethod
    def of(cls, path: Path, part: str) -> Merged:
        """The ranges of the sheet that is kept at ``part`` inside the workbook."""
        found: dict[int, list[Range]] = {}
        for count, each in enumerate(_ranges(path, part)):
            if count >= MOST_RANGES:
                break
            found.setdefault(each.top, []).append(each)
        return cls(found)

    def fill(self, number: int, cells: list[str]) -> None:
        """Put into row ``number`` what its merged cells hold; rows must come in order."""
        if self._open and any(cells):
            self._fill_open(number, cells)
        for each in self.starts.get(number, ()):
            if each.bottom > number and each.left <= len(cells) and cells[each.left - 1]:
                self._open[each.left] = each.bottom, cells[each.left - 1]

    def _fill_open(self, number: int, cells: list[str]) -> None:
        self._open = {at: pair for at, pair in self._open.items() if pair[0] >= number}
        for at, (_bottom, text) in self._open.items():
            cells += [""] * (at - len(cells))
            cells[at - 1] = cells[at - 1] or text

    def is_wide(self, number: int) -> bool:
        """Whether cells of row ``number`` are merged with those beside them."""
        return any(each.right > each.left for each in self.starts.get(number, ()))


def _ranges(path: Path, part: str) -> Iterator[Range]:
    for first, top, last, bottom in _marks(path, part):
        yield Range(int(top), _column(first), int(bottom), _column(last))


def _column(letters: bytes) -> int:
    return column_index_from_string(letters.decode())


def _marks(path: Path, part: str) -> Iterator[tuple[bytes, bytes, bytes, bytes]]:
    """Every mark of a merged range; the sheet is read block by block, never as a whole."""
    rest = b""
    with zipfile.ZipFile(path) as archive, archive.open(part) as stream:
        while block := stream.read(BLOCK):
            text = rest + block
            end = 0
            for found in _RANGE.finditer(text):
                end = found.end()
                yield found[1], found[2], found[3], found[4]
            rest = text[max(end, len(text) - _LONGEST) :]
