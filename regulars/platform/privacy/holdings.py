"""Which rows of which tables are about a person, found by walking the schema.

A table with the columns ``form`` and ``record`` holds rows about records and is found by itself,
so that nobody can forget a new one. Whoever keeps the record's id under other names registers a
`Holding` in `regulars.wiring`; the records themselves belong to the forms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from regulars.platform.db import UnitOfWork, workspace_metadata
from regulars.platform.registry import Registry

Where = Callable[[UnitOfWork, str, Sequence[int]], Any]


@dataclass(frozen=True)
class Holding:
    """A table, and the condition of its rows about some records of a form."""

    table: sa.Table
    where: Where

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name

    def rows(self, uow: UnitOfWork, form: str, records: Sequence[int]) -> list[dict[str, Any]]:
        """The rows about these records, as stored, in the order of the primary key."""
        order = list(self.table.primary_key.columns)
        statement = self.table.select().where(self.where(uow, form, records)).order_by(*order)
        return [dict(row) for row in uow.execute(statement).mappings()]

    def count(self, uow: UnitOfWork, form: str, records: Sequence[int]) -> int:
        """How many there are."""
        counted = sa.select(sa.func.count()).select_from(self.table)
        found: int = uow.scalar(counted.where(self.where(uow, form, records)))
        return found

    def delete(self, uow: UnitOfWork, form: str, records: Sequence[int]) -> int:
        """Delete them; how many."""
        done = uow.execute(self.table.delete().where(self.where(uow, form, records)))
        return done.rowcount


further_holdings: Registry[Holding] = Registry("holding of people")


def all_holdings() -> list[Holding]:
    """Every holding: those registered, then those found in the schema, by name.

    A registered one comes first because it may lead to rows by way of another table.
    """
    known = {each.name for each in further_holdings}
    found = [
        Holding(table, _by_form_and_record(table))
        for name, table in sorted(workspace_metadata.tables.items())
        if name not in known and {"form", "record"} <= set(table.c.keys())
    ]
    return [*further_holdings, *found]


def _by_form_and_record(table: sa.Table) -> Where:
    return lambda _uow, form, records: sa.and_(
        table.c.form == form, table.c.record.in_(list(records))
    )
