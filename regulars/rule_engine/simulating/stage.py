"""A scratch copy made ready for one rule: it runs alone, and everything starts from the start."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.platform import hold
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.definitions import store
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.events import event
from regulars.platform.inserting import upsert
from regulars.rule_engine.book import PinnedRule, book_of
from regulars.rule_engine.channels.base import Outgoing, Provider, Surroundings, providers
from regulars.rule_engine.clocking import fixed
from regulars.rule_engine.looking_over import look_over
from regulars.rule_engine.publishing import is_clock_rule
from regulars.rule_engine.scans import skip_backlog
from regulars.rule_engine.simulating.memory import forget
from regulars.rule_engine.simulating.rewinding import Past, rewind
from regulars.rule_engine.simulating.span import Wish
from regulars.rule_engine.tables import rule_state


class NowhereProvider(Provider):
    """Takes every message and does nothing with it; what it would cost is counted."""

    name = "nowhere"
    channels = frozenset()
    repeatable = True
    leaves_house = True

    def send(self, outgoing: Outgoing, surroundings: Surroundings) -> str | None:
        return None


def nowhere() -> Mapping[str, Provider]:
    """Every channel, leading nowhere."""
    taker = NowhereProvider()
    return {channel: taker for provider in providers for channel in provider.channels}


@dataclass
class VirtualClock:
    """What the scratch copy takes for the present."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True)
class Stage:
    """A scratch copy, the workspace it is of, and what is tried on it."""

    database: Database
    workspace: Workspace
    clock: VirtualClock
    wish: Wish

    def prepare(self) -> Past:
        """Wind everything back and let the rule begin; what happened since then."""
        span = self.wish.span
        with self.database.workspace_tx(self.workspace, now=span.end) as uow:
            hold.lift_hold(uow)
            began = self._began(uow)
            self._publish(uow)
        with self.database.workspace_tx(self.workspace, now=span.start) as uow:
            past = rewind(uow, self.wish.key, span)
            forget(uow, self.wish.key, span, past)
            awake = self._wake(uow)
        self.clock.now = span.start
        for key in awake:
            look_over(self.database, self.workspace, fixed(span.start), key)
        with self.database.workspace_tx(self.workspace, now=span.start) as uow:
            uow.execute(event.delete())
            self._begin(uow, fresh=began is None or began > span.start)
        return past

    def _began(self, uow: UnitOfWork) -> datetime | None:
        """Since when the rule as it is wished for has been running; None: never."""
        known = snapshot(uow).items.get(("rule", self.wish.key))
        if known is None or known.raw != self.wish.raw or not self._is_active(uow):
            return None
        return known.published_at

    def _is_active(self, uow: UnitOfWork) -> bool:
        state = uow.scalar(sa.select(rule_state.c.state).where(rule_state.c.rule == self.wish.key))
        return bool(state == "active")

    def _publish(self, uow: UnitOfWork) -> None:
        """Publish the rule as it is wished for; Invalid with every problem."""
        access = system_access(self.workspace.locale)
        bodies = [*self.wish.drafts, ("rule", self.wish.raw)]
        for kind, body in bodies:
            store.save_draft(uow, access, kind, body)
        store.publish(uow, access, [(kind, str(body["key"])) for kind, body in bodies])

    def awake(self, uow: UnitOfWork) -> list[str]:
        """Keys of the mirrors that matter: those of whose field or turns the rule speaks."""
        spoken = json.dumps([self.wish.raw, *self._texts(uow)], ensure_ascii=False)
        return [
            pinned.rule.key
            for pinned in book_of(uow).mirrors
            if pinned.rule.sets is not None
            and (pinned.rule.sets.field in spoken or f'"{pinned.rule.key}"' in spoken)
        ]

    def _texts(self, uow: UnitOfWork) -> list[Any]:
        items = snapshot(uow).items.values()
        return [each.raw for each in items if each.kind == "message" and self._sends(each.key)]

    def _sends(self, message: str) -> bool:
        steps = self.wish.raw.get("steps", ())
        return f'"message": "{message}"' in json.dumps(steps)

    def _wake(self, uow: UnitOfWork) -> list[str]:
        """These mirrors go on, the others keep still; their keys."""
        keys = self.awake(uow)
        uow.execute(rule_state.update().where(rule_state.c.rule.in_(keys)).values(state="active"))
        return keys

    def _begin(self, uow: UnitOfWork, *, fresh: bool) -> None:
        """The rule is switched on; a fresh one meets those who fit already as backlog."""
        values: dict[str, Any] = {
            "rule": self.wish.key, "state": "active", "changed_at": uow.now,
            "changed_by": "system", "fired_to": uow.now, "history_to": uow.now,
        }  # fmt: skip
        upsert(uow, rule_state, [values], ("state", "fired_to", "history_to"))
        pinned = self.pinned(uow)
        if fresh and is_clock_rule(pinned.rule) and pinned.rule.entry.backlog == "skip":
            skip_backlog(uow, pinned)

    def pinned(self, uow: UnitOfWork) -> PinnedRule:
        """The rule as it runs here."""
        return book_of(uow).rules[self.wish.key]
