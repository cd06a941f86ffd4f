"""The states of a form and the ways between them as frozen objects, parsed once. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from regulars.platform.i18n import Text

NEEDS = ("one", "all", "in_order")
"""Whose signature is enough: that of one signer, those of all, or of all one after another."""


@dataclass(frozen=True)
class Who:
    """Who may go a way: whoever fits any part. Nobody named: everybody who may edit the record.

    ``fields`` are members fields of the record; ``manager`` is that of the record's store;
    ``rules`` lets automatic rules go it.
    """

    roles: tuple[str, ...] = ()
    owner: bool = False
    fields: tuple[str, ...] = ()
    manager: bool = False
    rules: bool = False

    @property
    def is_everybody(self) -> bool:
        """Whether nobody is named."""
        return not (self.roles or self.owner or self.fields or self.manager or self.rules)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Who:
        """The people of a JSON object whose shape has been checked."""
        return cls(
            tuple(raw.get("roles", ())), bool(raw.get("owner")), tuple(raw.get("fields", ())),
            bool(raw.get("manager")), bool(raw.get("rules")),
        )  # fmt: skip


@dataclass(frozen=True)
class Signer:
    """One who has to sign: a ``role``, the member in a ``field``, or the store's ``manager``."""

    kind: str
    name: str = ""

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Signer:
        """The signer of ``{"role": …}``, ``{"field": …}`` or ``{"manager": true}``."""
        [(kind, name)] = raw.items()
        return cls(kind, "" if kind == "manager" else str(name))


@dataclass(frozen=True)
class Approval:
    """What is asked for while a record is in a state.

    ``approved`` is where it goes after the last signature, ``returned`` where a signer may send
    it back to, ``withdrawn`` where whoever asked may take it back to (None: not at all). ``due``
    (``n``, ``unit`` hour or day) is how long a signer has before it goes to ``escalate``.
    ``four_eyes``: whoever asked may not sign.
    """

    signers: tuple[Signer, ...]
    needs: str
    approved: str
    returned: tuple[str, ...]
    withdrawn: str | None
    due: Mapping[str, Any] | None = None
    escalate: Signer | None = None
    four_eyes: bool = False

    @classmethod
    def from_json(cls, raw: Mapping[str, Any], start: str) -> Approval:
        """The approval of a JSON object whose shape has been checked."""
        returned = tuple(raw.get("returned") or (start,))
        withdrawn = raw.get("withdrawn", returned[0])
        escalate = raw.get("escalate")
        return cls(
            tuple(map(Signer.from_json, raw["signers"])), raw.get("needs", "one"),
            raw["approved"], returned, withdrawn or None, raw.get("due"),
            Signer.from_json(escalate) if escalate else None, bool(raw.get("four_eyes")),
        )  # fmt: skip


@dataclass(frozen=True)
class State:
    """One state. ``locked``: nothing may be edited in it; else ``read_only`` names the fields."""

    value: str
    final: bool = False
    locked: bool = False
    read_only: frozenset[str] = frozenset()
    approval: Approval | None = None

    @classmethod
    def from_json(cls, raw: Mapping[str, Any], start: str) -> State:
        """The state of a JSON object whose shape has been checked."""
        held = raw.get("read_only", ())
        asked = raw.get("approval")
        return cls(
            raw["value"], bool(raw.get("final")), held is True,
            frozenset() if held is True else frozenset(held or ()),
            Approval.from_json(asked, start) if asked else None,
        )  # fmt: skip

    def locks(self, key: str) -> bool:
        """Whether a field may not be edited in this state."""
        return self.locked or key in self.read_only


@dataclass(frozen=True)
class Transition:
    """One way: from any of ``origins`` to ``to``, for ``who``, once ``when`` is met.

    ``require`` are the fields that have to hold something; ``comment``: a word must be said.
    """

    key: str
    origins: tuple[str, ...]
    to: str
    label: Text | None = None
    who: Who = field(default_factory=Who)
    when: Mapping[str, Any] | None = None
    require: tuple[str, ...] = ()
    comment: bool = False

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Transition:
        """The transition of a JSON object whose shape has been checked."""
        return cls(
            raw["key"], tuple(raw["from"]), raw["to"], raw.get("label"),
            Who.from_json(raw.get("who", {})), raw.get("when"), tuple(raw.get("require", ())),
            bool(raw.get("comment")),
        )  # fmt: skip


@dataclass(frozen=True)
class Workflow:
    """The states of the choice ``field`` and the ways between them; records begin at ``start``."""

    field: str
    start: str
    states: tuple[State, ...] = ()
    transitions: tuple[Transition, ...] = ()

    @cached_property
    def by_value(self) -> Mapping[str, State]:
        """The states by their value."""
        return {each.value: each for each in self.states}

    def at(self, value: Any) -> State:
        """The state of a stored value; records from before there were states are at the start."""
        return self.by_value.get(value) or self.by_value.get(self.start) or State(self.start)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Workflow:
        """The workflow of a JSON object whose shape has been checked."""
        return cls(
            raw["field"], raw["start"],
            tuple(State.from_json(each, raw["start"]) for each in raw.get("states", ())),
            tuple(map(Transition.from_json, raw.get("transitions", ()))),
        )  # fmt: skip
