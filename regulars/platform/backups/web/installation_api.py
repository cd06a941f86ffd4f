"""The API of the installation: its workspaces as a whole, for keys that see inside of none."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, make_response, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from regulars.platform.accounts import audit, installation_keys, setup, users
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.installation_keys import InstallationKey
from regulars.platform.accounts.users import User
from regulars.platform.accounts.web import api_shapes as accounts_shapes
from regulars.platform.accounts.web.shop_form import key_from_name
from regulars.platform.accounts.web.workspace_api import workspace_json
from regulars.platform.backups import asking
from regulars.platform.backups.web.api import BACKUP, CONFIRM, backup_json
from regulars.platform.backups.web.pages import file_name
from regulars.platform.db import UnitOfWork, Workspace
from regulars.platform.errors import Invalid, NotSignedIn
from regulars.platform.problems import Problem
from regulars.platform.web import rate_limit
from regulars.platform.web.api_body import read_query, read_shaped
from regulars.platform.web.api_route import TEXT, describe, listing, obj
from regulars.platform.web.installation import installation, request_now
from regulars.platform.web.permissions import Permission, declare
from regulars.platform.workspaces import (
    archive_workspace,
    get_workspace,
    list_workspaces,
    reopen_workspace,
)

blueprint = Blueprint("installation_api", __name__, url_prefix="/api/v1/workspaces")

_WEEK = {"type": "integer", "minimum": 0, "maximum": 6}
NEW = obj(
    {"name": TEXT, "owner": TEXT},
    {
        "key": TEXT,
        "zone": TEXT,
        "currency": TEXT,
        "locale": TEXT,
        "week_start": _WEEK,
        "leap_day": accounts_shapes.LEAP_DAY,
    },
)
WORKSPACE = accounts_shapes.WORKSPACE
View = Callable[..., ResponseReturnValue]


def installation_route(view: View) -> View:
    """For bearers of a key to the installation; called as ``view(key, …)``."""

    @wraps(view)
    def guarded(**arguments: Any) -> Response:
        key = _bearer()
        read_query(request, {})
        return make_response(view(key, **arguments))

    return declare(guarded, Permission("installation", csrf=False))


@blueprint.get("")
@installation_route
@describe("installation", listing("workspaces", WORKSPACE))
def list_all(key: InstallationKey) -> ResponseReturnValue:
    """Every workspace, also those at rest. Asks for a key to the installation (``rgi_…``)."""
    found = list_workspaces(installation().database, archived=True)
    return {"workspaces": [workspace_json(each) for each in found]}


@blueprint.post("")
@installation_route
@describe("installation", {201: WORKSPACE}, body=NEW)
def open_one(key: InstallationKey) -> ResponseReturnValue:
    """Open a workspace; ``owner`` is the e-mail of somebody who can sign in here already."""
    body, database = read_shaped(request, NEW), installation().database
    person = _owner(body.pop("owner"))
    wanted = {"zone": "Asia/Shanghai", "currency": "CNY", "locale": person.locale, **body}
    wanted.setdefault("key", key_from_name(body["name"]))
    place = Workspace(id=0, week_start=wanted.pop("week_start", 0), **wanted)
    made = setup.open_shop(database, person, place, now=request_now())
    return workspace_json(made), 201


@blueprint.get("/<place>")
@installation_route
@describe("installation", WORKSPACE)
def show(key: InstallationKey, place: str) -> ResponseReturnValue:
    """One workspace."""
    return workspace_json(get_workspace(installation().database, place))


@blueprint.post("/<place>/archive")
@installation_route
@describe("installation", WORKSPACE)
def archive(key: InstallationKey, place: str) -> ResponseReturnValue:
    """Put it to rest: rules and messages stop, its owners may still read."""
    database = installation().database
    found = get_workspace(database, place)
    return workspace_json(archive_workspace(database, found, now=request_now()))


@blueprint.post("/<place>/reopen")
@installation_route
@describe("installation", WORKSPACE)
def reopen(key: InstallationKey, place: str) -> ResponseReturnValue:
    """Take it back into use."""
    database = installation().database
    return workspace_json(reopen_workspace(database, get_workspace(database, place)))


@blueprint.get("/<place>/backups")
@installation_route
@describe("installation", listing("backups", BACKUP))
def list_backups(key: InstallationKey, place: str) -> ResponseReturnValue:
    """Its backups, the newest first."""
    with _inside(place, write=False) as uow:
        return {"backups": [backup_json(each) for each in asking.list_backups(uow, _acting(key))]}


@blueprint.post("/<place>/backups")
@installation_route
@describe("installation", {202: BACKUP})
def make_backup(key: InstallationKey, place: str) -> ResponseReturnValue:
    """Have one made now; look at the list until it is ``good``."""
    with _inside(place) as uow:
        return backup_json(asking.ask_backup(uow, _acting(key))), 202


@blueprint.post("/<place>/backups/<int:backup_id>/restore")
@installation_route
@describe("installation", {202: BACKUP}, body=CONFIRM)
def restore(key: InstallationKey, place: str, backup_id: int) -> ResponseReturnValue:
    """Bring it back over this workspace; ``confirm`` is the workspace's key. Sending is held."""
    body = read_shaped(request, CONFIRM)
    with _inside(place) as uow:
        access = _acting(key)
        asked = asking.ask_restore(uow, access, backup_id, str(body["confirm"]))
        chosen = asking.get_backup(uow, access, backup_id)
        audit.note(uow, access, "restore-asked", file_name(uow, chosen))
        return backup_json(asked), 202


def _bearer() -> InstallationKey:
    given = request.authorization
    if given is None or given.type != "bearer" or not given.token:
        raise NotSignedIn("no-token")
    with installation().database.main_tx(write=False) as connection:
        found = installation_keys.find_key(connection, given.token)
    if found is None:
        rate_limit.spend_wrong_key()
        raise NotSignedIn("bad-token")
    rate_limit.spend_request(given.token)
    return found


def _acting(key: InstallationKey) -> Access:
    """The house itself, under the key's name."""
    return Access(None, key.name, "owner", "en", (), "system")


def _inside(place: str, *, write: bool = True) -> Any:
    database = installation().database
    found = get_workspace(database, place)
    uow: UnitOfWork | Any = database.workspace_tx(found, write=write, now=request_now())
    return uow


def _owner(email: str) -> User:
    with installation().database.main_tx(write=False) as connection:
        found = users.find_user(connection, email)
    if found is None or not found.active:
        raise Invalid([Problem("owner", "no-such-user")])
    return found
