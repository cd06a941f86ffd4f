"""Reports and dashboards as frozen objects, parsed once from their JSON. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from regulars.platform.i18n import Text
from regulars.report_builder.periods import Period

Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Dimension:
    """What rows are grouped by: the value at the path ``field``, or its period ``by``."""

    name: str
    field: str
    by: Period | None = None
    label: Text | None = None

    @classmethod
    def from_json(cls, raw: Raw) -> Dimension:
        """The dimension of a JSON object whose shape has been checked."""
        name = raw.get("as") or _last_step(raw["field"])
        return cls(name, raw["field"], raw.get("by"), raw.get("label"))


@dataclass(frozen=True)
class Measure:
    """One number per row: an ``aggregate`` over ``field``, or the ``ratio`` of two others."""

    name: str
    aggregate: str = "ratio"
    field: str | None = None
    where: Raw | None = None
    ratio: tuple[str, str] | None = None
    format: str | None = None  # how people see it: number, percent, money
    label: Text | None = None

    @classmethod
    def from_json(cls, raw: Raw) -> Measure:
        """The measure of a JSON object whose shape has been checked."""
        ratio = (raw["ratio"][0], raw["ratio"][1]) if "ratio" in raw else None
        name = raw.get("as") or "_".join(filter(None, (raw.get("aggregate"), raw.get("field"))))
        return cls(
            name.replace(".", "_") or "ratio",
            raw.get("aggregate", "ratio"),
            raw.get("field"),
            raw.get("where"),
            ratio,
            raw.get("format"),
            raw.get("label"),
        )


@dataclass(frozen=True)
class ChartSetting:
    """How the result is drawn: ``x`` a dimension, ``y`` measures, ``color`` a second dimension."""

    type: str
    x: str | None = None
    y: tuple[str, ...] = ()
    color: str | None = None
    stack: bool | None = None

    @property
    def is_stacked(self) -> bool:
        """Whether bars stand on each other: as set, else when colours share a category."""
        return self.color is not None if self.stack is None else self.stack

    @classmethod
    def from_json(cls, raw: Raw | None) -> ChartSetting | None:
        """The chart of a JSON object whose shape has been checked; None without one."""
        if raw is None:
            return None
        y = tuple(raw.get("y", ()))
        return cls(raw["type"], raw.get("x"), y, raw.get("color"), raw.get("stack"))


@dataclass(frozen=True)
class ReportDefinition:
    """One report over the records of ``source`` (a form, or a subform as ``orders.items``).

    Either dimensions and measures, or an ``analysis`` with its ``settings``, the ``subject`` (the
    link to the person) and ``at`` (when it happened). ``at`` is also what a chosen period
    narrows.
    """

    key: str
    label: Text
    source: str
    description: Text | None = None
    at: str | None = None
    where: Raw | None = None
    dimensions: tuple[Dimension, ...] = ()
    measures: tuple[Measure, ...] = ()
    compare: str | None = None
    sort: tuple[str, ...] = ()
    limit: int | None = None
    chart: ChartSetting | None = None
    analysis: str | None = None
    subject: str | None = None
    settings: Raw = field(default_factory=dict)

    @property
    def time_dimension(self) -> Dimension | None:
        """The first dimension that groups by period, or None."""
        return next((each for each in self.dimensions if each.by), None)

    @property
    def time_field(self) -> str | None:
        """The field by which a chosen period narrows this report, or None."""
        if self.at:
            return self.at
        return self.time_dimension.field if self.time_dimension else None

    def setting(self, name: str, default: Any = None) -> Any:
        """One setting of the analysis; numbers come as int or Decimal."""
        value = self.settings.get(name, default)
        return int(value) if isinstance(value, Decimal) and value == int(value) else value

    @classmethod
    def from_json(cls, raw: Raw) -> ReportDefinition:
        """The report of a JSON object whose shape has been checked."""
        return cls(
            key=raw["key"],
            label=raw.get("label") or raw["key"],
            source=raw["from"],
            description=raw.get("description"),
            at=raw.get("at"),
            where=raw.get("where"),
            dimensions=tuple(Dimension.from_json(each) for each in raw.get("dimensions", ())),
            measures=tuple(Measure.from_json(each) for each in raw.get("measures", ())),
            compare=raw.get("compare"),
            sort=tuple(raw.get("sort", ())),
            limit=raw.get("limit"),
            chart=ChartSetting.from_json(raw.get("chart")),
            analysis=raw.get("analysis"),
            subject=raw.get("subject"),
            settings={key: value for key, value in raw.items() if key not in _FRAME},
        )


_FRAME = frozenset({
    "kind", "schema", "key", "label", "description", "from", "at", "where", "dimensions",
    "measures", "compare", "sort", "limit", "chart", "analysis", "subject",
})  # fmt: skip


@dataclass(frozen=True)
class DashboardFilter:
    """What the reader may choose for all cards: a period (``date_range``) or a field's value."""

    key: str
    type: str = "field"
    field: str | None = None
    default: Any = None
    label: Text | None = None


@dataclass(frozen=True)
class Card:
    """One report on the grid of twelve columns; ``x``, ``y``, ``w``, ``h`` in cells."""

    report: str
    x: int = 0
    y: int = 0
    w: int = 6
    h: int = 4
    label: Text | None = None


@dataclass(frozen=True)
class DashboardDefinition:
    """Several reports side by side under common filters; cards in reading order."""

    key: str
    label: Text
    description: Text | None = None
    filters: tuple[DashboardFilter, ...] = ()
    cards: tuple[Card, ...] = ()

    @classmethod
    def from_json(cls, raw: Raw) -> DashboardDefinition:
        """The dashboard of a JSON object whose shape has been checked."""
        cards = [Card(**{**each}) for each in raw.get("cards", ())]
        return cls(
            key=raw["key"],
            label=raw.get("label") or raw["key"],
            description=raw.get("description"),
            filters=tuple(DashboardFilter(**each) for each in raw.get("filters", ())),
            cards=tuple(sorted(cards, key=lambda card: (card.y, card.x))),
        )


def _last_step(path: str) -> str:
    return path.rsplit(".", 1)[-1]
