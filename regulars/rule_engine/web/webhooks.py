"""The programs that rules may call: kept by owners, each with a secret that is shown once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.keys import derive_key
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.accounts.web.confirmation import confirmed
from regulars.platform.clock import utc_now
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.ids import new_token
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.installation import installation
from regulars.platform.web.rendering import render
from regulars.platform.web.shell import NavItem
from regulars.rule_engine import webhooks
from regulars.rule_engine.channels.base import Outgoing, SendFailed, Surroundings
from regulars.rule_engine.channels.webhook import WebhookProvider
from regulars.rule_engine.web.blueprints import pages
from regulars.rule_engine.webhooks import CHANNEL, WebhookWish

_FIELDS = ("name", "url")


@pages.get("/webhooks")
@workspace_page("manage_tokens")
def list_webhooks(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """What may be called, and a form for another one."""
    return _page(uow, {}, {})


@pages.post("/webhooks")
@confirmed
@workspace_page("manage_tokens")
def add_webhook(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Keep an address and show its secret, this once."""
    given = request.form
    name = given.get("name", "").strip()
    taken = {each.key for each in webhooks.list_webhooks(uow)}
    wish = WebhookWish(
        derive_key(name, taken, "webhook"), name, given.get("url", "").strip(),
        local=bool(given.get("local")),
    )  # fmt: skip
    try:
        secret = webhooks.add_webhook(uow, access, installation().seal, wish)
    except Invalid as invalid:
        errors = errors_by_field(invalid.problems, _FIELDS)
        return _page(uow, given.to_dict(), errors, status=422)
    return _page(uow, {}, {}, secret=secret)


@pages.post("/webhooks/<key>/remove")
@confirmed
@workspace_page("manage_tokens")
def remove_webhook(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Forget an address."""
    webhooks.remove_webhook(uow, access, key)
    flash("webhooks.removed")
    return go_to(url_for("rules.list_webhooks"))


@pages.post("/webhooks/<key>/try")
@workspace_page("manage_tokens", writes=False)
def try_webhook(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Call it now with a word of greeting, and say what came back."""
    found = webhooks.find_webhook(uow, key)
    if found is None:
        raise NotFound("no-webhook", key=key)
    text = webhooks.written({"type": "test", "timestamp": uow.now.isoformat(), "data": {}})
    prepared = {name: found[n] for n, name in enumerate(found._fields)}
    outgoing = Outgoing(f"test:{new_token(9)}", CHANNEL, key, {"text": text}, "", prepared)
    try:
        WebhookProvider(utc_now).send(outgoing, Surroundings(seal=installation().seal))
        flash("webhooks.answered", name=found.name)
    except SendFailed as failure:
        flash("webhooks.not-answered", "danger", name=found.name, detail=failure.detail[:200])
    return go_to(url_for("rules.list_webhooks"))


def _page(
    uow: UnitOfWork, values: Mapping[str, str], errors: Mapping[str, list[str]], *,
    secret: str = "", status: int = 200,
) -> ResponseReturnValue:  # fmt: skip
    return render(
        "rule_engine/webhooks.html", status, webhooks=webhooks.list_webhooks(uow), values=values,
        errors=errors, secret=secret,
    )  # fmt: skip


def nav(uow: UnitOfWork, access: Access) -> Iterable[NavItem]:
    """For those who connect other programs."""
    if access.can("manage_tokens"):
        yield NavItem(
            url_for("rules.list_webhooks"), "webhook", "nav.webhooks",
            section="nav.section-settings", order=935,
        )  # fmt: skip
