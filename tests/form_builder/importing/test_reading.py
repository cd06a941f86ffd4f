"""Files become columns and lines, or are refused with words."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from regulars.form_builder.importing import csv_files, limits
from regulars.form_builder.importing.limits import BadFile
from regulars.form_builder.importing.reading import Table, column_names, find_shape, open_table


def table(folder: Path, data: bytes | str, **wanted: Any) -> Table:
    path = folder / "file"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    plain = csv_files.unpack(path, folder / "plain")
    return open_table(plain, find_shape(plain, wanted))


def cells(found: Table) -> list[list[str]]:
    return [line for _number, line in found.lines()]


def refusal(folder: Path, data: bytes | str, **wanted: Any) -> str:
    with pytest.raises(BadFile) as caught:
        cells(table(folder, data, **wanted))
    assert caught.value.message("en")
    assert caught.value.message("zh-Hans")
    return caught.value.code


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    lines = ["name,city,note", 'Ann,Leeds,"a, b; c|d"', "Bob,York,"]
    text = "\n".join(line.replace(",", delimiter) if "," in line else line for line in lines)
    found = table(tmp_path, text)
    assert found.columns == ("name", "city", "note")
    assert found.shape.delimiter == delimiter


def test_quotes_and_line_breaks_inside_a_cell_are_kept(tmp_path: Path) -> None:
    found = table(tmp_path, 'name,note\n"O\'Neil ""Bo""","first\nsecond, still\r\nthird"\nAnn,x\n')
    assert cells(found) == [['O\'Neil "Bo"', "first\nsecond, still\r\nthird"], ["Ann", "x"]]


def test_lines_keep_the_number_they_have_in_the_file(tmp_path: Path) -> None:
    found = table(tmp_path, 'a,b\n\n1,"x\ny"\n,\n2,z\n')
    assert [number for number, _line in found.lines()] == [3, 6]


def test_a_packed_file_is_unpacked(tmp_path: Path) -> None:
    assert cells(table(tmp_path, gzip.compress(b"a,b\n1,2\n"))) == [["1", "2"]]


def test_a_damaged_packed_file_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress(b"a,b\n" + b"1,2\n" * 5000)
    assert refusal(tmp_path, packed[: len(packed) // 2]) == "file-damaged"


def test_a_file_that_unpacks_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_files, "MAX_UNPACKED_BYTES", limits.MIB)
    assert refusal(tmp_path, gzip.compress(b"0" * 40 * limits.MIB)) == "file-too-large-unpacked"


@pytest.mark.parametrize("data", [b"", b"\n\n  \n"[:2]])
def test_an_empty_file_is_refused(tmp_path: Path, data: bytes) -> None:
    assert refusal(tmp_path, data) == "file-empty"


def test_a_heading_alone_is_a_table_without_lines(tmp_path: Path) -> None:
    assert cells(table(tmp_path, "name,city\n")) == []


def test_a_file_without_heading_gets_numbered_columns(tmp_path: Path) -> None:
    found = table(tmp_path, "Ann,Leeds\nBob,York\n", heading=False)
    assert found.columns == ("Column 1", "Column 2")
    assert len(cells(found)) == 2


def test_a_quote_that_never_ends_is_named_with_its_line(tmp_path: Path) -> None:
    text = 'a,b\n1,2\n3,"' + "x" * 50 + "\n" + "4,5\n" * 60_000
    assert refusal(tmp_path, text) == "cell-too-long"


def test_an_unknown_encoding_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, "a,b\n", encoding="klingon") == "unknown-encoding"


def test_old_excel_files_are_refused_with_the_way_out(tmp_path: Path) -> None:
    assert refusal(tmp_path, b"\xd0\xcf\x11\xe0" + b"\0" * 600) == "old-excel"


def test_too_many_columns_are_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, ",".join(f"c{n}" for n in range(400))) == "too-many-columns"


def test_column_names_are_never_empty_and_never_twice() -> None:
    assert column_names([" Name ", "", "Name", "Name (2)", "a  b\nc"]) == [
        "Name", "Column 2", "Name (2)", "Name (2) (2)", "a b c",
    ]  # fmt: skip
