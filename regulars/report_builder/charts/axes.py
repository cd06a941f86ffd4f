"""What line and bar charts share: categories, series, axes, colours. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from regulars.platform import i18n
from regulars.report_builder.charts.base import Look, chosen_measures
from regulars.report_builder.definition import ChartSetting
from regulars.report_builder.result import Column, Result
from regulars.report_builder.wording import cell_text, number_text, period_text

COLORS = (
    "var(--rg-chart-1)", "var(--rg-chart-2)", "var(--rg-chart-3)", "var(--rg-chart-4)",
    "var(--rg-chart-5)", "var(--rg-chart-6)", "var(--rg-chart-7)", "var(--rg-chart-8)",
)  # fmt: skip
INK, SOFT, LINE = "var(--rg-ink)", "var(--rg-ink-soft)", "var(--rg-line)"
HATCH = {
    "symbol": "rect",
    "dashArrayX": [1, 0],
    "dashArrayY": [3, 4],
    "rotation": -0.7854,
    "color": "rgba(255, 255, 255, 0.65)",
}
# Patterns are drawn only where ECharts' own are switched on; these show none but ours.
PATTERNS = {
    "enabled": True,
    "label": {"enabled": False},
    "decal": {"show": True, "decals": [{"symbol": "none"}]},
}
MAX_CATEGORIES = 400
MAX_NAMED = 25  # categories with names are read one by one
MAX_SERIES = 8


@dataclass(frozen=True)
class Point:
    """One value with the row it stands in."""

    row: int
    value: Any


@dataclass(frozen=True)
class Line:
    """One series: its name, its measure, and one point (or None) per category."""

    name: str
    measure: Column
    points: tuple[Point | None, ...]


@dataclass(frozen=True)
class Plot:
    """A result laid out along one axis. ``open_categories`` are periods still in progress."""

    axis: Column | None
    categories: tuple[str, ...]
    lines: tuple[Line, ...]
    open_categories: frozenset[int]
    left_out: int = 0  # named categories or series that did not fit
    by_measure: bool = False  # the categories are the measures themselves


def lay_out(result: Result, setting: ChartSetting, look: Look) -> Plot:
    """The plot of a result: ``x`` (or the first dimension) along the axis, ``color`` apart."""
    dimensions = result.dimensions()
    axis = result.find_column(setting.x or "") or (dimensions[0] if dimensions else None)
    color = result.find_column(setting.color or "")
    measures = chosen_measures(result, setting)
    if axis is None and len(measures) > 1 and result.rows:
        return _by_measure(result, measures, look)
    values = list(dict.fromkeys(_values(result, axis)))
    limit = MAX_CATEGORIES if axis is not None and axis.type == "period" else MAX_NAMED
    kept = values[-limit:] if axis is not None and axis.type == "period" else values[:limit]
    place = {value: n for n, value in enumerate(kept)}
    groups = list(dict.fromkeys(_values(result, color)))[:MAX_SERIES]
    lines = [
        _line(result, look, (axis, color), place, measure, group)
        for measure in measures
        for group in groups
    ]
    names = [] if axis is None else [_category(value, axis, look) for value in kept]
    in_progress = _values(result, axis)
    return Plot(
        axis,
        tuple(names) or ("",),
        tuple(lines),
        frozenset(place[in_progress[n]] for n in result.unfinished if in_progress[n] in place),
        len(values) - len(kept),
    )


def _by_measure(result: Result, measures: Sequence[Column], look: Look) -> Plot:
    """Several numbers of one row beside each other, each under its own name."""
    lines = []
    for place, measure in enumerate(measures):
        points: list[Point | None] = [None] * len(measures)
        points[place] = Point(0, result.rows[0][result.index(measure.key)])
        lines.append(Line(i18n.pick(measure.label, look.locale), measure, tuple(points)))
    names = tuple(line.name for line in lines)
    return Plot(None, names, tuple(lines), frozenset(), by_measure=True)


def _values(result: Result, column: Column | None) -> list[Any]:
    return [None] * len(result.rows) if column is None else result.values(column.key)


def _category(value: Any, axis: Column, look: Look) -> str:
    if axis.type == "period" and value is not None:
        return period_text(value, axis.by or "day", look.formats, short=True)
    return cell_text(value, axis, look.formats)


def _line(
    result: Result,
    look: Look,
    by: tuple[Column | None, Column | None],
    place: dict[Any, int],
    measure: Column,
    group: Any,
) -> Line:
    axis, color = by
    points: list[Point | None] = [None] * max(1, len(place))
    position = result.index(measure.key)
    keys, groups = _values(result, axis), _values(result, color)
    for n, row in enumerate(result.rows):
        if groups[n] == group and keys[n] in place:
            points[place[keys[n]]] = Point(n, row[position])
    name = i18n.pick(measure.label, look.locale)
    if color is not None:
        name = cell_text(group, color, look.formats)
    return Line(name, measure, tuple(points))


def datum(point: Point | None, line: Line, look: Look) -> dict[str, Any]:
    """One point as ECharts takes it, with its words and the address of its records.

    Nothing counted is 0 where 0 is what it means, else a gap.
    """
    if point is None:
        return {"value": 0 if line.measure.is_additive else None}
    if point.value is None:
        return {"value": None}
    made: dict[str, Any] = {
        "value": float(point.value) if isinstance(point.value, Decimal) else point.value,
        "text": number_text(point.value, line.measure, look.formats),
    }
    url = look.drill(point.row, line.measure.key)
    return made | ({"url": url} if url else {})


def scale_of(measure: Column) -> str:
    """Measures of one scale share an axis."""
    shown = measure.format or measure.type
    return "percent" if shown == "percent" else "money" if shown == "money" else "number"


def frame(plot: Plot, look: Look, *, lying: bool = False) -> dict[str, Any]:
    """Axes, grid, legend and tooltip; ``lying`` puts the categories down the side."""
    scales = list(dict.fromkeys(scale_of(line.measure) for line in plot.lines))[:2]
    category: dict[str, Any] = {
        "type": "category",
        "data": list(plot.categories),
        "axisLine": {"lineStyle": {"color": LINE}},
        "axisTick": {"show": False},
        "axisLabel": {"color": SOFT, "hideOverlap": True},
    }
    if lying:
        names = {"color": INK, "width": 110, "overflow": "truncate"}
        category |= {"inverse": True, "axisLabel": names}
    values = [_value_axis(plot, scale, n) for n, scale in enumerate(scales or ["number"])]
    crossed = (
        {"xAxis": values, "yAxis": category} if lying else {"xAxis": category, "yAxis": values}
    )
    several = len({line.name for line in plot.lines}) > 1 and not plot.by_measure
    below = 36 if several else 4
    return {
        "color": list(COLORS),
        "aria": PATTERNS,
        "animationDuration": 250,
        "textStyle": {"fontFamily": "inherit", "color": INK},
        "grid": {"left": 4, "right": 28, "top": 12, "bottom": below, "containLabel": True},
        "legend": {
            "show": several,
            "type": "scroll",
            "bottom": 0,
            "icon": "roundRect",
            "itemWidth": 14,
            "itemHeight": 8,
            "textStyle": {"color": INK},
        },
        "tooltip": {
            "trigger": "axis",
            "axisPointer": {"type": "shadow" if lying else "line"},
            "renderMode": "richText",
            "confine": True,
            "backgroundColor": "var(--rg-surface)",
            "borderColor": LINE,
            "textStyle": {"color": INK},
        },
        **crossed,
    }


def _value_axis(plot: Plot, scale: str, position: int) -> dict[str, Any]:
    whole = {"max": 1, "interval": 0.25} if scale == "percent" and _is_share(plot) else {}
    return whole | {
        "type": "value",
        "scale": False,
        "format": "percent" if scale == "percent" else "number",
        "position_no": position,
        "splitNumber": 4,
        "minInterval": 0 if scale in ("percent", "money") else 1,
        "splitLine": {"show": position == 0, "lineStyle": {"color": LINE}},
        "axisLabel": {"color": SOFT},
    }


def _is_share(plot: Plot) -> bool:
    """Whether no percentage passes a hundred."""
    lines = [line for line in plot.lines if scale_of(line.measure) == "percent"]
    points = [point for line in lines for point in line.points if point]
    return all(point.value is None or point.value <= 1 for point in points)


def axis_index(plot: Plot, line: Line) -> int:
    """Which value axis a series is measured on."""
    scales = list(dict.fromkeys(scale_of(each.measure) for each in plot.lines))[:2]
    scale = scale_of(line.measure)
    return scales.index(scale) if scale in scales else 0


def drawn(
    plot: Plot, make: Callable[[int, Line], Sequence[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """The series of every line."""
    return [series for n, line in enumerate(plot.lines) for series in make(n, line)]
