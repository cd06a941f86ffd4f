"""Merged cells and lines above the table: what a shop's own sheets look like."""

from pathlib import Path

import openpyxl
import pytest

from regulars.form_builder.importing.merged import Merged
from regulars.form_builder.importing.reading import find_shape, open_table


def sheet(folder: Path, rows: list[list[str | None]], *merged: str) -> Path:
    """A workbook of these rows in which these ranges are merged."""
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    for each in merged:
        book.worksheets[0].merge_cells(each)
    path = folder / "book.xlsx"
    book.save(path)
    return path


def read(path: Path) -> tuple[tuple[str, ...], list[list[str]]]:
    table = open_table(path, find_shape(path, {}))
    return table.columns, [cells for _number, cells in table.lines()]


def test_a_group_over_several_lines_holds_for_each(tmp_path: Path) -> None:
    rows = [["店", "姓名", "电话"], ["东店", "张三", "1"], [None, "李四", "2"], [None, None, None],
            [None, "王五", "3"], ["西店", "赵六", "4"]]  # fmt: skip
    path = sheet(tmp_path, rows, "A2:A5")
    assert read(path) == (
        ("店", "姓名", "电话"),
        [
            ["东店", "张三", "1"],
            ["东店", "李四", "2"],
            ["东店", "王五", "3"],
            ["西店", "赵六", "4"],
        ],
    )


def test_a_record_over_two_lines_stays_one(tmp_path: Path) -> None:
    rows = [["姓名", "电话"], ["张三", "1"], [None, None], ["李四", "2"]]
    path = sheet(tmp_path, rows, "A2:A3", "B2:B3")
    assert read(path)[1] == [["张三", "1"], ["李四", "2"]]


def test_a_title_above_the_table_and_a_heading_in_two_lines_are_seen(tmp_path: Path) -> None:
    rows = [["会员名单", None, None, None], ["姓名", "联系方式", None, "备注"],
            [None, "电话", "邮箱", None], ["张三", "1", "a@x.cn", "x"]]  # fmt: skip
    path = sheet(tmp_path, rows, "A1:D1", "A2:A3", "B2:C2", "D2:D3")
    assert read(path) == (("姓名", "电话", "邮箱", "备注"), [["张三", "1", "a@x.cn", "x"]])


@pytest.mark.parametrize(
    ("text", "skip", "columns"),
    [
        ("Members\na,b,c\n1,2,3\n", 1, ("a", "b", "c")),
        ("a,b\n1,2\n", 0, ("a", "b")),
        ("a\n1,2\n", 0, ("a",)),
        ("a,,\nx,y,z\n1,2,3\n", 1, ("x", "y", "z")),
    ],
)
def test_a_line_with_one_cell_above_a_wider_table_is_a_title(
    tmp_path: Path, text: str, skip: int, columns: tuple[str, ...]
) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    shape = find_shape(path, {})
    assert (shape.skip, open_table(path, shape).columns) == (skip, columns)
    first = find_shape(path, {"skip": 0})
    assert open_table(path, first).columns[0] == text.partition("\n")[0].partition(",")[0]


def test_marks_are_found_wherever_a_block_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sheet(tmp_path, [["a", "b"], ["1", "2"], [None, "3"]], "A2:A3")
    for block in (1, 7, 40, 4096):
        monkeypatch.setattr("regulars.form_builder.importing.merged.BLOCK", block)
        (found,) = Merged.of(path, "xl/worksheets/sheet1.xml").starts[2]
        assert (found.top, found.left, found.bottom, found.right) == (2, 1, 3, 1)
