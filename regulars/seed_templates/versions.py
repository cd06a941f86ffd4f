"""Version numbers of packs and of the platform. Pure."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable

Version = tuple[int, ...]

_TERM = re.compile(r"(>=|<=|<|>|=)([0-9]+(?:\.[0-9]+){0,2})")
_COMPARE: dict[str, Callable[[Version, Version], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}


def parse_version(text: str) -> Version:
    """``0.1`` and ``0.1.0`` are the same version; what follows a sign like ``+`` is left out."""
    numbers = [int(part) for part in re.match(r"[0-9.]*", text)[0].split(".") if part][:3]  # type: ignore[index]
    return tuple(numbers + [0] * (3 - len(numbers)))


def fits(version: str, wanted: str) -> bool:
    """Whether a version lies in a range such as ``>=0.1,<1``."""
    terms = _TERM.findall(wanted)
    is_readable = bool(terms) and ",".join(a + b for a, b in terms) == wanted
    have = parse_version(version)
    return is_readable and all(_COMPARE[sign](have, parse_version(than)) for sign, than in terms)
