"""``regulars import`` and ``regulars export``, as typed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from regulars.cli import main
from regulars.form_builder.importing.limits import BadFile
from regulars.form_builder.importing.tables import import_batch
from regulars.platform.db import Database, Workspace
from regulars.platform.faultpoint import VARIABLE
from regulars.wiring import wire
from tests.support.import_forms import all_records, publish_import_shop
from tests.support.workbooks import workbook

Call = Callable[..., Result]
PEOPLE = "code,name,Mobile\nA1,Ann,13800138000\nA2,Bob,nonsense\nA3,Cem,13900139000\n"


@pytest.fixture
def shop(database: Database, workspace: Workspace) -> Workspace:
    wire()
    publish_import_shop(database, workspace)
    return workspace


@pytest.fixture
def call(database: Database, shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> Call:
    """The command line over the test's own installation."""
    monkeypatch.setenv("REGULARS_DATA_DIR", str(database.data_dir))
    monkeypatch.setenv("REGULARS_DATABASE_URL", database.url)
    monkeypatch.setenv("LC_ALL", "C")

    def run(*arguments: str | Path) -> Result:
        return CliRunner().invoke(main, [str(each) for each in arguments])

    return run


def file(folder: Path, text: str, name: str = "people.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_whose_columns_are_called_like_fields_needs_no_map(
    database: Database, shop: Workspace, call: Call, tmp_path: Path
) -> None:
    done = call("import", "customers", file(tmp_path, PEOPLE), "--errors", tmp_path / "bad.csv")
    assert done.exit_code == 0, done.output
    assert "Customers: 2 new, 1 refused" in done.output
    assert "Line 3: Mobile" in done.output
    with database.workspace_tx(shop) as uow:
        assert [each["name"] for each in all_records(uow, "customers")] == ["Ann", "Cem"]
    bad = (tmp_path / "bad.csv").read_text("utf-8-sig").splitlines()
    assert bad[0] == "code,name,Mobile,Line,Reason"
    assert bad[1].startswith("A2,Bob,nonsense,3,Mobile")


def test_a_mended_error_file_brings_the_rest(
    database: Database, shop: Workspace, call: Call, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.csv"
    call("import", "customers", file(tmp_path, PEOPLE), "--errors", bad)
    bad.write_text(bad.read_text("utf-8-sig").replace("nonsense", "13700137000"), "utf-8")
    done = call("import", "customers", bad)
    assert "Customers: 1 new" in done.output
    with database.workspace_tx(shop) as uow:
        assert len(all_records(uow, "customers")) == 3


def test_a_workbooks_error_file_is_a_workbook_to_mend(
    database: Database, shop: Workspace, call: Call, tmp_path: Path
) -> None:
    given = workbook(
        tmp_path, ["Members", None, None], ["code", "name", "Mobile"], ["A1", "Ann", None],
        ["A2", "@Bob", "nonsense"],
    )  # fmt: skip
    bad = tmp_path / "bad.xlsx"
    done = call("import", "customers", given, "--errors", bad)
    assert "1 new, 1 refused" in done.output
    book = openpyxl.load_workbook(bad)
    rows = [[cell.value for cell in row] for row in book.worksheets[0]]
    assert rows[0] == ["code", "name", "Mobile", "Line", "Reason"]
    assert rows[1][:4] == ["A2", "@Bob", "nonsense", "4"]
    assert {cell.data_type for row in book.worksheets[0] for cell in row} == {"s"}
    book.worksheets[0]["C2"] = "13700137000"
    book.save(bad)
    assert "Customers: 1 new" in call("import", "customers", bad).output
    with database.workspace_tx(shop) as uow:
        assert [each["name"] for each in all_records(uow, "customers")] == ["Ann", "@Bob"]


def test_a_dry_run_keeps_nothing_and_undo_takes_back(
    database: Database, shop: Workspace, call: Call, tmp_path: Path
) -> None:
    path = file(tmp_path, PEOPLE)
    tried = call("import", "customers", path, "--dry-run")
    assert tried.exit_code == 0, tried.output
    assert "2 new, 1 refused" in tried.output
    with database.workspace_tx(shop) as uow:
        assert all_records(uow, "customers") == []
    done = json.loads(call("--json", "import", "customers", path).output)
    assert done["state"] == "done"
    undone = call("import", "undo", str(done["id"]))
    assert undone.exit_code == 0, undone.output
    assert "2 records removed" in undone.output
    with database.workspace_tx(shop) as uow:
        assert all_records(uow, "customers") == []
    listed = json.loads(call("--json", "import", "list").output)
    assert [each["state"] for each in listed] == ["undone"]


def test_key_and_mode_are_options(
    database: Database, shop: Workspace, call: Call, tmp_path: Path
) -> None:
    call("import", "customers", file(tmp_path, PEOPLE))
    later = file(tmp_path, "name,Mobile\nAnna,138 0013 8000\nZoe,13600136000\n", "later.csv")
    done = call("import", "customers", later, "--key", "mobile", "--mode", "update")
    assert "1 changed, 1 refused" in done.output
    assert call("import", "customers", later, "--key", "name").exit_code == 1
    assert call("import", "customers", later, "--mode", "sideways").exit_code == 2


def test_a_stored_map_may_feed_several_forms(
    database: Database, shop: Workspace, call: Call, tmp_path: Path
) -> None:
    wanted: dict[str, Any] = {
        "targets": [
            {
                "form": "orders",
                "group_by": "no",
                "key": "order_no",
                "fields": {
                    "order_no": {"column": "no"},
                    "customer": {"column": "who", "by": "code"},
                },
                "rows": {"field": "items", "fields": {"quantity": {"column": "n"}}},
            },
            {
                "form": "customers",
                "key": "code",
                "fields": {"code": {"column": "who"}, "name": {"column": "who"}},
            },
        ]
    }
    stored = file(tmp_path, json.dumps(wanted), "map.json")
    sales = file(tmp_path, "no,who,n\n1,A,2\n1,A,3\n2,B,1\n", "sales.csv")
    done = call("import", "orders", sales, "--map", stored)
    assert done.exit_code == 0, done.output
    assert "Orders: 2 new" in done.output
    assert "Customers: 2 new" in done.output


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        ("a,b\n1,2\n", (), "No column is called like a field"),
        ("", (), BadFile("file-empty").message("en")),
        ("code,name\nA,B\n", ("--key", "nope"), "nope"),
    ],
)
def test_refusals_say_why(
    shop: Workspace, call: Call, tmp_path: Path, text: str, arguments: tuple[str, ...], said: str
) -> None:
    done = call("import", "customers", file(tmp_path, text), *arguments)
    assert done.exit_code == 1
    assert said in done.output


