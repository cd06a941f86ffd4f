"""Rules and messages in figures. Reading only.

A figure is counted up to `MOST` and no further, so that looking at a list stays quick when the
logs have grown long: `MOST` itself means "so many or more".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.damage import damaged
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.reach import seen_rows
from regulars.rule_engine.reading import find_rule
from regulars.rule_engine.tables import (
    KEPT_BACK,
    LIVE,
    WAITING,
    mirror_member,
    outbound,
    rule_state,
    run,
)

MOST = 100_000
ENDED = ("done", "failed")


class Counted(int):
    """A figure that is counted up to `MOST`."""

    @property
    def is_more(self) -> bool:
        """Whether it may be more in truth."""
        return self >= MOST


NONE = Counted(0)


@dataclass(frozen=True)
class RuleRow:
    """One rule with its figures. ``state`` is active, paused or draft.

    ``left_out`` counts those who met it before it was published or because of an import.
    """

    rule: Rule
    state: str
    changed: bool
    inside: Counted = NONE
    ended: Counted = NONE
    stuck: Counted = NONE
    sent: Counted = NONE
    members: Counted = NONE
    left_out: Counted = NONE

    @property
    def entered(self) -> Counted:
        """Everybody who ever got in."""
        return Counted(min(self.inside + self.ended + self.stuck, MOST))


def list_rules(uow: UnitOfWork, access: Access, key: str | None = None) -> list[RuleRow]:
    """Every rule (or only the one of that ``key``) with its figures, in the owner's order.

    One that cannot be understood any more is left out; the health page names it.
    """
    runs, messages = seen_rows(uow, access, run), seen_rows(uow, access, outbound)
    states = {row.rule: row.state for row in uow.execute(rule_state.select())}
    return [
        RuleRow(
            rule,
            states.get(draft.key, "active") if draft.published else "draft",
            draft.changed and draft.published is not None,
            **_figures(uow, draft.key, runs, messages),
        )
        for draft in store.list_drafts(uow, "rule")
        if key in (None, draft.key) and (rule := find_rule(draft.raw)) is not None
    ]


def get_rule(uow: UnitOfWork, access: Access, key: str) -> RuleRow:
    """One rule with its figures; NotFound otherwise, DamagedDraft when it cannot be understood."""
    for row in list_rules(uow, access, key):
        return row
    raise damaged(uow, access, store.get_draft(uow, "rule", key))


def count_messages(uow: UnitOfWork, access: Access, states: Sequence[str]) -> dict[str, int]:
    """How many messages are in each state."""
    seen = seen_rows(uow, access, outbound)
    asked = [
        _number(some_messages(state).where(*seen).limit(MOST)).label(state) for state in states
    ]
    return dict(uow.execute(sa.select(*asked)).mappings().one())


def some_messages(state: str) -> sa.Select[Any]:
    """Ids of messages in a state, asked for in the order of the index that finds them."""
    found = sa.select(outbound.c.id).where(outbound.c.status == state)
    if state in ("queued", "sending"):
        return found.where(WAITING).order_by(outbound.c.channel, outbound.c.due_at, outbound.c.id)
    return found if state == "sent" else found.where(KEPT_BACK).order_by(outbound.c.id.desc())


def some_runs(state: str) -> sa.Select[Any]:
    """The same of runs; which are over is found by their number alone."""
    found = sa.select(run.c.id)
    if state == "live":
        return found.where(LIVE).order_by(run.c.due_at, run.c.id)
    return found.where(run.c.status == state).order_by(run.c.id.desc())


def _figures(
    uow: UnitOfWork, rule: str, runs: Sequence[Any], messages: Sequence[Any]
) -> dict[str, Counted]:
    mine, status = (run.c.rule == rule, *runs), run.c.status
    asked = {
        "inside": _counted(run, status == "live", *mine),
        "ended": _counted(run, status.in_(ENDED), *mine),
        "stuck": _counted(run, status == "stuck", *mine),
        "left_out": _counted(run, status == "skipped", *mine),
        "sent": _counted(
            outbound, outbound.c.rule == rule, outbound.c.status == "sent", *messages
        ),
        "members": _counted(mirror_member, mirror_member.c.rule == rule),
    }
    labelled = [count.label(name) for name, count in asked.items()]
    found = uow.execute(sa.select(*labelled)).mappings().one()
    return {name: Counted(n) for name, n in found.items()}


def _counted(table: sa.Table, *where: Any) -> sa.ScalarSelect[int]:
    return _number(sa.select(sa.literal(1)).select_from(table).where(*where).limit(MOST))


def _number(rows: sa.Select[Any]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).select_from(rows.subquery()).scalar_subquery()
