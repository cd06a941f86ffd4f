"""What rules ask of whoever can run reports: a port, served by what `regulars.wiring` registers.

The engine knows no report: it gives a key, a stretch of time and a reader, and gets a `Page`, a
table already in that reader's words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import Snapshot
from regulars.platform.i18n import Text
from regulars.platform.problems import Problem
from regulars.platform.registry import Registry

REPORTS = "reports"
"""The name under which the one who runs reports is registered."""


@dataclass(frozen=True)
class Page:
    """One report as one reader saw it: headings, rows of words, totals, notes.

    ``since`` and ``until`` are ISO days, the second not included; both None for all time.
    ``numbers`` are the positions of columns that hold numbers, ``open_rows`` those of rows whose
    period still runs; ``unfinished`` says so of the whole stretch. ``more`` rows were left out.
    ``bars`` are as many as rows, where the report has a chart: shares of the longest, 0 to 100.
    """

    title: str
    period: str
    since: str | None
    until: str | None
    unfinished: bool
    is_empty: bool
    headings: Sequence[str]
    numbers: Sequence[int]
    rows: Sequence[Sequence[str]]
    open_rows: Sequence[int] = ()
    totals: Sequence[str] | None = None
    notes: Sequence[str] = ()
    more: int = 0
    bars: Sequence[int] = ()

    @property
    def figures(self) -> list[tuple[str, str]]:
        """Headings with their numbers: of the totals, or of the only row."""
        said = self.totals or (self.rows[0] if len(self.rows) == 1 else None)
        return [(self.headings[n], said[n]) for n in self.numbers] if said else []

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Page:
        """The page that was kept."""
        return cls(**raw)


class Reporting(Protocol):
    """Runs reports for rules."""

    def check(self, after: Snapshot, report: str, period: str | None) -> Iterable[Problem]:
        """What is wrong with a report's key or with the word for its stretch of time."""

    def run(
        self, uow: UnitOfWork, access: Access, report: str, period: str | None, at: datetime
    ) -> Mapping[str, Any]:
        """The parts of a `Page`, as of ``at``, in the eyes and the language of ``access``.

        Beside them ``people``: which row names which record, as (row, form, id).
        Raises a RegularsError where this reader may not read it, or it no longer exists.
        """

    def known(self, uow: UnitOfWork) -> Iterable[tuple[str, Text]]:
        """Every published report: its key and what its owner calls it."""

    def periods(self, locale: str) -> Iterable[tuple[str, str]]:
        """The words for stretches of time, each with how it is called."""

    def place(self, report: str, since: str | None, until: str | None, at: datetime) -> str:
        """The path, inside of a workspace, of the same report as of the same moment."""


reporting: Registry[Reporting] = Registry("way to run reports")
