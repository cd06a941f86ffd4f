"""Excel workbooks made for tests, sound ones and others."""

import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from regulars.form_builder.importing.limits import BadFile
from regulars.form_builder.importing.reading import find_shape, open_table


def workbook(folder: Path, *rows: list[Any], sheet: str = "Sheet") -> Path:
    book = openpyxl.Workbook()
    first = book.worksheets[0]
    first.title = sheet
    for row in rows:
        first.append(row)
    path = folder / "book.xlsx"
    book.save(path)
    return path


def repacked(path: Path, name: str, change: Any) -> Path:
    """The workbook with one part replaced by ``change(old bytes)``."""
    target = path.with_name("changed.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            data = old.read(part)
            new.writestr(part, change(data) if part == name else data)
    return target


def lines(path: Path, **wanted: Any) -> list[list[str]]:
    return [cells for _number, cells in open_table(path, find_shape(path, wanted)).lines()]


def refusal(path: Path) -> str:
    with pytest.raises(BadFile) as caught:
        lines(path)
    assert caught.value.message("zh-Hans")
    return caught.value.code
