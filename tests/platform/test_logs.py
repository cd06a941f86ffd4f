import io
import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from regulars.platform import logs
from regulars.platform.config import BadConfig

log = logging.getLogger("regulars.tests")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged, as it would be written."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonLines())
    log.addHandler(handler)
    log.setLevel("DEBUG")
    log.propagate = False
    yield stream
    log.removeHandler(handler)
    log.propagate = True


def read(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_a_line_says_when_how_bad_where_and_what(lines: io.StringIO) -> None:
    log.warning("The %s is slow.", "store")
    (line,) = read(lines)
    assert (line["level"], line["logger"]) == ("warning", "regulars.tests")
    assert line["message"] == "The store is slow."
    assert line["at"].endswith("+00:00")


def test_lines_know_what_they_are_about(lines: io.StringIO) -> None:
    logs.begin(request_id="r1")
    with logs.about(run=7):
        log.info("inside")
    log.info("after")
    logs.begin()
    inside, after = read(lines)
    assert (inside["request_id"], inside["run"]) == ("r1", 7)
    assert after["request_id"] == "r1"
    assert "run" not in after


def test_threads_do_not_share_what_they_are_about(lines: io.StringIO) -> None:
    with logs.about(request_id="mine"):
        thread = threading.Thread(target=lambda: log.info("elsewhere"))
        thread.start()
        thread.join()
    assert "request_id" not in read(lines)[0]


@given(st.text() | st.text("\n\r\x0b\x0c\x1c\x85\u2028\u2029\x00\ud800ab"))
def test_s28_no_text_can_forge_a_line(text: str) -> None:
    record = logging.LogRecord("x", logging.INFO, "", 1, "%s", (text,), None)
    written = logs.JsonLines().format(record)
    assert len(written.splitlines()) == 1
    json.loads(written)


@pytest.mark.parametrize(
    "text",
    [
        "call 13900001111 now",
        "+86 139 0000 1111",
        "139-0000-1111",
        "mail to wang.xiaomei@example.com, please",
        "<wang@example.com>",
        "Key (mobile)=(+8613900001111) already exists.",
    ],
)
def test_s28_numbers_and_addresses_are_blotted_out(text: str) -> None:
    said = logs.redacted(text)
    assert "139" not in said
    assert "@example" not in said


@pytest.mark.parametrize(
    "text", ["run 123456", "12 of 34 rows", "r0003", "2.345 seconds", "127.0.0.1:8000"]
)
def test_other_figures_stay(text: str) -> None:
    assert logs.redacted(text) == text


def test_s28_of_an_error_only_kind_and_places_are_kept(lines: io.StringIO) -> None:
    try:
        raise IntegrityError(
            "INSERT INTO customers VALUES (?)",
            {"name": "王小美"},
            ValueError(
                "duplicate key value violates unique constraint\n"
                "DETAIL:  Key (name)=(王小美) already exists."
            ),
            hide_parameters=True,
        )
    except IntegrityError:
        log.exception("It failed.")
    (line,) = read(lines)
    assert line["error"]["kind"] == "sqlalchemy.exc.IntegrityError"
    assert "王小美" not in lines.getvalue()
    assert line["error"]["places"][0].endswith(
        "test_s28_of_an_error_only_kind_and_places_are_kept"
    )


def test_s28_what_an_error_quotes_is_left_out() -> None:
    told = logs.told(ValueError("could not convert 'Wang Xiaomei' to a number"))
    assert told["text"] == "could not convert … to a number"


def test_each_part_of_up_has_a_private_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(logs.PART_VARIABLE, "worker-2")
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        logs.configure("INFO", tmp_path / "logs")
        logging.getLogger("regulars").info("hello")
        for handler in root.handlers:
            handler.close()
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    file = tmp_path / "logs" / "worker-2.jsonl"
    assert json.loads(file.read_text("utf-8"))["message"] == "hello"
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(BadConfig, match="REGULARS_LOG_LEVEL"):
        logs.configure("LOUD")
