"""What the simple editor holds: a report as the rows and choices of one form.

A definition may say more than the editor shows; such parts travel along unchanged (``kept``), so
that opening and saving a report never loses anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from regulars.platform.i18n import Text
from regulars.report_builder.analyses.base import analyses

Raw = Mapping[str, Any]

MAX_ROWS = 8
DEFAULT_CHARTS = {"time": "line", "group": "bar", "": "number"}
_SIMPLE_LEAF = {"field", "op", "value"}


@dataclass(frozen=True)
class MeasureRow:
    """One number; ``kept`` is what the definition says of it besides."""

    aggregate: str = "count"
    field: str = ""
    kept: Mapping[str, Any] | None = None

    @property
    def is_locked(self) -> bool:
        """Whether it is more than an aggregate of a field (a ratio)."""
        return bool(self.kept and "ratio" in self.kept)

    def definition(self) -> dict[str, Any]:
        """The measure as JSON."""
        if self.kept is not None and self.is_locked:
            return dict(self.kept)
        made = {**(self.kept or {}), "aggregate": self.aggregate}
        made.pop("field", None)
        return made | ({"field": self.field} if self.field else {})


@dataclass(frozen=True)
class ConditionRow:
    """One condition: a field, an operator, a value as text; or a ``kept`` one made elsewhere."""

    field: str = ""
    op: str = ""
    value: str = ""
    kept: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Sketch:
    """Everything the editor shows. Empty texts are choices not made."""

    label: str = ""
    analysis: str = ""
    source: str = ""
    subject: str = ""
    at: str = ""
    settings: Mapping[str, str] | None = None
    measures: tuple[MeasureRow, ...] = (MeasureRow(),)
    conditions: tuple[ConditionRow, ...] = ()
    time_field: str = ""
    time_by: str = "month"
    group: str = ""
    compare: bool = False
    top: str = ""
    chart: str = ""

    def setting(self, name: str) -> str:
        """One setting of the analysis, as text."""
        return (self.settings or {}).get(name, "")

    def with_row(self, what: str) -> Sketch:
        """One more empty row of ``measure`` or ``condition``."""
        if what == "measure" and len(self.measures) < MAX_ROWS:
            return replace(self, measures=(*self.measures, MeasureRow("sum")))
        if what == "condition" and len(self.conditions) < MAX_ROWS:
            return replace(self, conditions=(*self.conditions, ConditionRow()))
        return self

    def without_row(self, what: str, number: int) -> Sketch:
        """One row less; the last measure stays."""
        if what == "measure" and len(self.measures) > 1:
            return replace(self, measures=_without(self.measures, number))
        if what == "condition":
            return replace(self, conditions=_without(self.conditions, number))
        return self


def _without(rows: Sequence[Any], number: int) -> tuple[Any, ...]:
    return tuple(row for n, row in enumerate(rows) if n != number)


def definition_of(
    sketch: Sketch,
    key: str,
    locale: str,
    leaves: Iterable[Mapping[str, Any]],
    base: Mapping[str, Any],
) -> dict[str, Any]:
    """The report's JSON: what the editor shows, and of ``base`` what it does not show.

    ``leaves`` are the condition rows as conditions.
    """
    where = list(leaves)
    made: dict[str, Any] = {
        "kind": "report",
        "key": key,
        "label": _label(base.get("label"), sketch.label, locale),
        "description": base.get("description"),
        "from": sketch.source,
        "where": {"all": where} if len(where) > 1 else (where[0] if where else None),
    }
    made |= _study(sketch) if sketch.analysis else _numbers(sketch, base)
    made["chart"] = _chart(sketch, base, made)
    return {name: value for name, value in made.items() if value not in (None, "", [], ())}


def _label(old: Text | None, text: str, locale: str) -> Text:
    if isinstance(old, Mapping):
        return {**old, locale: text} if text else dict(old)
    return text


def _study(sketch: Sketch) -> dict[str, Any]:
    known = analyses.get(sketch.analysis).settings
    settings: dict[str, Any] = {k: v for k, v in (sketch.settings or {}).items() if k in known}
    if settings.get("window_days", "").isdecimal():
        settings["window_days"] = int(settings["window_days"])
    return {
        "analysis": sketch.analysis,
        "subject": sketch.subject,
        "at": sketch.at,
        **{name: value for name, value in settings.items() if value != ""},
    }


def _numbers(sketch: Sketch, base: Mapping[str, Any]) -> dict[str, Any]:
    dimensions = _dimensions(sketch, base)
    measures = [
        row.definition()
        for row in sketch.measures
        if row.aggregate == "count" or row.field or row.is_locked
    ]
    names = [each.get("as") for each in (*dimensions, *measures)]
    sort = [name for name in base.get("sort", ()) if name.removeprefix("-") in names]
    return {
        "at": None if sketch.time_field else sketch.at or None,
        "dimensions": dimensions,
        "measures": measures,
        "compare": "previous_period" if sketch.compare else None,
        "sort": sort,
        "limit": int(sketch.top) if sketch.top.isdecimal() and int(sketch.top) else None,
    }  # fmt: skip


def _dimensions(sketch: Sketch, base: Mapping[str, Any]) -> list[dict[str, Any]]:
    known = {
        (each.get("field"), bool(each.get("by"))): each for each in base.get("dimensions", ())
    }
    made = []
    if sketch.time_field:
        old = known.get((sketch.time_field, True), {"as": sketch.time_by})
        by_name = {"as": sketch.time_by} if old.get("as") == old.get("by") else {}
        made.append({**old, **by_name, "field": sketch.time_field, "by": sketch.time_by})
    if sketch.group:
        name = sketch.group.replace(".", "_")
        made.append({"as": name, **known.get((sketch.group, False), {}), "field": sketch.group})
    return made


def _chart(
    sketch: Sketch, base: Mapping[str, Any], made: Mapping[str, Any]
) -> dict[str, Any] | None:
    old = base.get("chart", {})
    if sketch.analysis:
        kept = base.get("analysis") == sketch.analysis and old.get("type") == sketch.chart
        return dict(old) if kept else ({"type": sketch.chart} if sketch.chart else None)
    shape = "time" if sketch.time_field else "group" if sketch.group else ""
    wanted = sketch.chart or DEFAULT_CHARTS[shape]
    names = [each.get("as") for each in made["dimensions"]]
    chart: dict[str, Any] = {"type": wanted}
    if names and wanted in ("line", "bar"):
        chart |= {"x": names[0]} | ({"color": names[1]} if len(names) > 1 else {})
    measures = [each.get("as") for each in made["measures"]]
    shown = [name for name in old.get("y", ()) if name in measures]
    stack = {"stack": old["stack"]} if "stack" in old and wanted == "bar" else {}
    return chart | stack | ({"y": shown} if shown else {})


def sketch_of(raw: Mapping[str, Any], locale_label: str) -> Sketch:
    """A stored definition as the editor shows it."""
    dimensions = list(raw.get("dimensions", ()))
    time: Raw = next((each for each in dimensions if each.get("by")), {})
    group: Raw = next((each for each in dimensions if not each.get("by")), {})
    settings = {
        name: str(raw[name]) for name in ("period", "window_days", "by", "value") if name in raw
    }
    return Sketch(
        label=locale_label,
        analysis=raw.get("analysis", ""),
        source=raw.get("from", ""),
        subject=raw.get("subject", ""),
        at=raw.get("at", ""),
        settings=settings,
        measures=tuple(_measure(each) for each in raw.get("measures", ())) or (MeasureRow(),),
        conditions=tuple(_condition(each) for each in _leaves(raw.get("where"))),
        time_field=time.get("field", ""),
        time_by=time.get("by", "month"),
        group=group.get("field", ""),
        compare="compare" in raw,
        top=str(raw.get("limit", "")),
        chart=raw.get("chart", {}).get("type", ""),
    )


def _measure(raw: Mapping[str, Any]) -> MeasureRow:
    return MeasureRow(raw.get("aggregate", "ratio"), raw.get("field", ""), raw)


def _leaves(where: Any) -> list[Mapping[str, Any]]:
    if not where:
        return []
    if isinstance(where, Mapping) and set(where) == {"all"}:
        return list(where["all"])
    return [where]


def _condition(leaf: Mapping[str, Any]) -> ConditionRow:
    """A simple leaf as a row; everything else is kept as it is."""
    if not set(leaf) <= _SIMPLE_LEAF or "field" not in leaf:
        return ConditionRow(kept=leaf)
    text = value_text(leaf.get("value"))
    if text is None:
        return ConditionRow(kept=leaf)
    return ConditionRow(leaf["field"], leaf.get("op", ""), text)


def value_text(value: Any) -> str | None:
    """A condition's value as it is typed; None where a single input cannot show it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        if set(value) == {"calendar"}:
            return str(value["calendar"])
        if set(value) <= {"last", "unit"} and value.get("unit", "day") == "day":
            return str(value.get("last", ""))
        if set(value) <= {"n", "unit"} and value.get("unit", "day") == "day":
            return str(value.get("n", ""))
        return None
    return None if isinstance(value, list) else str(value)


def kept_text(kept: Mapping[str, Any] | None) -> str:
    """A kept part as it travels through the page."""
    return "" if kept is None else json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def kept_part(text: str) -> Mapping[str, Any] | None:
    """The part that `kept_text` wrote; None for anything else."""
    try:
        found = json.loads(text) if text else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
