"""The tables a report reads: its own form, and those its paths lead to.

Links are joined once each, by path; a link holds at most one record, so that no join multiplies
rows. Tags and several links are the exception: a row counts once under each of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import LINKED
from regulars.form_builder.reach import Reader
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import Forbidden
from regulars.platform.expressions.compile_sql import (
    SqlSource,
    Target,
    compile_folded_sql,
    compile_sql,
    compile_value_sql,
)
from regulars.platform.expressions.tree import Node, Path
from regulars.platform.expressions.types import Kind, Moment
from regulars.report_builder.fields import is_several_links, tree_of

Element = sa.ColumnElement[Any]


@dataclass
class Ground:
    """FROM and WHERE of one SELECT over the records of ``form_key`` that ``access`` may read."""

    catalog: FormCatalog
    access: Access
    moment: Moment
    dialect: str
    form_key: str
    indexed: frozenset[str] = frozenset()
    root: sa.FromClause = field(init=False)
    _joins: list[tuple[sa.FromClause, Element]] = field(default_factory=list)
    _joined: dict[tuple[str, ...], tuple[str, sa.FromClause]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        table = self.catalog.source().table(self.form_key)
        self.root = table.alias("root")
        self._joined[()] = (self.form_key, self.root)

    def tables(self, first: sa.FromClause | None = None) -> sa.FromClause:
        """FROM with every join asked for so far; ``first`` replaces the bare root."""
        found = self.root if first is None else first
        for table, on in self._joins:
            found = found.outerjoin(table, on)
        return found

    def scope(self) -> list[Element]:
        """What limits this reader: their stores' records; subform rows follow their record."""
        form_key, table = self.form_key, self.root
        if "." in form_key:
            form_key, table = self._step((), "parent")
        verb_scope = self.access.scope(form_key, "read")
        if verb_scope == "none":
            raise may_not_read(self.catalog, form_key)
        return self._reader.limits(form_key, table, "read")

    def value(self, path: str) -> Element:
        """The value at a path, coming back as a plain value."""
        tree, form_key, key, table = self._walk(path)
        if _is_stored(tree) and key in table.c:
            return table.c[key]
        return self._computed(tree_of(self.catalog, form_key, key), table)

    def group_key(self, path: str) -> Element:
        """What equal values share: text without upper and lower case, one tag, one link."""
        tree, form_key, key, table = self._walk(path)
        if tree.type is not None and tree.type.kind is Kind.TAGS:
            return self._tag(path)
        if is_several_links(tree):
            return self._one_link(path)
        if tree.type is None or tree.type.kind is not Kind.TEXT or tree.hops[-1].field.exact:
            return self.value(path)
        return compile_folded_sql(tree_of(self.catalog, form_key, key), self._target(), table)

    def is_day(self, path: str) -> bool:
        """Whether the field at ``path`` holds days, not instants."""
        tree = tree_of(self.catalog, self.form_key, path)
        return tree.type is not None and tree.type.kind is Kind.DATE

    def condition(self, raw: Any) -> Element:
        """A condition on the records, known to be sound."""
        tree, _problems = self.catalog.condition(self.form_key, raw)
        return compile_sql(tree, self._target(), self.root)

    def is_indexed(self, path: str) -> bool:
        """Whether ranges of this field can be read from an index of the form's own table."""
        tree, _form_key, key, _table = self._walk(path)
        return "." not in path and _is_stored(tree) and key in self.indexed

    def _walk(self, path: str) -> tuple[Path, str, str, sa.FromClause]:
        tree = tree_of(self.catalog, self.form_key, path)
        assert isinstance(tree, Path)
        steps: tuple[str, ...] = ()
        *passed, last = tree.hops[:-1] if is_several_links(tree) else tree.hops
        for hop in passed:
            self._step(steps, hop.field.key)
            steps = (*steps, hop.field.key)
        form_key, table = self._joined[steps]
        return tree, form_key, last.field.key, table

    def _step(self, before: tuple[str, ...], key: str) -> tuple[str, sa.FromClause]:
        """Join the record that the link ``key`` points to."""
        steps = (*before, key)
        if steps not in self._joined:
            form_key, table = self._joined[before]
            link = tree_of(self.catalog, form_key, key)
            assert link.type is not None
            target = str(link.type.form)
            if self.access.scope(target, "read") == "none":
                raise may_not_read(self.catalog, target)
            # The limits of a row's own record are part of WHERE (`scope`).
            is_own = steps == ("parent",)
            source = self.catalog.source() if is_own else self._source
            linked = source.table(target).alias("_".join(("to", *steps)))
            stored = isinstance(link, Path) and _is_stored(link) and key in table.c
            points_to = table.c[key] if stored else self._computed(link, table)
            self._joins.append((linked, linked.c.id == points_to))
            self._joined[steps] = (target, linked)
        return self._joined[steps]

    def _tag(self, path: str) -> Element:
        _tree, form_key, key, table = self._walk(path)
        side = self.catalog.source().side(form_key, key).alias("_".join(("tag", *path.split("."))))
        self._joins.append((side, side.c.record == table.c.id))
        return side.c.value

    def _one_link(self, path: str) -> Element:
        _tree, form_key, key, table = self._walk(path)
        every = self.catalog.source().table(f"{form_key}.{key}")
        rows = every.alias("_".join(("link", *path.split("."))))
        self._joins.append((rows, rows.c.parent == table.c.id))
        return rows.c[LINKED]

    def _computed(self, tree: Node, table: sa.FromClause) -> Element:
        return compile_value_sql(tree, self._target(), table)

    def _target(self) -> Target:
        return self._reader.target()

    @cached_property
    def _source(self) -> SqlSource:
        return self._reader.source()

    @cached_property
    def _reader(self) -> Reader:
        return Reader(self.access, self.catalog, self.moment, self.dialect)


def stand_on(
    uow: UnitOfWork, catalog: FormCatalog, access: Access, moment: Moment, form_key: str
) -> Ground:
    """The ground of a report over a form, as this transaction's database has it."""
    indexed = _indexed_columns(uow, catalog.source().table(form_key).name)
    return Ground(catalog, access, moment, uow.dialect, form_key, indexed)


def may_not_read(catalog: FormCatalog, form_key: str) -> Forbidden:
    """The refusal of a reader who has no access to a form, in its own name."""
    shape = catalog.shapes.find(form_key)
    return Forbidden("may-not-read", form=(shape.label if shape else None) or form_key)


def _indexed_columns(uow: UnitOfWork, table: str) -> frozenset[str]:
    """The columns by which an index of the table begins; asked once per set of definitions."""
    known = snapshot(uow).derived
    name = f"indexed columns of {table}"
    if name not in known:
        indexes = sa.inspect(uow.connection).get_indexes(table)
        first = [each["column_names"][0] for each in indexes if each["column_names"]]
        known[name] = frozenset(filter(None, first))
    found: frozenset[str] = known[name]
    return found


def _is_stored(tree: Path) -> bool:
    return tree.hops[-1].field.formula is None
