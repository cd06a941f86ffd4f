"""Whether an event is the one a rule, an exit or a wait means, and whom it is about."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.rows import StoredRecords
from regulars.platform.db import UnitOfWork
from regulars.platform.events import event
from regulars.platform.expressions.calls import FormulaError
from regulars.platform.expressions.tree import Node
from regulars.platform.expressions.types import Kind
from regulars.platform.problems import Problem, under
from regulars.rule_engine.definition import Rule, Trigger
from regulars.rule_engine.scope import Meaning
from regulars.rule_engine.triggers.base import Happened, trigger_kinds

log = logging.getLogger(__name__)
RECENT = 5000  # more events than happen while one batch of runs is worked on
DELETED = "record_deleted"  # its values are gone; where it led to stands in the event
_OWN = ("message_", "task_")  # what becomes of these concerns the run that asked for them
LOOK_BACK = (
    200  # events of one person since the step before; more are found when they are ingested
)


class Follower(Protocol):
    """A run, as far as matching is concerned."""

    form: str
    record: int
    id: int
    trigger_event: int | None


def form_of(trigger: Trigger, subject: str) -> str:
    """The form of the records a trigger is about."""
    return trigger.form or subject


def happening(trigger: Trigger) -> str:
    """The kind of event a trigger goes by."""
    return trigger_kinds.get(trigger.on).event_kind


def link_of(catalog: FormCatalog, trigger: Trigger, subject: str) -> str | None:
    """The path from the trigger's record to the subject; None where it is the subject itself.

    A trigger that names no link means the only link field of its form that points to the subject.
    """
    if trigger.link is not None:
        return trigger.link
    if form_of(trigger, subject) == subject:
        return None
    return next(iter(links_to(catalog, form_of(trigger, subject), subject)), None)


def links_to(catalog: FormCatalog, form: str, subject: str) -> list[str]:
    """The link fields of a form that lead to the subject."""
    if form not in catalog.forms:
        return []
    return [key for key, target in catalog.link_targets(form) if target == subject]


def check_event(trigger: Trigger, meaning: Meaning) -> Iterator[Problem]:
    """Every problem of a trigger, an exit or an awaited event; paths relative to it."""
    kind = trigger_kinds.get(trigger.on)
    if kind.about_records:
        problems = list(_check_record(trigger, meaning))
        yield from problems
        if any(problem.path == "form" for problem in problems):
            return
    yield from kind.check(trigger, meaning)


def _check_record(trigger: Trigger, meaning: Meaning) -> Iterator[Problem]:
    catalog, form = meaning.catalog, form_of(trigger, meaning.subject)
    if form not in catalog.forms:
        yield Problem("form", "unpublished-form", {"form": form})
        return
    if trigger.where:
        _tree, problems = catalog.condition(form, trigger.where)
        yield from under("where", problems)
    if trigger.link is None:
        found = links_to(catalog, form, meaning.subject)
        if form != meaning.subject and len(found) != 1:
            yield Problem(
                "link", "which-link" if found else "no-link-to-subject", {"links": found}
            )
        return
    tree, problems = catalog.path(form, trigger.link)
    yield from under("link", problems)
    leads_to = tree.type.form if tree.type and tree.type.kind is Kind.LINK else None
    if not problems and leads_to != meaning.subject:
        yield Problem("link", "no-link-to-subject", {"links": []})


def subject_of(
    records: StoredRecords, trigger: Trigger, subject: str, happened: Happened
) -> int | None:
    """The subject an event is about, None when it leads to nobody."""
    if happened.record is None:
        return None
    link = link_of(records.catalog, trigger, subject)
    if link is None:
        return happened.record if happened.form == subject else None
    form = form_of(trigger, subject)
    if trigger.on == DELETED:
        found = ((happened.data or {}).get("links") or {}).get(link)
        return found if happened.form == form and isinstance(found, int) else None
    row = records.linked(form, happened.record)
    if row is None or happened.form != form:
        return None
    tree, problems = records.catalog.path(form, link)
    if problems:
        return None
    context = expressing.context(records.uow, None, records)
    found = records.catalog.closure(tree)(row, context)
    return found if isinstance(found, int) else None


def fits(records: StoredRecords, trigger: Trigger, subject: str, happened: Happened) -> bool:
    """Whether an event is of the kind, form and content that a trigger means."""
    return may_fit(trigger, subject, happened) and _where_holds(
        records, trigger, subject, happened
    )


def may_fit(trigger: Trigger, subject: str, happened: Happened) -> bool:
    """Whether an event is what a trigger means, as far as it tells without looking anywhere."""
    kind = trigger_kinds.get(trigger.on)
    if happened.kind != kind.event_kind:
        return False
    if kind.about_records and happened.form != form_of(trigger, subject):
        return False
    return kind.matches(trigger, happened)


def _where_holds(
    records: StoredRecords, trigger: Trigger, subject: str, happened: Happened
) -> bool:
    if not trigger.where:
        return True
    form = form_of(trigger, subject)
    row = records.linked(form, happened.record or 0)
    tree, problems = records.catalog.condition(form, trigger.where)
    if row is None or problems:
        return False
    return holds(records, tree, row)


def holds(records: StoredRecords, tree: Node, row: Mapping[str, Any]) -> bool:
    """Whether a condition holds for a stored row; one that asks for too much work does not."""
    context = expressing.context(records.uow, None, records)
    try:
        return bool(records.catalog.closure(tree)(row, context))
    except FormulaError as error:
        log.warning("A condition was given up: %s", error.code)
        return False


def meets_when(records: StoredRecords, rule: Rule, subject: int) -> bool:
    """Whether a record exists and meets the condition of a rule."""
    row = records.linked(rule.subject, subject)
    if row is None:
        return False
    if not rule.when:
        return True
    tree, problems = records.catalog.condition(rule.subject, rule.when)
    return not problems and holds(records, tree, row)


def of_this_run(trigger: Trigger, run: Follower, happened: Happened) -> bool:
    """Whether an event about the person may answer this very run."""
    if happened.id == run.trigger_event:
        return False
    if trigger.on.startswith(_OWN):
        return (happened.data or {}).get("run") == run.id
    return True


def find_event(
    uow: UnitOfWork, wanted: Sequence[Trigger], run: Follower, since: datetime
) -> int | None:
    """The first live event since an instant that one of ``wanted`` means for this run."""
    catalog = catalog_of(uow)
    records = StoredRecords(uow, catalog)
    found: list[int] = []
    for trigger in wanted:
        for happened in uow.execute(_candidates(uow, catalog, trigger, run, since)):
            answers = of_this_run(trigger, run, happened) and fits(
                records, trigger, run.form, happened
            )
            if trigger.on == DELETED and answers:
                answers = subject_of(records, trigger, run.form, happened) == run.record
            if answers:
                found.append(happened.id)
                break
    return min(found, default=None)


@dataclass
class Recent:
    """What has happened at this very moment, read when a step first asks for it."""

    uow: UnitOfWork
    _kinds: frozenset[tuple[str, str]] | None = None

    def __contains__(self, kind_and_form: object) -> bool:
        """Whether there is a live event of this moment of this kind, about this form."""
        if self._kinds is None:
            self._kinds = _recent_kinds(self.uow)
        return kind_and_form in self._kinds


def _recent_kinds(uow: UnitOfWork) -> frozenset[tuple[str, str]]:
    newest = sa.select(sa.func.max(event.c.id)).scalar_subquery()
    rows = uow.execute(
        sa.select(event.c.kind, event.c.form)
        .where(
            event.c.id > newest - RECENT, event.c.at >= uow.now, event.c.historic.is_(sa.false())
        )
        .distinct()
    )
    return frozenset((kind, form or "") for kind, form in rows)


def _candidates(
    uow: UnitOfWork, catalog: FormCatalog, trigger: Trigger, run: Follower, since: datetime
) -> sa.Select[Any]:
    """Live events of the trigger's kind about the run's person, oldest first."""
    form = form_of(trigger, run.form)
    link = link_of(catalog, trigger, run.form)
    statement = sa.select(event).where(
        event.c.kind == happening(trigger),
        event.c.form == form,
        event.c.at >= since,
        event.c.historic.is_(sa.false()),
    )
    if link is None:
        statement = statement.where(event.c.record == run.record)
    elif trigger.on != DELETED:
        table = catalog.tables[form].main
        tree, _problems = catalog.path(form, link)
        leads_to = expressing.value_sql(uow, catalog, tree, table)
        linked = sa.select(table.c.id).where(leads_to == run.record)
        statement = statement.where(event.c.record.in_(linked))
    return statement.order_by(event.c.id).limit(LOOK_BACK)
