"""Merge fields in the texts of messages: ``{name|dear guest}``, ``{coupon.expires_at:date}``.

``{link:shop}`` is the message's link called ``shop``; ``{link:opt_out}`` is always there.

One pass of plain substitution: what a value brings along is text, never a new merge field, and
anything that does not look exactly like a merge field is left as it stands. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

OPT_OUT = "opt_out"
FORMATS = ("date", "time", "datetime", "month_day", "whole")
_TOKEN = re.compile(
    r"\{(?P<path>[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*)"
    r"(?::(?P<format>[a-z_]+))?"
    r"(?:\|(?P<fallback>[^{}|]*))?\}"
)


@dataclass(frozen=True)
class MergeField:
    """One place to fill in; ``fallback`` None means that a value must be there."""

    path: str
    format: str | None = None
    fallback: str | None = None

    @property
    def link(self) -> str | None:
        """The name of the link this stands for; None for a value."""
        return self.format if self.path == "link" and self.format not in FORMATS else None

    @property
    def written(self) -> str:
        """How it stands in the text."""
        form = f":{self.format}" if self.format else ""
        other = f"|{self.fallback}" if self.fallback is not None else ""
        return f"{{{self.path}{form}{other}}}"


class MissingValues(ValueError):
    """Merge fields without a value and without a fallback; nothing may be sent."""

    def __init__(self, fields: Iterable[MergeField]) -> None:
        self.paths = sorted({each.path for each in fields})
        super().__init__(", ".join(self.paths))


def merge_fields(text: str) -> list[MergeField]:
    """Every merge field of a text, in order."""
    return [_field(found) for found in _TOKEN.finditer(text)]


def fill_in(text: str, value_of: Callable[[MergeField], str | None]) -> str:
    """The text with every merge field replaced once.

    ``value_of`` answers the words of a value, or None where there is none; then the fallback
    stands in. Raises MissingValues naming all that have neither.
    """
    missing: list[MergeField] = []

    def words(found: re.Match[str]) -> str:
        field = _field(found)
        value = value_of(field)
        if value:
            return value
        if field.fallback is None:
            missing.append(field)
            return ""
        return field.fallback

    filled = _TOKEN.sub(words, text)
    if missing:
        raise MissingValues(missing)
    return filled


def _field(found: re.Match[str]) -> MergeField:
    return MergeField(found["path"], found["format"], found["fallback"])
