"""The API of people: duplicates, merging, what is known of somebody, erasing it."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from regulars.form_builder import api_answers, api_schemas
from regulars.form_builder.people import api_schemas as shapes
from regulars.form_builder.people import wording
from regulars.form_builder.people.blueprints import api
from regulars.form_builder.people.duplicates import find_duplicates, look_alikes, tell_apart
from regulars.form_builder.people.grouping import POSSIBLE
from regulars.form_builder.people.merging import MergeWish, merge_people, try_merge
from regulars.form_builder.people.parting import undo_merge
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem
from regulars.platform.web.api_body import read_shaped
from regulars.platform.web.api_route import describe

_BEST = 100
_MOST = 1000


@api.get("/duplicates")
@workspace_api("merge_records")
@describe("people", shapes.GROUPS, query=shapes.DUPLICATES_QUERY)
def duplicates(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Groups that seem to be one person, likeliest first; ``?least=`` score, ``?limit=``."""
    problems: list[Problem] = []
    least = _number("least", POSSIBLE, (POSSIBLE, _BEST), problems)
    limit = _number("limit", 100, (1, _MOST), problems)
    if problems:
        raise Invalid(problems)
    found = find_duplicates(uow, access, form_key, least=least)
    groups = [wording.doubles_json(each, access.locale) for each in found[:limit]]
    return {"count": len(found), "groups": groups}


@api.post("/duplicates/apart")
@workspace_api("merge_records")
@describe("people", {204: None}, body=shapes.APART)
def apart(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """``{"ids": [1, 2]}``: these are different people."""
    tell_apart(uow, access, form_key, read_shaped(request, shapes.APART)["ids"])
    return "", 204


@api.post("/look-alikes")
@workspace_api("read_records", writes=False)
@describe("people", shapes.LOOK_ALIKES, body=shapes.VALUES)
def hint(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """``{"values": {…}}``: the stored records that one with these values resembles."""
    values = read_shaped(request, shapes.VALUES)["values"]
    found = look_alikes(uow, access, form_key, values)
    return {"people": [wording.look_alike_json(each, access.locale) for each in found]}


@api.post("/merge")
@workspace_api("merge_records")
@describe("people", shapes.MERGED, body=shapes.MERGE)
def merge(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Two records become one; ``dry_run`` says what would happen and changes nothing."""
    body = read_shaped(request, shapes.MERGE)
    wish = MergeWish(form_key, body["keep"], body["drop"], body.get("choose"))
    if body.get("dry_run"):
        return wording.plan_json(try_merge(uow, access, wish), access.locale)
    return wording.merged_json(merge_people(uow, access, wish))


@api.post("/<int:record_id>/unmerge")
@workspace_api("merge_records")
@describe("people", api_schemas.RECORD)
def unmerge(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> ResponseReturnValue:
    """Bring a merged record back with what was its own; the record."""
    return api_answers.one(uow, access, undo_merge(uow, access, form_key, record_id))


def _number(name: str, default: int, limits: tuple[int, int], problems: list[Problem]) -> int:
    given = request.args.get(name)
    if given is None:
        return default
    number = int(given) if given.isascii() and given.isdecimal() and len(given) < 6 else -1
    if limits[0] <= number <= limits[1]:
        return number
    problems.append(Problem(name, "not-a-number", {"value": given[:40]}))
    return default
