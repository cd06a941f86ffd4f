"""The order of a report's rows. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from regulars.platform import pinyin
from regulars.report_builder.definition import ReportDefinition
from regulars.report_builder.result import Column, Linked

Row = tuple[Any, ...]


def sort_rows(
    rows: Sequence[Row], columns: Sequence[Column], report: ReportDefinition, locale: str
) -> list[Row]:
    """The rows as the definition sorts them; missing values last, ties by the row's names.

    Without a wish: by time where there is some, else the largest first measure first.
    """
    ordered = list(rows)
    keys = [column.key for column in columns]
    for name in reversed([*_wishes(report), *_names(report)]):
        position = keys.index(name.removeprefix("-"))
        ordered = _by(ordered, position, _key_of(columns[position], locale), name.startswith("-"))
    return ordered


def _wishes(report: ReportDefinition) -> list[str]:
    if report.sort or not report.dimensions:
        return list(report.sort)
    if report.time_dimension is not None:
        return [report.time_dimension.name]
    return [f"-{report.measures[0].name}"]


def _names(report: ReportDefinition) -> list[str]:
    return [each.name for each in report.dimensions]


def _by(rows: list[Row], position: int, key: Callable[[Any], Any], descending: bool) -> list[Row]:
    known = [row for row in rows if row[position] is not None]
    known.sort(key=lambda row: key(row[position]), reverse=descending)
    return known + [row for row in rows if row[position] is None]


def _key_of(column: Column, locale: str) -> Callable[[Any], Any]:
    """Choices by the owner's order, names by pinyin in Chinese, everything else by value."""
    if column.options:
        order = {code: n for n, code in enumerate(column.options)}
        return lambda value: (order.get(value, len(order)), str(value))
    if column.type in ("text", "link", "choice"):
        return lambda value: _spelling(value, locale)
    return lambda value: value


def _spelling(value: Any, locale: str) -> tuple[str, str]:
    text = value.title if isinstance(value, Linked) else str(value)
    if locale.startswith("zh"):
        return "".join(pinyin.syllables(text)).casefold(), text
    return text.casefold(), text
