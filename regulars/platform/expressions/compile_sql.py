"""The tree as SQL for SQLite and PostgreSQL; the same answers as the closures, row by row.

Numbers are scaled integers, instants and days are compared with bounds computed once in Python.
`compile_sql` gives what goes into WHERE, where NULL counts as false; to negate a condition negate
the tree, or take `compile_value_sql`, which is never NULL for a condition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol
from typing import Literal as OneOf

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.expressions import numbers, sql_aggregates, sql_calls, sql_leaves
from regulars.platform.expressions.constants import is_constant
from regulars.platform.expressions.dialects import Dialect, dialect_named
from regulars.platform.expressions.evaluate import Context, PythonCompiler
from regulars.platform.expressions.shapes import Shapes
from regulars.platform.expressions.sql_template import Template, is_plain
from regulars.platform.expressions.tree import (
    Aggregate,
    AllOf,
    AnyOf,
    Arithmetic,
    Call,
    Compare,
    Consent,
    Formula,
    Hop,
    LinkKey,
    LocalDay,
    Node,
    Not,
    Path,
)
from regulars.platform.expressions.types import BOOLEAN, Kind, Moment, ValueType

Element = sa.ColumnElement[Any]


class SqlSource(Protocol):
    """Where the columns are. Tables must not be aliased; the compiler does that itself."""

    def table(self, form_key: str) -> sa.FromClause:
        """The table of a form (or of ``orders.items``): columns by key, text also ``__ci``."""
        ...

    def side(self, form_key: str, field_key: str) -> sa.FromClause:
        """The side table of a tags field: columns ``record`` and ``value``."""
        ...

    def consents(self) -> sa.FromClause:
        """Current consent: columns form, record_id, purpose, channel, granted (Flag)."""
        ...

    def designed(self) -> SqlSource:
        """Where derived fields of forms look: a reader's limits do not change their result."""
        ...


@dataclass(frozen=True)
class Target:
    """What a statement is made for.

    ``mode`` is ``scan`` (conditions over all records), ``single`` (one record or few: correlated)
    or ``auto``: correlated on SQLite, where that is never far from the best, else ``scan``.
    """

    shapes: Shapes
    source: SqlSource
    moment: Moment
    dialect: str  # "sqlite" | "postgresql"
    mode: OneOf["auto", "scan", "single"] = "auto"


@dataclass(frozen=True)
class Frame:
    """The record at hand in one place of the statement, and every table around it."""

    table: sa.FromClause
    outer: tuple[sa.FromClause, ...]
    is_root: bool = field(default=False)

    def inside(self, *tables: sa.FromClause) -> Frame:
        """The frame of a subquery about the last of ``tables``."""
        return Frame(tables[-1], (*self.outer, *tables))


def compile_sql(tree: Node, target: Target, root: sa.FromClause) -> Element:
    """The condition as a predicate for WHERE over ``root``, the table (or alias) of its form."""
    compiler = SqlCompiler(target)
    return compiler.condition(tree, Frame(root, (root,), is_root=True), two_valued=False)


def compile_value_sql(tree: Node, target: Target, root: sa.FromClause) -> Element:
    """The value of any checked tree, typed so that results come back as plain values.

    For select lists, GROUP BY, ORDER BY and aggregates. A condition gives true or false, never
    NULL; text for grouping is not folded (see `compile_folded_sql`).
    """
    compiler = SqlCompiler(target)
    value = compiler.value(tree, Frame(root, (root,)))
    kind = column_type(tree.type)
    if isinstance(value, sa.BindParameter):  # type_coerce would bind the value anew, as ``kind``
        return Template("{0}", kind, value)
    return sa.type_coerce(value, kind)


def compile_folded_sql(tree: Node, target: Target, root: sa.FromClause) -> Element:
    """A text value by which two spellings count as the same."""
    return SqlCompiler(target).folded(tree, Frame(root, (root,)))


def column_type(kind: ValueType | None) -> sa.types.TypeEngine[Any]:
    """The column type in which a value of this type comes back."""
    if kind is None:
        return sa.Text()
    if kind.kind is Kind.NUMBER:
        return columns.Scaled(kind.scale)
    plain: dict[Kind, sa.types.TypeEngine[Any]] = {
        Kind.BOOLEAN: columns.Flag(),
        Kind.DATE: columns.Day(),
        Kind.DATETIME: columns.Instant(),
        Kind.LINK: sa.BigInteger(),
    }
    return plain.get(kind.kind, sa.Text())


