"""branch, split, stop: which way a run goes, and where it ends."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import ClassVar

from regulars.platform.problems import Problem, under
from regulars.rule_engine.definition import Step
from regulars.rule_engine.scope import Meaning
from regulars.rule_engine.steps.base import (
    STEPS_SETTING,
    Answer,
    Done,
    End,
    Settings,
    StepKind,
    StepWork,
    scope_of,
)


class Branch(StepKind):
    """Do ``then`` where ``when`` holds as of now, else ``else``."""

    name = "branch"
    icon = "split"
    settings: ClassVar[Settings] = {
        "when": {"$ref": "#/$defs/condition"},
        "then": STEPS_SETTING,
        "else": STEPS_SETTING,
    }
    required_settings = ("when",)
    blocks = ("then", "else")

    def check(self, step: Step, meaning: Meaning) -> Iterator[Problem]:
        _tree, problems = scope_of(meaning).condition(step.settings["when"])
        yield from under("when", problems)

    def perform(self, work: StepWork) -> Answer:
        holds = work.sight.holds(work.scope, work.step.settings["when"])
        found = work.sight.measured(work.scope, work.step.settings["when"])
        work.seen.update(holds=holds, found=found)
        return Done("then" if holds else "else", None, "then" if holds else "else")


class Split(StepKind):
    """Do ``then`` for ``percent`` of the people, else ``else``: always the same way for a person.

    Two splits of one rule divide people independently of each other.
    """

    name = "split"
    icon = "shuffle"
    settings: ClassVar[Settings] = {
        "percent": {"type": "integer", "minimum": 1, "maximum": 99},
        "then": STEPS_SETTING,
        "else": STEPS_SETTING,
    }
    required_settings = ("percent",)
    blocks = ("then", "else")

    def perform(self, work: StepWork) -> Answer:
        run = work.run
        bucket = bucket_of(f"{run.rule}:{work.step.id}:{run.form}:{run.record}")
        way = "then" if bucket < work.step.settings["percent"] else "else"
        return Done(way, {"bucket": bucket}, way)


def bucket_of(name: str) -> int:
    """A number from 0 to 99 that is always the same for a name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % 100


class Stop(StepKind):
    """End the run; ``outcome`` says how it is counted."""

    name = "stop"
    icon = "octagon"
    settings: ClassVar[Settings] = {
        "outcome": {"type": "string", "pattern": "^[a-z](_?[a-z0-9]){0,39}$"}
    }

    def perform(self, work: StepWork) -> Answer:
        return End(str(work.step.settings.get("outcome", "stopped")))
