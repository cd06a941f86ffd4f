"""Rules that the clock starts: find everybody who matches, page by page, and let them enter."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.linking import chunks
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.errors import Conflict
from regulars.platform.expressions.tree import Node
from regulars.platform.faultpoint import faultpoint
from regulars.platform.ids import new_token
from regulars.rule_engine import digests, leases
from regulars.rule_engine.book import PinnedRule, book_of, is_active
from regulars.rule_engine.clocking import Between, Now
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.entering import Candidate, Entries, Watch, enter, key_text
from regulars.rule_engine.history_marks import (
    LONGEST_TRANSACTION,
    has_news,
    latest_history,
    touched_by_history,
)
from regulars.rule_engine.leases import LEASE, LeaseLost
from regulars.rule_engine.patience import is_about_the_store
from regulars.rule_engine.tables import fire, rule_state

PAGE = 2000
SIDE_BY_SIDE = 4  # fires that one worker takes in hand at once
ONCE = "once"

log = logging.getLogger(__name__)


class BrokenRule(Conflict):
    """A condition or key that no longer means anything, because a form changed."""

    code = "rule-broken"

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule=rule.label)


@dataclass(frozen=True)
class Match:
    """Somebody who meets a rule's condition as of now, with the key of the entry this is."""

    record: int
    key: str


def table_of(pinned: PinnedRule) -> sa.Table:
    """Where the people of a rule stand; BrokenRule when their form is gone."""
    found = pinned.catalog.tables.get(pinned.rule.subject)
    if found is None:
        raise BrokenRule(pinned.rule)
    return found.main


def matching_ids(uow: UnitOfWork, pinned: PinnedRule) -> list[int]:
    """Everybody who matches as of now, by id: one statement, made for looking at all records."""
    table = table_of(pinned)
    query = sa.select(table.c.id).where(*conditions(uow, pinned, table, "scan"))
    return list(uow.execute(query.order_by(table.c.id)).scalars())


def matching(uow: UnitOfWork, pinned: PinnedRule, among: Sequence[int]) -> list[Match]:
    """Those of ``among`` who match as of now, by id: each looked up by itself."""
    table = table_of(pinned)
    statement = (
        sa.select(table.c.id, _key_column(uow, pinned, table))
        .where(table.c.id.in_(among), *conditions(uow, pinned, table, "single"))
        .order_by(table.c.id)
    )
    fixed = fixed_key(uow, pinned.rule)
    return [
        Match(row[0], fixed if fixed is not None else key_text(row[1]))
        for row in uow.execute(statement)
    ]


def conditions(
    uow: UnitOfWork, pinned: PinnedRule, table: sa.Table, mode: expressing.Mode = "auto"
) -> list[Any]:
    """The WHERE parts of everybody whom the rule means as of now."""
    parts = []
    rule, catalog = pinned.rule, pinned.catalog
    for raw in (rule.when, date_condition(rule)):
        if raw:
            tree, problems = catalog.condition(rule.subject, raw)
            if problems:
                raise BrokenRule(rule)
            parts.append(expressing.where_sql(uow, catalog, tree, table, mode=mode))
    return parts


def date_condition(rule: Rule) -> dict[str, Any] | None:
    """Whose date field says today; None for rules that do not go by one."""
    if rule.trigger.on != "date_field":
        return None
    own = rule.trigger.settings
    op = "same_day_of_year" if own.get("yearly") else "is"
    day = {"relative": {"n": -int(own.get("offset", 0)), "unit": "day"}}
    return {"field": own["field"], "op": op, "value": day}


def fixed_key(uow: UnitOfWork, rule: Rule) -> str | None:
    """The entry key that is the same for everybody; None when each person has their own."""
    if rule.entry.key is not None:
        return None
    if rule.trigger.on != "date_field":
        return ONCE
    day = uow.now.astimezone(uow.workspace.tz).date()
    own = rule.trigger.settings
    meant = day - timedelta(days=int(own.get("offset", 0)))
    return str(meant.year) if own.get("yearly") else meant.isoformat()


def _key_column(uow: UnitOfWork, pinned: PinnedRule, table: sa.Table) -> Any:
    if pinned.rule.entry.key is None:
        return sa.null()
    return expressing.value_sql(uow, pinned.catalog, key_tree(pinned), table)


def key_tree(pinned: PinnedRule) -> Node:
    """The checked tree of a clock rule's entry key: about the subject alone."""
    tree, problems = pinned.entry_scope.formula(str(pinned.rule.entry.key))
    if problems:
        raise BrokenRule(pinned.rule)
    return tree


def count_matching(uow: UnitOfWork, pinned: PinnedRule) -> int:
    """How many people match as of now."""
    table = table_of(pinned)
    statement = sa.select(sa.func.count()).select_from(table)
    return int(uow.scalar(statement.where(*conditions(uow, pinned, table, "scan"))))


