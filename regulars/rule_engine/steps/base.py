"""What a step declares, what it may answer, and what it works with."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol

from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.problems import Problem
from regulars.platform.registry import Registry
from regulars.rule_engine.definition import Rule, Step
from regulars.rule_engine.effects import Effects
from regulars.rule_engine.scope import Meaning, Scope

Settings = Mapping[str, Any]
NAME_SETTING = {"type": "string", "pattern": "^[a-z](_?[a-z0-9]){0,47}$"}
PATH_SETTING = {"$ref": "#/$defs/path"}
STEPS_SETTING = {"$ref": "#/$defs/steps"}


@dataclass(frozen=True)
class Done:
    """The step is over; the run goes on with block ``then``, or with what follows."""

    outcome: str = "done"
    output: Mapping[str, Any] | None = None
    then: str | None = None


@dataclass(frozen=True)
class Rest:
    """The run waits at this step until ``until``; an event may wake it earlier (wait_for)."""

    until: datetime
    kind: str
    output: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class End:
    """The run is over."""

    outcome: str


Answer = Done | Rest | End


class StepFailed(Exception):
    """The step cannot be done. ``code`` has words at ``rules.reason.<code>``.

    A permanent failure ends the run (it can be taken up again at this step); another is retried.
    """

    def __init__(self, code: str, *, permanent: bool = True, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.permanent = permanent
        self.params = params

    @property
    def reason(self) -> dict[str, Any]:
        """The failure as it is stored."""
        return {"code": self.code, **self.params}


@dataclass
class LiveRun:
    """A run in hand; what the executor changes is written back in the same transaction.

    ``loops`` are the loops it is inside of, the innermost last; ``iteration`` tells one pass of a
    step from the next.
    """

    id: int
    rule: str
    version: int
    form: str
    record: int
    status: str
    cursor: str | None
    iteration: int
    meant_at: datetime
    wait_kind: str | None
    seen_event: int | None
    anchor_at: datetime
    attempts: int
    context: dict[str, Any]
    trigger_event: int | None
    arm: str
    chain: tuple[str, ...]
    entered_at: datetime
    token: str | None = None
    seq: int = 0
    loops: list[dict[str, Any]] = field(default_factory=list)

    def record_called(self, name: str) -> tuple[str, int] | None:
        """Form and id of a record this run knows by ``name``."""
        found = self.context.get(name)
        return None if found is None else (str(found[0]), int(found[1]))


class Sight(Protocol):
    """How a step sees values: the run's scope over the records as they are now."""

    def value(self, scope: Scope, formula: str) -> Any:
        """The plain value of a formula."""

    def holds(self, scope: Scope, condition: Mapping[str, Any]) -> bool:
        """Whether a condition holds."""

    def measured(self, scope: Scope, condition: Mapping[str, Any]) -> list[list[Any]]:
        """What every leaf of a condition finds, as a trace keeps it."""

    def at_path(self, scope: Scope, path: str) -> Any:
        """The plain value at a field path."""

    def record(self, form: str, record: int) -> Mapping[str, Any] | None:
        """The stored values of any record, None when it is gone."""

    def forget(self) -> None:
        """Something was written: read records anew."""


@dataclass
class StepWork:
    """One step of one run, inside the transaction that will also move the run on."""

    uow: UnitOfWork
    access: Access
    rule: Rule
    run: LiveRun
    step: Step
    scope: Scope
    sight: Sight
    effects: Effects
    resumed: bool = False  # the run has been waiting at this step
    recent: Container[tuple[str, str]] | None = None  # what happened just now; None: unknown
    seen: dict[str, Any] = field(default_factory=dict)  # inputs for the trace

    @property
    def key(self) -> str:
        """The name of this step's effects, however often it is tried: ``run:step:iteration``."""
        return f"{self.run.id}:{self.step.id}:{self.run.iteration}"

    @property
    def chain(self) -> tuple[str, ...]:
        """The rules that cause what this step changes."""
        return (*self.run.chain, self.rule.key)


class StepKind:
    """One kind of step. ``settings`` are the JSON Schema properties it adds."""

    name: ClassVar[str]
    settings: ClassVar[Settings] = {}
    required_settings: ClassVar[tuple[str, ...]] = ()
    blocks: ClassVar[tuple[str, ...]] = ()
    icon: ClassVar[str] = "play"
    writes: ClassVar[bool] = False  # it changes records at once, so its failure must be undone
    set_based: ClassVar[bool] = False  # runs that stand at it together may take it together

    def check(self, step: Step, meaning: Meaning) -> Iterator[Problem]:
        """Problems of meaning; paths relative to the step."""
        yield from ()

    def makes(self, step: Step) -> tuple[str, str] | None:
        """The name and form of a record that later steps may speak of."""
        return None

    def perform(self, work: StepWork) -> Answer:
        """Do it. Raises StepFailed."""
        raise NotImplementedError

    def perform_together(self, works: Sequence[StepWork]) -> Sequence[Answer | StepFailed | None]:
        """Do it for runs at the same step of the same version, in few statements for all.

        Each gets what `perform` would have given it or raised, one after the other; None is for
        whoever has to be done that way, because there is something about it.
        """
        return [None] * len(works)


step_kinds: Registry[StepKind] = Registry("step")


def scope_of(meaning: Meaning) -> Scope:
    """The scope that holds at the step being checked."""
    assert meaning.scope is not None
    return meaning.scope
