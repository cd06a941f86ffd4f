"""S30: workbooks and XML that blow up are refused before anything in them is read."""

import zipfile
from pathlib import Path

import pytest

from regulars.form_builder.importing import workbooks
from regulars.form_builder.importing.merged import MOST_RANGES, Merged
from tests.support.workbooks import lines, refusal, repacked, workbook

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(8))
    + "]>"
)


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.xlsx", "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert refusal(tmp_path / "x.xlsx") == "not-a-workbook"


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


def test_merged_ranges_without_number_are_not_all_kept(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["a", "b"], ["1", "2"], [None, "3"])
    many = "".join(f'<mergeCell ref="A2:A{9 + number}"/>' for number in range(MOST_RANGES + 9))
    marks = f"</sheetData><mergeCells>{many}</mergeCells>".encode()
    bomb = repacked(
        path, "xl/worksheets/sheet1.xml", lambda old: old.replace(b"</sheetData>", marks)
    )
    kept = Merged.of(bomb, "xl/worksheets/sheet1.xml").starts
    assert sum(map(len, kept.values())) == MOST_RANGES
    assert lines(bomb) == [["1", "2"], ["1", "3"]]


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
