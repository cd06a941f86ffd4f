"""Runs through their steps, until they rest, end or fail. What they leave behind is collected."""

from __future__ import annotations

import logging
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from regulars.platform.accounts.access import system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import RegularsError
from regulars.rule_engine import leases
from regulars.rule_engine.answering import end_runs
from regulars.rule_engine.book import PinnedRule, pinned_rule
from regulars.rule_engine.definition import Step, first_path, path_after
from regulars.rule_engine.effects import Effects
from regulars.rule_engine.matching import find_event
from regulars.rule_engine.patience import is_about_the_store
from regulars.rule_engine.sight import KnownRows, RunSight, read_ahead
from regulars.rule_engine.steps.base import (
    Answer,
    Done,
    End,
    LiveRun,
    Rest,
    StepFailed,
    StepWork,
    step_kinds,
)
from regulars.rule_engine.tables import run

MOST_STEPS_AT_ONCE = 100
CONTROL, WITHHELD = "control", "withheld"
GIVING = frozenset({
    "create_record", "update_record", "update_related", "add_tags", "remove_tags", "create_task",
    "approval", "call_webhook", "call_rule", "notify_staff",
})  # fmt: skip

log = logging.getLogger(__name__)


@dataclass
class Walk:
    """One run on its way: what it is pinned to, how it sees, how many steps it has just taken."""

    pinned: PinnedRule
    live: LiveRun
    sight: RunSight
    resumed: bool  # it has been waiting at the step where it stands
    steps: int = 0

    @property
    def step(self) -> Step | None:
        """The step it stands at; None when it has taken the last one."""
        return self.pinned.steps.get(self.live.cursor or "")

    @property
    def place(self) -> tuple[str, int, str | None]:
        """Runs at the same place may take their step together."""
        return self.live.rule, self.live.version, self.live.cursor


