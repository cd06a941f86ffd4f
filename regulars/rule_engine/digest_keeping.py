"""Looking back at the reports that were sent, and sending one out of turn.

A result was read in one reader's eyes. It shows to that reader while they may see as much as they
did then, and to whoever could take that reader's place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from regulars.platform import jobs
from regulars.platform.accounts import audit
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict, NotFound
from regulars.platform.i18n import Text
from regulars.platform.inserting import insert_new
from regulars.rule_engine.book import active_rules, book_of
from regulars.rule_engine.digest_tables import report_result
from regulars.rule_engine.digests import GROUP, reports_of
from regulars.rule_engine.publishing import JOB
from regulars.rule_engine.reporting import Page
from regulars.rule_engine.tables import fire

PAGE = 50
ON_FIRST_PAGE = 4
FRESH = timedelta(days=8)
VIEW = "view_reports"


@dataclass(frozen=True)
class Kept:
    """One report as one reader got it; ``page`` is None where it could not be read."""

    id: int
    rule: str
    report: str
    at: datetime
    reader: str
    channel: str
    since: str | None
    until: str | None
    page: Page | None
    error: str | None

    @property
    def title(self) -> Text:
        """What it is called."""
        return self.page.title if self.page else self.report

    @property
    def place(self) -> str:
        """The path, inside of the workspace, of the same report as of the same moment."""
        return reports_of().place(self.report, self.since, self.until, self.at)


@dataclass(frozen=True)
class KeptPage:
    """Some of them, the newest first; ``next`` is the id to go on below."""

    rows: Sequence[Kept]
    next: int | None = None


def list_results(
    uow: UnitOfWork, access: Access, rule: str | None = None, *, below: int | None = None
) -> KeptPage:
    """What a rule has sent, as far as this reader may see it; without a rule, what they got."""
    access.require(VIEW)
    whose = report_result.c.member == (access.member_id or GROUP)
    statement = report_result.select().where(
        whose if rule is None else report_result.c.rule == rule
    )
    if below is not None:
        statement = statement.where(report_result.c.id < below)
    found = []
    for row in uow.execute(statement.order_by(report_result.c.id.desc())):
        if _may_see(access, row):
            found.append(_kept(row))
        if len(found) > PAGE:
            break
    more = len(found) > PAGE
    return KeptPage(found[:PAGE], found[PAGE - 1].id if more else None)


def get_result(uow: UnitOfWork, access: Access, number: int) -> Kept:
    """One report that was sent; NotFound for anybody it was not made for."""
    access.require(VIEW)
    row = uow.execute(report_result.select().where(report_result.c.id == number)).first()
    if row is None or not _may_see(access, row):
        raise NotFound("no-report-result")
    return _kept(row)


def fresh_results(uow: UnitOfWork, access: Access) -> list[Kept]:
    """The newest of each rule and step that were made for this member, of the last days."""
    if access.member_id is None or not access.can(VIEW):
        return []
    mine = report_result.select().where(
        report_result.c.member == access.member_id,
        report_result.c.scheduled_for > uow.now - FRESH,
        report_result.c.scheduled_for <= uow.now,
        report_result.c.error.is_(None),
    )
    newest: dict[tuple[str, str], Any] = {}
    for row in uow.execute(mine.order_by(report_result.c.scheduled_for.desc())):
        if _may_see(access, row):
            newest.setdefault((row.rule, row.step), row)
    return [_kept(row) for row in list(newest.values())[:ON_FIRST_PAGE]]


def run_now(uow: UnitOfWork, access: Access, key: str) -> datetime:
    """Run the reports of a rule out of turn, as of now; the instant they answer for."""
    access.require("run_rules")
    pinned = book_of(uow).rules.get(key)
    if pinned is None:
        raise NotFound("no-rule", key=key)
    if not pinned.rule.is_report:
        raise Conflict("not-a-report-rule", rule=pinned.rule.label)
    if key not in active_rules(uow):
        raise Conflict("rule-is-paused", rule=pinned.rule.label)
    row = {
        "rule": key, "version": pinned.version, "scheduled_for": uow.now, "state": "due",
        "due_at": uow.now, "attempts": 0, "created_at": uow.database.clock(),
    }  # fmt: skip
    insert_new(uow, fire, [row], "id")
    audit.note(uow, access, "report-run", key)
    uow.after_commit(jobs.ringer(JOB))
    return uow.now


def _may_see(access: Access, row: Any) -> bool:
    """Whether this reader's eyes are at least as good as those it was read with."""
    mine, theirs = set(access.unit_ids), set(row.units)
    if mine and not (theirs and theirs <= mine):
        return False
    if row.member != GROUP and row.member == access.member_id:
        return bool(row.role == access.role) or access.may_grant(row.role)
    return access.may_grant(row.role)


def _kept(row: Any) -> Kept:
    return Kept(
        row.id, row.rule, row.report, row.scheduled_for, row.reader, row.channel, row.since,
        row.until, Page.from_json(row.page) if row.page else None, row.error,
    )  # fmt: skip
