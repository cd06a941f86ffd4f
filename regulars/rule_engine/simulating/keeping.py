"""Asking for simulations, keeping what they found, reading it again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.titles import titles_of
from regulars.platform import jobs
from regulars.platform.accounts.access import Access
from regulars.platform.bulk import insert_rows
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.expressions.findings import Finding
from regulars.platform.problems import Problem
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.reach import hides_contents, seen_rows
from regulars.rule_engine.schema import rule_problems
from regulars.rule_engine.simulating.result import Entered, Figures, SentMessage, Simulation
from regulars.rule_engine.simulating.span import LONGEST_DAYS, Span, Wish
from regulars.rule_engine.simulating.tables import simulation, simulation_person

JOB = "simulations"
DEFAULT_DAYS = 30
KEPT_PER_RULE = 5
MOST_PEOPLE = 20_000
PAGE = 50


@dataclass(frozen=True)
class SimulationRow:
    """One simulation as pages and clients see it. ``figures`` is None until it is done."""

    id: int
    rule: str
    days: int
    end_at: datetime
    state: str
    progress: int
    figures: Figures | None
    problems: Sequence[Problem]
    created_at: datetime
    finished_at: datetime | None
    is_current: bool  # the rule is still written as it was tried


@dataclass(frozen=True)
class SimulatedPerson:
    """Somebody whom the rule would have reached, with what made them fit and what they got."""

    run: int
    record: int
    title: str
    at: datetime
    arm: str
    status: str
    outcome: str | None
    why: Finding | None
    messages: Sequence[Mapping[str, Any]]


def wish_of(
    uow: UnitOfWork, access: Access, key: str, days: int, raw: Mapping[str, Any] | None = None
) -> Wish:
    """The rule as it is written now (or ``raw``) over the last days. Invalid with all problems."""
    access.require("edit_rules")
    body = store.get_draft(uow, "rule", key).raw if raw is None else raw
    problems = rule_problems(body)
    if not 1 <= days <= LONGEST_DAYS:
        problems = [*problems, Problem("days", "days-out-of-range", {"most": LONGEST_DAYS})]
    if problems:
        raise Invalid(problems)
    if Rule.from_json(body).is_mirror:
        raise Invalid([Problem("class", "mirror-is-not-simulated")])
    return Wish(body, Span.last(days, uow.now, uow.workspace.tz), tuple(_drafts(uow, body)))


def _drafts(uow: UnitOfWork, body: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Message texts that the rule sends and that nobody has published as they are now."""
    wanted = {
        step.settings["message"]
        for step in Rule.from_json(body).walk()
        if step.do == "send_message"
    }
    drafts = [store.find_draft(uow, "message", key) for key in sorted(wanted)]
    return [("message", each.raw) for each in drafts if each is not None and each.changed]


def ask(uow: UnitOfWork, access: Access, wish: Wish, days: int) -> int:
    """Note a wish for whoever simulates; its number."""
    _tidy(uow, wish.key)
    values = {**_row(uow, access, wish, days), "state": "due", "progress": 0, "due_at": uow.now}
    made = uow.execute(simulation.insert().values(values).returning(simulation.c.id))
    uow.after_commit(jobs.ringer(JOB))
    return int(made.scalar_one())


def keep(uow: UnitOfWork, access: Access, wish: Wish, days: int, found: Simulation) -> int:
    """Keep a simulation that was done at once; its number."""
    _tidy(uow, wish.key)
    values = {**_row(uow, access, wish, days), "state": "running", "progress": 0, "due_at": None}
    made = uow.execute(simulation.insert().values(values).returning(simulation.c.id))
    number = int(made.scalar_one())
    settle(uow, number, wish, found)
    return number


def settle(uow: UnitOfWork, number: int, wish: Wish, found: Simulation) -> None:
    """Write what a simulation found."""
    uow.execute(
        simulation.update()
        .where(simulation.c.id == number)
        .values(
            state="done", progress=1000, figures=found.figures.as_json(), token=None, due_at=None,
            peak_per_hour=found.figures.peak_per_hour, finished_at=uow.database.clock(),
        )
    )  # fmt: skip
    uow.execute(simulation_person.delete().where(simulation_person.c.simulation == number))
    form = str(wish.raw.get("subject", ""))
    insert_rows(uow, simulation_person, list(_people(number, form, found)))


def _people(number: int, form: str, found: Simulation) -> list[dict[str, Any]]:
    sent: dict[int, list[dict[str, Any]]] = {}
    for each in found.messages:
        told = {
            "step": each.step, "message": each.message, "channel": each.channel,
            "status": each.status, "reason": each.reason, "at": each.at.isoformat(),
        }  # fmt: skip
        sent.setdefault(each.run, []).append(told)
    return [
        {
            "simulation": number, "run": each.run, "form": form, "record": each.record,
            "at": each.at, "arm": each.arm, "status": each.status, "outcome": each.outcome,
            "why": each.why, "messages": sent.get(each.run, []),
        }
        for each in found.entered[:MOST_PEOPLE]
    ]  # fmt: skip


