"""Values of a result as people read them: periods, amounts, shares, choices. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from babel import dates

from regulars.platform import i18n
from regulars.platform.formats import Formats, clock_time
from regulars.report_builder.result import Column, Linked, Note, Result

_SKELETONS = {"day": "yMMMd", "week": "yMMMd", "month": "yMMM"}
_RAW_RANGE = "unfinished-range"
_SHORT = {"day": "MMMd", "week": "MMMd", "month": "yMMM"}


def cell_text(value: Any, column: Column, formats: Formats) -> str:
    """One cell; what is missing has a word of its own only among the row's names."""
    if value is None:
        return "–" if column.is_measure else i18n.translate("reports.nothing", formats.locale)
    if column.type == "period":
        return period_text(value, column.by or "day", formats)
    if column.type in ("count", "number", "money", "ratio"):
        return number_text(value, column, formats)
    if isinstance(value, Linked):
        return value.title
    if isinstance(value, bool):
        return i18n.translate(f"reports.{'yes' if value else 'no'}", formats.locale)
    if isinstance(value, datetime):
        return formats.datetime(value)
    if isinstance(value, date):
        return formats.date(value)
    if column.type == "choice":
        return i18n.pick(column.options.get(value), formats.locale) or str(value)
    return str(value)


def number_text(value: Decimal | int, column: Column, formats: Formats) -> str:
    """A number with its sign: percent, money in whole cents, or plain with its own places."""
    shown = column.format or column.type
    if shown == "percent":
        return formats.percent(value)
    if shown == "money":
        return formats.money(value, column.currency)
    if shown == "count":
        return formats.number(value, 0)
    if shown == "time":
        return clock_time(Decimal(round(value)))
    if column.type == "ratio":
        return formats.number(value, 2)
    return formats.number(value, column.decimals)


def period_text(first: date, by: str, formats: Formats, *, short: bool = False) -> str:
    """A period by its first day: ``Dec 2011``, ``Q4 2011``, ``2011``."""
    if by == "year":
        return dates.format_skeleton("y", first, locale=formats.babel)
    if by == "quarter":
        return dates.format_skeleton("yQQQ", first, locale=formats.babel)
    skeleton = (_SHORT if short else _SKELETONS)[by]
    text: str = dates.format_skeleton(skeleton, first, locale=formats.babel)
    if by == "week" and not short:
        return i18n.translate("reports.week-of", formats.locale, day=text)
    return text


def note_text(note: Note, result: Result, formats: Formats) -> str:
    """A note in the reader's language."""
    code, params = note.code, _params(note, result, formats)
    if code == "unfinished-period" and not isinstance(params.get("period"), str):
        code = _RAW_RANGE
    if code == "repurchase-by":
        code = f"repurchase-by-{note.value}"
    if code == "compared-with" and isinstance(note.value["to"], datetime):
        code = "compared-until"
    return i18n.translate(f"reports.note.{code}", formats.locale, **params)


def _params(note: Note, result: Result, formats: Formats) -> dict[str, Any]:
    value = note.value
    if note.code in ("unfinished-period", "history-begins"):
        by = next((column.by for column in result.columns if column.by), None)
        known = by is not None and value is not None
        return {"period": period_text(value, by, formats) if known and by else None}
    if note.code == "rfm-cuts":
        return {name: _cuts(cuts, formats) for name, cuts in value.items()}
    if note.code == "partial-period":
        by = next((column.by for column in result.columns if column.by), None) or "day"
        period = period_text(value["period"], by, formats)
        return {"period": period, "day": formats.date(value["since"])}
    if note.code == "compared-with":
        return {"from_day": formats.date(value["from"]), "to_day": _last_day(value["to"], formats)}
    return dict(value) if isinstance(value, Mapping) else {"n": value}


def _cuts(cuts: Sequence[Any], formats: Formats) -> str:
    return formats.joined([formats.number(cut) for cut in cuts])


def _last_day(end: date | datetime, formats: Formats) -> str:
    """The last day inside a range that ends before ``end``."""
    if isinstance(end, datetime):
        return formats.datetime(end)
    return formats.date(end - timedelta(days=1))
