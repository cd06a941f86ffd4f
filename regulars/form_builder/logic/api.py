"""The API of a form's logic: what a record would look like, before anything is saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from regulars.form_builder.api_schemas import CHANGES, CONDITION, VALUES
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.logic.trying import Narrowed, Trial, Wish, fields_told, look_ahead
from regulars.form_builder.record_json import record_json
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.web.api_body import read_shaped
from regulars.platform.web.api_route import (
    BOOLEAN,
    OBJECT,
    PROBLEM,
    TEXT,
    array,
    describe,
    named,
    obj,
)

OPTIONS = obj({}, {"values": array(TEXT), "form": TEXT, "where": CONDITION})
FIELD = named(
    "FieldState",
    obj(
        {"visible": BOOLEAN, "required": BOOLEAN, "read_only": BOOLEAN, "given": BOOLEAN},
        {"options": OPTIONS},
    ),
)
ANSWER = obj(
    {
        "values": OBJECT,
        "fields": {"type": "object", "additionalProperties": FIELD},
        "problems": array(PROBLEM),
    }
)
MOVED = array(TEXT, maxItems=500)

api = Blueprint("logic_api", __name__, url_prefix="/api/v1")


@api.post("/forms/<form_key>/records/try")
@workspace_api("create_records", writes=False)
@describe("records", ANSWER, body=obj({"values": VALUES}, {"moved": MOVED}))
def try_new(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """What a new record would look like; nothing is saved.

    ``moved`` are the fields changed since the last look, for pages that ask while somebody types.
    """
    body = read_shaped(request, obj({"values": OBJECT}, {"moved": MOVED}))
    return as_json(
        uow, access, look_ahead(uow, access, form_key, _wish(body, None)), access.locale
    )


@api.post("/forms/<form_key>/records/<int:record_id>/try")
@workspace_api("update_records", writes=False)
@describe("records", ANSWER, body=obj({"values": CHANGES}, {"moved": MOVED}))
def try_change(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int
) -> ResponseReturnValue:
    """What a record would look like with these changes; nothing is saved."""
    body = read_shaped(request, obj({"values": OBJECT}, {"moved": MOVED}))
    trial = look_ahead(uow, access, form_key, _wish(body, record_id))
    return as_json(uow, access, trial, access.locale)


def as_json(uow: UnitOfWork, access: Access, trial: Trial, locale: str) -> dict[str, Any]:
    """Values as a record's, the state of each field that is filled in, and what is wrong."""
    values = record_json(catalog_for(uow, access), trial.record)
    own = {each.key for each in trial.form.fields}
    return {
        "values": {key: value for key, value in values.items() if key in own},
        "fields": {each.key: _state(trial, each) for each in fields_told(trial)},
        "problems": [problem.as_json(locale) for problem in trial.problems],
    }


def _wish(body: Mapping[str, Any], record: int | None) -> Wish:
    moved = body.get("moved")
    return Wish(body["values"], record, moved=None if moved is None else frozenset(moved))


def _state(trial: Trial, field: Any) -> dict[str, Any]:
    state = {
        "visible": trial.shows(field.key),
        "required": trial.requires(field),
        "read_only": field.key in trial.read_only,
        "given": field.key in trial.given,
    }
    narrowed = trial.options.get(field.key)
    return state if narrowed is None else {**state, "options": _options(narrowed)}


def _options(narrowed: Narrowed) -> dict[str, Any]:
    if narrowed.values is not None:
        return {"values": list(narrowed.values)}
    return {"form": narrowed.to, **({} if narrowed.where is None else {"where": narrowed.where})}
