"""What stops a rule that runs wild: its own limits, and a fuse that blows by itself.

A rule is paused, with the reason and a task for the owner, when within an hour it sends more than
three times what its simulation foresaw, or when more than a fifth of its steps fail.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from regulars.platform import i18n
from regulars.platform.accounts.access import system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.privacy.purposes import CHANNELS
from regulars.platform.tasks.service import MAX_TITLE, NewTask, create_task
from regulars.rule_engine.book import book_of, pinned_rule
from regulars.rule_engine.judging import Verdict
from regulars.rule_engine.past_states import note_state
from regulars.rule_engine.simulating.keeping import expected_peak_per_hour
from regulars.rule_engine.tables import outbound, rule_state, run, run_step

HOUR = timedelta(hours=1)
TIMES_THE_PEAK = 3
FEW_SENDS = 20  # below this nothing is wild
FEW_STEPS = 20
MOST_FAILURES = 0.2
RECENT_RUNS = 500
OWNER = "owner"


class Brakes:
    """Limits on what each rule sends in an hour, for the messages of one transaction."""

    def __init__(self, uow: UnitOfWork, rows: Sequence[Any]) -> None:
        self.uow = uow
        self.limits = {key: _limits(uow, key, version) for key, version in _rules(rows)}
        limited = {key for key, limits in self.limits.items() if limits != (None, None)}
        self.sent = _sent_within_the_hour(uow, limited)
        self.blown: set[str] = set()

    def mind(self, row: Any, verdict: Verdict | None) -> Verdict | None:
        """The gate's word, unless the rule has sent enough; None leaves a message queued."""
        if verdict is None or verdict.action != "send" or row.rule not in self.sent:
            return verdict
        if row.rule in self.blown:
            return None
        own, fuse = self.limits[row.rule]
        times = self.sent[row.rule]
        if fuse is not None and len(times) >= fuse:
            self._blow(row.rule, len(times), fuse // TIMES_THE_PEAK)
            return None
        if own is not None and len(times) >= own:
            return Verdict("later", {"code": "rule-rate", "n": own}, times[-own] + HOUR)
        times.append(self.uow.now)
        return verdict

    def _blow(self, rule: str, sent: int, expected: int) -> None:
        self.blown.add(rule)
        pause_by_itself(
            self.uow, rule, {"code": "too-many-sends", "sent": sent, "expected": expected}
        )


def _rules(rows: Iterable[Any]) -> set[tuple[str, int]]:
    return {(row.rule, row.rule_version) for row in rows if row.channel in CHANNELS}


def _limits(uow: UnitOfWork, key: str, version: int) -> tuple[int | None, int | None]:
    """How much a rule may send in an hour, and from where on it is wild."""
    pinned = pinned_rule(uow, key, version)
    own = pinned.rule.guards.max_per_hour if pinned is not None else None
    peak = expected_peak_per_hour(uow, key)
    return own, None if peak is None else max(FEW_SENDS, TIMES_THE_PEAK * peak)


def _sent_within_the_hour(uow: UnitOfWork, rules: set[str]) -> dict[str, list[datetime]]:
    found: dict[str, list[datetime]] = {key: [] for key in rules}
    if rules:
        rows = uow.execute(
            sa.select(outbound.c.rule, outbound.c.sending_at)
            .where(outbound.c.rule.in_(rules), outbound.c.sending_at > uow.now - HOUR)
            .order_by(outbound.c.sending_at)
        )
        for rule, at in rows:
            found[rule].append(at)
    return found


def mind_failures(uow: UnitOfWork, rules: Iterable[str]) -> None:
    """Pause those of these rules of whose steps in the last hour too many failed."""
    for rule in sorted(rules):
        tried, failed = _steps_lately(uow, rule)
        if tried >= FEW_STEPS and failed > MOST_FAILURES * tried:
            told = {"code": "too-many-failures", "failed": failed, "tried": tried}
            pause_by_itself(uow, rule, told)


def _steps_lately(uow: UnitOfWork, rule: str) -> tuple[int, int]:
    """How many steps of a rule were tried in the last hour, and how many of them failed."""
    resumed = uow.scalar(sa.select(rule_state.c.changed_at).where(rule_state.c.rule == rule))
    since = max(uow.now - HOUR, resumed) if resumed is not None else uow.now - HOUR
    recent = (
        sa.select(run.c.id).where(run.c.rule == rule).order_by(run.c.id.desc()).limit(RECENT_RUNS)
    )
    ids = list(uow.execute(recent).scalars())
    rows = uow.execute(
        sa.select(run_step.c.outcome, sa.func.count())
        .where(run_step.c.run.in_(ids), run_step.c.started_at >= since)
        .where(run_step.c.outcome != "waiting")
        .group_by(run_step.c.outcome)
    )
    counts = {outcome: int(n) for outcome, n in rows}
    return sum(counts.values()), counts.get("failed", 0) + counts.get("retrying", 0)


def pause_by_itself(uow: UnitOfWork, rule: str, reason: dict[str, Any]) -> None:
    """Pause a rule, keep why, and tell the owner; nothing for one that is paused already."""
    done = uow.execute(
        rule_state.update()
        .where(rule_state.c.rule == rule, rule_state.c.state == "active")
        .values(state="paused", reason=reason, changed_at=uow.now, changed_by="Regulars")
    )
    if done.rowcount:
        note_state(uow, system_access(uow.workspace.locale), rule, reason)
        tell_owner(uow, rule, f"paused:{int(uow.now.timestamp())}", "paused-by-itself", reason)


def tell_owner(uow: UnitOfWork, rule: str, name: str, code: str, reason: dict[str, Any]) -> None:
    """Put a task into the owner's inbox, once for each ``name``."""
    locale = uow.workspace.locale
    known = book_of(uow).rules.get(rule)
    label = i18n.pick(known.rule.label, locale) if known else rule
    params = {key: value for key, value in reason.items() if key != "code"}
    if "chain" in params:
        params["chain"] = chain_words(uow, params["chain"])
    why = i18n.translate(f"rules.stopped.{reason['code']}", locale, **params)
    title = i18n.translate(f"rules.told.{code}", locale, rule=label)[:MAX_TITLE]
    wish = NewTask(title, why, role=OWNER, rule=rule, key=f"rule:{rule}:{name}")
    create_task(uow, system_access(locale), wish)


def chain_words(uow: UnitOfWork, chain: Sequence[str]) -> str:
    """The rules that started each other, in the owner's words: ``A → B → A``."""
    book, locale = book_of(uow), uow.workspace.locale
    named = (
        i18n.pick(book.rules[key].rule.label, locale) if key in book.rules else key
        for key in chain
    )
    return " → ".join(named)
