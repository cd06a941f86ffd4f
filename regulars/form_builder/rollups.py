"""Rollup columns, brought up to date set-based in the transaction that changed a row.

A rollup is an aggregate of the expression language over related records or subform rows, stored
on the parent. Where a changed record says by itself what it moves, the parent follows it
(`rollup_steps`); else it is recomputed. Parents are locked before they are recomputed, so that two
writers of one parent's rows cannot overwrite each other's result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing, rollup_steps
from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import LINKED
from regulars.form_builder.linking import chunks
from regulars.form_builder.rollup_plans import RollupPlan
from regulars.platform.db import UnitOfWork
from regulars.platform.prepared import Prepared


@dataclass
class Touched:
    """Rows of one form that a transaction changed: values before and after, None when absent.

    With ``whole`` they hold every stored value of their row, so that sums may follow them.
    """

    form: str
    changes: list[tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]] = field(
        default_factory=list
    )

    whole: bool = False

    def add_links(self, parent: int, before: Iterable[Any], after: Iterable[Any]) -> None:
        """Note which records a links field of ``parent`` let go, and which it took up."""
        gone, fresh = set(before), set(after)
        for record in sorted(gone - fresh):
            self.add({"parent": parent, LINKED: record}, None)
        for record in sorted(fresh - gone):
            self.add(None, {"parent": parent, LINKED: record})

    def add(self, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> None:
        """Note one row."""
        self.changes.append((before, after))


Pending = dict[str, dict[str, set[int]]]  # form → rollup field → record ids


def refresh(uow: UnitOfWork, catalog: FormCatalog, touched: Sequence[Touched]) -> None:
    """Recompute every rollup that the touched rows concern, and those that build on them."""
    pending: Pending = {}
    for each in touched:
        if each.changes:
            _follow(uow, catalog, each, pending)
    while pending:
        form = next(iter(pending))
        _recompute(uow, catalog, form, pending.pop(form), pending)


def _follow(uow: UnitOfWork, catalog: FormCatalog, touched: Touched, pending: Pending) -> None:
    """Let the rollups follow that can, and note which parents of the others to recompute."""
    steps = rollup_steps.steps_over(catalog, touched.form) if touched.whole else {}
    walk = rollup_steps.walk_over(uow)
    for plan in catalog.rollups_over(touched.form):
        step = steps.get((plan.form, plan.field))
        if step is None:
            _note(pending, plan, _parents(uow, catalog, plan, touched))
            continue
        for before, after in touched.changes:
            if _concerns(plan, before, after):
                _note(pending, plan, walk.take(step, before, after))
    for form, moves in walk.moves.items():
        rollup_steps.move(uow, catalog, touched.form, form, moves)
        fields = {field for moved in moves.values() for field in moved}
        _pass_on(uow, catalog, form, fields, sorted(moves), pending)


def recompute_all(uow: UnitOfWork, catalog: FormCatalog, form: str, ids: Iterable[int]) -> None:
    """Recompute every rollup of these records."""
    wanted = set(ids)
    plans = [plan for plan in catalog.rollups if plan.form == form]
    pending: Pending = {}
    if plans and wanted:
        _recompute(uow, catalog, form, {plan.field: set(wanted) for plan in plans}, pending)
    while pending:
        name = next(iter(pending))
        _recompute(uow, catalog, name, pending.pop(name), pending)


def _note(pending: Pending, plan: RollupPlan, ids: set[int]) -> None:
    if ids:
        pending.setdefault(plan.form, {}).setdefault(plan.field, set()).update(ids)


def _parents(
    uow: UnitOfWork, catalog: FormCatalog, plan: RollupPlan, touched: Touched
) -> set[int]:
    """The parents whose value the changes of these rows may move."""
    if plan.joint is None:
        return _pointed_to(plan.via, plan.uses | {plan.via}, touched)
    found: set[int] = set()
    if touched.form == plan.joint.form:
        found |= _pointed_to(plan.joint.parent, frozenset(("parent", LINKED)), touched)
    if touched.form == plan.rows and plan.uses:
        found |= _holders(uow, catalog, plan, sorted(_moved(plan.uses, touched)))
    return found


def _pointed_to(via: str, watched: frozenset[str], touched: Touched) -> set[int]:
    """Where ``via`` leads, before and after, from rows that came, went or changed there."""
    found: set[int | None] = set()
    for before, after in touched.changes:
        if before is None or after is None:
            found.add((before or after or {}).get(via))
        elif any(before.get(key) != after.get(key) for key in watched):
            found.update((before.get(via), after.get(via)))
    return {parent for parent in found if parent is not None}


def _concerns(
    plan: RollupPlan, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> bool:
    """Whether a row came, went, or changed in what the rollup looks at."""
    if before is None or after is None:
        return True
    return any(before.get(key) != after.get(key) for key in (plan.via, *plan.uses))


def _moved(watched: frozenset[str], touched: Touched) -> set[int]:
    """The records, there before and after, of which something watched has changed.

    Those that came or went do so with their rows, which are told of on their own.
    """
    return {
        before["id"]
        for before, after in touched.changes
        if before is not None and after is not None
        and any(before.get(key) != after.get(key) for key in watched)
    }  # fmt: skip


def _recompute(
    uow: UnitOfWork, catalog: FormCatalog, form: str, fields: Mapping[str, set[int]],
    pending: Pending,
) -> None:  # fmt: skip
    ids = sorted(set().union(*fields.values()))
    hold, bring_up = _statements(uow, catalog, form, frozenset(fields))
    for some in chunks(ids):
        if uow.dialect == "postgresql":  # SQLite has one writer at a time anyhow
            hold.rows(uow.connection, {"ids": list(some)})
        bring_up.rows(uow.connection, {"ids": list(some)})
    _pass_on(uow, catalog, form, set(fields), ids, pending)


def _pass_on(
    uow: UnitOfWork, catalog: FormCatalog, form: str, fields: set[str], ids: Sequence[int],
    pending: Pending,
) -> None:  # fmt: skip
    """Note the parents whose rollups build on these rollups of the records ``ids``."""
    for plan in catalog.rollups_over(form):
        if plan.rows == form and plan.uses & fields:
            _note(pending, plan, _holders(uow, catalog, plan, ids))


def _statements(
    uow: UnitOfWork, catalog: FormCatalog, form: str, fields: frozenset[str]
) -> tuple[Prepared, Prepared]:
    """What locks the parents ``ids`` and what recomputes them; built once for each catalog.

    A rollup never depends on the moment, so the statement stays right as time goes by.
    """
    place = uow.workspace
    name = (form, fields, uow.dialect, *place.calendar)
    known: tuple[Prepared, Prepared] | None = catalog.statements.get(name)
    if known is None:
        table = catalog.tables[form].main
        chosen = table.c.id.in_(sa.bindparam("ids", expanding=True))
        values = {
            plan.field: expressing.value_sql(uow, catalog, plan.tree, table)
            for plan in catalog.rollups
            if plan.form == form and plan.field in fields
        }
        # others may link to these parents meanwhile
        hold = sa.select(table.c.id).where(chosen).order_by(table.c.id)
        known = (
            Prepared(hold.with_for_update(key_share=True)),
            Prepared(table.update().where(chosen).values(values)),
        )
        catalog.statements[name] = known
    return known


def _holders(
    uow: UnitOfWork, catalog: FormCatalog, plan: RollupPlan, ids: Sequence[int]
) -> set[int]:
    """The parents whose rows these records are."""
    if plan.joint is None:
        table = catalog.source().table(plan.rows)
        row, parent = table.c.id, table.c[plan.via]
    else:
        table = catalog.source().table(plan.joint.form)
        row, parent = table.c[plan.joint.rows], table.c[plan.joint.parent]
    found: set[int] = set()
    for some in chunks(ids):
        statement = sa.select(parent).where(row.in_(some), parent.is_not(None))
        found.update(uow.execute(statement.distinct()).scalars())
    return found
