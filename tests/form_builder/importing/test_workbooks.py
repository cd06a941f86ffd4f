"""Excel workbooks: which texts their cells become."""

import datetime as dt
import io
from pathlib import Path

import openpyxl

from regulars.form_builder.importing.reading import find_shape, open_table
from tests.support.workbooks import lines, refusal, workbook


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


def test_a_damaged_workbook_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["a"], ["1"])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert refusal(path) == "file-damaged"


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


def test_a_share_keeps_its_sign_of_hundredths(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["discount"])
    for row, (value, shown) in enumerate(((0.2, "0%"), (0.125, "0.0%"), (1, "0%"), (0.2, "0.0"))):
        cell = sheet.cell(row + 2, 1, value)
        cell.number_format = shown
    path = tmp_path / "shares.xlsx"
    book.save(path)
    assert lines(path) == [["20%"], ["12.5%"], ["100%"], ["0.2"]]
