"""Which records somebody reaches: the scope of their role as WHERE parts, in one place.

`Reader` also gives what an expression of theirs may look at behind links: the same limits hold
there, so that no path and no aggregate leads to a record they could not open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import FormCatalog
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.roles import ByCondition, Scope
from regulars.platform.expressions.compile_sql import SqlSource, Target, compile_sql
from regulars.platform.expressions.types import Moment


@dataclass(frozen=True)
class Reader:
    """Somebody who looks at records, at one moment, on one database."""

    access: Access
    catalog: FormCatalog
    moment: Moment
    dialect: str

    def limits(self, form_key: str, table: sa.FromClause, verb: str) -> list[Any]:
        """What limits them to their own records, their stores or a condition; [] for all."""
        scope: Scope = self.access.scope(form_key, verb)
        if isinstance(scope, ByCondition):
            return [self._condition(form_key, scope, table)]
        access = self.access
        if form_key.startswith("sys_") and {"form", "record"} <= set(table.c.keys()):
            return self.about_records(table) if scope != "none" else [sa.false()]
        if scope == "all":
            return []
        if scope in ("unit", "unit_tree"):
            units = access.own_unit_ids if scope == "unit" else access.unit_ids
            if form_key == "sys_units":
                return [table.c.id.in_(units)]
            return [within(table.c.unit, units)] if "unit" in table.c else [sa.false()]
        if scope == "own" and "owner" in table.c and access.member_id is not None:
            return [table.c.owner == access.member_id]
        return [sa.false()]

    def about_records(self, table: sa.FromClause) -> list[Any]:
        """What limits rows that name a record (columns form, record) to the records reached."""
        tables = self.catalog.whole.tables
        limits = {key: self.limits(key, tables[key].main, "read") for key in self.catalog.forms}
        if not any(limits.values()):
            return []
        seen = []
        for key, parts in limits.items():
            main = tables[key].main
            inside = table.c.record.in_(sa.select(main.c.id).where(*parts)) if parts else sa.true()
            seen.append(sa.and_(table.c.form == key, inside))
        return [sa.or_(*seen)]

    def source(self) -> SqlSource:
        """The tables as this reader may look at them; rows of a subform go with their record."""
        return _Within(self.catalog.source(), self)

    def target(self) -> Target:
        """What the SQL compiler makes their own expressions for."""
        return Target(self.catalog.whole.shapes, self.source(), self.moment, self.dialect)

    def _condition(self, form_key: str, scope: ByCondition, table: sa.FromClause) -> Any:
        tree, problems = self.catalog.whole.condition(form_key, scope.condition)
        if problems:  # the form has changed under the role: nobody sees more than was meant
            return sa.false()
        shapes = self.catalog.whole.shapes
        whole = Target(shapes, self.catalog.source(), self.moment, self.dialect)
        return compile_sql(tree, whole, table)


def within(unit: Any, unit_ids: Sequence[int]) -> Any:
    """Records of these stores, and those that belong to no store."""
    return sa.or_(unit.is_(None), unit.in_(unit_ids))


@dataclass(frozen=True)
class _Within:
    """A source whose tables hold only what the reader reaches."""

    whole: SqlSource
    reader: Reader
    _known: dict[str, sa.FromClause] = field(default_factory=dict, compare=False)

    def table(self, form_key: str) -> sa.FromClause:
        """The form's table, narrowed where the reader's scope is."""
        if form_key not in self._known:
            self._known[form_key] = self._narrowed(form_key)
        return self._known[form_key]

    def side(self, form_key: str, field_key: str) -> sa.FromClause:
        """Tags are asked for by the record that has them."""
        return self.whole.side(form_key, field_key)

    def consents(self) -> sa.FromClause:
        """Consents are asked for by the person who gave them."""
        return self.whole.consents()

    def designed(self) -> SqlSource:
        """A field that the designer derived shows its result whole."""
        return self.whole

    def _narrowed(self, form_key: str) -> sa.FromClause:
        table = self.whole.table(form_key)
        main, _dot, rows = form_key.partition(".")
        if rows:
            parents = self.table(main)
            if parents is self.whole.table(main):
                return table
            inside = sa.select(parents.c.id).where(parents.c.id == table.c.parent)
            limits: list[Any] = [inside.correlate(table).exists()]
        else:
            limits = self.reader.limits(form_key, table, "read")
        return sa.select(table).where(*limits).subquery() if limits else table
