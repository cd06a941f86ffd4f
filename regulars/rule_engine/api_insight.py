"""The API of what a rule would do, and did: simulations."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.web.api_body import read_optional
from regulars.platform.web.api_route import describe
from regulars.rule_engine import api_insight_shapes as shapes
from regulars.rule_engine.instants import json_instant
from regulars.rule_engine.simulating import keeping
from regulars.rule_engine.simulating.simulate import simulate

api = Blueprint("insight_api", __name__, url_prefix="/api/v1")


@api.post("/rules/<key>/simulate")
@workspace_api("edit_rules", writes=False)
@describe("rules", shapes.SIMULATION, body=shapes.SIMULATE, body_optional=True)
def simulate_rule(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """What the draft (or ``rule``) would have done in the last ``days`` (30); waits for it.

    Nothing of it happens. For long spans ask with ``POST /rules/{rule}/simulations``.
    """
    body = read_optional(request, shapes.SIMULATE)
    days = body.get("days", keeping.DEFAULT_DAYS)
    wish = keeping.wish_of(uow, access, key, days, body.get("rule"))
    found = simulate(uow.database, uow.workspace, wish, locale=access.locale)
    with uow.database.workspace_tx(uow.workspace, now=uow.now) as writing:
        number = keeping.keep(writing, access, wish, days, found)
        return _whole(writing, access, number)


@api.post("/rules/<key>/simulations")
@workspace_api("edit_rules")
@describe("rules", {202: shapes.SIMULATION}, body=shapes.SIMULATE, body_optional=True)
def ask_for_simulation(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Simulate in the background; look at ``GET /simulations/{id}`` for how far it is."""
    body = read_optional(request, shapes.SIMULATE)
    days = body.get("days", keeping.DEFAULT_DAYS)
    wish = keeping.wish_of(uow, access, key, days, body.get("rule"))
    return _whole(uow, access, keeping.ask(uow, access, wish, days)), 202


@api.get("/simulations/<int:number>")
@workspace_api("edit_rules")
@describe("rules", shapes.SIMULATION)
def get_simulation(uow: UnitOfWork, access: Access, number: int) -> ResponseReturnValue:
    """How far a simulation is and what it found, with some of the people."""
    return _whole(uow, access, number)


def _whole(uow: UnitOfWork, access: Access, number: int) -> dict[str, Any]:
    row = keeping.find(uow, access, number)
    people = keeping.people_of(uow, access, number) if row.state == "done" else []
    return simulation_json(row, people, access.locale)


def simulation_json(
    row: keeping.SimulationRow, people: list[keeping.SimulatedPerson], locale: str
) -> dict[str, Any]:
    """A simulation as outside clients read it."""
    figures = None if row.figures is None else row.figures.as_json()
    return {
        "id": row.id, "rule": row.rule, "days": row.days, "until": json_instant(row.end_at),
        "state": row.state, "progress": row.progress, "figures": figures,
        "approximate": bool(row.figures and row.figures.doubts),
        "problems": [
            {"path": each.path, "code": each.code, "message": each.message(locale)}
            for each in row.problems
        ],
        "people": [_person(each) for each in people],
    }  # fmt: skip


def _person(each: keeping.SimulatedPerson) -> dict[str, Any]:
    return {
        "record": each.record, "title": each.title, "at": json_instant(each.at),
        "arm": each.arm, "status": each.status, "outcome": each.outcome,
        "why": None if each.why is None else each.why.as_json(),
        "messages": list(each.messages),
    }  # fmt: skip
