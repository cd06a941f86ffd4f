"""A rule as frozen objects, parsed once from its JSON. Pure.

Steps form a tree; a place in it is a path such as ``steps/1/then/0``, the same path that problems
and traces use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from regulars.platform.i18n import Text
from regulars.platform.privacy.purposes import MARKETING, SERVICE
from regulars.rule_engine.durations import read_clock

Raw = Mapping[str, Any]

BLOCKS = ("then", "else", "timed_out", "on_error")
LOOPS = frozenset({"for_each"})  # steps that are come back to after their block
_STEP_COMMON = frozenset({"id", "do", "label", *BLOCKS})
QUIET_BY_DEFAULT = (time(21, 0), time(9, 0))
BY_CLOCK = ("scan", "once", "date_field")
"""Triggers that look over everybody at a time; the others wait for something to happen."""
SCAN_BY_DEFAULT: Raw = {"on": "scan", "every": "hour"}
DAMAGE = (ValueError, LookupError, TypeError, AttributeError)
"""What reading JSON of another shape ends with."""


@dataclass(frozen=True)
class Trigger:
    """What starts a rule, ends a run or answers a wait: ``on`` names its kind.

    ``form`` is the form of the record it is about and ``link`` the path from there to the rule's
    subject; both None where the record is the subject itself. ``settings`` are the kind's own.
    """

    on: str
    form: str | None = None
    link: str | None = None
    where: Raw | None = None
    settings: Raw = field(default_factory=dict)

    @classmethod
    def from_json(cls, raw: Raw) -> Trigger:
        """The trigger of a JSON object whose shape has been checked."""
        own = {k: v for k, v in raw.items() if k not in ("on", "form", "link", "where", "outcome")}
        return cls(raw["on"], raw.get("form"), raw.get("link"), raw.get("where"), own)


@dataclass(frozen=True)
class Step:
    """One step. ``blocks`` hold the steps below it by name (``then``, ``else``, ``timed_out``).

    ``on_error`` is what is done instead once the step has failed for good.
    """

    id: str
    do: str
    path: str
    label: Text | None = None
    settings: Raw = field(default_factory=dict)
    blocks: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)

    @classmethod
    def from_json(cls, raw: Raw, path: str) -> Step:
        """The step of a checked JSON object; without an id, its place is its id."""
        blocks = {
            name: steps_from_json(raw[name], f"{path}/{name}") for name in BLOCKS if name in raw
        }
        settings = {key: value for key, value in raw.items() if key not in _STEP_COMMON}
        name = raw.get("id") or path.replace("/", "_")
        return cls(name, raw["do"], path, raw.get("label"), settings, blocks)

    def walk(self) -> Iterator[Step]:
        """This step and all below it, in reading order."""
        yield self
        for block in self.blocks.values():
            for child in block:
                yield from child.walk()


@dataclass(frozen=True)
class Entry:
    """Who may enter, and how often. ``key`` is the formula that tells one entry from the next."""

    key: str | None = None
    min_gap_days: int | None = None
    group: str | None = None
    max_live_per_group: int | None = None
    backlog: str = "skip"  # people who already match when it is published: skip or enrol
    per_day: int | None = None  # so many of them enter on each day; None: all at once
    max_per_hour: int | None = None  # entries of one record
    allow_self: bool = False  # it may start on what it caused itself


@dataclass(frozen=True)
class Cap:
    """At most ``n`` messages of one purpose to one person within the last ``days`` days."""

    n: int
    days: int


@dataclass(frozen=True)
class Guards:
    """What holds back a message. ``quiet_hours`` None = send at any hour."""

    purpose: str | None = None
    quiet_hours: tuple[time, time] | None = None
    on_quiet: str = "next_window"
    cap: Cap | None = None
    on_cap: str = "skip"
    control_group: int = 0  # per cent of the people who get no message, for comparison
    max_per_hour: int | None = None  # messages of this rule, to everybody together

    @classmethod
    def from_json(cls, raw: Raw) -> Guards:
        """The guards of a checked JSON object; marketing keeps quiet at night unless told."""
        quiet = None
        if raw.get("quiet_hours"):
            start, end = raw["quiet_hours"]
            quiet = (read_clock(start), read_clock(end))
        elif "quiet_hours" not in raw and raw.get("purpose", MARKETING) == MARKETING:
            quiet = QUIET_BY_DEFAULT
        cap = raw.get("cap")
        return cls(
            purpose=raw.get("purpose"),
            quiet_hours=quiet,
            on_quiet=raw.get("on_quiet", "next_window"),
            cap=Cap(int(cap["n"]), int(cap["days"])) if cap else None,
            on_cap=raw.get("on_cap", "skip"),
            control_group=int(raw.get("control_group", 0)),
            max_per_hour=raw.get("max_per_hour"),
        )


@dataclass(frozen=True)
class Exit:
    """What ends a run early, and how the run is then said to have ended."""

    trigger: Trigger
    outcome: str


@dataclass(frozen=True)
class Goal:
    """What the rule is for: a record of ``form`` within so many days, worth ``value``."""

    form: str
    link: str | None
    within_days: int
    value: str | None = None
    where: Raw | None = None


@dataclass(frozen=True)
class Redeemed:
    """What counts as redeemed: a record of ``form`` that the run made and that meets ``where``."""

    form: str
    where: Raw = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """One value of a choosing mirror, for those who meet ``when``; the first that fits wins."""

    value: str
    when: Raw


@dataclass(frozen=True)
class Sets:
    """What a mirror keeps in ``field``: the tag ``add``, or one of ``choose``."""

    field: str
    add: str | None = None
    choose: tuple[Choice, ...] = ()
    otherwise: str | None = None

    @classmethod
    def from_json(cls, raw: Raw) -> Sets:
        """What a checked JSON object says."""
        choose = tuple(Choice(each["value"], each["when"]) for each in raw.get("choose", ()))
        return cls(raw["field"], raw.get("add"), choose, raw.get("else"))


@dataclass(frozen=True)
class Rule:
    """One rule. A mirror has ``sets``; a journey has ``steps``.

    A report is about no record at all: its ``subject`` is "".
    """

    key: str
    label: Text
    rule_class: str
    subject: str
    trigger: Trigger
    description: Text | None = None
    when: Raw | None = None
    sets: Sets | None = None
    entry: Entry = Entry()
    exits: tuple[Exit, ...] = ()
    guards: Guards = Guards()
    goal: Goal | None = None
    redeemed: Redeemed | None = None
    steps: tuple[Step, ...] = ()

    @property
    def is_mirror(self) -> bool:
        """Whether it keeps a tag or a choice in step with a condition."""
        return self.rule_class == "mirror"

    @property
    def is_campaign(self) -> bool:
        """Whether it goes out once, to everybody who fits at one moment."""
        return self.rule_class == "campaign"

    @property
    def waits_for_something(self) -> bool:
        """Whether something has to happen to a person; nobody waits for it now."""
        return not self.is_mirror and self.trigger.on not in BY_CLOCK

    @property
    def is_report(self) -> bool:
        """Whether it runs reports at set times, one run for each."""
        return self.rule_class == "report"

    def walk(self) -> Iterator[Step]:
        """Every step in reading order."""
        for step in self.steps:
            yield from step.walk()

    def step_at(self, path: str) -> Step | None:
        """The step at a path, or None."""
        return next((step for step in self.walk() if step.path == path), None)

    def step_called(self, name: str) -> Step | None:
        """The step with this id, or None."""
        return next((step for step in self.walk() if step.id == name), None)

    @property
    def sends(self) -> bool:
        """Whether any step sends a message."""
        return any(step.do == "send_message" for step in self.walk())

    @classmethod
    def from_json(cls, raw: Raw) -> Rule:
        """The rule of a JSON object whose shape has been checked."""
        goal = raw.get("goal")
        return cls(
            key=raw["key"],
            label=raw.get("label") or raw["key"],
            description=raw.get("description"),
            rule_class=raw["class"],
            subject=raw.get("subject", ""),
            trigger=Trigger.from_json(raw.get("trigger", SCAN_BY_DEFAULT)),
            when=raw.get("when"),
            sets=Sets.from_json(raw["sets"]) if "sets" in raw else None,
            entry=Entry(**raw.get("entry", {})),
            exits=tuple(
                Exit(Trigger.from_json(each), each.get("outcome", "stopped"))
                for each in raw.get("exit", ())
            ),
            guards=Guards.from_json(raw.get("guards", _usual_guards(raw["class"]))),
            goal=Goal(**{"link": None, **goal}) if goal else None,
            redeemed=Redeemed(**raw["redeemed"]) if raw.get("redeemed") else None,
            steps=steps_from_json(raw.get("steps", ()), "steps"),
        )


def _usual_guards(rule_class: str) -> Raw:
    """A report goes to the shop's own people, who have no consent to give."""
    return {"purpose": SERVICE} if rule_class == "report" else {}


def steps_from_json(raw: Any, path: str) -> tuple[Step, ...]:
    """A block of steps."""
    return tuple(Step.from_json(each, f"{path}/{n}") for n, each in enumerate(raw))


def first_path(steps: tuple[Step, ...]) -> str | None:
    """Where a block starts; None when it is empty."""
    return steps[0].path if steps else None


def path_after(rule: Rule, path: str) -> str | None:
    """Where a run goes on once the step at ``path`` is done with all below it; None at the end.

    At the end of a loop's block that is the loop itself, which knows what comes next.
    """
    parts = path.split("/")
    while len(parts) >= 2:
        following = "/".join([*parts[:-1], str(int(parts[-1]) + 1)])
        if rule.step_at(following) is not None:
            return following
        parts, block = parts[:-2], parts[-2]  # up from steps/1/then/0 to steps/1
        above = rule.step_at("/".join(parts))
        if above is not None and above.do in LOOPS and block == "then":
            return above.path
    return None
