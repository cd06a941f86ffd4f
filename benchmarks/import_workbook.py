"""A workbook of twenty thousand people, from the upload to the last record, beside reading it.

    python -m benchmarks.import_workbook [--rows 20000] [--database postgresql+psycopg://…]

The floor opens the same workbook with openpyxl and looks at every cell. Both run in this process
one after the other, so their ratio means something on a busy machine too.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl

from regulars.platform.db import Database, Workspace
from regulars.platform.workspaces import create_workspace
from regulars.wiring import wire
from tests.support.import_forms import bring_in, publish_import_shop

HEADING = ("code", "姓名", "手机", "email", "生日", "tier", "tags", "vip", "points", "note")
MOST_SECONDS = 60


def main() -> None:
    """Run both and print their figures."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--database", default="", help="SQLAlchemy URL; empty = SQLite files")
    options.add_argument("--rows", type=int, default=20_000)
    asked = options.parse_args()
    wire()
    with TemporaryDirectory(prefix="regulars-benchmark-") as folder:
        path = Path(folder) / "people.xlsx"
        _write(path, asked.rows)
        database = Database(asked.database, Path(folder))
        database.create_stores()
        place = create_workspace(
            database, "shop", "Shop", zone="Asia/Shanghai", currency="CNY", locale="zh-Hans"
        )
        publish_import_shop(database, place)
        content = path.read_bytes()
        floor = _timed(lambda: _read(path))
        ours = _timed(lambda: _bring(database, place, content))
        database.drop_store(place)
        database.close()
    sys.stdout.write(
        f"read    {floor:6.2f} s\nimport  {ours:6.2f} s, {asked.rows / ours:,.0f} rows/s "
        f"(aim: {asked.rows:,} rows within {MOST_SECONDS} s)\nratio   {ours / floor:.2f}\n"
    )


def _write(path: Path, rows: int) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(HEADING)
    for n in range(rows):
        sheet.append(
            [f"C{n}", f"顾客{n}", f"1{n % 7 + 32}{n:08}", f"c{n}@x.example",
             date(1960, 1, 1) + timedelta(days=n % 15_000), ("Basic", "Gold")[n % 2],
             "vip, 老客" if n % 5 == 0 else None, n % 3 == 0, n % 1000, f"第 {n} 位" * 3]
        )  # fmt: skip
    book.save(path)


def _read(path: Path) -> None:
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    for row in book.worksheets[0].iter_rows():
        for cell in row:
            str(cell.value)
    book.close()


def _bring(database: Database, place: Workspace, content: bytes) -> None:
    wanted = {
        "targets": [
            {
                "form": "customers",
                "key": "code",
                "fields": {key: {"column": name} for key, name in zip(KEYS, HEADING, strict=True)},
            }
        ]
    }
    done = bring_in(database, place, content, wanted, name="people.xlsx")
    assert done.result is not None, done.error
    assert not done.result["refused_lines"], done.result


KEYS = ("code", "name", "mobile", "email", "birthday", "tier", "tags", "vip", "points", "note")


def _timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