@dataclass
class Walker:
    """Takes runs through their steps inside one transaction.

    ``known`` are records read beforehand, ``recent`` what happened just now. A ``careful`` walker
    catches whatever a step raises and notes it; another lets the unforeseen fly, and its
    transaction with it.
    """

    uow: UnitOfWork
    effects: Effects = field(default_factory=Effects)
    known: KnownRows = field(default_factory=KnownRows)
    recent: Container[tuple[str, str]] | None = None
    careful: bool = False
    failed: set[str] = field(default_factory=set)  # rules of which a step failed

    def begin(self, live: LiveRun) -> Walk | None:
        """Take a run in hand; None when there is nothing more for it to do."""
        pinned = pinned_rule(self.uow, live.rule, live.version)
        if pinned is None:
            self._fail(live, None, StepFailed("rule-gone"))
            return None
        sight = RunSight(self.uow, live.form, live.record, live.context, self.known)
        if not (pinned.rule.is_report or sight.is_there):
            self._finish(live, "record_deleted", {"code": "record-gone"})
            return None
        resumed = live.wait_kind is not None
        if resumed and self._left_by_exit(pinned, live):
            return None
        return Walk(pinned, live, sight, resumed)

    def step(self, walk: Walk) -> bool:
        """Take one step; whether the run goes on at once. A step that fails is undone."""
        step = walk.step
        if step is None:
            self._finish(walk.live, "finished", None)
            return False
        if walk.steps >= MOST_STEPS_AT_ONCE:
            self.put_off(walk)
            return False
        return self._settle(walk, step, self._try(walk, step))

    def put_off(self, walk: Walk) -> None:
        """Let a run go on later where it is, after the others."""
        self._keep(walk.live, {"due_at": self.uow.now})

    def goes_together(self, walks: Sequence[Walk]) -> bool:
        """Whether runs at one place may take their step together."""
        step = walks[0].step
        if step is None or len(walks) < 2 or self.careful:
            return False
        return step_kinds.get(step.do).set_based

    def step_together(self, walks: Sequence[Walk]) -> list[Walk]:
        """One step of runs that stand at the same one; those who go on at once."""
        step = walks[0].step
        assert step is not None
        going = []
        for walk, done in zip(walks, self._try_together(walks, step), strict=True):
            if done is None:
                goes_on = self.step(walk)
            else:
                work, answer = done
                if not isinstance(answer, StepFailed):
                    self._note(walk.live, work, answer)
                goes_on = self._settle(walk, step, answer)
            if goes_on:
                going.append(walk)
        self.known.update(read_ahead(self.uow, [walk.live for walk in going]))
        return going

    def _try_together(
        self, walks: Sequence[Walk], step: Step
    ) -> Sequence[tuple[StepWork, Answer | StepFailed] | None]:
        """What the step gave to each; None for those who have to take it by themselves."""
        works = [self._work(walk.pinned, walk.live, walk.sight, step) for walk in walks]
        if any(sits_out(work) for work in works):
            return [None] * len(walks)
        try:
            with self.uow.savepoint(), self.effects.undone_on_error():
                answers = step_kinds.get(step.do).perform_together(works)
        except RegularsError:
            return [None] * len(walks)
        self.known.forget()
        return [
            None if answer is None else (work, answer)
            for work, answer in zip(works, answers, strict=True)
        ]

    def _settle(self, walk: Walk, step: Step, answer: Answer | StepFailed) -> bool:
        """Move a run on by what its step gave; whether it goes on at once."""
        walk.steps += 1
        walk.resumed = False
        if isinstance(answer, StepFailed):
            return self._fail(walk.live, step, answer)
        if isinstance(answer, Rest):
            self._rest(walk.live, answer)
            return False
        if isinstance(answer, End):
            self._finish(walk.live, answer.outcome, None)
            return False
        self._move(walk.pinned, walk.live, step, answer)
        return True

    def _try(self, walk: Walk, step: Step) -> Answer | StepFailed:
        """Do one step; what it wrote before it failed is undone."""
        live, sight = walk.live, walk.sight
        before = _standing(live)
        try:
            with self._undoable(step), self.effects.undone_on_error():
                return self.perform(walk.pinned, live, sight, step, resumed=walk.resumed)
        except StepFailed as error:
            failure = error
        except Exception as error:
            if not self.careful or is_about_the_store(error):
                raise
            log.exception("A step of run %s failed; it is tried again.", live.id)
            told = f"{type(error).__name__}: {error}"[:300]
            failure = StepFailed("step-error", permanent=False, error=told)
        _stand(live, before)
        sight.forget()
        return failure

    @contextmanager
    def _undoable(self, step: Step) -> Iterator[None]:
        """A savepoint where one may be needed."""
        if self.careful or step_kinds.get(step.do).writes:
            with self.uow.savepoint():
                yield
        else:
            yield

    def perform(
        self, pinned: PinnedRule, live: LiveRun, sight: RunSight, step: Step, *, resumed: bool
    ) -> Answer:
        """Do one step and note its line of the trace."""
        work = self._work(pinned, live, sight, step, resumed=resumed)
        if sits_out(work):
            answer: Answer = Done(WITHHELD)
        else:
            answer = step_kinds.get(step.do).perform(work)
        self._note(live, work, answer)
        return answer

    def _work(
        self, pinned: PinnedRule, live: LiveRun, sight: RunSight, step: Step, *,
        resumed: bool = False,
    ) -> StepWork:  # fmt: skip
        return StepWork(
            self.uow, system_access(self.uow.workspace.locale), pinned.rule, live, step,
            pinned.scopes[step.path], sight, self.effects, resumed, self.recent,
        )  # fmt: skip

    def _note(self, live: LiveRun, work: StepWork, answer: Answer) -> None:
        """Write the line of the trace."""
        live.seq += 1
        outcome, output = _told(answer)
        self._trace(live, work.step, outcome, input=work.seen or None, output=output)

    def _left_by_exit(self, pinned: PinnedRule, live: LiveRun) -> bool:
        """Before going on after a wait: has something happened meanwhile that ends the run?"""
        for each in pinned.rule.exits:
            found = find_event(self.uow, [each.trigger], live, live.entered_at)
            if found is not None:
                told = {"code": "exit", "on": each.trigger.on, "event": found}
                end_runs(self.uow, [run.c.id == live.id], each.outcome, told)
                return True
        return False

    def _move(self, pinned: PinnedRule, live: LiveRun, step: Step, answer: Done) -> None:
        block = step.blocks.get(answer.then or "", ())
        live.cursor = first_path(block) or path_after(pinned.rule, step.path)
        if live.wait_kind is None and answer.outcome == "done":
            live.anchor_at = self.uow.now
        live.wait_kind = None
        live.seen_event = None

    def _rest(self, live: LiveRun, answer: Rest) -> None:
        live.wait_kind = answer.kind
        live.meant_at = answer.until
        self._keep(live, {"due_at": answer.until})

    def _finish(self, live: LiveRun, outcome: str, reason: dict[str, Any] | None) -> None:
        ended = {"status": "done", "outcome": outcome, "finished_at": self.uow.now}
        self._keep(live, {**ended, "reason": reason})

    def _fail(self, live: LiveRun, step: Step | None, failure: StepFailed) -> bool:
        """Note a failed step: for good, or until the next try; True: ``on_error`` takes over."""
        self.failed.add(live.rule)
        worn_out = live.attempts >= leases.MAX_ATTEMPTS
        over = failure.permanent or worn_out
        instead = first_path(step.blocks.get("on_error", ())) if step is not None else None
        if over and step is not None and instead is not None:
            live.seq += 1
            self._trace(live, step, "failed", error=failure.reason)
            live.cursor, live.attempts = instead, 0
            live.wait_kind = live.seen_event = None
            return True
        values: dict[str, Any] = {"reason": failure.reason, "attempts": live.attempts}
        if over:
            ending = "failed" if failure.permanent else "stuck"
            values |= {"status": ending, "outcome": ending, "finished_at": self.uow.now}
        else:
            values["due_at"] = self.uow.now + leases.back_off(live.attempts, live.id)
        self._keep(live, values)
        if step is not None:
            outcome = "failed" if over else "retrying"
            self._trace(live, step, outcome, error=failure.reason, seq=live.seq + 1)
        return False

    def _keep(self, live: LiveRun, values: dict[str, Any]) -> None:
        standing: dict[str, Any] = {
            "status": "live", "outcome": None, "cursor": live.cursor,
            "wait_kind": live.wait_kind, "seen_event": live.seen_event,
            "anchor_at": live.anchor_at, "meant_at": live.meant_at, "context": live.context,
            "seq": live.seq, "token": None, "attempts": 0, "due_at": None, "reason": None,
            "finished_at": None, "iteration": live.iteration, "loops": live.loops or None,
        }  # fmt: skip
        self.effects.move(live.id, live.token, {**standing, **values})

    def _trace(  # noqa: PLR0913 - one keyword per column
        self, live: LiveRun, step: Step, outcome: str, *, input: Any = None,  # noqa: A002
        output: Any = None, error: Any = None, seq: int | None = None,
    ) -> None:  # fmt: skip
        over = None if outcome in ("waiting", "retrying") else self.uow.now
        self.effects.traces.append({
            "run": live.id, "path": step.path, "iteration": live.iteration,
            "seq": live.seq if seq is None else seq, "step": step.id, "do": step.do,
            "outcome": outcome, "input": input, "output": output, "error": error,
            "attempts": live.attempts, "started_at": self.uow.now, "finished_at": over,
        })  # fmt: skip


