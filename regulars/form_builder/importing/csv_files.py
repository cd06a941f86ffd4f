"""Text tables: CSV with any delimiter, also packed by gzip. Pure apart from reading the file."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from regulars.form_builder.importing.limits import MAX_CELL, MAX_UNPACKED_BYTES, MIB, BadFile

DELIMITERS = (",", ";", "\t", "|")
GZIP_MARK = b"\x1f\x8b"

Line = tuple[int, list[str]]  # the number in the file, counted from 1, and the cells


def unpack(path: Path, target: Path) -> Path:
    """``path`` itself, or what its gzip holds written to ``target``; bounded in size."""
    with path.open("rb") as stream:
        if stream.read(2) != GZIP_MARK:
            return path
    written = 0
    try:
        with gzip.open(path) as packed, target.open("wb") as plain:
            while block := packed.read(MIB):
                written += len(block)
                if written > MAX_UNPACKED_BYTES:
                    raise BadFile("file-too-large-unpacked", limit=MAX_UNPACKED_BYTES // MIB)
                plain.write(block)
    except (OSError, EOFError, zlib.error):
        raise BadFile("file-damaged") from None
    return target


def guess_delimiter(path: Path, encoding: str) -> str:
    """The delimiter by which the first lines fall into the most even columns."""
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        sample = stream.read(64 * 1024)
    whole_lines = sample.rpartition("\n")[0] or sample
    return max(DELIMITERS, key=lambda each: _evenness(whole_lines, each))


def read_lines(path: Path, encoding: str, delimiter: str) -> Iterator[Line]:
    """Every line that is not blank, with its number. Bytes without meaning become U+FFFD."""
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        reader = csv.reader(stream, delimiter=delimiter)
        before = 0
        try:
            for cells in reader:
                if any(cells):
                    yield before + 1, cells
                before = reader.line_num
        except csv.Error:
            # Only a cell beyond the module's own limit: nearly always a quote that never ends.
            raise BadFile("cell-too-long", line=before + 1, limit=MAX_CELL) from None


def _evenness(sample: str, delimiter: str) -> tuple[float, int]:
    """How many of the sample's lines share the commonest width, and that width."""
    try:
        rows = islice(csv.reader(sample.splitlines(keepends=True), delimiter=delimiter), 200)
        widths = Counter(len(row) for row in rows if any(row))
    except csv.Error:
        return (0.0, 0)
    if not widths:
        return (0.0, 0)
    width, times = widths.most_common(1)[0]
    return (times / widths.total() if width > 1 else 0.0, width)
