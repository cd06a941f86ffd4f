"""``regulars report …`` and ``regulars dashboard …``, as typed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from regulars.cli import main
from regulars.platform.db import Database, Workspace
from regulars.wiring import wire
from tests.report_builder.corner import add_sales, open_shop

Call = Callable[..., Result]
REPORT: dict[str, Any] = {
    "kind": "report",
    "key": "turnover",
    "label": "Turnover",
    "from": "sales",
    "dimensions": [{"as": "month", "field": "sold_at", "by": "month"}],
    "measures": [{"as": "total", "aggregate": "sum", "field": "amount"}],
}


@pytest.fixture
def call(database: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Call:
    """The command line over a shop with two sales."""
    wire()
    with database.workspace_tx(workspace) as uow:
        open_shop(uow)
        add_sales(uow, ("2026-02-03", "10"), ("2026-03-03", "2.50"))
    monkeypatch.setenv("REGULARS_DATA_DIR", str(database.data_dir))
    monkeypatch.setenv("REGULARS_DATABASE_URL", database.url)
    monkeypatch.setenv("LC_ALL", "C")

    def run(*arguments: str | Path, **settings: Any) -> Result:
        return CliRunner().invoke(main, [str(each) for each in arguments], **settings)

    return run


@pytest.fixture
def published(call: Call) -> Call:
    """The same, with the report published from standard input."""
    assert call("report", "put", "-", input=json.dumps(REPORT)).exit_code == 0
    done = call("--json", "report", "publish", "turnover")
    assert json.loads(done.output) == [{"key": "turnover", "version": 1}]
    return call


def test_a_report_is_put_from_a_file_and_listed(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "turnover.json"
    path.write_text(json.dumps(REPORT))

    assert call("report", "put", path).output == "turnover\n"
    listed = json.loads(call("--json", "report", "list").output)
    assert listed == [{"key": "turnover", "label": "Turnover", "version": None, "changed": True}]
    assert call("report", "show", "turnover").exit_code == 1
    assert json.loads(call("report", "show", "turnover", "--draft").output) == REPORT


def test_show_prints_what_put_takes(published: Call) -> None:
    shown = published("report", "show", "turnover").output

    assert json.loads(shown) == REPORT
    assert published("report", "put", "-", input=shown).exit_code == 0


def test_a_report_runs_as_of_a_moment_in_a_period(published: Call) -> None:
    done = published(
        "report", "run", "turnover", "--at", "2026-03-10T12:00", "--param", "period=this_month"
    )
    answer = json.loads(done.output)

    assert answer["rows"] == [["2026-03-01", "2.50"]]
    assert answer["notes"] == [{"code": "unfinished-period", "value": "2026-03-01"}]


@pytest.mark.parametrize(("kind", "start"), [("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")])
def test_the_answer_goes_into_a_file(
    published: Call, tmp_path: Path, kind: str, start: bytes
) -> None:
    path = tmp_path / f"answer.{kind}"

    done = published("report", "run", "turnover", "--format", kind, "--output", path)

    assert done.exit_code == 0, done.output
    assert path.read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("report", "run", "nowhere"), 1, "There is no report called “nowhere”."),
        (("report", "run", "turnover", "--param", "colour=red"), 1, "colour"),
        (("report", "run", "turnover", "--param", "colour"), 2, "NAME=VALUE"),
        (("report", "run", "turnover", "--at", "soon"), 1, "2011-12-10T10:00"),
        (("report", "publish", "nowhere"), 1, "There is no report called “nowhere”."),
        (("dashboard", "show", "nowhere"), 1, "There is no dashboard called “nowhere”."),
    ],
)
def test_refusals_say_why(
    published: Call, arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = published(*arguments)

    assert done.exit_code == code
    assert words in done.output


@pytest.mark.parametrize(
    ("text", "code"), [("{broken", 2), ("[]", 1), ('{"kind": "report", "key": "x"}', 1)]
)
def test_a_file_that_is_no_report_saves_nothing(call: Call, text: str, code: int) -> None:
    assert call("report", "put", "-", input=text).exit_code == code
    assert call("report", "list").output.strip() == ""


def test_a_dashboard_needs_its_report_first(call: Call) -> None:
    board = {"kind": "dashboard", "key": "d", "label": "D", "cards": [{"report": "turnover"}]}
    call("dashboard", "put", "-", input=json.dumps(board))

    early = call("dashboard", "publish", "d")
    call("report", "put", "-", input=json.dumps(REPORT))
    call("report", "publish", "turnover")

    assert early.exit_code == 1
    assert "The report “turnover” is not published." in early.output
    assert call("dashboard", "publish", "d").output == "d 1\n"
