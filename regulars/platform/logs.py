"""Logs: one JSON object a line, with the request or run it belongs to, and nobody's data.

A line break inside a text is escaped, so nobody can forge a line. What looks like a telephone
number or an address is blotted out, and of an error only its kind, its first line without what
stands in quotes or in another script, and the places in our code are kept: database drivers like
to quote records.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from regulars.platform.errors import BadConfig

PART_VARIABLE = "REGULARS_PART"
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_FILE_SIZE = 10 * 1024 * 1024
_FILES = 5
_LONGEST = 500

_MAIL = re.compile(r"[^\s@'\"<>=:,;]+@[^\s@'\"<>,;]+\.[^\s@'\"<>,;]+")
_NUMBER = re.compile(r"(?<![\w.])(?:\+|00)?\d(?:[ \-]?\d){6,}(?![\w.])")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|=\([^)]*\)|[^\x00-\x7f]+")

_BREAKS = {ord(sign): f"\\u{ord(sign):04x}" for sign in "\x7f\x85\u2028\u2029"}
"""Line breaks that JSON lets through."""

_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode
_about: ContextVar[dict[str, Any] | None] = ContextVar("regulars_log", default=None)


@contextmanager
def about(**fields: Any) -> Iterator[None]:
    """Everything logged inside carries ``fields`` (``request_id``, ``run`` …)."""
    token = _about.set({**current(), **fields})
    try:
        yield
    finally:
        _about.reset(token)


def begin(**fields: Any) -> None:
    """From here on in this thread everything carries exactly ``fields``."""
    _about.set(fields)


def current() -> dict[str, Any]:
    """What a line written now would carry."""
    return _about.get() or {}


class JsonLines(logging.Formatter):
    """``{"at", "level", "logger", "message", …}`` on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of one record."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(record.getMessage())[:_LONGEST],
            **current(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = told(record.exc_info[1])
        return _encode(line).translate(_BREAKS)


def told(error: BaseException) -> dict[str, Any]:
    """What may be kept of an error."""
    first = str(error).partition("\n")[0]
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "kind": f"{type(error).__module__}.{type(error).__qualname__}",
        "text": redacted(_QUOTED.sub("…", first))[:_LONGEST],
        "places": [f"{_short(each.filename)}:{each.lineno} {each.name}" for each in frames],
    }


def redacted(text: str) -> str:
    """A text without telephone numbers and addresses."""
    return _NUMBER.sub("[number]", _MAIL.sub("[address]", text))


def configure(level: str, folder: Path | None = None) -> None:
    """Log as lines of JSON: to standard error, or to a file of this part in ``folder``.

    Files are for ``regulars up``: the window then shows warnings only.
    """
    if level not in LEVELS:
        raise BadConfig(f"REGULARS_LOG_LEVEL must be one of {', '.join(LEVELS)}.")
    console = logging.StreamHandler(sys.stderr)
    handlers: list[logging.Handler] = [console]
    if folder is not None:
        console.setLevel(logging.WARNING)
        handlers.append(_file(folder))
    for handler in handlers:
        handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = handlers
    root.setLevel(level)


def _file(folder: Path) -> logging.Handler:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{os.environ.get(PART_VARIABLE, 'regulars')}.jsonl"
    path.touch(mode=0o600)
    return RotatingFileHandler(path, maxBytes=_FILE_SIZE, backupCount=_FILES, encoding="utf-8")


def _short(path: str) -> str:
    """The end of a path: enough to find the place, and nothing of this machine."""
    return "/".join(Path(path).parts[-3:])
