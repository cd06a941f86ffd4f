"""What pages and the API show of rules, runs and messages. Reading only."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.titles import titles_of
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import NotFound
from regulars.rule_engine.channels.templates import as_read
from regulars.rule_engine.figures import MOST, some_messages, some_runs
from regulars.rule_engine.markdown import to_text
from regulars.rule_engine.reach import hides_contents, seen_rows, veiled
from regulars.rule_engine.tables import outbound, run, run_step

PAGE = 50
LATEST_MESSAGES = 5000
_MOST_ARE = ("sent", "done")
STATES_OF_RUNS = ("live", "done", "failed", "stuck", "skipped")


@dataclass(frozen=True)
class RunRow:
    """One run: who is in which rule, and where."""

    id: int
    rule: str
    version: int
    form: str
    record: int
    title: str
    status: str
    outcome: str | None
    cursor: str | None
    due_at: datetime | None
    entered_at: datetime
    finished_at: datetime | None
    reason: Mapping[str, Any] | None
    arm: str
    entry_key: str = ""
    trigger_event: int | None = None
    chain: Sequence[str] = ()
    attempts: int = 0


@dataclass(frozen=True)
class StepTrace:
    """What one step of a run did, with its inputs and what came of it.

    ``step`` is its id in the rule, ``iteration`` tells its passes in a loop apart.
    """

    path: str
    iteration: int
    step: str
    do: str
    outcome: str
    input: Mapping[str, Any]
    output: Mapping[str, Any]
    error: Mapping[str, Any] | None
    attempts: int
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True)
class MessageRow:
    """One outbound message and its state."""

    id: int
    rule: str
    message: str
    run: int
    form: str
    record: int
    title: str
    channel: str
    address: str | None
    body: Mapping[str, str]
    status: str
    reason: Mapping[str, Any] | None
    due_at: datetime
    created_at: datetime
    finished_at: datetime | None
    clicked_at: datetime | None = None
    replied_at: datetime | None = None
    provider: str | None = None
    parts: int | None = None
    cost: int | None = None
    receipt: str | None = None
    receipt_at: datetime | None = None
    receipt_detail: str | None = None
    opened_at: datetime | None = None
    key: str = ""
    step: str = ""

    @property
    def words(self) -> str:
        """What the person reads, without marks of layout."""
        return self.body.get("text") or to_text(self.body.get("markdown", ""))


@dataclass(frozen=True)
class Listing:
    """A page of rows, newest first; ``next`` is the id to go on below, None at the end."""

    rows: Sequence[Any] = field(default_factory=list)
    next: int | None = None


@dataclass(frozen=True)
class Wanted:
    """Which runs or messages: of one rule, person (form, id), status or run; below an id.

    Messages also by ``channel`` and by the code of their ``reason``.
    """

    rule: str | None = None
    person: tuple[str, int] | None = None
    status: str | None = None
    run: int | None = None
    below: int | None = None
    outcome: str | None = None
    channel: str | None = None
    reason: str | None = None


EVERYTHING = Wanted()


def list_runs(uow: UnitOfWork, access: Access, wanted: Wanted = EVERYTHING) -> Listing:
    """Runs, newest first."""
    seen = seen_rows(uow, access, run)
    statement = _narrowed(run, wanted).where(*seen)
    if _is_of_rule_only(wanted):
        statement = sa.select(run).where(run.c.id.in_(_newest_of_rule(wanted, seen)))
        statement = statement.order_by(run.c.id.desc()).limit(PAGE + 1)
    found = uow.execute(statement).all()
    titles = _titles(uow, access, found)
    rows = [_run_row(row, titles) for row in found[:PAGE]]
    return Listing(rows, rows[-1].id if len(found) > PAGE else None)


def get_run(uow: UnitOfWork, access: Access, run_id: int) -> tuple[RunRow, list[StepTrace]]:
    """One run and its trace, in the order things happened."""
    mine = run.select().where(run.c.id == run_id, *seen_rows(uow, access, run))
    row = uow.execute(mine).first()
    if row is None:
        raise NotFound("no-run", id=run_id)
    steps = uow.execute(
        run_step.select().where(run_step.c.run == run_id).order_by(run_step.c.seq)
    ).all()
    veil = hides_contents(access, row.form)
    trace = [
        StepTrace(
            step.path, step.iteration, step.step, step.do, step.outcome,
            {} if veil else step.input or {}, {} if veil else step.output or {}, step.error,
            step.attempts, step.started_at, step.finished_at,
        )
        for step in steps
    ]  # fmt: skip
    return _run_row(row, _titles(uow, access, [row])), trace


def list_messages(uow: UnitOfWork, access: Access, wanted: Wanted = EVERYTHING) -> Listing:
    """Outbound messages, newest first."""
    statement = _narrowed(outbound, wanted).where(*seen_rows(uow, access, outbound))
    found = uow.execute(statement).all()
    titles = _titles(uow, access, found)
    rows = [_message_row(access, row, titles) for row in found[:PAGE]]
    return Listing(rows, rows[-1].id if len(found) > PAGE else None)


def get_message(uow: UnitOfWork, access: Access, message_id: int) -> MessageRow:
    """One outbound message; NotFound otherwise."""
    mine = outbound.select().where(outbound.c.id == message_id, *seen_rows(uow, access, outbound))
    row = uow.execute(mine).first()
    if row is None:
        raise NotFound("no-message", id=message_id)
    return _message_row(access, row, _titles(uow, access, [row]))


def _is_of_rule_only(wanted: Wanted) -> bool:
    return bool(wanted.rule) and not (wanted.person or wanted.status or wanted.run)


def _newest_of_rule(wanted: Wanted, seen: Sequence[Any]) -> sa.Select[Any]:
    """The newest runs of a rule in each state: its index is by rule and state."""
    each = [
        _narrowed(run, replace(wanted, status=state)).where(*seen).subquery()
        for state in STATES_OF_RUNS
    ]
    newest = sa.union_all(*(sa.select(some.c.id) for some in each)).subquery()
    return sa.select(newest.c.id)


def _narrowed(table: sa.Table, wanted: Wanted) -> sa.Select[Any]:
    """The rows wanted, newest first, one more than a page."""
    statement = sa.select(table).order_by(table.c.id.desc()).limit(PAGE + 1)
    if wanted.rule:
        statement = statement.where(table.c.rule == wanted.rule)
    if wanted.person:
        form, record = wanted.person
        statement = statement.where(table.c.form == form, table.c.record == record)
    if wanted.status:
        statement = statement.where(table.c.status == wanted.status, *_found_by(table, wanted))
    if wanted.outcome:
        statement = statement.where(table.c.outcome == wanted.outcome)
    if wanted.run:
        statement = statement.where(table.c.run == wanted.run)
    if wanted.below:
        statement = statement.where(table.c.id < wanted.below)
    return _by_channel_and_reason(statement, table, wanted)


def _found_by(table: sa.Table, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    """A state alone is looked for where few rows are in it, not through the whole log."""
    if wanted.rule or wanted.person or wanted.run or wanted.status in _MOST_ARE:
        return []
    some = some_runs if table is run else some_messages
    few = some(str(wanted.status)).limit(MOST)
    if wanted.below:
        few = few.where(table.c.id < wanted.below)
    return [table.c.id.in_(sa.select(few.subquery().c.id))]


def _by_channel_and_reason(
    statement: sa.Select[Any], table: sa.Table, wanted: Wanted
) -> sa.Select[Any]:
    if wanted.channel:
        statement = statement.where(table.c.channel == wanted.channel)
    if wanted.reason:
        written = sa.type_coerce(table.c.reason, sa.Text())
        code = json.dumps(wanted.reason, ensure_ascii=False)
        statement = statement.where(written.contains(f'"code":{code}', autoescape=True))
    return statement


def known_reasons(uow: UnitOfWork, access: Access) -> list[str]:
    """The codes of the reasons that the latest messages have, for a list to be narrowed to."""
    latest = sa.select(outbound.c.id).order_by(outbound.c.id.desc()).limit(LATEST_MESSAGES)
    found = uow.execute(
        sa.select(outbound.c.reason)
        .where(outbound.c.id.in_(latest), outbound.c.reason.is_not(None))
        .where(*seen_rows(uow, access, outbound))
        .distinct()
    ).scalars()
    return sorted({str(reason["code"]) for reason in found if reason and "code" in reason})


def _titles(uow: UnitOfWork, access: Access, rows: Sequence[Any]) -> dict[tuple[str, int], str]:
    wanted: dict[str, set[int]] = {}
    for row in rows:
        wanted.setdefault(row.form, set()).add(row.record)
    return titles_of(uow, access, catalog_for(uow, access), wanted)


def _run_row(row: Any, titles: Mapping[tuple[str, int], str]) -> RunRow:
    title = titles.get((row.form, row.record), f"#{row.record}" if row.record else "–")
    return RunRow(
        row.id, row.rule, row.version, row.form, row.record, title, row.status, row.outcome,
        row.cursor, row.due_at if row.status == "live" else None, row.entered_at,
        row.finished_at, row.reason, row.arm, row.entry_key, row.trigger_event, row.chain,
        row.attempts,
    )  # fmt: skip


def _message_row(access: Access, row: Any, titles: Mapping[tuple[str, int], str]) -> MessageRow:
    title = titles.get((row.form, row.record), f"#{row.record}" if row.record else "–")
    return MessageRow(
        row.id, row.rule, row.message, row.run, row.form, row.record, title, row.channel,
        veiled(access, row.form, row.address), _body(access, row), row.status,
        row.reason, row.due_at, row.created_at, row.finished_at,
        row.clicked_at, row.replied_at, row.provider, row.parts, row.cost, row.receipt,
        row.receipt_at, row.receipt_detail, row.opened_at, row.idempotency_key, row.step,
    )  # fmt: skip


def _body(access: Access, row: Any) -> Mapping[str, str]:
    body = as_read(row.body or {})
    return {part: veiled(access, row.form, text) or "" for part, text in body.items()}
