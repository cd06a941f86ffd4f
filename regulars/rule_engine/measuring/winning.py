"""Which records a run has won by its rule's goal, and which run has won a record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.titles import titles_of
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.rule_engine.book import PinnedRule, book_of
from regulars.rule_engine.definition import Goal, Trigger
from regulars.rule_engine.matching import link_of
from regulars.rule_engine.measuring.attributing import Credit
from regulars.rule_engine.measuring.effect import Measuring


@dataclass(frozen=True)
class Won:
    """A record that counts for a run. ``value`` is None where there is none to be seen."""

    form: str
    record: int
    title: str
    at: datetime
    value: Decimal | None
    currency: str | None = None


@dataclass(frozen=True)
class Winner:
    """The run that a record counts for, and when that run began."""

    rule: str
    run: int
    entered_at: datetime
    at: datetime


def won_by(uow: UnitOfWork, access: Access, rule: str, record: int, run_id: int) -> list[Won]:
    """What counts for one run of this person, oldest first; [] without a goal."""
    pinned = book_of(uow).rules.get(rule)
    goal = pinned.rule.goal if pinned is not None else None
    if pinned is None or goal is None:
        return []
    work = Measuring(uow, access, rule, record)
    deeds = work.credits.get(run_id, Credit()).deeds
    titles = titles_of(
        uow, access, catalog_for(uow, access), {goal.form: [deed.id for deed in deeds]}
    )
    currency = _currency(pinned, goal)
    return [
        Won(
            goal.form, deed.id, titles[goal.form, deed.id], deed.at,
            deed.value if work.shows_value else None, currency,
        )
        for deed in deeds
        if (goal.form, deed.id) in titles
    ]  # fmt: skip


def winners_of(uow: UnitOfWork, access: Access, form: str, record: int) -> list[Winner]:
    """The runs that one record counts for: of each rule at most one."""
    found = []
    for key, pinned in book_of(uow).rules.items():
        goal = pinned.rule.goal
        if goal is None or goal.form != form:
            continue
        person = _person(uow, pinned, goal, record)
        if person is None:
            continue
        work = Measuring(uow, access, key, person)
        began = {row.id: row.entered_at for row in work.rows}
        found += [
            Winner(key, run_id, began[run_id], deed.at)
            for run_id, credit in work.credits.items()
            for deed in credit.deeds
            if deed.id == record
        ]
    return sorted(found, key=lambda each: each.run)


def _person(uow: UnitOfWork, pinned: PinnedRule, goal: Goal, record: int) -> int | None:
    """Whom a record of the goal's form belongs to, as the rule sees it."""
    catalog = pinned.catalog
    trigger = Trigger("record_created", goal.form, goal.link)
    link = link_of(catalog, trigger, pinned.rule.subject)
    if goal.form not in catalog.tables:
        return None
    if link is None:
        return record
    tree, problems = catalog.path(goal.form, link)
    if problems:
        return None
    table = catalog.tables[goal.form].main
    leads_to: Any = expressing.value_sql(uow, catalog, tree, table)
    found: int | None = uow.scalar(sa.select(leads_to).where(table.c.id == record))
    return found


def _currency(pinned: PinnedRule, goal: Goal) -> str | None:
    form = pinned.catalog.forms.get(goal.form)
    field = form.find(str(goal.value)) if form is not None and goal.value else None
    return None if field is None else field.settings.get("currency")