def sits_out(work: StepWork) -> bool:
    """Whether the control group of a campaign goes without this: they get nothing at all."""
    is_control = work.rule.is_campaign and work.run.arm == CONTROL
    return is_control and work.step.do in GIVING


def _standing(live: LiveRun) -> dict[str, Any]:
    """What a step may change of a run in hand."""
    loops = [dict(each) for each in live.loops]
    return {
        "context": dict(live.context), "loops": loops, "seq": live.seq,
        "seen_event": live.seen_event, "iteration": live.iteration,
    }  # fmt: skip


def _stand(live: LiveRun, before: dict[str, Any]) -> None:
    """Take back what a failed step changed; the context stays the same object."""
    live.context.clear()
    live.context.update(before["context"])
    live.loops, live.seq = before["loops"], before["seq"]
    live.seen_event, live.iteration = before["seen_event"], before["iteration"]


def _told(answer: Answer) -> tuple[str, Any]:
    if isinstance(answer, Rest):
        return "waiting", answer.output
    if isinstance(answer, End):
        return "done", {"outcome": answer.outcome}
    return answer.outcome, answer.output


def live_run(row: Any) -> LiveRun:
    """A run in hand, from its row."""
    return LiveRun(
        id=row.id, rule=row.rule, version=row.version, form=row.form, record=row.record,
        status=row.status, cursor=row.cursor, iteration=row.iteration, meant_at=row.meant_at,
        wait_kind=row.wait_kind, seen_event=row.seen_event, anchor_at=row.anchor_at,
        attempts=row.attempts, context=dict(row.context), trigger_event=row.trigger_event,
        arm=row.arm, chain=tuple(row.chain), entered_at=row.entered_at, token=row.token,
        seq=row.seq, loops=[dict(each) for each in row.loops or ()],
    )  # fmt: skip
