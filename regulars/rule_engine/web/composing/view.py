"""What the composer shows: the sentence of a rule, its parts by place, and its problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FormDefinition
from regulars.platform import i18n
from regulars.platform.problems import Problem
from regulars.rule_engine.definition import BLOCKS, Rule, Step, Trigger
from regulars.rule_engine.explain import block_words, step_words, trigger_words
from regulars.rule_engine.placing import find_at
from regulars.rule_engine.speaking import Speaker
from regulars.rule_engine.steps.base import step_kinds
from regulars.rule_engine.web.composing.conditions import ShownRow, shown_condition
from regulars.rule_engine.web.composing.offering import Offering, Option

FAILING = frozenset(
    {"create_record", "update_record", "update_related", "add_tags", "remove_tags", "create_task",
     "approval", "send_message", "wait_until", "call_rule"}
)  # fmt: skip


@dataclass(frozen=True)
class ShownBlock:
    """The steps below a step: what stands over them, where they stand."""

    name: str
    place: str
    title: str
    steps: tuple[ShownStep, ...]


@dataclass(frozen=True)
class ShownStep:
    """One step of the sentence."""

    path: str
    do: str
    words: str
    raw: Mapping[str, Any]
    blocks: tuple[ShownBlock, ...]
    is_first: bool
    is_last: bool
    may_fail: bool
    icon: str


@dataclass(frozen=True)
class Composer:
    """A rule's draft as the composer shows it; ``at`` is the place that is open for editing."""

    rule: Rule
    raw: Mapping[str, Any]
    say: Speaker
    problems: Sequence[Problem] = ()
    at: str = ""
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    roles: Sequence[Option] = ()  # in which somebody can be asked
    programs: Sequence[Option] = ()  # that can be called
    hooks: Sequence[Option] = ()  # addresses that programs post to
    texts: Sequence[Option] = ()  # messages that can be sent
    reports: Sequence[Option] = ()
    groups: Sequence[Option] = ()  # of the shop's own people that can be written to
    draft_tag: int = 0  # what is sent back, so that nobody overwrites unseen

    @property
    def catalog(self) -> FormCatalog:
        """The forms the rule may speak of."""
        return self.say.catalog

    @property
    def subject(self) -> FormDefinition | None:
        """The form the rule is about."""
        return self.catalog.forms.get(self.rule.subject)

    @cached_property
    def offer(self) -> Offering:
        """What may be chosen where."""
        return Offering(self.rule, self.raw, self.say)

    def event_words(self, raw: Mapping[str, Any]) -> str:
        """What starts the rule, ends it or answers a wait."""
        return trigger_words(self.say, self.rule, Trigger.from_json(raw))

    def condition(self, place: str) -> ShownRow | None:
        """The condition at a place."""
        return shown_condition(self.say, self.rule, self.raw, place)

    def part(self, place: str) -> Any:
        """The JSON at a place; {} when nothing stands there."""
        return find_at(self.raw, place) or {}

    def listed(self, place: str) -> list[tuple[str, Mapping[str, Any], str]]:
        """The events of a list at a place: (place, JSON, words)."""
        found = find_at(self.raw, place) or ()
        return [(f"{place}/{n}", each, self.event_words(each)) for n, each in enumerate(found)]

    @property
    def steps(self) -> tuple[ShownStep, ...]:
        """The steps of "then"."""
        return self._shown(self.rule.steps, self.raw.get("steps", ()))

    def _shown(self, steps: Sequence[Step], raws: Sequence[Any]) -> tuple[ShownStep, ...]:
        return tuple(
            ShownStep(
                step.path,
                step.do,
                i18n.pick(step.label, self.say.locale) or step_words(self.say, self.rule, step),
                raw,
                tuple(self._blocks(step, raw)),
                position == 0,
                position == len(steps) - 1,
                step.do in FAILING and not raw.get("on_error"),
                step_kinds.get(step.do).icon,
            )
            for position, (step, raw) in enumerate(zip(steps, raws, strict=True))
        )

    def _blocks(self, step: Step, raw: Mapping[str, Any]) -> Iterator[ShownBlock]:
        shown = step_kinds.get(step.do).blocks
        for name in BLOCKS:
            place = f"{step.path}/{name}"
            opened = self.at.startswith(f"step@{place}+")
            if name in shown or raw.get(name) or opened:
                title = block_words(self.say, step, name)
                inner = self._shown(step.blocks.get(name, ()), raw.get(name, ()))
                yield ShownBlock(name, place, title, inner)

    def problems_at(self, place: str) -> list[str]:
        """What is wrong at a place or below it, except in the steps of its blocks."""
        return [
            problem.message(self.say.locale)
            for problem in self.problems
            if _belongs(problem.path, place)
        ]

    @property
    def other_problems(self) -> list[str]:
        """What is wrong at no place that is shown."""
        places = ("trigger", "when", "steps", "guards", "entry", "exit", "sets", "goal")
        return [
            problem.message(self.say.locale)
            for problem in self.problems
            if problem.path.split("/")[0] not in places
        ]


def _belongs(path: str, place: str) -> bool:
    if path != place and not path.startswith(f"{place}/"):
        return False
    rest = path[len(place) :].strip("/").split("/")
    return not (rest[0] in BLOCKS and len(rest) > 1 and rest[1].isdecimal())
