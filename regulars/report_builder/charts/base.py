"""What a chart is given and what it makes: a picture a browser can draw. Pure.

An option is plain JSON for ECharts. Colours stand as ``var(--rg-…)`` and are looked up in the
page, so that one option serves light and dark; numbers carry a format name that the browser's own
language tools apply.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from regulars.platform.formats import Formats
from regulars.platform.registry import Registry
from regulars.report_builder.definition import ChartSetting
from regulars.report_builder.result import Column, Result

DrillUrl = Callable[[int, str | None], str | None]  # (row number, column key) → address


def no_drill(_row: int, _column: str | None) -> str | None:
    """For results whose numbers lead nowhere."""
    return None


@dataclass(frozen=True)
class Look:
    """Who looks: the language and zone of words and numbers, and where a number leads."""

    formats: Formats
    drill: DrillUrl = no_drill

    @property
    def locale(self) -> str:
        """The reader's language."""
        return self.formats.locale


@dataclass(frozen=True)
class Picture:
    """``kind`` names the template part that shows it; drawn ones have ECharts' ``option``."""

    kind: str
    option: Mapping[str, Any] | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


class Chart:
    """Base of every kind of chart."""

    name: ClassVar[str]
    icon: ClassVar[str] = "chart-column"
    height: ClassVar[int] = 4  # rows of the dashboard's grid it likes to have
    width: ClassVar[int] = 6  # columns of twelve

    def picture(self, result: Result, setting: ChartSetting, look: Look) -> Picture:
        """What to show for this result."""
        raise NotImplementedError


charts: Registry[Chart] = Registry("chart")


def chosen_measures(result: Result, setting: ChartSetting) -> Sequence[Column]:
    """The measures a chart shows: those it names, else all that are no comparison."""
    named = [result.find_column(name) for name in setting.y]
    found = [column for column in named if column is not None]
    return found or [column for column in result.measures() if column.of is None]
