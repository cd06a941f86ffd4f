"""What a trigger declares. Event triggers also end runs early and answer waits. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Protocol

from regulars.platform.problems import Problem
from regulars.platform.registry import Registry
from regulars.rule_engine.definition import Trigger
from regulars.rule_engine.scope import Meaning

Settings = Mapping[str, Any]
KEY_SETTING = {"$ref": "#/$defs/key"}


class Happened(Protocol):
    """An event as triggers read it (a row of the outbox)."""

    @property
    def id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def form(self) -> str | None: ...
    @property
    def record(self) -> int | None: ...
    @property
    def changes(self) -> Mapping[str, Sequence[Any]] | None: ...
    @property
    def data(self) -> Mapping[str, Any] | None: ...


class TriggerKind:
    """One kind of trigger. ``settings`` are the JSON Schema properties it adds.

    ``by_event``: something that happens starts it, else the clock or a person does; ``happens``
    is the event's kind where it is not the trigger's name. ``about_records``: it says ``form``,
    ``link`` and ``where``. ``may_start``: it may stand as the trigger of a rule, not only as an
    exit or an answer. ``latest_only``: what waits to be looked at together about the same record
    starts a rule once, for the latest.
    """

    name: str
    settings: ClassVar[Settings] = {}
    required_settings: ClassVar[tuple[str, ...]] = ()
    by_event: ClassVar[bool] = True
    about_records: ClassVar[bool] = False
    may_start: ClassVar[bool] = True
    happens: ClassVar[str] = ""
    latest_only: ClassVar[bool] = False

    @property
    def event_kind(self) -> str:
        """The kind of event it goes by."""
        return self.happens or self.name

    def matches(self, trigger: Trigger, happened: Happened) -> bool:
        """Whether an event of this kind and form is meant; ``where`` is asked elsewhere."""
        return True

    def entry_key(self, trigger: Trigger, happened: Happened) -> str:
        """What tells one entry from the next when the rule names no key of its own."""
        return f"event:{happened.id}"

    def check(self, trigger: Trigger, meaning: Meaning) -> Iterator[Problem]:
        """Problems of the kind's own settings; paths relative to the trigger."""
        yield from ()


trigger_kinds: Registry[TriggerKind] = Registry("trigger")
