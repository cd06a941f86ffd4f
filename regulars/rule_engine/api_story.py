"""A run's story as outside clients read it."""

from __future__ import annotations

from typing import Any

from regulars.platform.expressions.findings import Finding
from regulars.platform.web.api_route import (
    COUNT,
    ID,
    INSTANT,
    OBJECT,
    TEXT,
    Schema,
    array,
    named,
    nullable,
    obj,
)
from regulars.rule_engine import api_shapes as shapes
from regulars.rule_engine.measuring.winning import Winner, Won
from regulars.rule_engine.tracing.happenings import Happening
from regulars.rule_engine.tracing.story import Line, Story, Touched

HAPPENING = named(
    "Happening",
    obj(
        {
            "code": TEXT, "text": TEXT, "at": INSTANT, "event": nullable(ID),
            "record": nullable(shapes.RECORD), "run": nullable(ID),
        }
    ),
)  # fmt: skip
STEP: Schema = obj(
    {
        "path": TEXT, "do": TEXT, "outcome": TEXT, "input": shapes.REASON,
        "output": shapes.REASON, "error": shapes.REASON, "attempts": COUNT,
        "started_at": INSTANT, "finished_at": nullable(INSTANT), "text": TEXT,
        "finding": nullable(shapes.FINDING), "changes": array(shapes.CHANGE),
        "message": nullable(ID),
        "clicks": array(obj({"link": TEXT, "clicks": COUNT, "first_at": nullable(INSTANT)})),
        "task": nullable(OBJECT), "called_run": nullable(ID), "answered_by": nullable(HAPPENING),
    }
)  # fmt: skip
WON = obj({"form": TEXT, "id": ID, "title": TEXT, "at": INSTANT, "value": nullable(TEXT)})
STORY: Schema = {
    "started_by": HAPPENING, "fits": nullable(shapes.FINDING),
    "steps": array(named("RunStep", STEP)), "won": array(WON),
}  # fmt: skip
WINNERS = obj(
    {"won_by": array(obj({"rule": TEXT, "run": ID, "entered_at": INSTANT, "at": INSTANT}))}
)


def story_json(story: Story) -> dict[str, Any]:
    """What is told of a run beside where it stands."""
    return {
        "started_by": _happening(story.start), "fits": _finding(story.fits),
        "steps": [_line(each) for each in story.lines],
        "won": [_won(each) for each in story.won],
    }  # fmt: skip


def winner_json(winner: Winner) -> dict[str, Any]:
    """A run that a record counts for."""
    return {
        "rule": winner.rule, "run": winner.run, "entered_at": winner.entered_at, "at": winner.at,
    }  # fmt: skip


def _line(line: Line) -> dict[str, Any]:
    step, task = line.trace, line.task
    return {
        "path": step.path, "do": step.do, "outcome": step.outcome,
        "input": {name: value for name, value in step.input.items() if name != "found"},
        "output": step.output, "error": step.error, "attempts": step.attempts,
        "started_at": step.started_at, "finished_at": step.finished_at, "text": line.words,
        "finding": _finding(line.finding), "changes": [change_json(each) for each in line.touched],
        "message": line.message.id if line.message else None,
        "clicks": [
            {"link": each.name, "clicks": each.clicks, "first_at": each.first_at}
            for each in line.clicks
        ],
        "task": None if task is None else {
            "id": task.id, "title": task.title, "state": task.state, "outcome": task.outcome,
            "note": task.note,
        },
        "called_run": line.called, "answered_by": line.event and _happening(line.event),
    }  # fmt: skip


def _happening(each: Happening) -> dict[str, Any]:
    record = None
    if each.title is not None:
        record = {"form": each.form, "id": each.record, "title": each.title}
    return {
        "code": each.code, "text": each.words, "at": each.at, "event": each.event,
        "record": record, "run": each.run,
    }  # fmt: skip


def change_json(each: Touched) -> dict[str, Any]:
    """What a step wrote into a record."""
    return {
        "record": {"form": each.form, "id": each.record, "title": each.title},
        "action": each.entry.action,
        "fields": {key: list(pair) for key, pair in each.entry.changes.items()},
    }  # fmt: skip


def _won(each: Won) -> dict[str, Any]:
    return {
        "form": each.form, "id": each.record, "title": each.title, "at": each.at,
        "value": None if each.value is None else str(each.value),
    }  # fmt: skip


def _finding(found: Finding | None) -> dict[str, Any] | None:
    return None if found is None else found.as_json()
