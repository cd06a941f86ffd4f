"""What pages and the API show of rules, runs and messages. Reading only."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.titles import titles_of
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.errors import NotFound
from regulars.rule_engine.channels.templates import as_read
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.markdown import to_text
from regulars.rule_engine.reach import hides_contents, seen_rows, veiled
from regulars.rule_engine.tables import mirror_member, outbound, rule_state, run, run_step

PAGE = 50
LATEST_REASONS = 2000
ENDED = ("done", "failed")


@dataclass(frozen=True)
class RuleRow:
    """One rule with its figures. ``state`` is active, paused or draft.

    ``left_out`` counts those who met it before it was published or because of an import.
    """

    rule: Rule
    state: str
    changed: bool
    inside: int = 0
    ended: int = 0
    stuck: int = 0
    sent: int = 0
    members: int = 0
    left_out: int = 0


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


def list_rules(uow: UnitOfWork, access: Access, key: str | None = None) -> list[RuleRow]:
    """Every rule (or only the one of that ``key``) with its figures, in the owner's order."""
    drafts = [each for each in store.list_drafts(uow, "rule") if key in (None, each.key)]
    runs, messages = _seen_of(uow, access, run, key), _seen_of(uow, access, outbound, key)
    counted = _by_status(uow, run, *runs)
    sent = _count(uow, outbound, outbound.c.rule, outbound.c.status == "sent", *messages)
    members = _count(uow, mirror_member, mirror_member.c.rule, _of(mirror_member, key))
    states = {row.rule: row.state for row in uow.execute(rule_state.select())}
    return [
        RuleRow(
            Rule.from_json(draft.raw),
            states.get(draft.key, "active") if draft.published else "draft",
            draft.changed and draft.published is not None,
            counted[draft.key, "live"],
            sum(counted[draft.key, status] for status in ENDED),
            counted[draft.key, "stuck"],
            sent.get(draft.key, 0),
            members.get(draft.key, 0),
            counted[draft.key, "skipped"],
        )
        for draft in drafts
    ]


def get_rule(uow: UnitOfWork, access: Access, key: str) -> RuleRow:
    """One rule with its figures; NotFound otherwise."""
    for row in list_rules(uow, access, key):
        return row
    raise NotFound("no-rule", key=key)


def list_runs(uow: UnitOfWork, access: Access, wanted: Wanted = EVERYTHING) -> Listing:
    """Runs, newest first."""
    found = uow.execute(_narrowed(run, wanted).where(*seen_rows(uow, access, run))).all()
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


def count_messages(uow: UnitOfWork, access: Access) -> dict[str, int]:
    """How many messages are in each state."""
    rows = uow.execute(
        sa.select(outbound.c.status, sa.func.count())
        .where(*seen_rows(uow, access, outbound))
        .group_by(outbound.c.status)
    ).all()
    return {status: count for status, count in rows}  # noqa: C416 - rows are not pairs to mypy


def _narrowed(table: sa.Table, wanted: Wanted) -> sa.Select[Any]:
    """The rows wanted, newest first, one more than a page."""
    statement = sa.select(table).order_by(table.c.id.desc()).limit(PAGE + 1)
    if wanted.rule:
        statement = statement.where(table.c.rule == wanted.rule)
    if wanted.person:
        form, record = wanted.person
        statement = statement.where(table.c.form == form, table.c.record == record)
    if wanted.status:
        statement = statement.where(table.c.status == wanted.status)
    if wanted.outcome:
        statement = statement.where(table.c.outcome == wanted.outcome)
    if wanted.run:
        statement = statement.where(table.c.run == wanted.run)
    if wanted.below:
        statement = statement.where(table.c.id < wanted.below)
    return _by_channel_and_reason(statement, table, wanted)


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
    """The codes of the reasons that messages have, for a list to be narrowed to."""
    found = uow.execute(
        sa.select(outbound.c.reason)
        .where(outbound.c.reason.is_not(None), *seen_rows(uow, access, outbound))
        .order_by(outbound.c.id.desc())
        .limit(LATEST_REASONS)
    ).scalars()
    return sorted({str(reason["code"]) for reason in found if reason and "code" in reason})


def _of(table: sa.Table, key: str | None) -> sa.ColumnElement[bool]:
    return sa.true() if key is None else table.c.rule == key


def _seen_of(
    uow: UnitOfWork, access: Access, table: sa.Table, key: str | None
) -> list[sa.ColumnElement[bool]]:
    """Which rows of a rule (or of all) a reader sees."""
    return [*seen_rows(uow, access, table), _of(table, key)]


def _by_status(uow: UnitOfWork, table: sa.Table, *where: Any) -> Counter[tuple[str, str]]:
    """How many rows there are of each rule in each state, in one look."""
    by = (table.c.rule, table.c.status)
    rows = uow.execute(sa.select(*by, sa.func.count()).where(*where).group_by(*by))
    return Counter({(rule, status): int(n) for rule, status, n in rows})


def _count(uow: UnitOfWork, table: sa.Table, by: Any, *where: Any) -> dict[str, int]:
    rows = uow.execute(
        sa.select(by, sa.func.count()).select_from(table).where(*where).group_by(by)
    ).all()
    return {row[0]: row[1] for row in rows}


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
