"""The API of buttons: what each does for a record, and what to ask to do the same."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from regulars.form_builder.buttons import Button, buttons_of
from regulars.form_builder.records import get_record
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.web.api_route import TEXT, describe, listing, nullable, obj

buttons = Blueprint("buttons_api", __name__, url_prefix="/api/v1")

BUTTON = obj({"key": TEXT, "label": TEXT, "opens": nullable(TEXT), "starts": nullable(TEXT)})


@buttons.get("/forms/<form_key>/records/<int:record_id>/buttons")
@workspace_api("read_records")
@describe("records", listing("items", BUTTON))
def list_buttons(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int
) -> ResponseReturnValue:
    """The buttons you may press: each opens an address, or starts a rule.

    To press one that starts a rule: ``POST /forms/{form_key}/records/{record_id}/buttons/{key}``.
    """
    get_record(uow, access, form_key, record_id)
    found = buttons_of(uow, access, form_key, record_id)
    return {"items": [_json(each, access.locale) for each in found]}


def _json(button: Button, locale: str) -> dict[str, Any]:
    return {
        "key": button.field.key, "label": i18n.pick(button.field.name, locale),
        "opens": button.address or None, "starts": button.rule or None,
    }  # fmt: skip
