"""Where providers hand in receipts and answers; the address is the key, and Twilio signs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from flask import Response, request
from flask.typing import ResponseReturnValue

from regulars.platform.addresses import absolute
from regulars.platform.errors import NotFound
from regulars.platform.web.installation import installation, request_now
from regulars.platform.web.permissions import Permission, declare
from regulars.platform.workspaces import list_workspaces
from regulars.rule_engine import receipts
from regulars.rule_engine.channels.base import Inbound
from regulars.rule_engine.web.public import public

_TOKEN = re.compile(r"(\d{1,12})-[A-Za-z0-9_-]{20,40}\Z")
MOST_BYTES = 512 * 1024

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


def machines_with(most: int) -> Callable[[View], View]:
    """The address is the key; at most so many bytes are read."""

    def mark(view: View) -> View:
        permission = Permission("everyone", csrf=False, max_body=most, secret_address=True)
        return declare(view, permission)

    return mark


@public.post("/receipts/<token>")
@machines_with(MOST_BYTES)
def take_in(token: str) -> ResponseReturnValue:
    """Take in what a provider tells."""
    known = _TOKEN.fullmatch(token)
    wanted = int(known[1]) if known else None
    database = installation().database
    place = next((each for each in list_workspaces(database) if each.id == wanted), None)
    if place is None:
        raise NotFound("not-found")
    body = request.get_data()
    query = request.query_string.decode("latin-1")
    url = absolute(request.path) + (f"?{query}" if query else "")
    headers = {name.lower(): value for name, value in request.headers.items()}
    inbound = Inbound(url, headers, body, request.form.to_dict())
    with database.workspace_tx(place, now=request_now()) as uow:
        taken = receipts.take_in(uow, installation().seal, token, inbound)
    return Response(taken.heard.reply, content_type=taken.heard.content_type)