class SqlCompiler:
    """Makes SQL elements; ``shapes`` must hold checked formula fields."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.dialect: Dialect = dialect_named(target.dialect)
        self.python = PythonCompiler(target.shapes)
        self.shared: dict[Aggregate, Element] = {}  # computed already, for records of the root
        self.scans = target.mode == "scan" or (
            target.mode == "auto" and target.dialect == "postgresql"
        )

    @cached_property
    def designed(self) -> SqlCompiler:
        """The compiler of derived fields, which the form's designer decided to show."""
        source = self.target.source.designed()
        if source is self.target.source:
            return self
        return SqlCompiler(replace(self.target, source=source))

    def condition(self, node: Node, frame: Frame, *, two_valued: bool) -> Element:
        """A predicate; without ``two_valued`` NULL may stand for false."""
        if isinstance(node, Formula):
            return self.condition(node.body, frame, two_valued=two_valued)
        if isinstance(node, Not):
            return sa.not_(self.condition(node.item, frame, two_valued=True))
        if isinstance(node, (AllOf, AnyOf)):
            parts = [self.condition(item, frame, two_valued=two_valued) for item in node.items]
            if isinstance(node, AllOf):
                return sa.and_(sa.true(), *parts)
            return sa.or_(sa.false(), *parts)
        if isinstance(node, Compare):
            return sql_leaves.compile_leaf(self, node, frame, two_valued=two_valued)
        if isinstance(node, Consent):
            return self.consent(node, frame)
        if is_constant(node):
            return sa.true() if self.constant(node) is True else sa.false()
        held = self.value(node, frame) == sa.literal(True, columns.Flag())
        return settled(held) if two_valued else held

    def value(self, node: Node, frame: Frame) -> Element:
        """The value: scaled integer, text (never empty), Day, Instant, Flag or id."""
        if isinstance(node, Formula):
            return self.value(node.body, frame)
        if isinstance(node, (AllOf, AnyOf, Not, Compare, Consent)):
            held = self.condition(node, frame, two_valued=True)
            return sa.type_coerce(held, columns.Flag())
        if is_constant(node):
            return self.bound(self.constant(node), node.type)
        return _VALUES[type(node)](self, node, frame)

    def constant(self, node: Node) -> Any:
        """What a part that does not depend on the record is worth at this moment."""
        return self.python.value(node)({}, Context(self.target.moment))

    def bound(self, value: Any, kind: ValueType | None) -> Element:
        """A plain value as a bound parameter in the representation of `value`."""
        if value is None or kind is None:
            return sa.cast(sa.null(), self.raw_type(kind))
        if kind.kind is Kind.NUMBER:
            return sa.literal(numbers.scaled(value, kind.scale), sa.BigInteger())
        return sa.literal(value, column_type(kind))

    def raw_type(self, kind: ValueType | None) -> sa.types.TypeEngine[Any]:
        """The type of values inside a statement: numbers are plain integers."""
        if kind is not None and kind.kind is Kind.NUMBER:
            return sa.BigInteger()
        return column_type(kind)

    def folded(self, node: Node, frame: Frame) -> Element:
        """A text value without its case: the stored folded column wherever there is one."""
        node = _bare(node)
        if is_constant(node):
            value = self.constant(node)
            return sa.literal(None if value is None else value.casefold(), sa.Text())
        if isinstance(node, Path):
            return self.path(node, frame, fold=True)
        if isinstance(node, Aggregate):
            return sql_aggregates.compile_aggregate(self, node, frame, fold=True)
        if isinstance(node, Call) and node.name in sql_calls.CONDITIONAL:
            if (fused := sql_calls.fused_value(self, node, frame)) is not None:
                return self.dialect.fold(fused)
            return sql_calls.conditional(self, node, frame, fold=True)
        return self.holding("FOLD", [self.value(node, frame)], frame, self.dialect.fold)

    def path(self, node: Path, frame: Frame, *, fold: bool = False) -> Element:
        """The field at the end of a path; links are followed by one scalar subquery."""
        first, *rest = node.hops
        if not rest:
            return self.hop(first, frame, fold=fold)
        table = self.target.source.table(str(first.field.type.form)).alias()
        joined, inside = table, frame.inside(table)
        for hop in rest[:-1]:
            table = self.target.source.table(str(hop.field.type.form)).alias()
            joined = sa.join(joined, table, table.c.id == self.hop(hop, inside))  # type: ignore[assignment]
            inside = inside.inside(table)
        found = self.hop(rest[-1], inside, fold=fold)
        start = inside.outer[len(frame.outer)]
        query = sa.select(found).select_from(joined).where(start.c.id == self.hop(first, frame))
        return query.correlate(*frame.outer).scalar_subquery()

    def hop(self, hop: Hop, frame: Frame, *, fold: bool = False) -> Element:
        """One field of the record at hand."""
        form = self.target.shapes.find(hop.form)
        shape = (form.field(hop.field.key) if form else None) or hop.field
        kind = shape.type
        if shape.formula is not None:
            if fold:
                return self.designed.folded(shape.formula, frame)
            return self.designed.rescaled(shape.formula, kind, frame)
        name = f"{shape.key}__ci"
        if fold and not shape.exact:
            if name in frame.table.c:
                return sa.func.nullif(frame.table.c[name], "")
            bare = [sa.func.nullif(frame.table.c[shape.key], "")]
            return self.holding("FOLD", bare, frame, self.dialect.fold)
        column: Element = frame.table.c[shape.key]
        if kind.kind in (Kind.TEXT, Kind.CHOICE):
            return sa.func.nullif(column, "")
        if kind.kind is Kind.NUMBER:
            return sa.type_coerce(column, sa.BigInteger())
        return column

    def rescaled(self, node: Node, wanted: ValueType, frame: Frame) -> Element:
        """The value of ``node`` with the scale of ``wanted``."""
        value = self.value(node, frame)
        found = node.type
        if found is None or wanted.kind is not Kind.NUMBER or found.kind is not Kind.NUMBER:
            return value
        if found.scale == wanted.scale:
            return value
        if is_constant(node):
            exact = self.constant(node)
            return self.bound(None if exact is None else numbers.fit(exact, wanted.scale), wanted)
        return self.dialect.rescale(value, found, wanted, self.target.moment)

    def consent(self, node: Consent, frame: Frame) -> Element:
        """Whether the person agrees now; never NULL."""
        person = self.path(node.of, frame) if node.of.hops else frame.table.c.id
        table = self.target.source.consents().alias()
        query = sa.select(sa.literal(1)).where(
            table.c.form == node.form,
            table.c.record_id == person,
            table.c.purpose == node.purpose,
            table.c.channel == node.channel,
            table.c.granted == sa.literal(True, columns.Flag()),
        )
        return query.correlate(*frame.outer).exists()

    def holding(
        self, name: str, values: Sequence[Element], frame: Frame, use: Callable[..., Element]
    ) -> Element:
        """``use`` of values; computed ones only once even if ``name`` says them twice."""
        if all(map(is_plain, values)) or not self.dialect.mentions_twice(name):
            return use(*values)
        named = [value.label(f"v{place}") for place, value in enumerate(values)]
        inner = sa.select(*named).correlate(*frame.outer).offset(0).subquery()
        held = [
            sa.type_coerce(column, value.type)
            for column, value in zip(inner.c, values, strict=True)
        ]
        return sa.select(use(*held)).correlate(*frame.outer).scalar_subquery()