def test_an_unknown_form_is_named(shop: Workspace, call: Call, tmp_path: Path) -> None:
    done = call("import", "nothing", file(tmp_path, PEOPLE))
    assert done.exit_code == 1
    assert "nothing" in done.output


def test_a_broken_map_file_is_wrong_usage(shop: Workspace, call: Call, tmp_path: Path) -> None:
    stored = file(tmp_path, "{", "map.json")
    assert call("import", "customers", file(tmp_path, PEOPLE), "--map", stored).exit_code == 2


def test_the_same_command_goes_on_after_a_kill(
    database: Database, shop: Workspace, call: Call, tmp_path: Path
) -> None:
    path = file(tmp_path, PEOPLE)
    command = [sys.executable, "-m", "regulars.cli", "import", "customers", str(path)]
    environ = {**os.environ, VARIABLE: "I2:kill"}
    killed = subprocess.run(command, env=environ, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    with database.workspace_tx(shop) as uow:  # a minute passes
        uow.execute(import_batch.update().values(due_at=uow.now))
    done = json.loads(call("--json", "import", "customers", path).output)
    assert (done["id"], done["state"]) == (1, "done")
    with database.workspace_tx(shop) as uow:
        assert len(all_records(uow, "customers")) == 2


def test_export_writes_what_import_reads(
    database: Database, shop: Workspace, call: Call, tmp_path: Path
) -> None:
    call("import", "customers", file(tmp_path, PEOPLE))
    out = tmp_path / "out.csv"
    assert call("export", "customers", out).exit_code == 0
    assert "Customers: 2 the same" in call("import", "customers", out).output
    where = file(tmp_path, '{"field": "code", "op": "is", "value": "A3"}', "where.json")
    done = json.loads(call("--json", "export", "customers", out, "--where", where).output)
    assert done["records"] == 1
    assert call("export", "customers", tmp_path / "out.pdf").exit_code == 2


def test_export_takes_columns_and_an_order(
    database: Database, shop: Workspace, call: Call, tmp_path: Path
) -> None:
    call("import", "customers", file(tmp_path, PEOPLE))
    out = tmp_path / "out.csv"
    assert call("export", "customers", out, "--columns", "code", "--sort", "-code").exit_code == 0
    rows = out.read_text("utf-8-sig").splitlines()[1:]
    assert rows == sorted(rows, reverse=True)
    assert "," not in rows[0]
    wrong = call("export", "customers", out, "--columns", "code,gone")
    assert wrong.exit_code == 1
    assert "gone" in wrong.output
