"""Trying a rule on a real record: every step with its real values, and nothing of it stays.

All of it happens inside a savepoint that is rolled back. Waits are passed over at once; a wait for
something takes the way of "nothing happened" unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.querying import scope_conditions
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import NotFound
from regulars.platform.ids import new_token
from regulars.rule_engine.authors import require_seen_fields
from regulars.rule_engine.book import PinnedRule
from regulars.rule_engine.channels.templates import as_read
from regulars.rule_engine.checks import check_rule, trigger_form
from regulars.rule_engine.counting import draft_rule
from regulars.rule_engine.definition import Rule, Step, first_path, path_after
from regulars.rule_engine.digests import require_people
from regulars.rule_engine.entering import Candidate, run_row
from regulars.rule_engine.gate import Gate
from regulars.rule_engine.matching import link_of
from regulars.rule_engine.reach import hides_contents
from regulars.rule_engine.scans import table_of
from regulars.rule_engine.sight import RunSight
from regulars.rule_engine.steps.base import Done, End, LiveRun, Rest, StepFailed
from regulars.rule_engine.tables import outbound, run
from regulars.rule_engine.tracing.story import Line, lines_of
from regulars.rule_engine.walking import Walker, live_run

MOST_STEPS = 100


@dataclass(frozen=True)
class RehearsedStep:
    """What one step would do. ``verdict`` is what the gate says of a message right now.

    ``told``: the values it compared and what it wrote, as the reader may see them; None where
    the step failed. The records it made are gone again.
    """

    path: str
    do: str
    outcome: str
    input: Mapping[str, Any] = field(default_factory=dict)
    output: Mapping[str, Any] = field(default_factory=dict)
    reason: Mapping[str, Any] | None = None
    verdict: Mapping[str, Any] | None = None
    told: Line | None = None


@dataclass(frozen=True)
class Rehearsal:
    """How a run would go for one record, and how it would end."""

    record: int
    outcome: str
    steps: tuple[RehearsedStep, ...]


def rehearse(
    uow: UnitOfWork, access: Access, rule: Rule, record: int, *, answered: bool = False
) -> Rehearsal:
    """Go through a journey (a draft, too) for one real record without leaving a trace."""
    access.require("edit_rules")
    require_people(rule)
    pinned = draft_rule(uow, rule)
    require_seen_fields(uow, access, check_rule, rule)
    _require_visible(uow, access, pinned, record)
    with _undone(uow):
        live = _start(uow, pinned, record)
        sight = RunSight(uow, live.form, live.record, live.context)
        steps, outcome = _go(uow, pinned, live, sight, answered=answered)
        told = dict(enumerate(lines_of(uow, access, pinned, live.id)))
        steps = [replace(step, told=told.get(n)) for n, step in enumerate(steps)]
    if hides_contents(access, rule.subject):
        steps = [replace(each, input={}, output={}) for each in steps]
    return Rehearsal(record, outcome, tuple(steps))


@contextmanager
def _undone(uow: UnitOfWork) -> Iterator[None]:
    """Work whose every effect is taken back: rows, memory, doorbells."""
    memo, after = dict(uow.memo), list(uow._after)
    nested = uow.connection.begin_nested()
    try:
        yield
    finally:
        nested.rollback()
        uow.memo.clear()
        uow.memo.update(memo)
        uow._after[:] = after


def _start(uow: UnitOfWork, pinned: PinnedRule, record: int) -> LiveRun:
    trigger = _latest_trigger(uow, pinned, record)
    candidate = Candidate(record, f"rehearsal:{new_token(8)}", uow.now, None, trigger)
    row = {**run_row(uow, pinned, candidate, skipped=False), "arm": "treatment"}
    made = uow.execute(run.insert().values(row).returning(run.c.id)).scalar_one()
    return live_run(uow.execute(run.select().where(run.c.id == made)).one())


def _latest_trigger(uow: UnitOfWork, pinned: PinnedRule, record: int) -> tuple[str, int] | None:
    """The newest record that could have started the rule for this subject."""
    form = trigger_form(pinned.rule)
    if form is None:
        return None
    link = link_of(pinned.catalog, pinned.rule.trigger, pinned.rule.subject)
    if link is None:
        return (form, record)
    table = pinned.catalog.tables[form].main
    tree, _problems = pinned.catalog.path(form, link)
    leads_to = expressing.value_sql(uow, pinned.catalog, tree, table)
    found = uow.scalar(
        sa.select(table.c.id).where(leads_to == record).order_by(table.c.id.desc()).limit(1)
    )
    return None if found is None else (form, int(found))


def _go(
    uow: UnitOfWork, pinned: PinnedRule, live: LiveRun, sight: RunSight, *, answered: bool
) -> tuple[list[RehearsedStep], str]:
    done: list[RehearsedStep] = []
    walker = Walker(uow)
    for _ in range(MOST_STEPS):
        step = pinned.steps.get(live.cursor or "")
        if step is None:
            return done, "finished"
        try:
            with uow.savepoint():
                answer = walker.perform(pinned, live, sight, step, resumed=False)
                walker.effects.write(uow)
        except StepFailed as failure:
            done.append(RehearsedStep(step.path, step.do, "failed", reason=failure.reason))
            return done, "failed"
        if isinstance(answer, End):
            done.append(RehearsedStep(step.path, step.do, "done"))
            return done, answer.outcome
        done.append(_told(uow, pinned, live, step, answer))
        block = _block(step, answer, answered=answered)
        live.cursor = first_path(step.blocks.get(block or "", ())) or path_after(
            pinned.rule, step.path
        )
    return done, "too-many-steps"


def _block(step: Step, answer: Done | Rest, *, answered: bool) -> str | None:
    if isinstance(answer, Done):
        return answer.then
    if step.do == "wait_for":
        return "then" if answered else "timed_out"
    return None


def _told(
    uow: UnitOfWork, pinned: PinnedRule, live: LiveRun, step: Step, answer: Done | Rest
) -> RehearsedStep:
    outcome = "waiting" if isinstance(answer, Rest) else answer.outcome
    row = uow.execute(
        outbound.select().where(outbound.c.run == live.id, outbound.c.step == step.id)
    ).first()
    told: dict[str, Any] = {}
    verdict = None
    if row is not None:
        told = {"text": as_read(row.body), "address": row.address, "locale": row.locale}
        judged = Gate(uow, [row]).decide(row, pinned.rule.guards)
        verdict = {"action": judged.action, "reason": judged.reason}
        if row.status != "queued":
            verdict = {"action": row.status, "reason": row.reason}
    return RehearsedStep(
        step.path, step.do, outcome, told, dict(answer.output or {}), verdict=verdict
    )


def _require_visible(uow: UnitOfWork, access: Access, pinned: PinnedRule, record: int) -> None:
    table = table_of(pinned)
    scope = scope_conditions(uow, access, pinned.catalog, pinned.rule.subject, table, "read")
    if uow.execute(sa.select(table.c.id).where(table.c.id == record, *scope)).first() is None:
        form = pinned.catalog.get_form(pinned.rule.subject)
        raise NotFound("no-record", form=form.label, id=record)
