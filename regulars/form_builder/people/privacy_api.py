"""The API of what a person may ask for: a copy, a correction, to be forgotten."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from regulars.form_builder import api_answers, api_schemas
from regulars.form_builder.api_tags import expected_version, tagged
from regulars.form_builder.people import api_schemas as shapes
from regulars.form_builder.people import wording
from regulars.form_builder.people.blueprints import api
from regulars.form_builder.people.bundle import bundle_of, dossier_json
from regulars.form_builder.people.correcting import correct_person
from regulars.form_builder.people.dossier import make_dossier
from regulars.form_builder.people.erase_plan import EraseWish, plan_erasure
from regulars.form_builder.people.erasing import erase_person
from regulars.form_builder.people.privacy_pages import file_of
from regulars.form_builder.records import get_record
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.web.api_body import read_shaped
from regulars.platform.web.api_route import describe


@api.get("/<int:record_id>/export")
@workspace_api("export_people", writes=True)
@describe("people", shapes.DOSSIER, query=shapes.EXPORT_QUERY, files=("application/zip",))
def export(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> ResponseReturnValue:
    """All that is known of a person: a zip with JSON and a page; ``?as=json`` the JSON alone."""
    dossier = make_dossier(uow, access, form_key, record_id)
    if request.args.get("as") == "json":
        return dossier_json(uow, dossier)
    return file_of(bundle_of(uow, dossier, access.locale))


@api.post("/<int:record_id>/correct")
@workspace_api("update_records")
@describe("people", api_schemas.RECORD, body=shapes.CORRECTION, tagged="record")
def correct(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> ResponseReturnValue:
    """Change what stands about a person without starting a rule; ``reason`` goes into the log."""
    body = read_shaped(request, shapes.CORRECTION)
    record = correct_person(
        uow, access, form_key, record_id, body["values"],
        kind="api", reason=body.get("reason"),
        expected_version=expected_version(
            lambda: get_record(uow, access, form_key, record_id).version
        ),
    )  # fmt: skip
    return tagged(api_answers.one(uow, access, record))


@api.post("/<int:record_id>/erase")
@workspace_api("erase_people")
@describe("people", shapes.ERASED, body=shapes.ERASE)
def erase(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> ResponseReturnValue:
    """Forget a person; ``confirm`` is their title. ``dry_run`` says what would happen."""
    body = read_shaped(request, shapes.ERASE)
    wish = EraseWish(
        form_key, record_id, body.get("relations", {}), body.get("reasons", {}),
        body.get("confirm", ""),
    )  # fmt: skip
    if body.get("dry_run"):
        return wording.erase_plan_json(plan_erasure(uow, access, wish), access.locale)
    return {"id": record_id, "counts": dict(erase_person(uow, access, wish).counts)}
