"""What the editor's selects offer for a sketch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.web.filters import CALENDARS, LAST_DAYS
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.expressions.operators import NO_VALUE_OPS
from regulars.platform.expressions.types import Kind
from regulars.report_builder.analyses.base import Analysis, analyses
from regulars.report_builder.charts.base import charts
from regulars.report_builder.fields import GROUPABLE, TIMES, view_of
from regulars.report_builder.periods import PERIODS
from regulars.report_builder.sketch import ConditionRow, MeasureRow, Sketch, kept_text
from regulars.report_builder.web.choices import (
    Options,
    Words,
    field_options,
    form_options,
    link_options,
    named,
)
from regulars.report_builder.web.posted_sketch import OPS

AGGREGATES = ("count", "count_distinct", "sum", "avg", "min", "max")
NUMBERS = frozenset({Kind.NUMBER})
TOPS = ("5", "10", "20", "50")


@dataclass(frozen=True)
class EditorView:
    """Options for every select of one sketch."""

    catalog: FormCatalog
    access: Access
    sketch: Sketch

    @property
    def locale(self) -> str:
        """The reader's language."""
        return self.access.locale

    @property
    def kinds(self) -> list[tuple[str, str, str]]:
        """Numbers, and every analysis: (name, words, help)."""
        names = [("", "numbers"), *((name, name) for name in analyses.names())]
        return [
            (name, self._t(f"reports.analysis.{key}"), self._t(f"reports.analysis.{key}-help"))
            for name, key in names
        ]

    @property
    def analysis(self) -> Analysis | None:
        """The chosen analysis, or None for numbers."""
        return analyses.find(self.sketch.analysis)

    @cached_property
    def forms(self) -> Options:
        """Forms to count; an analysis needs one with a link to people."""
        found = form_options(self.catalog, self.access, self.locale)
        if not self.sketch.analysis:
            return found
        return [each for each in found if link_options(self.catalog, each[0], self.locale)]

    @cached_property
    def subjects(self) -> Options:
        """Links an analysis can be about."""
        return link_options(self.catalog, self.sketch.source, self.locale) if self.ready else []

    @cached_property
    def times(self) -> Options:
        """Dates and moments to group and narrow by."""
        return self._fields(TIMES)

    @property
    def own_times(self) -> Options:
        """The form's own dates before its system stamps."""
        stamps = ("created_at", "updated_at")
        return [each for each in self.times if "." not in each[0] and each[0] not in stamps]

    @cached_property
    def groups(self) -> Options:
        """Fields to group by."""
        return self._fields(GROUPABLE - TIMES)

    @cached_property
    def amounts(self) -> Options:
        """Fields of numbers."""
        return self._fields(NUMBERS)

    @cached_property
    def condition_fields(self) -> Options:
        """Fields conditions can be about."""
        return self._fields(frozenset(OPS))

    @property
    def periods(self) -> Options:
        """Day to year."""
        return named("reports.by", PERIODS, self.locale)

    @property
    def aggregates(self) -> Options:
        """How a number is made."""
        return named("reports.aggregate", AGGREGATES, self.locale)

    @property
    def chart_options(self) -> list[tuple[str, str, str]]:
        """Kinds of chart that fit: (name, words, icon)."""
        names = [name for name in charts.names() if name != "cohort" or self._is_cohort]
        return [(name, self._t(f"reports.chart.{name}"), charts.get(name).icon) for name in names]

    @property
    def chosen_chart(self) -> str:
        """The kind of chart that is drawn now."""
        if self.sketch.chart:
            return self.sketch.chart
        if self.analysis is not None:
            return str(self.analysis.chart["type"])
        if self.sketch.time_field:
            return "line"
        return "bar" if self.sketch.group else "number"

    @property
    def tops(self) -> Options:
        """How many rows are shown."""
        return [("", self._t("reports.top-all")), *((each, each) for each in TOPS)]

    @property
    def ready(self) -> bool:
        """Whether a form is chosen."""
        return bool(self.sketch.source)

    def measure_fields(self, row: MeasureRow) -> Options:
        """Fields that an aggregate can be made of."""
        if row.aggregate == "count_distinct":
            return self._fields(GROUPABLE - {Kind.TAGS})
        if row.aggregate in ("min", "max"):
            return self._fields(NUMBERS | TIMES)
        return self.amounts

    def ops(self, row: ConditionRow) -> Options:
        """Operators for the row's field."""
        kind = self._kind(row.field)
        names = OPS.get(kind, ()) if kind else ()
        return [(name, self._op_words(name, kind)) for name in names]

    def value_options(self, row: ConditionRow) -> Options | None:
        """What a row's value can be; None for free text."""
        kind = self._kind(row.field)
        if kind is Kind.BOOLEAN:
            return [("true", self._t("reports.yes")), ("false", self._t("reports.no"))]
        if row.op == "within":
            calendars = named("records.calendar", CALENDARS, self.locale)
            last = [(str(n), self._t("records.last-n-days", n=n)) for n in LAST_DAYS]
            return calendars + last
        view = view_of(self.catalog, self.sketch.source, row.field)[0] if row.field else None
        if view is not None and view.options:
            return [(code, i18n.pick(text, self.locale)) for code, text in view.options.items()]
        return None

    def value_type(self, row: ConditionRow) -> str:
        """The kind of input for a row's value; empty when it needs none."""
        if not row.op or row.op in NO_VALUE_OPS:
            return ""
        kind = self._kind(row.field)
        if kind is Kind.NUMBER or row.op == "older_than":
            return "number"
        return "date" if kind in TIMES else "text"

    def kept(self, row: MeasureRow | ConditionRow) -> str:
        """What travels along unseen."""
        return kept_text(row.kept)

    def measure_words(self, row: MeasureRow) -> str:
        """What a number made elsewhere is called."""
        kept = row.kept or {}
        return i18n.pick(kept.get("label"), self.locale) or str(kept.get("as", ""))

    def source_words(self) -> str:
        """The chosen form."""
        return Words(self.catalog, self.locale).form(self.sketch.source)

    @property
    def _is_cohort(self) -> bool:
        return self.analysis is not None and self.analysis.name == "cohort"

    def _fields(self, kinds: frozenset[Kind]) -> Options:
        if not self.ready:
            return []
        return field_options(self.catalog, self.sketch.source, kinds, self.locale)

    def _kind(self, path: str) -> Kind | None:
        if not path or not self.ready:
            return None
        view, _problems = view_of(self.catalog, self.sketch.source, path)
        return None if view is None else view.kind

    def _op_words(self, op: str, kind: Kind | None) -> str:
        own = i18n.find_text(f"records.op.{op}.{kind.value}", self.locale) if kind else None
        return own or self._t(f"records.op.{op}")

    def _t(self, key: str, **params: object) -> str:
        return i18n.translate(key, self.locale, **params)


def first(options: Sequence[tuple[str, str]]) -> str:
    """The first value, or nothing."""
    return options[0][0] if options else ""
