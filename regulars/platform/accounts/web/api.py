"""Stores, members and keys through the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from regulars.platform.accounts import members, tokens, units
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.key_keeping import end_token, make_token
from regulars.platform.accounts.members import Member
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.accounts.tokens import Token, TokenWish
from regulars.platform.accounts.units import Unit, UnitValues
from regulars.platform.accounts.web import api_shapes as shapes
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.problems import Problem
from regulars.platform.web.api_body import read_shaped
from regulars.platform.web.api_route import describe, listing
from regulars.platform.web.idempotency import keep_secret

blueprint = Blueprint("accounts_api", __name__, url_prefix="/api/v1")


@blueprint.get("/units")
@workspace_api("enter")
@describe("units", listing("units", shapes.UNIT))
def list_units(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """The stores and departments, parents before what lies below them."""
    return {"units": _as_json(units.list_units(uow))}


@blueprint.post("/units")
@workspace_api("manage_units")
@describe("units", {201: shapes.UNIT}, body=shapes.NEW_UNIT)
def create_unit(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Open one: ``{"code", "name", "parent"?, "active"?}``, the parent named by its code."""
    body = read_shaped(request, shapes.NEW_UNIT)
    made = units.create_unit(uow, access, _values(uow, body, {}))
    return _one(uow, made.id), 201


@blueprint.get("/units/<code>")
@workspace_api("enter")
@describe("units", shapes.UNIT)
def get_unit(uow: UnitOfWork, access: Access, code: str) -> ResponseReturnValue:
    """One store or department."""
    return _one(uow, units.get_by_code(uow, code).id)


@blueprint.patch("/units/<code>")
@workspace_api("manage_units")
@describe("units", shapes.UNIT, body=shapes.UNIT_CHANGES)
def update_unit(uow: UnitOfWork, access: Access, code: str) -> ResponseReturnValue:
    """Rename, move, close or reopen one; what is not named stays."""
    body = read_shaped(request, shapes.UNIT_CHANGES)
    found = units.get_by_code(uow, code)
    units.update_unit(uow, access, found.id, _values(uow, body, asdict(found)))
    return _one(uow, found.id)


@blueprint.get("/members")
@workspace_api("manage_members")
@describe("members", listing("members", shapes.MEMBER))
def list_members(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Who works here, as what, in which stores."""
    codes = codes_of(uow)
    return {"members": [_member_json(each, codes) for each in members.list_members(uow)]}


@blueprint.get("/members/<member>")
@workspace_api("manage_members")
@describe("members", shapes.MEMBER)
def get_member(uow: UnitOfWork, access: Access, member: str) -> ResponseReturnValue:
    """One member, by id or e-mail address."""
    return _member_json(_find_member(uow, member), codes_of(uow))


@blueprint.patch("/members/<member>")
@workspace_api("manage_members")
@describe("members", shapes.MEMBER, body=shapes.MEMBER_CHANGES)
def change_member(uow: UnitOfWork, access: Access, member: str) -> ResponseReturnValue:
    """Give a member another ``role`` or ``units`` (codes), let them go or take them back."""
    body = read_shaped(request, shapes.MEMBER_CHANGES)
    found = _find_member(uow, member)
    if "role" in body or "units" in body:
        found = members.change_member(
            uow,
            access,
            found.id,
            role=body.get("role", found.role),
            unit_ids=unit_ids_of(uow, body["units"]) if "units" in body else found.unit_ids,
        )
    if body.get("active", found.active) != found.active:
        found = members.set_active(uow, access, found.id, active=body["active"])
    return _member_json(found, codes_of(uow))


@blueprint.get("/tokens")
@workspace_api("manage_tokens")
@describe("tokens", listing("tokens", shapes.TOKEN))
def list_tokens(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """The keys that work; their secrets are not kept."""
    codes = codes_of(uow)
    with uow.database.main_tx(write=False) as connection:
        found = tokens.list_tokens(connection, uow.workspace)
    return {"tokens": [_token_json(each, codes) for each in found]}


@blueprint.post("/tokens")
@workspace_api("manage_tokens")
@describe("tokens", {201: shapes.MADE_TOKEN}, body=shapes.NEW_TOKEN)
def create_token(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Make a key for another program; the answer alone holds its secret, this once."""
    body = read_shaped(request, shapes.NEW_TOKEN)
    bound = unit_ids_of(uow, body.get("units", []))
    wish = TokenWish(body["name"], body["role"], bound, access.member_id)
    made, secret = make_token(uow, access, wish)
    answer = jsonify({**_token_json(made, codes_of(uow)), "token": secret})
    answer.status_code = 201
    answer.headers["Location"] = url_for("accounts_api.list_tokens")
    return keep_secret(answer)


@blueprint.delete("/tokens/<int:token_id>")
@workspace_api("manage_tokens")
@describe("tokens", {204: None})
def revoke_token(uow: UnitOfWork, access: Access, token_id: int) -> ResponseReturnValue:
    """End a key at once."""
    end_token(uow, access, token_id)
    return Response(status=204)


def _values(uow: UnitOfWork, body: Mapping[str, Any], known: Mapping[str, Any]) -> UnitValues:
    return UnitValues(
        code=body.get("code", known.get("code", "")),
        name=body.get("name", known.get("name", "")),
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


def unit_ids_of(uow: UnitOfWork, codes: list[str]) -> list[int]:
    """The stores with these codes; Invalid with a problem at each that there is not."""
    found = [units.find_unit(uow, code) for code in codes]
    problems = [
        Problem(f"units/{n}", "unknown-store") for n, each in enumerate(found) if each is None
    ]
    if problems:
        raise Invalid(problems)
    return [each.id for each in found if each is not None]


def _find_member(uow: UnitOfWork, named: str) -> Member:
    """By id or e-mail address."""
    wanted = named.casefold()
    for each in members.list_members(uow):
        if str(each.id) == named or each.email.casefold() == wanted:
            return each
    raise NotFound()


def codes_of(uow: UnitOfWork) -> dict[int, str]:
    """The codes of all stores, by id."""
    return {each.id: each.code for each in units.list_units(uow)}


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


def _token_json(token: Token, codes: dict[int, str]) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "ends_in": token.hint,
        "role": token.role,
        "units": [codes[each] for each in token.unit_ids if each in codes],
        "created_at": token.created_at,
        "used_at": token.used_at,
    }
