"""The published rules of a workspace by what they listen to; old versions for their runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import FormCatalog, catalog_from
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import Snapshot, snapshot
from regulars.platform.definitions.store import get_version
from regulars.platform.errors import NotFound
from regulars.platform.privacy.purposes import SERVICE
from regulars.rule_engine.checks import entry_scope, scopes_of
from regulars.rule_engine.definition import DAMAGE, Rule, Step, Trigger
from regulars.rule_engine.schedules import Schedule
from regulars.rule_engine.scope import Scope
from regulars.rule_engine.tables import rule_state
from regulars.rule_engine.triggers.base import trigger_kinds


@dataclass(frozen=True)
class PinnedRule:
    """One version of a rule with everything worked out from it once."""

    rule: Rule
    version: int
    catalog: FormCatalog
    purpose: str | None = None  # why it writes to people; None when it does not
    steps: Mapping[str, Step] = field(default_factory=dict)
    scopes: Mapping[str, Scope] = field(default_factory=dict)

    @classmethod
    def of(cls, rule: Rule, version: int, seen: Snapshot) -> PinnedRule:
        """The rule with its steps by path and the scope at each."""
        catalog = catalog_from(seen)
        steps = {step.path: step for step in rule.walk()}
        return cls(rule, version, catalog, purpose_of(rule, seen), steps, scopes_of(rule, catalog))

    @cached_property
    def entry_scope(self) -> Scope:
        """What the entry key may speak of."""
        return entry_scope(self.rule, self.catalog)

    @cached_property
    def listens_to(self) -> list[Trigger]:
        """Every event that may end a run or answer one of its waits."""
        awaited = [
            Trigger.from_json(raw)
            for step in self.rule.walk()
            if step.do == "wait_for"
            for raw in step.settings["any"]
        ]
        return [*(each.trigger for each in self.rule.exits), *awaited]


@dataclass(frozen=True)
class RuleBook:
    """Every published rule of one snapshot."""

    rules: Mapping[str, PinnedRule]
    seen: Snapshot
    old: dict[tuple[str, int], PinnedRule] = field(default_factory=dict)

    @cached_property
    def started_by(self) -> dict[str, list[PinnedRule]]:
        """Journeys by the kind of event that starts them."""
        found: dict[str, list[PinnedRule]] = {}
        for pinned in self.rules.values():
            kind = trigger_kinds.find(pinned.rule.trigger.on)
            if kind is not None and kind.by_event and not pinned.rule.is_mirror:
                found.setdefault(kind.event_kind, []).append(pinned)
        return found

    @cached_property
    def mirrors(self) -> list[PinnedRule]:
        """Every mirror, in the owner's order."""
        return [pinned for pinned in self.rules.values() if pinned.rule.is_mirror]

    @cached_property
    def scheduled(self) -> list[tuple[PinnedRule, Schedule]]:
        """Journeys that the clock starts."""
        found = []
        for pinned in self.rules.values():
            schedule = Schedule.of(pinned.rule.trigger)
            if schedule is not None and not pinned.rule.is_mirror:
                found.append((pinned, schedule))
        return found


def purpose_of(rule: Rule, seen: Snapshot) -> str | None:
    """Why a rule writes to people: its guards say, or else its messages."""
    if rule.guards.purpose:
        return rule.guards.purpose
    purposes = {
        message.purpose
        for step in rule.walk()
        if step.do == "send_message"
        and (message := seen.find("message", step.settings["message"])) is not None
    }
    return next(iter(sorted(purposes - {SERVICE}) or sorted(purposes)), None)


def book_of(uow: UnitOfWork) -> RuleBook:
    """The published rules as this transaction sees them; worked out once per snapshot."""
    seen = snapshot(uow)
    known: RuleBook | None = seen.derived.get("rules")
    if known is None:
        pinned = {
            key: PinnedRule.of(rule, seen.version("rule", key), seen)
            for key, rule in seen.all("rule").items()
        }
        known = RuleBook(pinned, seen)
        seen.derived["rules"] = known
    return known


def pinned_rule(uow: UnitOfWork, key: str, version: int) -> PinnedRule | None:
    """The version a run was started with, however old; None when nothing is left of it that can
    be understood."""
    book = book_of(uow)
    current = book.rules.get(key)
    if current is not None and current.version == version:
        return current
    if (key, version) not in book.old:
        try:
            rule = get_version(uow, "rule", key, version)
        except (NotFound, *DAMAGE):
            return None
        book.old[key, version] = PinnedRule.of(rule, version, book.seen)
    return book.old[key, version]


def is_active(rule: sa.Column[Any]) -> sa.ColumnElement[bool]:
    """Whether the rule that a column names is neither paused nor archived.

    Put the other way round so that no database finds rows by their rule: what is due is found by
    when it is due, however much of one rule there is.
    """
    resting = sa.select(rule_state.c.rule).where(rule_state.c.state != "active")
    return rule.not_in(resting)


def active_rules(uow: UnitOfWork) -> set[str]:
    """Keys of the rules that are neither paused nor archived."""
    rows = uow.execute(sa.select(rule_state.c.rule).where(rule_state.c.state == "active"))
    return set(rows.scalars())
