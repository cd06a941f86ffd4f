"""Rollups that follow single rows: what a row adds or takes is known without the other rows.

A walk-in customer has a hundred thousand orders, and one more must not read all of them again. A
count and a sum move by what a row gave before and gives now; the greatest and the least take in
a new value, and are worked out again only when one goes away. The parent moves in one UPDATE,
which locks it: whoever works it out anew at the same time sees this row's transaction as a whole
or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.rollup_plans import RollupPlan
from regulars.platform.db import UnitOfWork
from regulars.platform.expressions.evaluate import Context, compile_python
from regulars.platform.expressions.numbers import scaled
from regulars.platform.expressions.tree import Aggregate, Consent, LinkKey, Node, Path, walk
from regulars.platform.expressions.types import Kind
from regulars.platform.prepared import Prepared

Row = Mapping[str, Any]
Integer = sa.BigInteger()
Moves = dict[int, dict[str, Any]]  # parent → rollup field → what moves it
_LARGE = 10**12  # so many of these fit into a column that there are never too many rows
_FAR = 2**62  # half of what fits into a column
_FURTHER: Mapping[str, Callable[[Any, Any], Any]] = {"max": max, "min": min}


@dataclass(frozen=True)
class Step:
    """How the rollup of ``plan`` follows one row.

    A count by one; the others by the value in field ``value``, which is taken in units of
    10^-``scale`` where it is a number.
    """

    plan: RollupPlan
    name: str
    adds: bool  # so that rows that go away are taken off again
    value: str | None
    scale: int | None
    meets: Callable[[Row, Context], Any] | None

    def part(self, row: Row) -> Any:
        """What this row gives to the rollup, None when that is nothing."""
        if self.value is None:
            return 1
        value = row.get(self.value)
        return value if value is None or self.scale is None else scaled(value, self.scale)

    def joined(self, known: Any, part: Any, sign: int) -> Any:
        """What moves the rollup: what is ``known`` so far and this part, which comes or goes."""
        if self.adds:
            return (known or 0) + sign * part
        return part if known is None else _FURTHER[self.name](known, part)


def steps_over(catalog: FormCatalog, rows: str) -> Mapping[tuple[str, str], Step]:
    """(form, rollup field) → step, for each rollup that can follow records of ``rows``."""
    return catalog.kept(("rollup-steps", rows), partial(_steps_over, catalog, rows))


def _steps_over(catalog: FormCatalog, rows: str) -> Mapping[tuple[str, str], Step]:
    source = catalog.forms.get(rows)
    if source is None:  # rows of a subform are told of by their parent only
        return {}
    plans = [each for each in catalog.rollups_over(rows) if each.joint is None]
    return {
        (plan.form, plan.field): step
        for plan in plans
        if (step := _step(catalog, source, plan)) is not None
    }


def _step(catalog: FormCatalog, source: FormDefinition, plan: RollupPlan) -> Step | None:
    tree = plan.tree
    if not isinstance(tree, Aggregate) or len(tree.of.hops) != 1:
        return None
    if any(not _is_at_hand(catalog, source, key) for key in plan.uses | {plan.via}):
        return None
    if _looks_elsewhere(tree.where) or not _is_plain(tree):
        return None
    meets = None if tree.where is None else compile_python(tree.where, catalog.shapes)
    value = tree.value.steps[0] if isinstance(tree.value, Path) else None
    scale = tree.type.scale if tree.type is not None and tree.type.kind is Kind.NUMBER else None
    return Step(plan, tree.name, tree.name in ("count", "sum"), value, scale, meets)


def _is_at_hand(catalog: FormCatalog, source: FormDefinition, key: str) -> bool:
    """Whether a row on its way to be stored has the value as it will be read back."""
    field = source.find(key)
    if field is None or key not in catalog.tables[source.key].main.c:
        return False
    return field_types.get(field.type).writable and not field.freeze and not field.has_rows


def _looks_elsewhere(where: Node | None) -> bool:
    parts = () if where is None else walk(where)
    return any(isinstance(each, Aggregate | Consent | LinkKey) for each in parts)


def _is_plain(tree: Aggregate) -> bool:
    """Whether it counts rows, or looks at one field of theirs that is kept as it is itself."""
    if tree.name == "count":
        return tree.value is None
    value = tree.value
    if tree.name not in ("sum", *_FURTHER) or not isinstance(value, Path):
        return False
    if len(value.steps) != 1 or value.type is None or tree.type is None:
        return False
    return value.type.kind is tree.type.kind and value.type.scale == tree.type.scale


@dataclass
class Walk:
    """What the changed rows of one form do to the records they point to."""

    context: Context
    moves: dict[str, Moves] = field(default_factory=dict)  # by the parents' form

    def take(self, step: Step, before: Row | None, after: Row | None) -> set[int]:
        """Note what one row moves; the parents for which that does not say enough."""
        moves, again = self.moves.setdefault(step.plan.form, {}), set()
        for row, sign in ((before, -1), (after, 1)):
            parent = None if row is None else row.get(step.plan.via)
            if row is None or parent is None:
                continue
            if step.meets is not None and not step.meets(row, self.context):
                continue
            part = step.part(row)
            if part is None:
                continue
            if (abs(part) > _LARGE) if step.adds else sign < 0:
                again.add(parent)
                continue
            fields = moves.setdefault(parent, {})
            name = step.plan.field
            fields[name] = step.joined(fields.get(name), part, sign)
        return again


def walk_over(uow: UnitOfWork) -> Walk:
    """A walk in this transaction that has not begun."""
    return Walk(Context(expressing.moment_of(uow)))


def move(uow: UnitOfWork, catalog: FormCatalog, rows: str, form: str, moves: Moves) -> None:
    """Let records of ``form`` follow what changed among ``rows``, in the order of their ids."""
    place = uow.workspace
    name = ("moves", rows, form, uow.dialect, *place.calendar)
    statement, still = catalog.kept(name, partial(_moving, uow, catalog, rows, form))
    given = [{**still, **moves[each], "b_id": each} for each in sorted(moves)]
    statement.run_each(uow.connection, given)


def _moving(
    uow: UnitOfWork, catalog: FormCatalog, rows: str, form: str
) -> tuple[Prepared, Mapping[str, Any]]:
    """What moves one record of ``form``, and what moves none of its rollups."""
    table = catalog.tables[form].main
    steps = [step for (owner, _), step in steps_over(catalog, rows).items() if owner == form]
    values = {step.plan.field: _moved(uow, catalog, table, step) for step in steps}
    still = {step.plan.field: 0 if step.adds else None for step in steps}
    return Prepared(table.update().where(table.c.id == sa.bindparam("b_id")).values(values)), still


def _moved(uow: UnitOfWork, catalog: FormCatalog, table: sa.Table, step: Step) -> Any:
    """The rollup's column as it will be; what holds nothing, or nearly too much, is worked out."""
    name = step.plan.field
    column: Any = table.c[name] if step.scale is None else sa.type_coerce(table.c[name], Integer)
    given = sa.bindparam(name, type_=column.type)
    if step.adds:
        far = sa.literal(_FAR, Integer, literal_execute=True)
        anew = expressing.value_sql(uow, catalog, step.plan.tree, table)
        return sa.case((column.between(-far, far), column + given), else_=anew)
    further = column < given if step.name == "max" else column > given
    taken = sa.or_(column.is_(None), further)
    return sa.case((taken, sa.func.coalesce(given, column)), else_=column)
