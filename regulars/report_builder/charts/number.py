"""number: one figure, and how it moved against the period before. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from regulars.platform import i18n
from regulars.report_builder.arithmetic import ratio
from regulars.report_builder.charts.base import Chart, Look, Picture, chosen_measures
from regulars.report_builder.definition import ChartSetting
from regulars.report_builder.result import Column, Result
from regulars.report_builder.wording import cell_text


class NumberChart(Chart):
    """The first chosen measure of the whole result, with its change."""

    name = "number"
    icon = "hash"
    height = 2
    width = 3

    def picture(self, result: Result, setting: ChartSetting, look: Look) -> Picture:
        column = next(iter(chosen_measures(result, setting)), None)
        row = whole_row(result)
        if column is None or row is None:
            return Picture("number", data={"value": None})
        position = result.index(column.key)
        at, values = row
        data: dict[str, Any] = {
            "title": i18n.pick(column.label, look.locale),
            "value": cell_text(values[position], column, look.formats),
            "url": look.drill(at, column.key),
            "unfinished": at in result.unfinished,
        }
        before = next((c for c in result.columns if c.of == column.key), None)
        if before is not None:
            data |= _change(values[position], values[result.index(before.key)], column, look)
        return Picture("number", data=data)


def whole_row(result: Result) -> tuple[int, tuple[Any, ...]] | None:
    """(row number, values) that speak for the whole result; -1 is the row of totals.

    Where nothing can be totalled it is the last finished row.
    """
    if result.totals is not None and len(result.rows) != 1:
        return -1, result.totals
    finished = [n for n in range(len(result.rows)) if n not in result.unfinished]
    if not result.rows:
        return None
    last = finished[-1] if finished else len(result.rows) - 1
    return last, result.rows[last]


def _change(now: Any, before: Any, column: Column, look: Look) -> dict[str, Any]:
    """How much more or less than before: points for shares, per cent for the rest."""
    if now is None or before is None:
        return {}
    was = cell_text(before, column, look.formats)
    difference = Decimal(now) - Decimal(before)
    if column.format == "percent":
        points = look.formats.number(difference * 100, 1)
        text = i18n.translate("reports.points", look.locale, points=_signed(points, difference))
    elif not before:
        return {"before": was}
    else:
        share = ratio(difference, abs(before))
        text = _signed(look.formats.percent(share), difference)
    tone = "" if not difference else "good" if difference > 0 else "bad"
    return {"change": text, "tone": tone, "before": was}


def _signed(text: str, difference: Decimal) -> str:
    return f"+{text}" if difference > 0 else text
