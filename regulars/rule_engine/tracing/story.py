"""The whole story of a run: event → rule → run → message → click or answer → order won.

Values are as the steps found them; what the reader may not see of a form stays out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.history import Entry, seen_entries
from regulars.form_builder.titles import titles_of
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.expressions.findings import (
    Finding,
    Measured,
    explain_result,
    tell_measured,
)
from regulars.platform.formats import Formats
from regulars.platform.tasks.tables import task
from regulars.rule_engine import overview
from regulars.rule_engine.book import PinnedRule, pinned_rule
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.explain import step_words
from regulars.rule_engine.measuring.winning import Won, won_by
from regulars.rule_engine.overview import MessageRow, RunRow, StepTrace
from regulars.rule_engine.past_sight import PastSight, as_of
from regulars.rule_engine.reach import hides_contents
from regulars.rule_engine.scope import Scope
from regulars.rule_engine.speaking import speaker
from regulars.rule_engine.tables import message_link, run
from regulars.rule_engine.tracing.changes import Source, written_by
from regulars.rule_engine.tracing.happenings import Happening, event_told, start_of


@dataclass(frozen=True)
class Touched:
    """A record that a step made or changed, with its line of history as the reader sees it."""

    form: str
    record: int
    title: str
    entry: Entry


@dataclass(frozen=True)
class TaskSeen:
    """A task that a step made, and what became of it."""

    id: int
    title: str
    state: str
    outcome: str | None
    note: str | None


@dataclass(frozen=True)
class Click:
    """A link of a message: how often it was followed, and when first."""

    name: str
    clicks: int
    first_at: Any


@dataclass(frozen=True)
class Line:
    """One step: its trace, what it says in the rule, and everything that came of it.

    ``event`` is what answered a wait, ``called`` the run that another rule was started with.
    """

    trace: StepTrace
    words: str
    finding: Finding | None = None
    touched: Sequence[Touched] = ()
    message: MessageRow | None = None
    clicks: Sequence[Click] = ()
    task: TaskSeen | None = None
    called: int | None = None
    event: Happening | None = None


@dataclass(frozen=True)
class Story:
    """A run from what started it to what it has won. ``fits``: why they came in, worked out of
    the record as it was then; None where the rule asks nothing or the reader may not know."""

    row: RunRow
    rule: Rule | None
    start: Happening
    fits: Finding | None
    lines: Sequence[Line]
    won: Sequence[Won]


def story_of(uow: UnitOfWork, access: Access, run_id: int) -> Story:
    """The story of one run; NotFound for one about a record the reader may not see."""
    row, trace = overview.get_run(uow, access, run_id)
    pinned = pinned_rule(uow, row.rule, row.version)
    rule = pinned.rule if pinned is not None else None
    teller = _Teller(uow, access, row, pinned, trace)
    return Story(
        row, rule, start_of(uow, access, row, rule), teller.fits(),
        [teller.line(each) for each in trace], won_by(uow, access, row.rule, row.record, row.id),
    )  # fmt: skip


def lines_of(uow: UnitOfWork, access: Access, pinned: PinnedRule, run_id: int) -> list[Line]:
    """What the steps of a run found and did, of a rule that may be a draft."""
    row, trace = overview.get_run(uow, access, run_id)
    teller = _Teller(uow, access, row, pinned, trace)
    return [teller.line(each) for each in trace]


class _Teller:
    def __init__(
        self, uow: UnitOfWork, access: Access, row: RunRow, pinned: PinnedRule | None,
        trace: Sequence[StepTrace],
    ) -> None:  # fmt: skip
        self.uow, self.access, self.row, self.pinned = uow, access, row, pinned
        shop = uow.workspace
        self.formats = Formats(access.locale, shop.zone, shop.currency, uow.now)
        self.say = speaker(uow, access)
        self.touched = self._touched(trace)
        wanted = overview.Wanted(run=row.id)
        self.messages = {
            each.key: each for each in overview.list_messages(uow, access, wanted).rows
        }
        self.clicks = self._clicks()
        self.tasks = {
            each.id: TaskSeen(each.id, each.title, each.state, each.outcome, each.note)
            for each in uow.execute(task.select().where(task.c.run == row.id))
        }

    def line(self, trace: StepTrace) -> Line:
        """One step with all that belongs to it."""
        key = f"{self.row.id}:{trace.step}:{trace.iteration}"
        output = trace.output
        return Line(
            trace, self._words(trace), self._finding(trace),
            self._written(trace), self.messages.get(key),
            self.clicks.get(key, ()), self.tasks.get(output.get("task", 0)),
            self._called(trace, key),
            self._answer(output.get("event")),
        )  # fmt: skip

    def _answer(self, number: Any) -> Happening | None:
        """What answered a wait."""
        rule = self.pinned.rule if self.pinned is not None else None
        found = isinstance(number, int)
        return event_told(self.uow, self.access, number, rule) if found else None

    def _words(self, trace: StepTrace) -> str:
        step = self.pinned.steps.get(trace.path) if self.pinned is not None else None
        if step is None or self.pinned is None:
            return trace.do
        return step_words(self.say, self.pinned.rule, step)

    def fits(self) -> Finding | None:
        """The rule's condition as of the moment they came in."""
        when = self.pinned.rule.when if self.pinned is not None else None
        if self.pinned is None or not when or self.row.status == "skipped":
            return None
        if catalog_for(self.uow, self.access).condition(self.row.form, when)[1]:
            return None
        catalog = self.pinned.catalog
        tree, problems = catalog.condition(self.row.form, when)
        with as_of(self.uow, self.row.entered_at):
            sight = PastSight(self.uow, self.row.form, self.row.record, {})
            if problems or not sight.is_there:
                return None
            return explain_result(tree, catalog.shapes, sight.row(), sight.context, self.formats)

    def _finding(self, trace: StepTrace) -> Finding | None:
        """What a branch compared, as it stood at that moment."""
        kept = trace.input.get("found")
        step = self.pinned.steps.get(trace.path) if self.pinned is not None else None
        if not kept or step is None or self.pinned is None:
            return None
        scope, when = self.pinned.scopes[trace.path], step.settings["when"]
        seen = Scope(catalog_for(self.uow, self.access), scope.subject, scope.names)
        if seen.condition(when)[1]:
            return None
        tree, problems = scope.condition(when)
        measured = [Measured.from_kept(each) for each in kept]
        try:
            return None if problems else tell_measured(
                tree, scope.shapes(), measured, self.formats
            )  # fmt: skip
        except ValueError:  # a form has changed since what the condition means
            return None

    def _touched(self, trace: Sequence[StepTrace]) -> Mapping[Any, Sequence[Touched]]:
        """(step, instant) → the records it wrote, as far as the reader may see them."""
        if hides_contents(self.access, self.row.form):
            return {}
        rows = written_by(self.uow, self.row.id, trace)
        catalog = catalog_for(self.uow, self.access)
        wanted: dict[str, set[int]] = {}
        for row in rows:
            wanted.setdefault(row.form, set()).add(row.record)
        titles = titles_of(self.uow, self.access, catalog, wanted)
        found: dict[Any, list[Touched]] = {}
        for row in rows:
            source = Source.read(row.ref)
            if source is None or (row.form, row.record) not in titles:
                continue
            entry = Entry(
                row.id, row.version, row.action, row.changes, row.actor, row.actor_name,
                row.origin, row.ref, row.at,
            )  # fmt: skip
            (seen,) = seen_entries(self.access, catalog, row.form, [entry])
            title = titles[row.form, row.record]
            line = found.setdefault((source.step, row.at), [])
            line.append(Touched(row.form, row.record, title, seen))
        return found

    def _clicks(self) -> Mapping[str, Sequence[Click]]:
        found: dict[str, list[Click]] = {}
        rows = self.uow.execute(
            message_link.select()
            .where(
                message_link.c.outbound_key.in_(list(self.messages)), message_link.c.clicks > 0
            )
            .order_by(message_link.c.first_clicked_at)
        )  # fmt: skip
        for row in rows:
            click = Click(row.name, row.clicks, row.first_clicked_at)
            found.setdefault(row.outbound_key, []).append(click)
        return found

    def _written(self, trace: StepTrace) -> Sequence[Touched]:
        """What this step wrote; of a step in a loop, this pass of it."""
        found = self.touched.get((trace.step, trace.finished_at), ())
        own = [each for each in found if each.record == trace.output.get("record")]
        return own or found

    def _called(self, trace: StepTrace, key: str) -> int | None:
        """The run of another rule that a step started."""
        output = trace.output
        if trace.do != "call_rule" or "rule" not in output:
            return None
        found: int | None = self.uow.scalar(
            sa.select(run.c.id).where(
                run.c.rule == output["rule"], run.c.form == output["form"],
                run.c.record == output["record"], run.c.entry_key == f"called:{key}",
            )
        )  # fmt: skip
        return found