def pages(uow: UnitOfWork, pinned: PinnedRule) -> Iterator[list[Match]]:
    """Everybody who matches as of now, inside one transaction."""
    for some in chunks(matching_ids(uow, pinned), PAGE):
        yield matching(uow, pinned, some)


def fire_due(
    database: Database, workspace: Workspace, now: Now, *, lease: timedelta = LEASE,
    between: Between = lambda: None, watch: Watch = lambda _rule, _entries: None,
) -> int:  # fmt: skip
    """Work on due fires side by side, a page of people of each in turn; how many were taken.

    ``between`` is called after each round of pages: whoever orders meanwhile does not wait until
    a hundred thousand people have entered. ``watch`` is told who entered and who was kept out.
    """
    token = new_token(12)
    with database.workspace_tx(workspace, now=now()) as uow:
        where = (fire.c.state == "due", is_active(fire.c.rule))
        leases.give_up(uow, fire, where=where, values={"state": "failed"})
        ids = leases.claim(uow, fire, token, SIDE_BY_SIDE, where=where, lease=lease)
        rows = uow.execute(fire.select().where(fire.c.id.in_(ids)).order_by(fire.c.due_at)).all()
    faultpoint("fire-claimed")
    scans = [(row, _work_on(database, workspace, row, watch)) for row in rows]
    while scans:
        at = (database, workspace, now)
        scans = [each for each in scans if _goes_on(*at, *each)]
        if scans:
            between()
    return len(rows)


def _goes_on(
    database: Database, workspace: Workspace, now: Now, row: Any, scan: Iterator[None]
) -> bool:
    """One page more; False when the scan is over, however it ended."""
    try:
        next(scan)
    except StopIteration:
        return False
    except LeaseLost:
        log.info("Fire %s was taken over by another worker.", row.id)
        return False
    except Exception as error:
        if is_about_the_store(error):
            raise
        log.exception("The scan of rule %s failed.", row.rule)
        _note_failure(database, workspace, now, row, error)
        return False
    return True


def _work_on(database: Database, workspace: Workspace, row: Any, watch: Watch) -> Iterator[None]:
    with database.workspace_tx(workspace, write=False, now=row.scheduled_for) as uow:
        pinned = book_of(uow).rules.get(row.rule)
        if pinned is not None and pinned.rule.is_report:
            pages = digests.read_for_all(uow, pinned.rule, pinned.rule.steps, row.scheduled_for)
    if pinned is None or not pinned.rule.is_report:
        yield from _scan(database, workspace, row, watch)
        return
    faultpoint("report-read")
    with database.workspace_tx(workspace, now=row.scheduled_for) as uow:
        digests.keep(uow, pages)
        one = Candidate(0, digests.entry_key(row.scheduled_for), row.scheduled_for)
        entries = enter(uow, pinned, [one])
        _finish(uow, database, row, 1, len(entries.entered))
    faultpoint("fire-done")


def _finish(uow: UnitOfWork, database: Database, row: Any, matched: int, entered: int) -> None:
    done = {
        "state": "done", "token": None, "matched": matched, "error": None, "entered": entered,
        "finished_at": database.clock(),
    }  # fmt: skip
    leases.keep(uow, fire, row.id, row.token, done)


def _scan(database: Database, workspace: Workspace, row: Any, watch: Watch) -> Iterator[None]:
    """Let everybody enter who matches as of the fire's own instant, page by page.

    They are found in one statement; each page of them is looked at again where they enter.
    """
    total = Entries()
    found: list[int] = []
    read_at = database.clock()
    with database.workspace_tx(workspace, write=False, now=row.scheduled_for) as uow:
        pinned = book_of(uow).rules.get(row.rule)
        state = uow.execute(rule_state.select().where(rule_state.c.rule == row.rule)).one()
        backlog = set()
        if pinned is not None:
            backlog = _backlog(uow, pinned, state.history_to)
            found = matching_ids(uow, pinned)
    for place, some in enumerate(chunks(found, PAGE)):
        if place:
            yield
        with database.workspace_tx(workspace, now=row.scheduled_for) as uow:
            assert pinned is not None
            leases.keep(uow, fire, row.id, row.token, {"due_at": leases.lease_end(uow)})
            if _is_paused(uow, row.rule):
                leases.keep(uow, fire, row.id, row.token, _LATER)
                return
            _enter_page(uow, pinned, matching(uow, pinned, some), backlog, total)
            faultpoint("fire-mid")
    watch(row.rule, total)
    matched = len(total.entered) + total.known + sum(total.held.values())
    with database.workspace_tx(workspace, now=row.scheduled_for) as uow:
        _finish(uow, database, row, matched, len(total.entered))
        uow.execute(
            rule_state.update().where(rule_state.c.rule == row.rule).values(history_to=read_at)
        )
    faultpoint("fire-done")