def find(uow: UnitOfWork, access: Access, number: int) -> SimulationRow:
    """One simulation; NotFound otherwise."""
    access.require("edit_rules")
    row = uow.execute(simulation.select().where(simulation.c.id == number)).first()
    if row is None:
        raise NotFound("no-simulation", id=number)
    return _shown(uow, access, row)


def latest(uow: UnitOfWork, access: Access, rule: str) -> SimulationRow | None:
    """The newest simulation of a rule."""
    access.require("edit_rules")
    row = uow.execute(
        simulation.select().where(simulation.c.rule == rule).order_by(simulation.c.id.desc())
    ).first()
    return None if row is None else _shown(uow, access, row)


def people_of(
    uow: UnitOfWork, access: Access, number: int, *, limit: int = PAGE, after: int = 0
) -> list[SimulatedPerson]:
    """Some of the people a simulation met, whom this reader may see."""
    rows = uow.execute(
        simulation_person.select()
        .where(
            simulation_person.c.simulation == number,
            simulation_person.c.run > after,
            *_seen(uow, access),
        )
        .order_by(simulation_person.c.run)
        .limit(limit)
    ).all()
    wanted: dict[str, set[int]] = {}
    for row in rows:
        wanted.setdefault(row.form, set()).add(row.record)
    titles = titles_of(uow, access, catalog_for(uow, access), wanted)
    return [
        SimulatedPerson(
            row.run, row.record, titles.get((row.form, row.record), f"#{row.record}"),
            row.at, row.arm, row.status, row.outcome,
            None if row.why is None or hides_contents(access, row.form)
            else Finding.from_json(row.why),
            row.messages,
        )
        for row in rows
    ]  # fmt: skip


def expected_peak_per_hour(uow: UnitOfWork, rule: str) -> int | None:
    """The most messages in an hour that the published version was simulated to send.

    None when that very version was never simulated.
    """
    known = snapshot(uow).items.get(("rule", rule))
    if known is None:
        return None
    found: int | None = uow.scalar(
        sa.select(simulation.c.peak_per_hour)
        .where(
            simulation.c.rule == rule,
            simulation.c.state == "done",
            simulation.c.body_hash == hash_of(known.raw),
        )
        .order_by(simulation.c.id.desc())
        .limit(1)
    )
    return found


def hash_of(raw: Mapping[str, Any]) -> str:
    """What tells one wording of a rule from another."""
    text = json.dumps(raw, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _row(uow: UnitOfWork, access: Access, wish: Wish, days: int) -> dict[str, Any]:
    return {
        "rule": wish.key, "body": _body(wish), "body_hash": hash_of(wish.raw), "days": days,
        "end_at": wish.span.end, "locale": access.locale, "asked_by": access.name,
        "attempts": 0, "created_at": uow.database.clock(),
    }  # fmt: skip


def _body(wish: Wish) -> dict[str, Any]:
    return {"rule": dict(wish.raw), "drafts": [[kind, dict(raw)] for kind, raw in wish.drafts]}


def _tidy(uow: UnitOfWork, rule: str) -> None:
    """Keep the newest few of a rule."""
    older = (
        sa.select(simulation.c.id)
        .where(simulation.c.rule == rule)
        .order_by(simulation.c.id.desc())
        .offset(KEPT_PER_RULE - 1)
    )
    ids = list(uow.execute(older).scalars())
    uow.execute(simulation_person.delete().where(simulation_person.c.simulation.in_(ids)))
    uow.execute(simulation.delete().where(simulation.c.id.in_(ids)))


def _seen(uow: UnitOfWork, access: Access) -> list[Any]:
    return seen_rows(uow, access, simulation_person)


def _shown(uow: UnitOfWork, access: Access, row: Any) -> SimulationRow:
    draft = store.find_draft(uow, "rule", row.rule)
    figures = None if row.figures is None else Figures.from_json(row.figures)
    if figures is not None and _seen(uow, access):
        figures = _narrowed(uow, access, row, figures)
    problems = [Problem(p["path"], p["code"], p["params"]) for p in row.problems or ()]
    return SimulationRow(
        row.id, row.rule, row.days, row.end_at, row.state, row.progress // 10, figures, problems,
        row.created_at, row.finished_at,
        draft is not None and hash_of(draft.raw) == row.body_hash,
    )  # fmt: skip


def _narrowed(uow: UnitOfWork, access: Access, row: Any, whole: Figures) -> Figures:
    """The figures of those people whom the reader may see."""
    rows = uow.execute(
        simulation_person.select().where(
            simulation_person.c.simulation == row.id, *_seen(uow, access)
        )
    ).all()
    entered = [
        Entered(each.run, each.record, each.at, each.arm, each.status, each.outcome)
        for each in rows
    ]
    messages = [
        SentMessage(
            each.run, each.record, told["step"], told["message"], told["channel"],
            told["status"], told["reason"], datetime.fromisoformat(told["at"]),
        )
        for each in rows
        for told in each.messages
    ]  # fmt: skip
    span = Span.last(row.days, row.end_at, uow.workspace.tz)
    return whole.of_some(entered, messages, span, uow.workspace.tz)
