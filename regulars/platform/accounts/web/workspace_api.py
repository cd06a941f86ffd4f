"""The workspace of a token through the API: look at it, change its settings, put it to rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.accounts.web import api_shapes as shapes
from regulars.platform.accounts.web.api import blueprint
from regulars.platform.db import UnitOfWork, Workspace
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem
from regulars.platform.web.api_route import describe
from regulars.platform.web.json_body import read_object
from regulars.platform.workspaces import archive_workspace, reopen_workspace, update_workspace

_SETTINGS = {
    "name": str, "zone": str, "currency": str, "locale": str, "week_start": int, "leap_day": str,
}  # fmt: skip
_WORDS = {str: "string", int: "integer"}


@blueprint.get("/workspace")
@workspace_api("enter")
@describe("workspace", shapes.WORKSPACE)
def show_workspace(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """The one workspace that this token opens."""
    return workspace_json(uow.workspace)


@blueprint.patch("/workspace")
@workspace_api("manage_workspace", writes=False)
@describe("workspace", shapes.WORKSPACE, body=shapes.WORKSPACE_CHANGES)
def change_workspace(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Rename it, or change a setting such as the zone; what is not named stays."""
    body = read_object(request)
    if problems := _problems(body):
        raise Invalid(problems)
    return workspace_json(update_workspace(uow.database, replace(uow.workspace, **body)))


@blueprint.post("/workspace/archive")
@workspace_api("manage_workspace")
@describe("workspace", shapes.WORKSPACE)
def archive(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Put it to rest: from then on this token reads only."""
    return workspace_json(archive_workspace(uow.database, uow.workspace, now=uow.now))


@blueprint.post("/workspace/reopen")
@workspace_api("manage_workspace", at_rest=True)
@describe("workspace", shapes.WORKSPACE)
def reopen(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Take it back into use."""
    return workspace_json(reopen_workspace(uow.database, uow.workspace))


def workspace_json(place: Workspace) -> dict[str, Any]:
    """A workspace as the API and the command line show it."""
    shown = {name: getattr(place, name) for name in ("key", *_SETTINGS)}
    at = place.archived_at
    return {**shown, "archived_at": at.isoformat() if at else None}


def _problems(body: dict[str, Any]) -> list[Problem]:
    unknown = [Problem(key, "unknown-key", {"key": key}) for key in body if key not in _SETTINGS]
    return unknown + [
        Problem(key, "shape-type", {"expected": [_WORDS[kind]]})
        for key, kind in _SETTINGS.items()
        if key in body and type(body[key]) is not kind
    ]
