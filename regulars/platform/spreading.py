"""Many rows in one statement on PostgreSQL: an array for each column, laid out side by side again.

The server reads and plans such a statement once; sent row by row it would do so for each of them.
Arrays are written here: the driver spends more on a value of an array than the server on the row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import CursorResult, Dialect
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import TypeEngine

from regulars.platform.bulk import Converter, converted, converter_of
from regulars.platform.db import UnitOfWork


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _moment(at: date) -> str:
    return f'"{at.isoformat()}"'


class _Writers(dict[type, Callable[[Any], str]]):
    """How a value of a type is written, or of a type made from it."""

    def __missing__(self, kind: type) -> Callable[[Any], str]:
        found = self[kind] = next(self[each] for each in kind.__mro__[1:] if each in self)
        return found


_WRITTEN = _Writers({
    type(None): lambda _value: "NULL", str: _quoted, int: str, Decimal: str, float: repr,
    bool: lambda value: "t" if value else "f", datetime: _moment, date: _moment,
})  # fmt: skip


def array_text(values: Iterable[Any]) -> str:
    """The driver's values as PostgreSQL reads an array of them."""
    return "{" + ",".join([_WRITTEN[type(value)](value) for value in values]) + "}"


@dataclass(frozen=True)
class Spread:
    """A statement about rows that are given as one array for each of their columns."""

    text: str
    converters: Mapping[str, tuple[Converter, bool]]

    @classmethod
    def of(
        cls, statement: sa.Executable, kinds: Mapping[str, TypeEngine[Any]], dialect: Dialect
    ) -> Spread:
        """``statement`` is about the rows of `side_by_side` of the same ``kinds``."""
        compiled: Any = statement
        found = {name: converter_of(kind, dialect) for name, kind in kinds.items()}
        return cls(str(compiled.compile(dialect=dialect)), found)

    def run(
        self, uow: UnitOfWork, rows: Sequence[Mapping[str, Any]]
    ) -> CursorResult[*tuple[Any, ...]]:
        """Run it for rows of plain values."""
        given = {
            name: array_text(converted(*convert, [row[name] for row in rows]))
            for name, convert in self.converters.items()
        }
        found: CursorResult[*tuple[Any, ...]] = uow.connection.exec_driver_sql(self.text, given)
        return found


def side_by_side(kinds: Mapping[str, TypeEngine[Any]]) -> TableValuedAlias:
    """Rows of the arrays that the parameters ``name`` hold, as a table with columns ``name``."""
    arrays = [sa.bindparam(name, type_=postgresql.ARRAY(kind)) for name, kind in kinds.items()]
    columns = [sa.column(name, kind) for name, kind in kinds.items()]
    return sa.func.unnest(*arrays).table_valued(*columns).render_derived(name="given")
