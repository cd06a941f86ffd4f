"""A rule tried on the last days: what it would have done, without doing any of it.

The engine itself runs, on a scratch copy of the store that is wound back and played again, so a
simulation cannot differ from the deed by a second set of rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.serials import counts_now, raise_counts
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.events import event
from regulars.platform.expressions.findings import explain_result
from regulars.platform.formats import Formats
from regulars.platform.scratch import scratch_copy
from regulars.rule_engine.book import PinnedRule
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.entering import Entries
from regulars.rule_engine.policy import cost_text
from regulars.rule_engine.sight import RunSight
from regulars.rule_engine.simulating.playing import MOST_INSTANTS, Player
from regulars.rule_engine.simulating.result import (
    Counting,
    Entered,
    Figures,
    SentMessage,
    Simulation,
    count_up,
)
from regulars.rule_engine.simulating.span import Wish
from regulars.rule_engine.simulating.stage import Stage, VirtualClock
from regulars.rule_engine.steps.base import StepFailed
from regulars.rule_engine.tables import outbound, run
from regulars.rule_engine.walking import live_run

SAMPLE = 60
_REACTIONS = ("message_clicked", "message_opened", "message_replied")

Progress = Callable[[float], None]


def simulate(
    database: Database, workspace: Workspace, wish: Wish, *, locale: str,
    progress: Progress = lambda _done: None,
) -> Simulation:  # fmt: skip
    """What the rule would have done over the span. Invalid names why it cannot run at all."""
    clock = VirtualClock(wish.span.end)
    with scratch_copy(database, workspace, clock) as scratch:
        _go_on_counting(database, scratch, workspace)
        stage = Stage(scratch, workspace, clock, wish)
        past = stage.prepare()
        watcher = _Watcher(stage, locale)
        watcher.begin()
        player = Player(stage, past, watcher.look, watcher.hear, progress)
        player.play()
        if player.instants > MOST_INSTANTS:
            past.doubts.add("coarse")
        return watcher.told(player.deferred, past.doubts)


def _go_on_counting(database: Database, scratch: Database, workspace: Workspace) -> None:
    """PostgreSQL counts ids in sequences, which are no rows to be copied."""
    if database.is_sqlite:
        return
    with database.workspace_tx(workspace, write=False) as uow:
        counts = counts_now(uow)
    with scratch.workspace_tx(workspace) as uow:
        raise_counts(uow, counts)


@dataclass
class _Watcher:
    """Notes whoever enters, with what made them fit at that moment."""

    stage: Stage
    locale: str
    seen: set[int] = field(default_factory=set)
    why: dict[int, Any] = field(default_factory=dict)
    kept_out: Entries = field(default_factory=Entries)
    _base: int = 0

    def begin(self) -> None:
        """Whoever is there already is of no interest."""
        with self._tx() as uow:
            self._base = uow.scalar(sa.select(sa.func.max(run.c.id))) or 0

    def look(self, uow: UnitOfWork) -> None:
        """See who has just entered."""
        if len(self.why) >= SAMPLE:
            return
        fresh = uow.execute(
            run.select()
            .where(*self._own(), run.c.id.not_in(self.seen), run.c.status == "live")
            .order_by(run.c.id)
            .limit(SAMPLE - len(self.why))
        ).all()
        pinned = self.stage.pinned(uow)
        for row in fresh:
            self.seen.add(row.id)
            self.why[row.id] = self._finding(uow, pinned, row)

    def hear(self, rule: str, entries: Entries) -> None:
        """Note whom the rule's own limits kept out."""
        if rule == self.stage.wish.key:
            self.kept_out.add_held(entries)

    def _kept_out(self, uow: UnitOfWork) -> dict[str, int]:
        """By reason, who never got in; who did later only had to wait."""
        rows = uow.execute(sa.select(run.c.record, run.c.entry_key).where(*self._own()))
        inside = {(row.record, row.entry_key) for row in rows}
        counts = {reason: len(out - inside) for reason, out in self.kept_out.kept_out.items()}
        return {reason: n for reason, n in counts.items() if n}

    def _finding(self, uow: UnitOfWork, pinned: PinnedRule, row: Any) -> Any:
        if not pinned.rule.when:
            return None
        shop = self.stage.workspace
        formats = Formats(self.locale, shop.zone, shop.currency, uow.now)
        tree, _problems = pinned.catalog.condition(pinned.rule.subject, pinned.rule.when)
        sight = RunSight(uow, row.form, row.record, dict(row.context))
        try:
            found = explain_result(
                tree, pinned.catalog.shapes, sight.row(), sight.context, formats
            )
        except StepFailed:
            return None
        return found.as_json()

    def told(self, deferred: set[int], doubts: set[str]) -> Simulation:
        """Everything that came of it."""
        with self._tx() as uow:
            rule = self.stage.pinned(uow).rule
            entered = [self._entered(row) for row in uow.execute(self._all_runs())]
            messages = [_message(row) for row in uow.execute(self._all_messages())]
            figures = self._figures(uow, entered, messages, len(deferred), doubts | _blind(rule))
        return Simulation(figures, entered, messages)

    def _figures(
        self, uow: UnitOfWork, entered: list[Entered], messages: list[SentMessage],
        deferred: int, doubts: set[str],
    ) -> Figures:  # fmt: skip
        span = self.stage.wish.span
        skipped = sa.select(sa.func.count()).where(
            run.c.rule == self.stage.wish.key, run.c.status == "skipped", run.c.id <= self._base
        )
        about = Counting(
            span.start, span.end, self.stage.workspace.tz, _days(self.stage), uow.scalar(skipped),
            deferred, self._records(uow), doubts, self._cost(uow), self._kept_out(uow),
        )  # fmt: skip
        return count_up(entered, messages, about)

    def _cost(self, uow: UnitOfWork) -> str:
        own = outbound.c.rule == self.stage.wish.key, outbound.c.run > self._base
        total = sa.select(sa.func.coalesce(sa.func.sum(outbound.c.cost), 0))
        return cost_text(int(uow.scalar(total.where(*own, outbound.c.status == "sent"))))

    def _records(self, uow: UnitOfWork) -> Mapping[str, int]:
        """How many records of each form the rule made."""
        chained = sa.type_coerce(event.c.chain, sa.Text()).contains(
            f'"{self.stage.wish.key}"', autoescape=True
        )
        rows = uow.execute(
            sa.select(event.c.form, sa.func.count())
            .where(event.c.kind == "record_created", chained)
            .group_by(event.c.form)
            .order_by(event.c.form)
        )
        return {form: count for form, count in rows}  # noqa: C416 - rows are not pairs to mypy

    def _own(self) -> tuple[Any, ...]:
        return run.c.rule == self.stage.wish.key, run.c.id > self._base

    def _all_runs(self) -> sa.Select[Any]:
        return run.select().where(*self._own(), run.c.status != "skipped").order_by(run.c.id)

    def _all_messages(self) -> sa.Select[Any]:
        own = outbound.c.rule == self.stage.wish.key, outbound.c.run > self._base
        return outbound.select().where(*own).order_by(outbound.c.id)

    def _entered(self, row: Any) -> Entered:
        live = live_run(row)
        return Entered(
            live.id, live.record, live.entered_at, live.arm, live.status, row.outcome,
            self.why.get(live.id),
        )  # fmt: skip

    def _tx(self) -> Any:
        at = self.stage.wish.span.end
        return self.stage.database.workspace_tx(self.stage.workspace, write=False, now=at)


def _days(stage: Stage) -> int:
    zone, span = stage.workspace.tz, stage.wish.span
    return (span.end.astimezone(zone).date() - span.start.astimezone(zone).date()).days


def _message(row: Any) -> SentMessage:
    reason = (row.reason or {}).get("code")
    at = row.sending_at or row.finished_at or row.created_at
    return SentMessage(
        row.run, row.record, row.step, row.message, row.channel, row.status, reason, at
    )


def _blind(rule: Rule) -> set[str]:
    """What nobody can know: how people would have answered messages they never got."""
    awaited = {
        str(each["on"])
        for step in rule.walk()
        if step.do == "wait_for"
        for each in step.settings["any"]
    }
    found = {"reactions"} if awaited & set(_REACTIONS) else set()
    asked = any(step.do in ("approval", "create_task") for step in rule.walk())
    return found | ({"tasks"} if asked else set())
