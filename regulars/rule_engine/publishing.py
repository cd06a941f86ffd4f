"""What publishing a rule does, in the transaction that publishes it."""

from __future__ import annotations

from collections.abc import Sequence

from regulars.platform import jobs
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import Snapshot
from regulars.platform.inserting import insert_new
from regulars.rule_engine.book import PinnedRule
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.scans import skip_backlog
from regulars.rule_engine.tables import rule_state

JOB = "rules"


def rules_published(
    uow: UnitOfWork, before: Snapshot, after: Snapshot, keys: Sequence[str]
) -> None:
    """Start new rules; people who match a clock rule already are backlog and do not fire.

    A rule that is paused stays paused. With ``"backlog": "enrol"`` the people who match enter at
    the next look.
    """
    for key in keys:
        rule: Rule = after.get("rule", key)
        _ensure_state(uow, key)
        if is_clock_rule(rule) and before.find("form", rule.subject) is not None:
            pinned = PinnedRule.of(rule, after.version("rule", key), after)
            if rule.entry.backlog == "skip" and not rule.is_mirror:
                skip_backlog(uow, pinned)
    uow.after_commit(jobs.ringer(JOB))


def is_clock_rule(rule: Rule) -> bool:
    """Whether a rule looks over everybody, so that there can be a backlog."""
    return rule.trigger.on == "scan" and not rule.is_mirror


def _ensure_state(uow: UnitOfWork, key: str) -> None:
    row = {
        "rule": key, "state": "active", "changed_at": uow.now, "changed_by": "system",
        "fired_to": uow.now, "history_to": uow.database.clock(),
    }  # fmt: skip
    made = insert_new(uow, rule_state, [row], "rule")
    if not made:
        uow.execute(
            rule_state.update()
            .where(rule_state.c.rule == key, rule_state.c.state == "archived")
            .values(state="active", changed_at=uow.now, fired_to=uow.now)
        )
