"""cohort: a grid of first periods by later periods, the warmer the more came back. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from regulars.report_builder.arithmetic import ratio
from regulars.report_builder.charts.base import Chart, Look, Picture
from regulars.report_builder.definition import ChartSetting
from regulars.report_builder.result import Result
from regulars.report_builder.wording import cell_text

HEATS = 9


@dataclass(frozen=True)
class HeatCell:
    """One cell. ``heat`` 0-9 colours it; 0 is nobody, which differs from not yet happened."""

    text: str
    count: int
    heat: int
    url: str | None
    unfinished: bool


class CohortGrid(Chart):
    """Rows are cohorts, columns the periods after; below, the mean weighted by size."""

    name = "cohort"
    icon = "grid-3x3"
    height = 6
    width = 12

    def picture(self, result: Result, setting: ChartSetting, look: Look) -> Picture:
        column = result.find_column("cohort")
        if column is None or result.find_column("offset") is None:
            return Picture("table", data={"rows": len(result.rows)})
        grid = _grid(result, look)
        offsets = sorted({offset for cells in grid.values() for offset in cells})
        sizes = {row[0]: row[1] for row in result.rows}
        rows = [
            {
                "name": cell_text(cohort, column, look.formats),
                "size": look.formats.number(sizes[cohort], 0),
                "cells": [cells.get(offset) for offset in offsets],
            }
            for cohort, cells in grid.items()
        ]
        means = weighted_means(result)
        mean = [look.formats.percent(means.get(offset)) for offset in offsets]
        return Picture("cohort", data={"offsets": offsets, "rows": rows, "mean": mean})


def _grid(result: Result, look: Look) -> dict[date, dict[int, HeatCell]]:
    top = _highest(result)
    grid: dict[date, dict[int, HeatCell]] = defaultdict(dict)
    for n, (cohort, _size, offset, active, rate) in enumerate(result.rows):
        text = look.formats.percent(rate)
        heat, url = _heat(rate, offset, top), look.drill(n, "active")
        grid[cohort][offset] = HeatCell(text, active, heat, url, n in result.unfinished)
    return grid


def weighted_means(result: Result) -> Mapping[int, Decimal | None]:
    """Per offset: all active / all of the cohorts that have come so far, finished cells only."""
    active: dict[int, int] = defaultdict(int)
    size: dict[int, int] = defaultdict(int)
    for n, row in enumerate(result.rows):
        if n not in result.unfinished:
            active[row[2]] += row[3]
            size[row[2]] += row[1]
    return {offset: ratio(active[offset], size[offset]) for offset in size}


def _highest(result: Result) -> Decimal:
    rates: list[Any] = [row[4] for row in result.rows if row[2] > 0 and row[4]]
    return max(rates, default=Decimal(1))


def _heat(rate: Decimal | None, offset: int, top: Decimal) -> int:
    """0 for nobody; else 1 to 9 up to the highest rate of any later period."""
    if not rate:
        return 0
    if offset == 0:
        return HEATS
    return max(1, min(HEATS, int(rate * HEATS / top)))
