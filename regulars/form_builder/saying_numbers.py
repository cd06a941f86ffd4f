"""Shares and durations in words, wherever they are read: on pages, in messages, in files. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from regulars.platform import i18n
from regulars.platform.formats import Formats


def share(value: Decimal, formats: Formats, places: int | None = None) -> str:
    """``20%`` for 20; ``places`` fixes the decimal places, else as many as needed."""
    return f"{formats.number(value, places)}%"


def duration(minutes: Decimal, formats: Formats, places: int | None = None) -> str:
    """``1 h 30 min`` for 90, in the reader's language."""
    hours, rest = divmod(int(minutes), 60)
    parts = [i18n.translate("records.n-hours", formats.locale, n=hours)] if hours else []
    if rest or not hours:
        parts.append(i18n.translate("records.n-minutes", formats.locale, n=rest))
    return " ".join(parts)


SAID: Mapping[str, Callable[[Decimal, Formats, int | None], str]] = {
    "percent": share,
    "duration": duration,
}
"""Field types whose numbers are not said as bare numbers."""
