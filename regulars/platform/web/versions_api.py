"""The API of versions and uses that every kind of definition shares."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import versions
from regulars.platform.definitions.kinds import kinds
from regulars.platform.definitions.uses import use_json, uses_of_definition
from regulars.platform.errors import NotFound
from regulars.platform.web.api_route import (
    BOOLEAN,
    COUNT,
    INSTANT,
    OBJECT,
    TEXT,
    array,
    describe,
    listing,
    named,
    obj,
)
from regulars.platform.web.definition_answers import draft_answer

VERSION = named(
    "DefinitionVersion",
    obj({"version": COUNT, "published_at": INSTANT, "published_by": TEXT, "current": BOOLEAN}),
)
PLACE = obj({"kind": TEXT, "key": TEXT, "name": TEXT, "path": TEXT, "place": TEXT, "why": TEXT})

api = Blueprint("versions_api", __name__, url_prefix="/api/v1/definitions")


@api.get("/<kind>/<key>/versions")
@workspace_api("enter")
@describe("definitions", listing("versions", VERSION))
def list_versions(uow: UnitOfWork, access: Access, kind: str, key: str) -> ResponseReturnValue:
    """Every published version of a definition, newest first."""
    found = versions.list_versions(uow, access, _known(kind), key)
    return {"versions": [_version(each) for each in found]}


@api.get("/<kind>/<key>/versions/<int:number>")
@workspace_api("enter")
@describe("definitions", OBJECT)
def get_version(
    uow: UnitOfWork, access: Access, kind: str, key: str, number: int
) -> ResponseReturnValue:
    """The definition as it was published then."""
    return dict(versions.version_body(uow, access, _known(kind), key, number))


@api.get("/<kind>/<key>/versions/<int:number>/changes")
@workspace_api("enter")
@describe("definitions", obj({"since": COUNT, "changes": array(TEXT)}), query={"since": COUNT})
def changes(
    uow: UnitOfWork, access: Access, kind: str, key: str, number: int
) -> ResponseReturnValue:
    """What changed in words, since the version before or ``since``."""
    text = request.args.get("since", "")
    since = int(text) if text.isdecimal() and len(text) < 10 else number - 1
    found = versions.compare_versions(uow, access, _known(kind), key, (since, number))
    return {"since": since, "changes": found}


@api.post("/<kind>/<key>/versions/<int:number>/restore")
@workspace_api("enter")
@describe("definitions", OBJECT, tagged="draft")
def restore(
    uow: UnitOfWork, access: Access, kind: str, key: str, number: int
) -> ResponseReturnValue:
    """Make an old version the working copy; publish it to make it hold."""
    draft = versions.restore_version(uow, access, _known(kind), key, number)
    return draft_answer(uow, access, draft)


@api.get("/<kind>/<key>/used-by")
@workspace_api("enter")
@describe("definitions", listing("uses", PLACE))
def used_by(uow: UnitOfWork, access: Access, kind: str, key: str) -> ResponseReturnValue:
    """Every place that needs this definition."""
    found = uses_of_definition(uow, access, _known(kind), key)
    return {"uses": [use_json(each, access.locale) for each in found]}


def _known(kind: str) -> str:
    if kind not in kinds:
        raise NotFound("no-kind", kind=kind[:40])
    return kind


def _version(each: versions.Version) -> dict[str, Any]:
    return {
        "version": each.number, "published_at": each.published_at.isoformat(),
        "published_by": each.published_by, "current": each.is_current,
    }  # fmt: skip
