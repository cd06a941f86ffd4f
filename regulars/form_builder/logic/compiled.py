"""A form's rules ready to run: trees instead of texts, in the order in which values follow.

Made once per published form and kept with its catalog; forms without rules have none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.logic.effects import UNRULED, Effects
from regulars.platform.expressions.tree import Node

Truths = tuple[bool, ...]


@dataclass(frozen=True)
class Setting:
    """One value that rule number ``rule`` gives: what ``tree`` gives, else the fixed ``value``."""

    rule: int
    tree: Node | None
    value: Any
    if_empty: bool


@dataclass(frozen=True)
class Target:
    """A field whose value rules give. ``reads`` are the fields on which all that depends."""

    field: FieldDefinition
    settings: tuple[Setting, ...]
    reads: frozenset[str]


@dataclass(frozen=True)
class Narrowing:
    """While rule ``rule`` holds, only records that meet ``where`` may be linked."""

    rule: int
    field: FieldDefinition
    to: str
    where: Mapping[str, Any]
    reads: frozenset[str]


@dataclass(frozen=True)
class Offer:
    """While rule ``rule`` holds, only these ``values`` of ``field`` may be chosen."""

    rule: int
    field: FieldDefinition
    values: frozenset[str]


@dataclass(frozen=True)
class FormLogic:
    """Everything the rules of one form say.

    ``whens`` has a tree per rule (None: always) and ``reads`` the fields it reads; ``states`` is
    kind of state → field → the rules that name it; ``targets`` follow each other so that each
    comes after those it reads. ``links`` are the link fields to be looked up, with their forms.
    """

    whens: tuple[Node | None, ...]
    reads: tuple[frozenset[str], ...]
    states: Mapping[str, Mapping[str, tuple[int, ...]]]
    targets: tuple[Target, ...]
    offers: tuple[Offer, ...]
    narrowings: tuple[Narrowing, ...]
    links: tuple[tuple[str, str], ...]
    _known: dict[Truths, Effects] = field(default_factory=dict, compare=False, repr=False)

    @property
    def watched(self) -> frozenset[str]:
        """Every field whose change may change what the rules say."""
        several = [*self.reads, *(t.reads for t in self.targets)]
        several += [each.reads for each in self.narrowings]
        return frozenset().union(*several)

    def effects(self, truths: Truths) -> Effects:
        """What holds when exactly these rules hold; made once per combination."""
        known = self._known.get(truths)
        if known is None:
            known = self._effects(truths)
            if len(self._known) < 1000:
                self._known[truths] = known
        return known

    def _effects(self, truths: Truths) -> Effects:
        def named(kind: str) -> set[str]:
            said = self.states.get(kind, {})
            return {key for key, rules in said.items() if any(truths[n] for n in rules)}

        hidden = (set(self.states.get("show", {})) - named("show")) | named("hide")
        allowed: dict[str, frozenset[str]] = {}
        for each in self.offers:
            if truths[each.rule]:
                key = each.field.key
                allowed[key] = allowed.get(key, each.values) & each.values
        narrowed: dict[str, tuple[int, ...]] = {}
        for number, way in enumerate(self.narrowings):
            if truths[way.rule]:
                narrowed[way.field.key] = (*narrowed.get(way.field.key, ()), number)
        found = Effects(
            frozenset(hidden), frozenset(named("require") - hidden),
            frozenset(named("read_only")), allowed, narrowed,
        )  # fmt: skip
        return UNRULED if found == UNRULED else found
