"""Roles and the log of grants through the API."""

from __future__ import annotations

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from regulars.platform.accounts import role_keeping
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.role_definition import readable
from regulars.platform.accounts.role_keeping import KIND, holders
from regulars.platform.accounts.roles import ROLES
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.accounts.security_log import list_log
from regulars.platform.accounts.web import api_shapes as shapes
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import seeing
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.web import definition_answers
from regulars.platform.web.api_route import PUBLISHED, STATE_QUERY, TEXT, describe, listing

blueprint = Blueprint("roles_api", __name__, url_prefix="/api/v1")


@blueprint.get("/roles")
@workspace_api("manage_roles")
@describe("roles", listing("roles", shapes.LISTED_ROLE), query=STATE_QUERY)
def list_roles(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every role, the built-in ones too; ``?state=draft`` the working copies."""
    if definition_answers.wants_drafts():
        return {"roles": [dict(draft.raw) for draft in seeing.seen_drafts(uow, access, KIND)]}
    held, stored = holders(uow), snapshot(uow).items
    raws = (
        (key, stored[KIND, key].raw if (KIND, key) in stored else readable(role))
        for key, role in access.roles.items()
    )
    told = ((key, seeing.told(uow, access, KIND, raw)) for key, raw in raws)
    return {
        "roles": [
            {**seen, "built_in": key in ROLES, "holders": held.get(key, 0)}
            for key, seen in told
            if seen is not None
        ]
    }


@blueprint.post("/roles")
@workspace_api("manage_roles")
@describe("roles", {201: shapes.ROLE}, body=shapes.ROLE, tagged="draft")
def create_role(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Keep a new role as a draft; 409 when its key is taken."""
    return definition_answers.create(uow, access, KIND)


@blueprint.get("/roles/<key>")
@workspace_api("manage_roles")
@describe("roles", shapes.ANY_ROLE, query=STATE_QUERY, tagged="draft")
def get_role(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The published role, or the draft with ``?state=draft``."""
    if key in ROLES:
        return readable(ROLES[key])
    return definition_answers.read(uow, access, KIND, key)


@blueprint.put("/roles/<key>")
@workspace_api("manage_roles")
@describe("roles", {200: shapes.ROLE, 201: shapes.ROLE}, body=shapes.ROLE, tagged="draft")
def put_role(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Replace the draft; 403 when it gives more than its writer holds."""
    return definition_answers.replace(uow, access, KIND, key)


@blueprint.post("/roles/<key>/publish")
@workspace_api("manage_roles")
@describe("roles", PUBLISHED)
def publish_role(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Publish the draft; it holds from everybody's next request on."""
    return definition_answers.publish(uow, access, KIND, key)


@blueprint.delete("/roles/<key>")
@workspace_api("manage_roles")
@describe("roles", {204: None})
def archive_role(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Take a role out of use; 409 while somebody has it."""
    role_keeping.archive_role(uow, access, key)
    return Response(status=204)


@blueprint.get("/audit")
@workspace_api("view_audit")
@describe("roles", shapes.AUDIT, query={"below": TEXT})
def read_audit(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Sign-ins, rights, keys, exports, backups; ``below`` the ``next`` of the page before."""
    entries, following = list_log(uow, access, below=request.args.get("below"))
    return {"audit": [vars(entry) for entry in entries], "next": following}
