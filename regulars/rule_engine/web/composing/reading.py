"""What a composer form sends, read once. Pure.

Field names are those of the templates; what nobody filled in is left out, so that the rule's own
checks name what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem

Raw = dict[str, Any]


class Repeated(Protocol):
    """What a web form sends: every value by name."""

    def getlist(self, key: str) -> list[str]: ...


@dataclass(frozen=True)
class Posted:
    """A form post: what was not sent reads as an empty text."""

    sent: Repeated

    def get(self, name: str, default: str = "") -> str:
        """The first value of an input, without the blanks around it."""
        return next(iter(self.sent.getlist(name)), default).strip()

    def getlist(self, name: str) -> list[str]:
        """Every value of a repeated input."""
        return [text.strip() for text in self.sent.getlist(name)]

    def given(self, *names: str) -> Raw:
        """The inputs that were filled in, by name."""
        return {name: text for name in names if (text := self.get(name))}


def number(posted: Posted, name: str, default: int | None = None) -> int | None:
    """A whole number, the default when nothing was typed; Invalid for anything else."""
    text = posted.get(name)
    if not text:
        return default
    if not text.removeprefix("-").isdecimal():
        raise Invalid([Problem(name, "not-a-number", {"value": text[:40]})])
    return int(text)


def needed(posted: Posted, name: str) -> str:
    """An input that has to be filled in."""
    text = posted.get(name)
    if not text:
        raise Invalid([Problem(name, "required")])
    return text


def length(posted: Posted, prefix: str) -> Raw:
    """``{"n": 7, "unit": "day"}`` of two inputs."""
    n = number(posted, f"{prefix}_n")
    if n is None or n < 1:
        raise Invalid([Problem(f"{prefix}_n", "required")])
    return {"n": n, "unit": posted.get(f"{prefix}_unit", "day")}


def words(text: str) -> list[str]:
    """Words with a comma of any language between."""
    for separator in ("，", "、", ";", "；"):
        text = text.replace(separator, ",")
    return [word.strip() for word in text.split(",") if word.strip()]
