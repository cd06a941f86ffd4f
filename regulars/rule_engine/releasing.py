"""Publishing a rule with open eyes: what changes, whom it would take in now, how long it looks.

`forecast` measures and counts, `release` publishes with the owner's word on the people who fit
already and on those inside of the version before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.querying import scope_conditions
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem
from regulars.rule_engine.authors import require_seen_fields
from regulars.rule_engine.book import PinnedRule
from regulars.rule_engine.checks import check_rule
from regulars.rule_engine.composing import with_part
from regulars.rule_engine.counting import draft_rule
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.digests import require_people
from regulars.rule_engine.entering import not_yet_in
from regulars.rule_engine.publishing import INSIDE, inside_now, is_clock_rule, settle_inside
from regulars.rule_engine.reading_back import Change, changes_in_words
from regulars.rule_engine.scans import as_candidates, conditions, pages
from regulars.rule_engine.simulating import keeping
from regulars.rule_engine.speaking import speaker

SLOW_MS = 2000
COUNTED_EXACTLY = 20_000
BACKLOG = ("skip", "enrol")
MOST_A_DAY = 100_000


@dataclass(frozen=True)
class Forecast:
    """What publishing would set going.

    ``matches`` fit now, ``fresh`` of them would come in if they were let in (None: too many to
    look at each, or nobody waits for this rule). ``a_day`` come in on an average day, as the
    latest try-out of this wording found. ``scan_ms`` is how long one look at everybody took.
    """

    matches: int
    fresh: int | None
    a_day: float | None
    scan_ms: int
    inside: int
    changes: Sequence[Change] = ()

    @property
    def is_slow(self) -> bool:
        """Whether a look takes so long that somebody should hear of it."""
        return self.scan_ms >= SLOW_MS


@dataclass(frozen=True)
class Wishes:
    """The owner's word: on those ``inside`` the version before, and on those who fit already.

    ``backlog`` None leaves it to what the rule itself says.
    """

    inside: str = "finish"
    backlog: str | None = None
    per_day: int | None = None


def forecast(
    uow: UnitOfWork, access: Access, rule: Rule, clock: Callable[[], float] = time.perf_counter
) -> Forecast:
    """Look at everybody once, as the rule would, and say what came of it. Invalid as counting."""
    access.require("edit_rules")
    require_people(rule)
    pinned = draft_rule(uow, rule)
    require_seen_fields(uow, access, check_rule, rule)
    table = pinned.catalog.tables[rule.subject].main
    scope = scope_conditions(uow, access, pinned.catalog, rule.subject, table, "read")
    counted = sa.select(sa.func.count()).select_from(table)
    before = clock()
    matches = int(uow.scalar(counted.where(*conditions(uow, pinned, table, "scan"), *scope)))
    took = clock() - before
    trial = None if rule.is_mirror else keeping.latest(uow, access, rule.key)
    a_day = trial.figures.entries_a_day if trial and trial.is_current and trial.figures else None
    return Forecast(
        matches,
        _fresh(uow, pinned, matches),
        a_day,
        round(took * 1000),
        inside_now(uow, rule.key),
        changes(uow, access, rule),
    )


def changes(uow: UnitOfWork, access: Access, rule: Rule) -> list[Change]:
    """What the draft says and the published rule does not, and the other way round."""
    published: Rule | None = snapshot(uow).find("rule", rule.key)
    return [] if published is None else changes_in_words(speaker(uow, access), published, rule)


def _fresh(uow: UnitOfWork, pinned: PinnedRule, matches: int) -> int | None:
    """How many of those who fit have not been through this rule in this round."""
    if not is_clock_rule(pinned.rule) or matches > COUNTED_EXACTLY:
        return None
    found = 0
    for page in pages(uow, pinned):
        found += len(not_yet_in(uow, pinned.rule, as_candidates(uow, page), passed_over=True))
    return found


def release(uow: UnitOfWork, access: Access, key: str, wishes: Wishes) -> tuple[int, int]:
    """Publish the draft of a rule: its new version, and how many inside it concerned.

    Invalid with every problem of the wishes and of the rule; nothing is published then.
    """
    _settle_backlog(uow, access, key, wishes)
    versions = store.publish(uow, access, [("rule", key)])
    return versions["rule", key], settle_inside(uow, access, key, wishes.inside)


def _settle_backlog(uow: UnitOfWork, access: Access, key: str, wishes: Wishes) -> None:
    raw = store.get_draft(uow, "rule", key).raw
    problems = list(_problems(wishes))
    if problems:
        raise Invalid(problems)
    if wishes.backlog is None or raw.get("class") == "mirror":
        return
    entry: dict[str, Any] = {**raw.get("entry", {}), "backlog": wishes.backlog}
    entry.pop("per_day", None)
    if wishes.backlog == "enrol" and wishes.per_day is not None:
        entry["per_day"] = wishes.per_day
    if Rule.from_json({**raw, "entry": entry}).entry != Rule.from_json(raw).entry:
        store.save_draft(uow, access, "rule", with_part(raw, "entry", entry))


def _problems(wishes: Wishes) -> Sequence[Problem]:
    found = []
    if wishes.inside not in INSIDE:
        found.append(Problem("inside", "shape-enum", {"allowed": list(INSIDE)}))
    if wishes.backlog is not None and wishes.backlog not in BACKLOG:
        found.append(Problem("backlog", "shape-enum", {"allowed": list(BACKLOG)}))
    if wishes.per_day is not None and not 1 <= wishes.per_day <= MOST_A_DAY:
        found.append(Problem("per_day", "out-of-range", {"least": 1, "most": MOST_A_DAY}))
    return found
