"""Which runs of a rule had what they gave away used, each by the end of its own time.

An entry's time is that of the rule's goal; without a goal it goes on until now. A record counts
as it stood at the end of that time: what was used later won nothing for the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.linking import chunks
from regulars.form_builder.querying import scope_conditions
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.events import event
from regulars.platform.expressions.tree import Node
from regulars.rule_engine.book import PinnedRule
from regulars.rule_engine.definition import Redeemed
from regulars.rule_engine.past_sight import PastSight, as_of
from regulars.rule_engine.reach import seen_rows
from regulars.rule_engine.tables import run, run_step

Ends = Callable[[datetime], datetime]
"""The instant of an entry → when its time is over."""


@dataclass(frozen=True)
class Made:
    """A record that a run made, and the moment as of which it counts."""

    run: int
    counts_at: datetime


def redeemed_runs(
    uow: UnitOfWork, access: Access, pinned: PinnedRule, redeemed: Redeemed, ends: Ends
) -> set[int]:
    """Runs of which a record they made met the condition when their time was over, or does now."""
    made = _made(uow, access, pinned.rule.key, redeemed.form, ends)
    catalog = pinned.catalog
    if not made or redeemed.form not in catalog.tables:
        return set()
    tree, problems = catalog.condition(redeemed.form, redeemed.where)
    if problems:
        return set()
    table = catalog.tables[redeemed.form].main
    meets: Any = expressing.where_sql(uow, catalog, tree, table)
    seen = scope_conditions(uow, access, catalog, redeemed.form, table, "read")
    found: set[int] = set()
    for some in chunks(sorted(made)):
        rows = uow.execute(sa.select(table.c.id, meets).where(table.c.id.in_(some), *seen))
        by_now = {row[0]: bool(row[1]) for row in rows}
        for record in _changed_later(uow, redeemed.form, {each: made[each] for each in by_now}):
            by_now[record] = _met_then(uow, pinned, tree, (redeemed.form, record), made[record])
        found.update(made[record].run for record, is_met in by_now.items() if is_met)
    return found


def _made(uow: UnitOfWork, access: Access, rule: str, form: str, ends: Ends) -> dict[int, Made]:
    """Record of a form → the run of the rule that made it."""
    rows = uow.execute(
        sa.select(run_step.c.run, run_step.c.output, run.c.entered_at)
        .join(run, run.c.id == run_step.c.run)
        .where(run.c.rule == rule, run_step.c.do == "create_record", *seen_rows(uow, access, run))
    )
    return {
        int(row.output["record"]): Made(row.run, min(ends(row.entered_at), uow.now))
        for row in rows
        if row.output and row.output.get("form") == form
    }


def _changed_later(uow: UnitOfWork, form: str, made: Mapping[int, Made]) -> Iterable[int]:
    """The records that were written to after the moment as of which they count."""
    if not made:
        return set()
    first = min(each.counts_at for each in made.values())
    rows = uow.execute(
        sa.select(event.c.record, sa.func.max(event.c.at).label("last"))
        .where(event.c.form == form, event.c.record.in_(list(made)), event.c.at > first)
        .group_by(event.c.record)
    )
    return {row.record for row in rows if row.last > made[row.record].counts_at}


def _met_then(
    uow: UnitOfWork, pinned: PinnedRule, tree: Node, record: tuple[str, int], made: Made
) -> bool:
    with as_of(uow, made.counts_at):
        sight = PastSight(uow, *record, {})
        if not sight.is_there:
            return False
        return bool(pinned.catalog.closure(tree)(sight.row(), sight.context))
