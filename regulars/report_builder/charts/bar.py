"""bar: bars over time, or lying bars for things with names; a period in progress is hatched.
Pure.
"""

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


class BarChart(Chart):
    """One bar per category and series, stacked when the setting says so."""

    name = "bar"
    icon = "chart-column"

    def picture(self, result: Result, setting: ChartSetting, look: Look) -> Picture:
        plot = lay_out(result, setting, look)
        lying = plot.axis is not None and plot.axis.type != "period"
        # Measures beside each other are one bar per place; stacked, none leaves room for the rest.
        stacked = setting.is_stacked or plot.by_measure

        def series(number: int, line: Line) -> list[dict[str, Any]]:
            made: dict[str, Any] = {
                "type": "bar",
                "name": line.name,
                "barMaxWidth": 36,
                "itemStyle": {"borderRadius": 0 if stacked else 2},
                "data": [_bar(plot, n, point, line, look) for n, point in enumerate(line.points)],
            }
            made |= {"stack": "all"} if stacked else {}
            made["xAxisIndex" if lying else "yAxisIndex"] = axis_index(plot, line)
            return [made]

        option = frame(plot, look, lying=lying) | {"series": drawn(plot, series)}
        size = {"rows": len(plot.categories), "lying": lying, "left_out": plot.left_out}
        return Picture("drawn", option, size)


def _bar(plot: Plot, position: int, point: Any, line: Line, look: Look) -> dict[str, Any]:
    made = datum(point, line, look)
    # When every bar is in progress the note below says it once.
    if position in plot.open_categories and len(plot.open_categories) < len(plot.categories):
        made["itemStyle"] = {"decal": HATCH, "opacity": 0.85}
    return made