_LATER = {"token": None, "attempts": 0, "due_at": fire.c.scheduled_for}
"""What becomes of a scan whose rule is paused: it goes on when the rule does."""


def _is_paused(uow: UnitOfWork, rule: str) -> bool:
    state = uow.scalar(sa.select(rule_state.c.state).where(rule_state.c.rule == rule))
    return bool(state != "active")


def _backlog(uow: UnitOfWork, pinned: PinnedRule, since: datetime) -> set[int]:
    """People who match only because of an import; a date in the calendar is nobody's backlog."""
    if pinned.rule.trigger.on in ("date_field", "once"):
        return set()
    return touched_by_history(uow, pinned, since)


def _enter_page(
    uow: UnitOfWork, pinned: PinnedRule, page: list[Match], backlog: set[int], total: Entries
) -> None:
    for skipped in (False, True):
        chosen = [each for each in page if (each.record in backlog) is skipped]
        entries = enter(uow, pinned, as_candidates(uow, chosen), skipped=skipped)
        total.known += entries.known
        if skipped:
            total.known += len(entries.entered)
            continue
        total.entered += entries.entered
        total.add_held(entries)


def as_candidates(uow: UnitOfWork, matches: list[Match]) -> list[Candidate]:
    """People who match as of now, as they would enter."""
    return [Candidate(each.record, each.key, uow.now) for each in matches]


def settle_history(
    database: Database, workspace: Workspace, now: Now, *, anyway: bool = False
) -> int:
    """After an import has come to rest: note who matches because of it; how many rules looked.

    Whoever comes to match later, imported or not, has really come to match.
    """
    with database.workspace_tx(workspace, write=False, now=now()) as uow:
        clock = database.clock()
        waiting = _unsettled(uow, anyway=anyway)
    for pinned in waiting:
        try:
            with database.workspace_tx(workspace, now=now()) as uow:
                _settle_rule(uow, pinned, clock)
        except BrokenRule:
            log.info(
                "Rule %s speaks of fields that are gone; it looks again later.", pinned.rule.key
            )
    return len(waiting)


def needs_settling(uow: UnitOfWork) -> bool:
    """Whether an import has come to rest that some rule has not looked at."""
    return bool(_unsettled(uow))


def _unsettled(uow: UnitOfWork, *, anyway: bool = False) -> list[PinnedRule]:
    calm = timedelta(0) if anyway else LONGEST_TRANSACTION
    clock, latest = uow.database.clock(), latest_history(uow)
    return [
        pinned
        for pinned, state in _clock_rules(uow)
        # what was written shortly before counts as new until it has been at rest
        if has_news(latest, state.history_to - calm, clock, calm=calm)
    ]


def _settle_rule(uow: UnitOfWork, pinned: PinnedRule, clock: datetime) -> None:
    mine = rule_state.c.rule == pinned.rule.key
    state = uow.execute(rule_state.select().where(mine)).one()
    touched = _backlog(uow, pinned, state.history_to)
    for page in pages(uow, pinned):
        chosen = [each for each in page if each.record in touched]
        enter(uow, pinned, as_candidates(uow, chosen), skipped=True)
    uow.execute(rule_state.update().where(mine).values(history_to=clock))


def _clock_rules(uow: UnitOfWork) -> list[tuple[PinnedRule, Any]]:
    """The rules that look over everybody and are not paused, with their state."""
    states = {row.rule: row for row in uow.execute(rule_state.select())}
    return [
        (pinned, states[pinned.rule.key])
        for pinned, _schedule in book_of(uow).scheduled
        if pinned.rule.trigger.on == "scan"
        and not pinned.rule.is_report
        and pinned.rule.key in states
        and states[pinned.rule.key].state == "active"
    ]


def skip_backlog(uow: UnitOfWork, pinned: PinnedRule) -> int:
    """Note everybody who matches now as entered and skipped; how many."""
    count = 0
    for page in pages(uow, pinned):
        entries = enter(uow, pinned, as_candidates(uow, page), skipped=True)
        count += len(entries.entered)
    return count


def _note_failure(
    database: Database, workspace: Workspace, now: Now, row: Any, error: Exception
) -> None:
    with database.workspace_tx(workspace, now=now()) as uow:
        over = row.attempts + 1 >= leases.MAX_ATTEMPTS
        values = {
            "token": None, "error": f"{type(error).__name__}: {error}"[:500],
            "state": "failed" if over else "due",
            "due_at": uow.now + leases.back_off(row.attempts + 1, row.id),
        }  # fmt: skip
        leases.keep(uow, fire, row.id, row.token, values)
