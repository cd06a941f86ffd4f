"""Excel workbooks: what is read, and what is refused before it can hurt (S30)."""

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from regulars.form_builder.importing import workbooks
from regulars.form_builder.importing.limits import BadFile
from regulars.form_builder.importing.reading import find_shape, open_table

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(8))
    + "]>"
)


def workbook(folder: Path, *rows: list[Any], sheet: str = "Sheet") -> Path:
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
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


def test_cells_become_the_text_people_see(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        ["name", "day", "at", "price", "count", "ok", "sum", "empty", "end"],
        [
            "王芳",
            dt.date(2011, 12, 9),
            dt.datetime(2011, 12, 9, 12, 50),  # noqa: DTZ001 - a workbook knows no zone
            0.1 + 0.2,
            17850.0,
            True,
            "=1+1",
            None,
            "x",
        ],
    )
    assert lines(path) == [
        ["王芳", "2011-12-09", "2011-12-09T12:50:00", "0.3", "17850", "true", "", "", "x"]
    ]


def test_rows_are_filled_up_and_blank_rows_passed_over(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["a", "b"], ["1"], [], ["2", "3"])
    table = open_table(path, find_shape(path, {}))
    assert list(table.lines()) == [(2, ["1", ""]), (4, ["2", "3"])]


def test_another_sheet_can_be_chosen(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["a"])
    other = book.create_sheet("订单")
    other.append(["b"])
    other.append(["1"])
    book.save(tmp_path / "two.xlsx")
    shape = find_shape(tmp_path / "two.xlsx", {"sheet": "订单"})
    assert shape.sheets == ("Sheet", "订单")
    assert lines(tmp_path / "two.xlsx", sheet="订单") == [["1"]]


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.xlsx", "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert refusal(tmp_path / "x.xlsx") == "not-a-workbook"


def test_a_damaged_workbook_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["a"], ["1"])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert refusal(path) == "file-damaged"


def test_broken_xml_inside_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["a"], ["1"])
    broken = repacked(path, "xl/worksheets/sheet1.xml", lambda old: old[:-40])
    assert refusal(broken) == "file-damaged"


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml"])
def test_entities_that_multiply_are_refused(tmp_path: Path, part: str) -> None:
    path = workbook(tmp_path, ["a"], ["1"])

    def infect(old: bytes) -> bytes:
        body = old.decode().partition("?>")[2] or old.decode()
        return (BOMB + body.replace("<sheetData>", "<sheetData><!-- &i; -->")).encode()

    assert refusal(repacked(path, part, infect)) == "file-damaged"


def test_one_cell_of_two_hundred_megabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    bomb = workbook(tmp_path, ["a"], ["marker"])
    huge = b"<sst><si><t>" + b"A" * (200 * 1024 * 1024) + b"</t></si></sst>"
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", huge)
    assert bomb.stat().st_size < 1024 * 1024
    assert refusal(bomb) == "file-too-large-unpacked"


def test_a_sheet_packed_too_well_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["a"], ["1"])
    row = b'<row r="2"><c r="A2"><v>1</v></c></row>'
    many = b"<sheetData>" + row * 1_000_000 + b"</sheetData>"
    bomb = repacked(
        path, "xl/worksheets/sheet1.xml", lambda old: old.replace(b"<sheetData>", many[:-12], 1)
    )
    assert refusal(bomb) == "workbook-suspicious"


def test_a_row_number_and_a_column_far_away_cost_nothing(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["a"], ["1"])
    far = (
        b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    )
    bomb = repacked(
        path, "xl/worksheets/sheet1.xml", lambda old: old.replace(b"</sheetData>", far)
    )
    assert bomb.stat().st_size < 20_000
    assert lines(bomb) == [["1"]]


def test_too_many_parts_are_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["a"], ["1"])
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(2100):
            archive.writestr(f"xl/junk{number}.xml", "")
    assert refusal(path) == "workbook-suspicious"


def test_without_the_guard_against_entities_nothing_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "DEFUSEDXML", False)
    assert refusal(workbook(tmp_path, ["a"], ["1"])) == "workbook-needs-defusedxml"


def test_a_file_object_is_not_needed(tmp_path: Path) -> None:
    """A workbook made in memory reads the same as one saved by Excel."""
    stream = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["a"])
    book.active.append([1.50])
    book.save(stream)
    path = tmp_path / "memory.xlsx"
    path.write_bytes(stream.getvalue())
    assert lines(path) == [["1.5"]]
