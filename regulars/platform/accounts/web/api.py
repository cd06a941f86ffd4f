"""Stores and members through the API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from regulars.platform.accounts import members, units
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.members import Member
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.accounts.units import Unit, UnitValues
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem
from regulars.platform.web.json_body import read_object

blueprint = Blueprint("accounts_api", __name__, url_prefix="/api/v1")

_FIELDS: dict[str, type | tuple[type, ...]] = {
    "code": str,
    "name": str,
    "parent": (str, type(None)),
    "active": bool,
}


@blueprint.get("/units")
@workspace_api("enter")
def list_units(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """The stores and departments, parents before what lies below them."""
    return {"units": _as_json(units.list_units(uow))}


@blueprint.post("/units")
@workspace_api("manage_units")
def create_unit(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Open one: ``{"code", "name", "parent"?, "active"?}``, the parent named by its code."""
    made = units.create_unit(uow, access, _values(uow, {"code": "", "name": ""}))
    return _one(uow, made.id), 201


@blueprint.patch("/units/<code>")
@workspace_api("manage_units")
def update_unit(uow: UnitOfWork, access: Access, code: str) -> ResponseReturnValue:
    """Rename, move, close or reopen one; what is not named stays."""
    found = units.get_by_code(uow, code)
    units.update_unit(uow, access, found.id, _values(uow, asdict(found)))
    return _one(uow, found.id)


@blueprint.get("/members")
@workspace_api("manage_members")
def list_members(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Who works here, as what, in which stores."""
    codes = {each.id: each.code for each in units.list_units(uow)}
    return {"members": [_member_json(each, codes) for each in members.list_members(uow)]}


def _values(uow: UnitOfWork, known: dict[str, Any]) -> UnitValues:
    body = read_object(request)
    problems = [Problem(key, "unknown-key", {"key": key}) for key in body if key not in _FIELDS]
    problems += [
        Problem(key, "shape-type", {"expected": _words(kinds)})
        for key, kinds in _FIELDS.items()
        if key in body and not isinstance(body[key], kinds)
    ]
    if problems:
        raise Invalid(problems)
    return UnitValues(
        code=body.get("code", known["code"]),
        name=body.get("name", known["name"]),
        parent=_parent(uow, body["parent"]) if "parent" in body else known.get("parent"),
        active=body.get("active", known.get("active", True)),
    )


def _parent(uow: UnitOfWork, code: str | None) -> int | None:
    if code is None:
        return None
    found = units.find_unit(uow, code)
    if found is None:
        raise Invalid([Problem("parent", "unknown-store")])
    return found.id


def _words(kinds: type | tuple[type, ...]) -> list[str]:
    names = {str: "string", bool: "boolean", type(None): "null"}
    return [names[each] for each in (kinds if isinstance(kinds, tuple) else (kinds,))]


def _one(uow: UnitOfWork, unit_id: int) -> dict[str, Any]:
    listed = _as_json(units.list_units(uow))
    return next(each for each in listed if each["id"] == unit_id)


def _as_json(found: list[Unit]) -> list[dict[str, Any]]:
    codes = {each.id: each.code for each in found}
    return [
        {
            "id": each.id,
            "code": each.code,
            "name": each.name,
            "parent": codes.get(each.parent) if each.parent is not None else None,
            "active": each.active,
        }
        for each in found
    ]


def _member_json(member: Member, codes: dict[int, str]) -> dict[str, Any]:
    return {
        "id": member.id,
        "name": member.name,
        "email": member.email,
        "role": member.role,
        "units": [codes[each] for each in member.unit_ids if each in codes],
        "active": member.active,
    }
