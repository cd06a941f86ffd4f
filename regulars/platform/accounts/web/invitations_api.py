"""Inviting people through the API: who may join by a one-time link, and making it worthless."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from regulars.platform.accounts import invitations
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.invitations import Invitation, Wish
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.accounts.users import normal_email
from regulars.platform.accounts.web.api import blueprint, codes_of, unit_ids_of
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import NotFound
from regulars.platform.web.api_body import read_shaped
from regulars.platform.web.api_route import (
    ID,
    INSTANT,
    TEXT,
    array,
    describe,
    listing,
    named,
    obj,
)
from regulars.platform.web.headers import public_url
from regulars.platform.web.idempotency import keep_secret

_SHAPE = {
    "id": ID, "email": TEXT, "name": TEXT, "role": TEXT, "units": array(TEXT),
    "expires_at": INSTANT,
}  # fmt: skip
INVITATION = named("Invitation", obj(_SHAPE))
MADE = named("MadeInvitation", obj({**_SHAPE, "link": TEXT}))
NEW = obj({"email": TEXT, "name": TEXT, "role": TEXT}, {"units": array(TEXT)})


@blueprint.get("/invitations")
@workspace_api("manage_members")
@describe("members", listing("invitations", INVITATION))
def list_invitations(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Who is invited and has not come yet; the links themselves are not kept."""
    codes = codes_of(uow)
    return {"invitations": [_json(each, codes) for each in invitations.list_invitations(uow)]}


@blueprint.post("/invitations")
@workspace_api("manage_members")
@describe("members", {201: MADE}, body=NEW)
def invite(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Invite somebody; the answer alone holds the one-time ``link`` to hand over, this once."""
    body = read_shaped(request, NEW)
    units = unit_ids_of(uow, body.get("units", []))
    wish = Wish(body["email"], body["name"], body["role"], units)
    secret = invitations.invite(uow, access, wish)
    email = normal_email(wish.email)
    made = next(each for each in invitations.list_invitations(uow) if each.email == email)
    link = public_url(url_for("accounts.invitation", secret=secret))
    answer = jsonify({**_json(made, codes_of(uow)), "link": link})
    answer.status_code = 201
    answer.headers["Location"] = url_for("accounts_api.list_invitations")
    return keep_secret(answer)


@blueprint.delete("/invitations/<int:invitation_id>")
@workspace_api("manage_members")
@describe("members", {204: None})
def withdraw_invitation(
    uow: UnitOfWork, access: Access, invitation_id: int
) -> ResponseReturnValue:
    """Make an unused link worthless at once."""
    if all(each.id != invitation_id for each in invitations.list_invitations(uow)):
        raise NotFound("no-invitation")
    invitations.withdraw(uow, access, invitation_id)
    return Response(status=204)


def _json(invitation: Invitation, codes: Mapping[int, str]) -> dict[str, Any]:
    return {
        "id": invitation.id,
        "email": invitation.email,
        "name": invitation.name,
        "role": invitation.role,
        "units": [codes[each] for each in invitation.unit_ids if each in codes],
        "expires_at": invitation.expires_at,
    }
