"""The editor's form as it is posted, as a sketch; and its condition rows as conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from werkzeug.datastructures import MultiDict

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.web.filters import CALENDARS
from regulars.platform.expressions.operators import NO_VALUE_OPS
from regulars.platform.expressions.types import Kind
from regulars.report_builder.fields import view_of
from regulars.report_builder.sketch import (
    MAX_ROWS,
    ConditionRow,
    MeasureRow,
    Sketch,
    kept_part,
)

SETTINGS = ("period", "window_days", "by", "value")
# One input shows one value, so operators over lists stay with the full editors.
OPS: Mapping[Kind, tuple[str, ...]] = {
    Kind.TEXT: ("is", "is_not", "contains", "starts_with", "is_empty", "is_not_empty"),
    Kind.CHOICE: ("is", "is_not", "is_empty", "is_not_empty"),
    Kind.NUMBER: ("is", "gt", "gte", "lt", "lte", "is_empty", "is_not_empty"),
    Kind.BOOLEAN: ("is",),
    Kind.DATE: ("within", "older_than", "on_or_after", "before", "is_empty", "is_not_empty"),
    Kind.DATETIME: ("within", "older_than", "on_or_after", "before", "is_empty", "is_not_empty"),
    Kind.TAGS: ("has", "is_empty", "is_not_empty"),
    Kind.LINK: ("is_empty", "is_not_empty"),
}


def sketch_from(form: MultiDict[str, str]) -> Sketch:
    """The sketch of a posted form, with the row added or dropped that its button asks for."""
    sketch = Sketch(
        label=form.get("label", "").strip(),
        analysis=form.get("analysis", ""),
        source=form.get("source", ""),
        subject=form.get("subject", ""),
        at=form.get("at", ""),
        settings={
            name: form[f"setting-{name}"] for name in SETTINGS if form.get(f"setting-{name}")
        },
        measures=tuple(_measures(form)) or (MeasureRow(),),
        conditions=tuple(_conditions(form)),
        time_field=form.get("time_field", ""),
        time_by=form.get("time_by", "") or "month",
        group=form.get("group", ""),
        compare=bool(form.get("compare")),
        top=form.get("top", "").strip(),
        chart="" if form.get("chart") == form.get("chart_auto") else form.get("chart", ""),
    )
    return _with_wish(sketch, form.get("row", ""))


def _with_wish(sketch: Sketch, wish: str) -> Sketch:
    verb, _dash, rest = wish.partition("-")
    what, _dash, number = rest.partition("-")
    if verb == "add":
        return sketch.with_row(what)
    if verb == "drop" and number.isdecimal():
        return sketch.without_row(what, int(number))
    return sketch


def _measures(form: MultiDict[str, str]) -> list[MeasureRow]:
    rows = []
    for n in range(MAX_ROWS + 1):
        name = f"measure-{n}"
        if f"{name}-aggregate" in form:
            kept = kept_part(form.get(f"{name}-kept", ""))
            rows.append(MeasureRow(form[f"{name}-aggregate"], form.get(f"{name}-field", ""), kept))
    return rows


def _conditions(form: MultiDict[str, str]) -> list[ConditionRow]:
    rows = []
    for n in range(MAX_ROWS + 1):
        name = f"condition-{n}"
        kept = kept_part(form.get(f"{name}-kept", ""))
        if kept is not None:
            rows.append(ConditionRow(kept=kept))
        elif f"{name}-field" in form:
            path, op, value = (form.get(f"{name}-{part}", "") for part in ("field", "op", "value"))
            rows.append(ConditionRow(path, op, value))
    return rows


def tidied(sketch: Sketch, catalog: FormCatalog) -> Sketch:
    """Without the choices that another form or another analysis has no use for."""
    source = sketch.source
    if catalog.shapes.find(source) is None:
        return replace(sketch, source="", conditions=(), time_field="", group="", at="")

    def known(path: str) -> str:
        return path if path and view_of(catalog, source, path)[0] is not None else ""

    measures = [_tidied_measure(row, known) for row in sketch.measures]
    conditions = [
        row for row in sketch.conditions if row.kept or not row.field or known(row.field)
    ]
    return replace(
        sketch,
        measures=tuple(measures),
        conditions=tuple(conditions),
        subject=known(sketch.subject),
        at=known(sketch.at),
        time_field=known(sketch.time_field),
        group=known(sketch.group),
    )


def _tidied_measure(row: MeasureRow, known: Callable[[str], str]) -> MeasureRow:
    if row.is_locked:
        return row
    return replace(row, field="" if row.aggregate == "count" else known(row.field))


def leaves_from(
    rows: Sequence[ConditionRow], catalog: FormCatalog, source: str
) -> list[dict[str, Any]]:
    """The condition rows that are complete, as conditions."""
    found = []
    for row in rows:
        if row.kept is not None:
            found.append(dict(row.kept))
            continue
        view, _problems = view_of(catalog, source, row.field) if row.field else (None, ())
        if view is None or row.op not in OPS.get(view.kind, ()):
            continue
        leaf = _leaf(row, view.kind)
        found += [] if leaf is None else [leaf]
    return found


def _leaf(row: ConditionRow, kind: Kind) -> dict[str, Any] | None:
    leaf: dict[str, Any] = {"field": row.field, "op": row.op}
    if row.op in NO_VALUE_OPS:
        return leaf
    if not row.value:
        return None
    if kind is Kind.BOOLEAN:
        return {**leaf, "value": row.value == "true"}
    if row.op == "within":
        return {**leaf, "value": _window(row.value)}
    if row.op == "older_than":
        return {**leaf, "value": {"n": _whole(row.value), "unit": "day"}}
    return {**leaf, "value": row.value}


def _window(text: str) -> dict[str, Any]:
    if text in CALENDARS:
        return {"calendar": text}
    return {"last": _whole(text), "unit": "day"}


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 30
