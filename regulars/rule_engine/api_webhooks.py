"""The API of the programs that rules may call."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.web.api_body import read_shaped
from regulars.platform.web.api_route import (
    BOOLEAN,
    INSTANT,
    TEXT,
    Schema,
    describe,
    listing,
    named,
    obj,
)
from regulars.platform.web.installation import installation
from regulars.rule_engine import webhooks
from regulars.rule_engine.webhooks import WebhookWish

api = Blueprint("webhooks_api", __name__, url_prefix="/api/v1")

WEBHOOK: Schema = named(
    "Webhook",
    obj(
        {"key": TEXT, "name": TEXT, "url": TEXT, "local": BOOLEAN, "created_at": INSTANT},
        {"secret": TEXT},
    ),
)
NEW_WEBHOOK = obj({"key": TEXT, "url": TEXT}, {"name": TEXT, "local": BOOLEAN})


@api.get("/webhooks")
@workspace_api("manage_tokens")
@describe("webhooks", listing("webhooks", WEBHOOK))
def list_webhooks(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """The programs that rules may call; their secrets are never told again."""
    return {"webhooks": [_json(row) for row in webhooks.list_webhooks(uow)]}


@api.post("/webhooks")
@workspace_api("manage_tokens")
@describe("webhooks", {201: WEBHOOK}, body=NEW_WEBHOOK)
def add_webhook(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Keep an address; the answer holds the secret, this once."""
    body = read_shaped(request, NEW_WEBHOOK)
    wish = WebhookWish(
        body["key"], body.get("name", ""), body["url"], local=body.get("local", False)
    )
    secret = webhooks.add_webhook(uow, access, installation().seal, wish)
    answer = jsonify({**_json(webhooks.find_webhook(uow, wish.key)), "secret": secret})
    answer.status_code = 201
    return answer


@api.delete("/webhooks/<key>")
@workspace_api("manage_tokens")
@describe("webhooks", {204: None})
def remove_webhook(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Forget an address; calls that wait for it fail."""
    webhooks.remove_webhook(uow, access, key)
    return "", 204


def _json(row: Any) -> dict[str, Any]:
    return {
        "key": row.key, "name": row.name, "url": row.url, "local": row.local,
        "created_at": row.created_at,
    }  # fmt: skip
