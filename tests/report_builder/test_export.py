import csv
import io
import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import load_workbook

from regulars.platform.formats import Formats
from regulars.report_builder.export import FORMATS, safe_text, sheet_name
from regulars.report_builder.result import Column, Linked, Result

ANN = Linked(3, "@Ann")
RESULT = Result(
    (
        Column("month", "period", "Month", by="month"),
        Column("note", "text", "=Note"),
        Column("who", "link", "Who", form="people"),
        Column("tier", "choice", "Tier", options={"gold": {"en": "Gold", "zh-Hans": "金卡"}}),
        Column("total", "money", "Total", is_measure=True, decimals=2),
        Column("n", "count", "Orders", is_measure=True),
        Column("rate", "ratio", "Rate", is_measure=True, format="percent"),
    ),
    (
        (date(2026, 1, 1), "=1+1", ANN, "gold", Decimal("-12.50"), 3, Decimal("0.25")),
        (date(2026, 2, 1), None, None, None, Decimal("0.10"), 0, None),
    ),
)
EN = Formats("en", "Asia/Shanghai")


def written(kind: str, formats: Formats = EN) -> bytes:
    return FORMATS[kind].write(RESULT, "Sales: 2026/1 [all]", formats)


def test_csv_has_plain_numbers_days_and_harmless_texts() -> None:
    rows = list(csv.reader(io.StringIO(written("csv").decode("utf-8-sig"))))

    assert rows == [
        ["Month", "'=Note", "Who", "Tier", "Total", "Orders", "Rate"],
        ["2026-01-01", "'=1+1", "'@Ann", "Gold", "-12.50", "3", "0.25"],
        ["2026-02-01", "", "", "", "0.10", "0", ""],
    ]


def test_xlsx_has_real_types_and_no_formula() -> None:
    book = load_workbook(io.BytesIO(written("xlsx")))
    sheet = book.active
    assert sheet is not None
    rows: list[Any] = list(sheet.iter_rows(values_only=True))
    cell: Any = sheet["B2"]

    assert sheet.title == "Sales  2026 1  all"
    assert rows[1][0].date() == date(2026, 1, 1)
    assert rows[1][1:] == ("=1+1", "@Ann", "Gold", -12.5, 3, 0.25)
    assert cell.data_type == "s"
    assert sheet["G2"].number_format == "0.0%"


def test_json_is_the_answer_of_the_api() -> None:
    assert json.loads(written("json")) == json.loads(json.dumps(RESULT.as_json("en")))


def test_words_are_in_the_readers_language() -> None:
    assert "金卡" in written("csv", Formats("zh-Hans")).decode()


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_what_a_spreadsheet_would_calculate_is_quoted(text: str) -> None:
    assert safe_text(text) == f"'{text}"


@pytest.mark.parametrize(("title", "name"), [("", "Report"), ("'x'", "x"), ("a" * 40, "a" * 31)])
def test_sheets_have_names_that_every_program_takes(title: str, name: str) -> None:
    assert sheet_name(title) == name
