"""Reports for those who send them: run as of a moment, said in a reader's words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import Snapshot, snapshot
from regulars.platform.errors import Invalid
from regulars.platform.expressions.types import Moment
from regulars.platform.formats import Formats
from regulars.platform.i18n import Text
from regulars.platform.problems import Problem
from regulars.report_builder.asking import moment_at
from regulars.report_builder.charts.base import chosen_measures
from regulars.report_builder.definition import ReportDefinition
from regulars.report_builder.ranges import Range, parse_range, reaches
from regulars.report_builder.result import Column, Linked, Result
from regulars.report_builder.service import KIND, Wish, get_report, run_report
from regulars.report_builder.wording import cell_text, note_text

MOST_ROWS = 200
PERIODS = (
    "yesterday", "last_week", "last_month", "last_quarter", "last_year", "last-7-day",
    "last-30-day", "last-90-day", "today", "this_week", "this_month", "this_quarter", "this_year",
    "all",
)  # fmt: skip
_ROLLING = "last-"
_DRAWN = ("bar", "line")  # charts that a row of bars stands for
_ANY_MOMENT = Moment(datetime(2000, 1, 1, tzinfo=UTC), ZoneInfo("UTC"))


@dataclass(frozen=True)
class ReportsToSend:
    """What rules need of reports; see ``rule_engine.reporting``."""

    def check(self, after: Snapshot, report: str, period: str | None) -> Iterable[Problem]:
        """What is wrong with a report's key or with the word for its stretch of time."""
        found: ReportDefinition | None = after.find(KIND, report)
        if found is None:
            yield Problem("report", "no-such-report", {"key": report})
            return
        try:
            wanted = parse_range(period, _ANY_MOMENT)
        except Invalid as invalid:
            yield Problem("period", invalid.problems[0].code)
            return
        if not wanted.is_open and found.time_field is None:
            yield Problem("period", "report-has-no-time")

    def run(
        self, uow: UnitOfWork, access: Access, report: str, period: str | None, at: datetime
    ) -> Mapping[str, Any]:
        """The report as of ``at``, in the eyes and the language of ``access``."""
        definition = get_report(uow, report)
        params = {} if period is None else {"period": period}
        result = run_report(uow, access, definition, Wish(params, at))
        shop, moment = uow.workspace, moment_at(uow, access, at)
        formats = Formats(access.locale, shop.zone, shop.currency, at)
        page = _page(definition, result, formats, moment)
        rolls = period is not None and period.startswith(_ROLLING)  # it ends with its moment
        return {**page, "unfinished": page["unfinished"] and not rolls}

    def known(self, uow: UnitOfWork) -> Iterable[tuple[str, Text]]:
        """Every published report."""
        return [(key, each.label) for key, each in snapshot(uow).all(KIND).items()]

    def periods(self, locale: str) -> Iterable[tuple[str, str]]:
        """The words for stretches of time, each with how it is called."""
        return [(word, i18n.translate(f"reports.period.{word}", locale)) for word in PERIODS]

    def place(self, report: str, since: str | None, until: str | None, at: datetime) -> str:
        """The path of the same report as of the same moment."""
        asked = {"at": at.astimezone(UTC).isoformat()}
        if since and until:
            last = date.fromisoformat(until) - timedelta(days=1)
            asked |= {"period": "custom", "from": since, "to": last.isoformat()}
        return f"reports/{report}?{urlencode(asked)}"


def _page(
    report: ReportDefinition, result: Result, formats: Formats, moment: Moment
) -> dict[str, Any]:
    period, shown = result.period, result.rows[:MOST_ROWS]
    known = period.as_json() or {"from": None, "to": None}
    return {
        "title": i18n.pick(report.label, formats.locale),
        "period": period_words(period, formats),
        "since": known["from"], "until": known["to"],
        "unfinished": not period.is_open and reaches(period, moment.now, moment),
        "is_empty": _is_empty(result),
        "headings": [i18n.pick(each.label, formats.locale) for each in result.columns],
        "numbers": [n for n, each in enumerate(result.columns) if _is_number(each)],
        "rows": [_words(row, result.columns, formats) for row in shown],
        "open_rows": sorted(n for n in result.unfinished if n < len(shown)),
        "totals": _totals(result, formats),
        "notes": [note_text(note, result, formats) for note in result.notes],
        "more": len(result.rows) - len(shown),
        "bars": _bars(report, result, shown),
        "people": list(_named(shown, result.columns)),
    }  # fmt: skip


def period_words(period: Range, formats: Formats) -> str:
    """The true days of a stretch; "" for all time."""
    days = [
        None if day is None else formats.date(day)
        for day in (period.since, period.until and period.until - timedelta(days=1))
    ]
    if days[0] is None or days[1] is None:
        return " – ".join(day or "…" for day in days) if any(days) else ""
    return days[0] if days[0] == days[1] else f"{days[0]} – {days[1]}"


def _named(
    rows: Sequence[Sequence[Any]], columns: Sequence[Column]
) -> Iterator[tuple[int, str, int]]:
    """Every record that a cell names: (row, form, id)."""
    for n, row in enumerate(rows):
        for value, each in zip(row, columns, strict=True):
            if isinstance(value, Linked) and each.form:
                yield n, each.form, value.id


def _words(row: Sequence[Any], columns: Sequence[Column], formats: Formats) -> list[str]:
    return [cell_text(value, each, formats) for value, each in zip(row, columns, strict=True)]


def _totals(result: Result, formats: Formats) -> list[str] | None:
    if result.totals is None or len(result.rows) < 2:
        return None
    return list(_total_cells(result.totals, result.columns, formats))


def _total_cells(
    totals: Sequence[Any], columns: Sequence[Column], formats: Formats
) -> Iterator[str]:
    for n, (value, each) in enumerate(zip(totals, columns, strict=True)):
        if each.is_measure:
            yield cell_text(value, each, formats)
        else:
            yield i18n.translate("reports.total", formats.locale) if n == 0 else ""


def _bars(report: ReportDefinition, result: Result, shown: Sequence[Sequence[Any]]) -> list[int]:
    """How long each row's bar is, of 100: what the chart shows first, where a letter has room."""
    if report.chart is None or report.chart.type not in _DRAWN or len(shown) < 2:
        return []
    column = chosen_measures(result, report.chart)[0]
    at = result.columns.index(column)
    values = [max(row[at] or 0, 0) for row in shown]
    longest = max(values)
    return [math.ceil(100 * each / longest) for each in values] if longest else []


def _is_number(column: Column) -> bool:
    return column.is_measure or column.type in ("count", "number", "money")


def _is_empty(result: Result) -> bool:
    """Nothing there, or nothing but noughts."""
    measures = [n for n, each in enumerate(result.columns) if each.is_measure]
    return all(not row[n] for row in result.rows for n in measures)
