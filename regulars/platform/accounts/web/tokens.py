"""API tokens: keys for other programs, shown once."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.platform.accounts import tokens, units
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.key_keeping import end_token, make_token
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.accounts.tokens import TokenWish
from regulars.platform.accounts.web.confirmation import confirmed
from regulars.platform.accounts.web.settings import blueprint
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.web.addresses import stored_ids
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.headers import public_url
from regulars.platform.web.htmx import go_to
from regulars.platform.web.rendering import render


@blueprint.get("/tokens", endpoint="tokens")
@workspace_page("manage_tokens")
def show_tokens(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """The keys that work, and a form for a new one."""
    return _page(uow, access)


@blueprint.post("/tokens")
@confirmed
@workspace_page("manage_tokens")
def create_token(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Make one and show it, this once."""
    form = request.form
    chosen = stored_ids(form.getlist("unit_ids"))
    wish = TokenWish(form.get("name", ""), form.get("role", ""), chosen, access.member_id)
    try:
        _made, secret = make_token(uow, access, wish)
    except Invalid as invalid:
        return _page(uow, access, 422, errors=errors_by_field(invalid.problems))
    return _page(uow, access, secret=secret)


@blueprint.post("/tokens/<int:token_id>/revoke")
@workspace_page("manage_tokens")
def revoke_token(uow: UnitOfWork, access: Access, token_id: int) -> ResponseReturnValue:
    """End one at once."""
    end_token(uow, access, token_id)
    flash("accounts.token-revoked")
    return go_to(url_for("settings.tokens"))


def _page(
    uow: UnitOfWork, access: Access, status: int = 200, *, secret: str = "",
    errors: dict[str, list[str]] | None = None,
) -> ResponseReturnValue:  # fmt: skip
    with uow.database.main_tx(write=False) as connection:
        known = tokens.list_tokens(connection, uow.workspace)
    return render(
        "accounts/tokens.html",
        status,
        tokens=known,
        secret=secret,
        errors=errors or {},
        values={} if secret else request.form,
        roles=access.grantable_roles(),
        units=units.list_units(uow),
        api_url=public_url("/api/v1"),
    )
