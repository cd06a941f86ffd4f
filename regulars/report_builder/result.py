"""What a report answers: columns, rows, totals, notes, and the way back to the records. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from regulars.platform import i18n
from regulars.platform.i18n import Text
from regulars.report_builder.ranges import ALL_TIME, Range


@dataclass(frozen=True)
class Linked:
    """A record a row is about: its id, and what people call it."""

    id: int
    title: str


@dataclass(frozen=True)
class Column:
    """One column. ``type`` says what its values are:

    ``period`` (date, the first day), ``text``, ``choice`` (code), ``boolean``, ``link``
    (`Linked`), ``date``, ``datetime``, ``count`` (int), ``number`` and ``money`` (Decimal with
    ``decimals``), ``ratio`` (Decimal, six decimals) shown as ``format`` says (percent, number,
    money, time).
    """

    key: str
    type: str
    label: Text
    is_measure: bool = False
    by: str | None = None
    decimals: int | None = None
    currency: str | None = None
    format: str | None = None
    options: Mapping[str, Text] = field(default_factory=dict)
    form: str | None = None  # whose records a link points to
    of: str | None = None  # the measure this one is the previous value of
    is_additive: bool = False  # nothing means 0, not unknown

    def as_json(self, locale: str) -> dict[str, Any]:
        """``{key, type, label}`` and what else applies."""
        shown: dict[str, Any] = {
            "key": self.key,
            "type": self.type,
            "label": i18n.pick(self.label, locale),
        }
        extra = {
            "by": self.by,
            "currency": self.currency,
            "format": self.format,
            "form": self.form,
        }
        shown |= {name: value for name, value in extra.items() if value is not None}
        if self.options:
            shown["options"] = {
                code: i18n.pick(text, locale) for code, text in self.options.items()
            }
        return shown


@dataclass(frozen=True)
class Note:
    """Something the reader must know about the numbers; its words stand at
    ``reports.note.<code>``.
    """

    code: str
    value: Any = None

    def as_json(self) -> dict[str, Any]:
        """``{code, value}``."""
        return {"code": self.code, "value": plain_json(self.value)}


@dataclass(frozen=True)
class Drill:
    """The records behind a row: of ``form``, those that meet ``condition`` (None: all).

    ``cells`` narrows further for single columns. Where no condition can say it, ``ids`` of a
    column answers with the records' ids.
    """

    form: str
    condition: Mapping[str, Any] | None = None
    cells: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    ids: Callable[[str | None], Sequence[int]] | None = field(default=None, compare=False)

    def of(self, column: str | None) -> Mapping[str, Any] | None:
        """The condition for one column, or for the row."""
        if column is not None and column in self.cells:
            return self.cells[column]
        return self.condition

    def as_json(self) -> dict[str, Any]:
        """``{form, condition}``, and ``cells`` where columns differ."""
        shown: dict[str, Any] = {"form": self.form, "condition": self.condition}
        if self.cells:
            shown["cells"] = dict(self.cells)
        return shown


@dataclass(frozen=True)
class Result:
    """The answer of one run. ``drill`` has one entry per row, ``unfinished`` the row numbers in
    progress.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    totals: tuple[Any, ...] | None = None
    period: Range = ALL_TIME
    notes: tuple[Note, ...] = ()
    drill: tuple[Drill | None, ...] = ()
    total_drill: Drill | None = None
    unfinished: frozenset[int] = frozenset()

    def index(self, key: str) -> int:
        """The position of a column; KeyError for an unknown one."""
        for position, column in enumerate(self.columns):
            if column.key == key:
                return position
        raise KeyError(key)

    def find_column(self, key: str) -> Column | None:
        """The column of this key, or None."""
        return next((column for column in self.columns if column.key == key), None)

    def values(self, key: str) -> list[Any]:
        """One column's values, row by row."""
        position = self.index(key)
        return [row[position] for row in self.rows]

    def measures(self) -> list[Column]:
        """The columns that hold numbers, in order."""
        return [column for column in self.columns if column.is_measure]

    def dimensions(self) -> list[Column]:
        """The columns rows are grouped by, in order."""
        return [column for column in self.columns if not column.is_measure]

    def as_json(self, locale: str) -> dict[str, Any]:
        """The answer of the API."""
        return {
            "columns": [column.as_json(locale) for column in self.columns],
            "rows": [[plain_json(value) for value in row] for row in self.rows],
            "totals": None if self.totals is None else [plain_json(v) for v in self.totals],
            "period": self.period.as_json(),
            "notes": [note.as_json() for note in self.notes],
            "drill": [None if each is None else each.as_json() for each in self.drill],
        }


def plain_json(value: Any) -> Any:
    """A value as outside clients read it: decimals as strings, days and instants in ISO 8601."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Linked):
        return {"id": value.id, "title": value.title}
    if isinstance(value, Mapping):
        return {key: plain_json(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain_json(each) for each in value]
    return value
