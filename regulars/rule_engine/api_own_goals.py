"""The API of goals of one's own: read, made of a rule, written, published, put away."""

from __future__ import annotations

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.web import definition_answers
from regulars.platform.web.api_body import read_shaped
from regulars.platform.web.api_route import (
    PUBLISHED,
    STATE_QUERY,
    TEXT,
    definition_of,
    describe,
    obj,
)
from regulars.rule_engine.goals.keeping import ICONS, GoalWish, keep_as_goal

api = Blueprint("own_goals_api", __name__, url_prefix="/api/v1")

GOAL = definition_of("goal")
KEEP = obj(
    {"label": TEXT},
    {
        "description": TEXT, "icon": {"enum": list(ICONS)},
        "ask": {"type": "object", "additionalProperties": TEXT},
    },
)  # fmt: skip


@api.post("/rules/<key>/keep-as-goal")
@workspace_api("edit_rules")
@describe("rules", {201: obj({"goal": TEXT})}, body=KEEP)
def keep_goal(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Publish a goal that makes such a rule; ``ask``: ``{"steps/0/timeout": "How long?"}``."""
    body = read_shaped(request, KEEP)
    wish = GoalWish(
        body["label"].strip(), body.get("description", ""), body.get("icon", ICONS[0]),
        body.get("ask", {}),
    )  # fmt: skip
    return {"goal": keep_as_goal(uow, access, key, wish)}, 201


@api.get("/goals/<key>")
@workspace_api("edit_rules")
@describe("rules", GOAL, query=STATE_QUERY, tagged="draft")
def get_goal(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """A goal of the workspace's own, or its draft with ``?state=draft``."""
    return definition_answers.read(uow, access, "goal", key)


@api.put("/goals/<key>")
@workspace_api("edit_rules")
@describe("rules", {200: GOAL, 201: GOAL}, body=GOAL, tagged="draft")
def put_goal(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Replace the draft of a goal."""
    return definition_answers.replace(uow, access, "goal", key)


@api.post("/goals/<key>/publish")
@workspace_api("edit_rules")
@describe("rules", PUBLISHED)
def publish_goal(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Publish the draft of a goal: from now on it can be begun."""
    return definition_answers.publish(uow, access, "goal", key)


@api.delete("/goals/<key>")
@workspace_api("edit_rules")
@describe("rules", {204: None})
def archive_goal(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Take a goal out of the gallery; rules that began with it stay."""
    store.archive(uow, access, "goal", key)
    return Response(status=204)