def settled(predicate: Element) -> Element:
    """A predicate that is false where it would be NULL."""
    return sa.func.coalesce(predicate, sa.false())


def _bare(node: Node) -> Node:
    while isinstance(node, Formula):
        node = node.body
    return node


def _link_key(compiler: SqlCompiler, node: LinkKey, frame: Frame) -> Element:
    """The record of that name, found once for the whole statement."""
    assert node.hop is not None
    table = compiler.target.source.table(node.hop.form).alias()
    path = Path((node.key,), hops=(node.hop,), type=node.hop.field.type)
    leaf = Compare("is", path, node.read, type=BOOLEAN)
    held = compiler.condition(leaf, Frame(table, (table,)), two_valued=False)
    return sa.select(sa.func.min(table.c.id)).where(held).scalar_subquery()


def _path(compiler: SqlCompiler, node: Path, frame: Frame) -> Element:
    return compiler.path(node, frame)


def _aggregate(compiler: SqlCompiler, node: Aggregate, frame: Frame) -> Element:
    return sql_aggregates.compile_aggregate(compiler, node, frame)


def _local_day(compiler: SqlCompiler, node: LocalDay, frame: Frame) -> Element:
    value = compiler.value(node.item, frame)
    moment = compiler.target.moment
    return compiler.holding(
        "LOCAL_DAY", [value], frame, lambda v: compiler.dialect.local_day(v, moment)
    )


def _arithmetic(compiler: SqlCompiler, node: Arithmetic, frame: Frame) -> Element:
    return sql_calls.arithmetic(compiler, node, frame)


def _call(compiler: SqlCompiler, node: Call, frame: Frame) -> Element:
    return sql_calls.call(compiler, node, frame)


_VALUES: Mapping[type[Node], Callable[[SqlCompiler, Any, Frame], Element]] = {
    Path: _path,
    LinkKey: _link_key,
    Aggregate: _aggregate,
    LocalDay: _local_day,
    Arithmetic: _arithmetic,
    Call: _call,
}
