"""line: how measures move over time; the way to a period in progress is dashed. Pure."""

from __future__ import annotations

from typing import Any

from regulars.report_builder.charts.axes import (
    HATCH,
    Line,
    Plot,
    axis_index,
    datum,
    drawn,
    frame,
    lay_out,
)
from regulars.report_builder.charts.base import Chart, Look, Picture
from regulars.report_builder.definition import ChartSetting
from regulars.report_builder.result import Result

COLOR_COUNT = 8


class LineChart(Chart):
    """One line per series; finished periods solid, the step into an unfinished one dashed."""

    name = "line"
    icon = "chart-line"

    def picture(self, result: Result, setting: ChartSetting, look: Look) -> Picture:
        plot = lay_out(result, setting, look)
        option = frame(plot, look)
        option["series"] = drawn(plot, lambda number, line: _series(plot, number, line, look))
        if plot.open_categories and option["series"]:
            option["series"][0]["markArea"] = _hatched(plot)
        return Picture("drawn", option, {"rows": len(plot.categories), "left_out": plot.left_out})


def _series(plot: Plot, number: int, line: Line, look: Look) -> list[dict[str, Any]]:
    whole = [datum(point, line, look) for point in line.points]
    first_open = min(plot.open_categories, default=len(whole))
    color = f"var(--rg-chart-{number % COLOR_COUNT + 1})"
    shared: dict[str, Any] = {
        "type": "line",
        "name": line.name,
        "yAxisIndex": axis_index(plot, line),
        "symbol": "circle",
        "symbolSize": 7 if len(whole) <= 40 else 3,
        "connectNulls": False,
        "itemStyle": {"color": color},
    }
    solid = [each if n < first_open else {"value": None} for n, each in enumerate(whole)]
    made = [shared | {"data": solid, "lineStyle": {"width": 2.5, "color": color}}]
    if first_open < len(whole):
        since = max(0, first_open - 1)
        rest = [each if n >= since else {"value": None} for n, each in enumerate(whole)]
        dashed = {"width": 2, "type": "dashed", "color": color}
        made.append(shared | {"data": rest, "lineStyle": dashed, "symbol": "emptyCircle"})
    return made


def _hatched(plot: Plot) -> dict[str, Any]:
    """A hatched background behind the way to the periods in progress."""
    style = {"color": "var(--rg-line)", "opacity": 0.6, "decal": HATCH}
    first, last = min(plot.open_categories), max(plot.open_categories)
    edges = [{"xAxis": max(0, first - 1)}, {"xAxis": last}]
    return {"silent": True, "itemStyle": style, "data": [edges]}
