"""Values of a result as people read them: periods, amounts, shares, choices. Pure."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel import dates

from regulars.platform import i18n
from regulars.platform.formats import Formats
from regulars.report_builder.result import Column, Linked

_SKELETONS = {"day": "yMMMd", "week": "yMMMd", "month": "yMMM"}
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
