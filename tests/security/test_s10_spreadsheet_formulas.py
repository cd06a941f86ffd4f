"""S10: nothing a customer typed is run by the spreadsheet of whoever opens our files."""

import csv
import io
from pathlib import Path

import openpyxl
import pytest

from regulars.form_builder.exporting import export_records
from regulars.form_builder.importing.error_file import write_error_file
from regulars.platform.db import Database, Workspace
from regulars.wiring import wire
from tests.support.import_forms import OWNER, all_records, bring_in, publish_import_shop

PAYLOADS = (
    "=1+1", "+8613800138000", "-2+3", "@SUM(A1:A9)", "=cmd|' /C calc'!A0", "=HYPERLINK(\"http://x\")",
    "＝1+1", "＋1", "－1", "＠SUM", "'=1+1", "''=1",
)  # fmt: skip
MAP = {
    "targets": [
        {
            "form": "customers",
            "key": "code",
            "fields": {
                "code": {"column": "code"},
                "name": {"column": "name"},
                "points": {"column": "points"},
            },
        }
    ]
}


@pytest.fixture
def shop(database: Database, workspace: Workspace, tmp_path: Path) -> Workspace:
    wire()
    publish_import_shop(database, workspace)
    return workspace


def upload(folder: Path, points: str = "") -> bytes:
    """The payloads as a careful program writes them: guarded."""
    path = folder / "people.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["code", "name", "points"])
        for number, payload in enumerate(PAYLOADS):
            writer.writerow([f"C{number}", f"'{payload}", points])
    return path.read_bytes()


def is_run(cell: str) -> bool:
    plain_number = cell.lstrip("-").replace(".", "", 1).isdecimal()
    return (
        cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))
        and not plain_number
    )


def mend(path: Path, column: str, value: str) -> str:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = list(csv.DictReader(stream))
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]))
    writer.writeheader()
    writer.writerows({**line, column: value} for line in lines)
    return text.getvalue()


def cells_of(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return [cell for line in csv.reader(stream) for cell in line]


def test_exports_hold_texts_not_formulas(
    database: Database, shop: Workspace, tmp_path: Path
) -> None:
    bring_in(database, shop, upload(tmp_path), MAP)
    with database.workspace_tx(shop) as uow:
        assert [each["name"] for each in all_records(uow, "customers")] == list(PAYLOADS)
        export_records(uow, OWNER, "customers", tmp_path / "out.csv")
        export_records(uow, OWNER, "customers", tmp_path / "out.xlsx")
    assert [cell for cell in cells_of(tmp_path / "out.csv") if is_run(cell)] == []
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    kinds = {cell.data_type for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    names = [row[1].value for row in sheet.iter_rows(min_row=2)]
    assert names == list(PAYLOADS)


def test_the_file_of_refused_lines_holds_texts_not_formulas(
    database: Database, shop: Workspace, tmp_path: Path
) -> None:
    batch = bring_in(database, shop, upload(tmp_path, "=1+1"), MAP)
    with database.workspace_tx(shop) as uow:
        assert write_error_file(uow, OWNER, batch.id, tmp_path / "refused.csv") == len(PAYLOADS)
    assert [cell for cell in cells_of(tmp_path / "refused.csv") if is_run(cell)] == []
    # Mended and brought in again, the names are what they were.
    mended = mend(tmp_path / "refused.csv", "points", "5")
    bring_in(database, shop, mended, MAP)
    with database.workspace_tx(shop) as uow:
        assert [each["name"] for each in all_records(uow, "customers")] == list(PAYLOADS)
