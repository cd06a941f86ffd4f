"""The API of what a rule would do, and did: simulations."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.web.addresses import stored_id
from regulars.platform.web.api_body import read_optional
from regulars.platform.web.api_route import describe
from regulars.rule_engine import api_insight_shapes as shapes
from regulars.rule_engine.instants import json_instant
from regulars.rule_engine.measuring.effect import PAGE as EFFECT_PAGE
from regulars.rule_engine.measuring.effect import Behind, Effect, Reached, effect_of, people_behind
from regulars.rule_engine.reverting import revert_run
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


@api.get("/rules/<key>/effect")
@workspace_api("edit_rules")
@describe("rules", shapes.EFFECT)
def get_effect(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """What came of a rule: groups as assigned, funnel, goal, difference with its interval."""
    return effect_json(effect_of(uow, access, key))


@api.get("/rules/<key>/effect/people")
@workspace_api("edit_rules")
@describe("rules", shapes.REACHED, query=shapes.REACHED_QUERY)
def get_effect_people(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The people behind a number, newest first."""
    told = request.args.get("converted")
    wanted = Behind(
        request.args.get("group"), None if told is None else told == "true",
        request.args.get("stage"), request.args.get("ending"),
        request.args.get("below", type=stored_id),
    )  # fmt: skip
    found = people_behind(uow, access, key, wanted)
    return {
        "people": [_reached(each) for each in found],
        "next": found[-1].run if len(found) == EFFECT_PAGE else None,
    }


@api.post("/runs/<int:run_id>/revert")
@workspace_api("run_rules")
@describe("rules", shapes.REVERTED)
def revert(uow: UnitOfWork, access: Access, run_id: int) -> ResponseReturnValue:
    """Take back the fields and tags a run that is over wrote, where nobody changed them since."""
    done = revert_run(uow, access, run_id)
    return {"records": done.records, "kept": done.kept}


def effect_json(found: Effect) -> dict[str, Any]:
    """An effect as outside clients read it."""
    goal = found.goal
    return {
        "rule": found.rule, "entered": found.entered, "people": found.people, "live": found.live,
        "outcomes": found.outcomes, "messages": found.messages,
        "goal": None if goal is None else {
            "form": goal.form, "within_days": goal.within_days, "attribution": "last_entry",
            "value": goal.value,
        },
        "redeemed": None if found.redeemed is None else found.redeemed.form,
        "unfinished": found.unfinished, "few": found.few,
        "groups": [
            {
                "group": each.name, "n": each.n, "converted": each.converted,
                "rate": ratio(each.share.rate), "interval": [
                    ratio(edge) for edge in each.share.interval()
                ],
                "value": None if each.value is None else str(each.value),
                "reached": each.reached,
            }
            for each in found.groups
        ],
        "compared": [
            {
                "group": one, "with": other, "difference": ratio(each.difference),
                "ci_low": ratio(each.low), "ci_high": ratio(each.high),
                "relative": ratio(each.relative), "z": ratio(each.z),
                "certain": each.is_certain,
            }
            for one, other, each in found.compared
        ],
        "gains": [
            {
                "group": one, "with": other, "each": amount(gained.each),
                "ci_low": amount(gained.low), "ci_high": amount(gained.high),
                "whole": amount(gained.whole), "certain": gained.is_certain,
            }
            for one, other, gained in found.gains
        ],
    }  # fmt: skip


def ratio(value: float | None) -> str | None:
    """A ratio at the border: six decimals."""
    return None if value is None else f"{value:.6f}"


def amount(value: Decimal) -> str:
    """An average amount at the border: two decimals."""
    return f"{value:.2f}"


def _reached(each: Reached) -> dict[str, Any]:
    return {
        "run": each.run, "record": each.record, "title": each.title,
        "at": json_instant(each.at), "group": each.group, "outcome": each.outcome,
        "goal": [{"record": deed.id, "at": json_instant(deed.at)} for deed in each.deeds],
    }  # fmt: skip


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
