"""The API of goals and of starting many: what may be achieved, on these forms, for whom."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from regulars.form_builder.field_rights import catalog_for
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.i18n import pick
from regulars.platform.web.api_body import read_optional, read_shaped
from regulars.platform.web.api_route import (
    BOOLEAN,
    COUNT,
    ID,
    LABEL,
    TEXT,
    array,
    describe,
    listing,
    named,
    nullable,
    obj,
)
from regulars.rule_engine.api_shapes import EXACTNESS
from regulars.rule_engine.goals.beginning import begin, glimpse, sheet_of
from regulars.rule_engine.goals.guessing import Asked, Sheet, look
from regulars.rule_engine.goals.shelf import list_goals
from regulars.rule_engine.starting_many import Chosen, count_start, start_many

api = Blueprint("goals_api", __name__, url_prefix="/api/v1")

PROBLEM = obj({"path": TEXT, "code": TEXT, "message": TEXT})
PLACE = named(
    "GoalPlace",
    obj(
        {
            "key": TEXT, "is": TEXT, "label": TEXT, "value": TEXT, "state": TEXT,
            "optional": BOOLEAN, "options": array(obj({"value": TEXT, "title": TEXT})),
        }
    ),
)  # fmt: skip
GOAL = named(
    "Goal",
    obj(
        {
            "key": TEXT, "label": LABEL, "description": nullable(LABEL), "fits": BOOLEAN,
            "places": array(PLACE), "problems": array(PROBLEM),
        }
    ),
)  # fmt: skip
CHOICES = obj({}, {"places": {"type": "object", "additionalProperties": TEXT}})
GLIMPSE = obj(
    {
        "words": array(TEXT), "count": nullable(COUNT), "exactness": EXACTNESS,
        "problems": array(PROBLEM), "goal": GOAL,
    }
)  # fmt: skip
START_MANY = obj(
    {},
    {
        "records": array(ID), "filter": {"type": "object"}, "search": TEXT,
        "per_day": nullable(ID), "dry_run": BOOLEAN,
    },
)  # fmt: skip
COUNTED = obj({"asked": COUNT, "would": COUNT, "busy": COUNT, "unfit": COUNT})
STARTED = obj(
    {
        "entered": COUNT, "waiting": COUNT, "busy": COUNT,
        "held": {"type": "object", "additionalProperties": COUNT},
    }
)  # fmt: skip
START_ANSWER = obj({"counted": nullable(COUNTED), "started": nullable(STARTED)})
BEGUN = obj({"rule": TEXT, "messages": array(TEXT), "simulation": nullable(ID)})


@api.get("/goals")
@workspace_api("edit_rules")
@describe("rules", listing("goals", GOAL))
def list_all(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every goal with its places, each with what these forms offer for it and our guess."""
    catalog = catalog_for(uow, access)
    sheets = [look(goal, catalog, {}, access.locale) for goal in list_goals(uow)]
    return {"goals": [goal_json(sheet, access.locale) for sheet in sheets]}


@api.post("/goals/<key>/look")
@workspace_api("edit_rules", writes=False)
@describe("rules", GLIMPSE, body=CHOICES, body_optional=True)
def look_at(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """What the goal would be with these choices: in words, and how many fit now. Keeps nothing."""
    sheet = sheet_of(uow, access, key, _places())
    seen = glimpse(uow, access, sheet)
    problems = [_problem(each, access.locale) for each in seen.problems]
    return {
        "words": [line.text for line in seen.words],
        **(seen.matches.as_json() if seen.matches else {"count": None, "exactness": "unknown"}),
        "problems": problems, "goal": goal_json(sheet, access.locale),
    }  # fmt: skip


@api.post("/goals/<key>/begin")
@workspace_api("edit_rules")
@describe("rules", {201: BEGUN}, body=CHOICES, body_optional=True)
def begin_rule(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Make the rule as a draft and try it on the last 30 days; 422 names every open place."""
    begun = begin(uow, access, key, _places())
    return {
        "rule": begun.rule, "messages": list(begun.messages), "simulation": begun.simulation,
    }, 201  # fmt: skip


@api.post("/rules/<key>/start-many")
@workspace_api("run_rules")
@describe("rules", START_ANSWER, body=START_MANY)
def start_for_many(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Start a rule for ``records``, or for all that meet ``filter`` and ``search``.

    With ``dry_run`` it is only counted; with ``per_day`` so many come in on each day.
    """
    body = read_shaped(request, START_MANY)
    chosen = Chosen(body.get("records"), body.get("filter"), body.get("search") or "")
    if body.get("dry_run"):
        return {"counted": asdict(count_start(uow, access, key, chosen)), "started": None}
    done = start_many(uow, access, key, chosen, per_day=body.get("per_day"))
    return {"counted": None, "started": asdict(done)}


def goal_json(sheet: Sheet, locale: str) -> dict[str, Any]:
    """A goal over the forms, as outside clients read it."""
    goal = sheet.goal
    return {
        "key": goal.key, "label": goal.label, "description": goal.description,
        "fits": not sheet.unfit,
        "places": [_place(each, locale) for each in sheet.asked],
        "problems": [_problem(each, locale) for each in sheet.problems],
    }  # fmt: skip


def _place(each: Asked, locale: str) -> dict[str, Any]:
    options = [{"value": one.value, "title": pick(one.title, locale)} for one in each.options]
    return {
        "key": each.place.key, "is": each.place.kind, "label": pick(each.place.label, locale),
        "value": each.value, "state": each.state, "optional": each.place.optional,
        "options": options,
    }  # fmt: skip


def _problem(each: Any, locale: str) -> dict[str, str]:
    return {"path": each.path, "code": each.code, "message": each.message(locale)}


def _places() -> dict[str, str]:
    found = read_optional(request, CHOICES).get("places") or {}
    return {name: str(value) for name, value in found.items()}
