"""Backups through the API, and sending again after a restore."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue

from regulars.platform.accounts import audit
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.accounts.web.api import blueprint
from regulars.platform.backups import asking
from regulars.platform.backups.after import resume_sending
from regulars.platform.backups.asking import CAPABILITY
from regulars.platform.backups.records import Backup
from regulars.platform.backups.web.pages import file_name, send_backup
from regulars.platform.db import UnitOfWork
from regulars.platform.web.api_body import read_optional, read_shaped
from regulars.platform.web.api_route import (
    BOOLEAN,
    ID,
    INSTANT,
    TEXT,
    describe,
    listing,
    named,
    nullable,
    obj,
)
from regulars.platform.web.preferences import current_locale

_COUNT = {"type": "integer", "minimum": 0}
BACKUP = named(
    "Backup",
    obj(
        {
            "id": ID, "kind": TEXT, "state": TEXT, "under_way": BOOLEAN,
            "bytes": nullable(_COUNT), "rows": _COUNT, "problem": nullable(TEXT),
            "created_at": INSTANT, "finished_at": nullable(INSTANT),
        }
    ),
)  # fmt: skip
CONFIRM = obj({"confirm": TEXT})
RESUME = obj({}, {"drop_waiting": BOOLEAN})
RESUMED = obj({"waiting": _COUNT, "dropped": BOOLEAN})


@blueprint.get("/backups")
@workspace_api(CAPABILITY, at_rest=True)
@describe("backups", listing("backups", BACKUP))
def list_backups(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """The backups of this workspace, the newest first."""
    return {"backups": [backup_json(each) for each in asking.list_backups(uow, access)]}


@blueprint.post("/backups")
@workspace_api(CAPABILITY, at_rest=True)
@describe("backups", {202: BACKUP})
def make_backup(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Have one made now; ask for it again until it is ``good``."""
    return backup_json(asking.ask_backup(uow, access)), 202


@blueprint.get("/backups/<int:backup_id>")
@workspace_api(CAPABILITY, at_rest=True)
@describe("backups", BACKUP)
def get_backup(uow: UnitOfWork, access: Access, backup_id: int) -> ResponseReturnValue:
    """One backup and how far it is."""
    return backup_json(asking.get_backup(uow, access, backup_id))


@blueprint.get("/backups/<int:backup_id>/file")
@workspace_api(CAPABILITY, at_rest=True)
@describe("backups", None, files=("application/gzip",))
def get_file(uow: UnitOfWork, access: Access, backup_id: int) -> Response:
    """The archive of a good backup."""
    return send_backup(uow, access, asking.get_backup(uow, access, backup_id))


@blueprint.post("/backups/<int:backup_id>/restore")
@workspace_api(CAPABILITY)
@describe("backups", {202: BACKUP}, body=CONFIRM)
def restore_backup(uow: UnitOfWork, access: Access, backup_id: int) -> ResponseReturnValue:
    """Bring it back over this workspace; ``confirm`` is the workspace's key."""
    body = read_shaped(request, CONFIRM)
    asked = asking.ask_restore(uow, access, backup_id, str(body["confirm"]))
    chosen = asking.get_backup(uow, access, backup_id)
    audit.note(uow, access, "restore-asked", file_name(uow, chosen))
    return backup_json(asked), 202


@blueprint.post("/workspace/resume")
@workspace_api("manage_workspace")
@describe("workspace", RESUMED, body=RESUME, body_optional=True)
def resume(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Send again after a restore; with ``drop_waiting`` what waited in the backup never leaves."""
    body = read_optional(request, RESUME)
    drop = bool(body.get("drop_waiting", False))
    return {"waiting": resume_sending(uow, access, drop=drop), "dropped": drop}


@blueprint.post("/workspace/delete")
@workspace_api("manage_workspace", at_rest=True)
@describe("workspace", {202: BACKUP}, body=CONFIRM)
def delete_workspace(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Delete the workspace after a last backup of it; ``confirm`` is its key."""
    body = read_shaped(request, CONFIRM)
    return backup_json(asking.ask_deletion(uow, access, str(body["confirm"]))), 202


def backup_json(made: Backup) -> dict[str, Any]:
    return {
        "id": made.id,
        "kind": made.kind,
        "state": made.state,
        "under_way": made.is_under_way,
        "bytes": made.size,
        "rows": made.rows_done,
        "problem": made.words(current_locale()) if made.problem else None,
        "created_at": made.created_at.isoformat(),
        "finished_at": made.finished_at.isoformat() if made.finished_at else None,
    }
