"""wait, wait_until, wait_for: a waiting run is a row with an instant, never a sleeping process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from regulars.platform.expressions.types import Kind
from regulars.platform.problems import Problem, under
from regulars.rule_engine.definition import Step, Trigger
from regulars.rule_engine.durations import (
    CLOCK_SCHEMA,
    LENGTH_SCHEMA,
    Length,
    at_local,
    read_clock,
)
from regulars.rule_engine.matching import check_event, find_event, form_of, happening
from regulars.rule_engine.scope import Meaning
from regulars.rule_engine.steps.base import (
    STEPS_SETTING,
    Answer,
    Done,
    Rest,
    Settings,
    StepFailed,
    StepKind,
    StepWork,
    scope_of,
)

_ANY_DAY = tuple(range(7))


def waited(work: StepWork) -> Done:
    """The wait is over; the trace keeps until when it was."""
    return Done(output={"until": work.run.meant_at.isoformat()})


class Wait(StepKind):
    """Go on after a length of time."""

    name = "wait"
    icon = "hourglass"
    settings: ClassVar[Settings] = {"for": LENGTH_SCHEMA}
    required_settings = ("for",)

    def perform(self, work: StepWork) -> Answer:
        if work.resumed:
            return waited(work)
        length = Length.from_json(work.step.settings["for"])
        until = length.after(work.run.meant_at, work.uow.workspace.tz)
        return Rest(until, self.name, {"until": until.isoformat()})


class WaitUntil(StepKind):
    """Go on at a time of day (``at``), on certain ``weekdays``, or when a ``formula`` says.

    Inside a ``window`` of the day it goes on at once, outside of it when the window opens.

    A formula gives an instant, or a day on which ``at`` (midnight by default) holds. An instant in
    the past does not hold up the run.
    """

    name = "wait_until"
    icon = "alarm-clock"
    settings: ClassVar[Settings] = {
        "at": CLOCK_SCHEMA,
        "weekdays": {
            "type": "array",
            "minItems": 1,
            "maxItems": 7,
            "items": {"type": "integer", "minimum": 0, "maximum": 6},
        },
        "formula": {"$ref": "#/$defs/formula"},
        "window": {"type": "array", "minItems": 2, "maxItems": 2, "items": CLOCK_SCHEMA},
    }

    def check(self, step: Step, meaning: Meaning) -> Iterator[Problem]:
        given = step.settings.keys()
        if not {"at", "weekdays", "formula", "window"} & given:
            yield Problem("at", "required")
        if {"weekdays", "formula"} <= given and "window" not in given:
            yield Problem("weekdays", "weekdays-or-formula")
        if {"at", "window"} <= given:
            yield Problem("window", "at-or-window")
        if "window" in given and step.settings["window"][0] == step.settings["window"][1]:
            yield Problem("window", "window-is-empty")
        if "formula" in step.settings:
            tree, problems = scope_of(meaning).formula(step.settings["formula"])
            yield from under("formula", problems)
            kind = tree.type.kind if tree.type else None
            if not problems and kind not in (Kind.DATE, Kind.DATETIME):
                yield Problem("formula", "not-a-date-formula")

    def perform(self, work: StepWork) -> Answer:
        if work.resumed:
            return waited(work)
        until = self._until(work)
        if until <= work.run.meant_at:
            return Done(output={"until": until.isoformat()})
        return Rest(until, self.name, {"until": until.isoformat()})

    def _until(self, work: StepWork) -> datetime:
        own, start = work.step.settings, work.run.meant_at
        if "formula" in own:
            start = self._named(work)
            return (
                start
                if "window" not in own
                else _in_window(work, own, max(start, work.run.meant_at))
            )
        return _in_window(work, own, start) if "window" in own else _next_time(work, own, start)

    def _named(self, work: StepWork) -> datetime:
        """The instant that the formula gives."""
        own, zone = work.step.settings, work.uow.workspace.tz
        clock = read_clock(own.get("at", "00:00"))
        value = work.sight.value(work.scope, own["formula"])
        if isinstance(value, datetime):
            return value
        if isinstance(value, date):
            return at_local(datetime.combine(value, clock), zone)
        raise StepFailed("no-date-to-wait-for")


def _in_window(work: StepWork, own: Any, after: datetime) -> datetime:
    """The first instant from ``after`` on that lies in the window of a day that counts."""
    zone = work.uow.workspace.tz
    start, end = (read_clock(text) for text in own["window"])
    local = after.astimezone(zone)
    clock = local.time()
    night = start > end
    inside = (clock >= start or clock < end) if night else start <= clock < end
    began = local.date() - timedelta(days=1 if night and clock < end else 0)
    if inside and began.weekday() in own.get("weekdays", _ANY_DAY):
        return after
    return _next_time(work, {**own, "at": own["window"][0]}, after)


def _next_time(work: StepWork, own: Any, after: datetime) -> datetime:
    zone = work.uow.workspace.tz
    clock = read_clock(own.get("at", "00:00"))
    day = after.astimezone(zone).date()
    for ahead in range(9):
        candidate = day + timedelta(days=ahead)
        instant = at_local(datetime.combine(candidate, clock), zone)
        if candidate.weekday() in own.get("weekdays", _ANY_DAY) and instant >= after:
            return instant
    raise StepFailed("no-date-to-wait-for")


class WaitFor(StepKind):
    """Wait until one of ``any`` happens, at most ``timeout``; then one of two blocks is done.

    What happened since the last step that did something counts too, so nothing falls between
    sending a message and starting to wait.
    """

    name = "wait_for"
    icon = "bell"
    settings: ClassVar[Settings] = {
        "any": {
            "type": "array",
            "minItems": 1,
            "maxItems": 20,
            "items": {"$ref": "#/$defs/match"},
        },
        "timeout": LENGTH_SCHEMA,
        "then": STEPS_SETTING,
        "timed_out": STEPS_SETTING,
    }
    required_settings = ("any", "timeout")
    blocks = ("then", "timed_out")

    def check(self, step: Step, meaning: Meaning) -> Iterator[Problem]:
        for position, raw in enumerate(step.settings["any"]):
            problems = check_event(Trigger.from_json(raw), meaning)
            yield from under(f"any/{position}", problems)

    def perform(self, work: StepWork) -> Answer:
        run = work.run
        wanted = [Trigger.from_json(raw) for raw in work.step.settings["any"]]
        if run.seen_event is None:
            run.seen_event = self._look_back(work, wanted)
        if run.seen_event is not None:
            return Done("answered", {"event": run.seen_event}, "then")
        if work.resumed:
            return Done("timed_out", {"until": run.meant_at.isoformat()}, "timed_out")
        length = Length.from_json(work.step.settings["timeout"])
        until = length.after(run.meant_at, work.uow.workspace.tz)
        return Rest(until, self.name, {"until": until.isoformat()})

    def _look_back(self, work: StepWork, wanted: list[Trigger]) -> int | None:
        """What happened since the step before; most often that was just now, and nothing did."""
        run = work.run
        if work.recent is not None and run.anchor_at >= work.uow.now:
            wanted = [t for t in wanted if (happening(t), form_of(t, run.form)) in work.recent]
        return find_event(work.uow, wanted, run, run.anchor_at)
