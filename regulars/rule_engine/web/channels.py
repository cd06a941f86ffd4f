"""How messages leave: which provider serves which channel, accounts, staff groups, a test."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.keys import derive_key
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.accounts.web.confirmation import confirmed
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import BadConfig, Conflict, Invalid, NotFound
from regulars.platform.i18n import find_text
from regulars.platform.mailer import mailer_for
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.installation import installation
from regulars.platform.web.preferences import current_locale
from regulars.platform.web.rendering import render
from regulars.platform.web.shell import NavItem
from regulars.rule_engine import channel_keeping, channel_overview, service
from regulars.rule_engine.channel_keeping import AccountWish
from regulars.rule_engine.channel_trying import Tried, prepare_trial, send_trial
from regulars.rule_engine.channels.base import Provider, Surroundings, providers
from regulars.rule_engine.web.blueprints import pages

STAFF_KINDS = ("wecom", "dingtalk", "feishu", "slack", "telegram", "apprise")


@pages.get("/channels")
@workspace_page("manage_workspace")
def channels(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every channel with its state, and the groups of the shop's own people."""
    return render(
        "rule_engine/channels.html", rows=channel_overview.channel_rows(uow, around()),
        groups=channel_overview.staff_rows(uow), staff_kinds=STAFF_KINDS,
    )  # fmt: skip


@pages.post("/channels/<channel>/provider")
@workspace_page("manage_workspace")
def choose_provider(uow: UnitOfWork, access: Access, channel: str) -> ResponseReturnValue:
    """Decide who serves a channel."""
    service.choose_provider(uow, access, channel, request.form.get("provider", ""))
    flash("channels.chosen")
    return go_to(url_for("rules.channels"))


@pages.get("/channels/accounts/<key>")
@workspace_page("manage_workspace")
def edit_account(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The settings of one account; of a provider's that is not set up yet, an empty form."""
    return _account_page(uow, *_known(uow, key))


@pages.get("/channels/groups/new/<kind>")
@workspace_page("manage_workspace")
def new_group(uow: UnitOfWork, access: Access, kind: str) -> ResponseReturnValue:
    """A form for another staff group."""
    return _account_page(uow, "", _staff_kind(kind), {})


@pages.post("/channels/groups/new/<kind>")
@confirmed
@workspace_page("manage_workspace")
def add_group(uow: UnitOfWork, access: Access, kind: str) -> ResponseReturnValue:
    """Keep another staff group."""
    provider, name = _staff_kind(kind), request.form.get("name", "").strip()
    taken = {each.key for each in channel_keeping.list_accounts(uow)} | set(providers.names())
    key = derive_key(name, taken, kind + "_group")
    return _keep(uow, access, "", AccountWish(key, provider.name, given(provider), name))


@pages.post("/channels/accounts/<key>")
@confirmed
@workspace_page("manage_workspace")
def keep_account(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Keep the settings of an account."""
    _key, provider, _shown = _known(uow, key)
    name = request.form.get("name", "").strip()
    return _keep(uow, access, key, AccountWish(key, provider.name, given(provider), name))


@pages.post("/channels/accounts/<key>/remove")
@confirmed
@workspace_page("manage_workspace")
def remove_account(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Forget an account."""
    channel_keeping.remove_account(uow, access, key)
    flash("channels.removed")
    return go_to(url_for("rules.channels"))


@pages.post("/channels/accounts/<key>/test")
@workspace_page("manage_workspace", writes=False)
def test_account(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Send a test message now, and say what became of it."""
    try:
        trial = prepare_trial(
            uow, access, key, request.form.get("to", ""), request.form.get("message", "")
        )
    except (Invalid, Conflict) as error:
        code = "channels.test-needs-address" if isinstance(error, Invalid) else None
        flash(code or f"errors.{error.code}", "danger")
        return go_to(_back(key))
    say_tried(send_trial(trial, around()))
    return go_to(_back(key))


def say_tried(tried: Tried) -> None:
    """Tell what became of a test message, on the next page or in a toast."""
    if tried.status == "sent":
        flash("channels.test-sent")
        return
    reason = dict(tried.reason or {})
    code = reason.pop("code")
    if tried.status == "unknown":
        flash("channels.test-unknown", "warning")
    else:
        flash(f"messages.reason.{code}", "danger", **reason)


def _back(key: str) -> str:
    provider = providers.find(key)
    if provider is not None and not provider.fields:
        return url_for("rules.channels")
    return url_for("rules.edit_account", key=key)


def around() -> Surroundings:
    """What providers need, in the process that serves pages."""
    mailer = None
    with contextlib.suppress(BadConfig):  # then there is no mail server, and the page says so
        mailer = mailer_for(installation().config.smtp_url)
    return Surroundings(mailer, installation().seal)


def given(provider: Provider) -> dict[str, Any]:
    """What the form says about an account of this provider."""
    found: dict[str, Any] = {}
    for field in provider.fields:
        if field.kind == "flag":
            found[field.name] = bool(request.form.get(field.name))
        elif field.kind == "templates":
            start = f"{field.name}."
            found[field.name] = {
                name.removeprefix(start): value
                for name, value in request.form.items()
                if name.startswith(start)
            }
        else:
            found[field.name] = request.form.get(field.name, "")
    return found


def _known(uow: UnitOfWork, key: str) -> tuple[str, Provider, Mapping[str, Any]]:
    found = next((each for each in channel_keeping.list_accounts(uow) if each.key == key), None)
    if found is not None:
        return key, found.provider, {"account": found}
    provider = providers.find(key)
    if provider is None or not provider.fields or provider.staff:
        raise NotFound("no-channel-account", key=key[:60])
    return key, provider, {}


def _staff_kind(kind: str) -> Provider:
    provider = providers.find(kind)
    if provider is None or not provider.staff:
        raise NotFound("no-channel-account", key=kind[:60])
    return provider


def _keep(uow: UnitOfWork, access: Access, key: str, wish: AccountWish) -> ResponseReturnValue:
    provider = providers.get(wish.provider)
    try:
        channel_keeping.keep_account(uow, access, installation().seal, wish)
    except Invalid as invalid:
        names = ("name", *(each.name for each in provider.fields))
        errors = errors_by_field(invalid.problems, names)
        shown = _known(uow, key)[2] if key else {}
        return _account_page(uow, key, provider, shown, errors=errors, status=422)
    flash("channels.kept")
    return go_to(url_for("rules.edit_account", key=wish.key))


def _account_page(
    uow: UnitOfWork, key: str, provider: Provider, shown: Mapping[str, Any], *,
    errors: Mapping[str, list[str]] | None = None, status: int = 200,
) -> ResponseReturnValue:  # fmt: skip
    account = shown.get("account")
    kept: Mapping[str, Any] = account.settings if account else {}
    values = request.form if errors else kept
    return render(
        "rule_engine/channel_account.html", status, key=key, provider=provider, account=account,
        values=values, kept=kept, errors=errors or {}, help_of=_help, texts=_sms_texts(uow),
    )  # fmt: skip


def _help(provider: str, name: str) -> str:
    """The help of a field in the reader's language, where there is any."""
    return find_text(f"channels.{provider}.{name}-help", current_locale()) or ""


def _sms_texts(uow: UnitOfWork) -> list[tuple[str, Any]]:
    """The texts that can go as a short message."""
    every = snapshot(uow).all("message")
    return [(key, each.label) for key, each in sorted(every.items()) if "sms" in each.channels]


def nav(uow: UnitOfWork, access: Access) -> Iterable[NavItem]:
    """For those who set the shop up."""
    if access.can("manage_workspace"):
        yield NavItem(
            url_for("rules.channels"), "send", "nav.channels", section="nav.section-settings",
            order=933,
        )  # fmt: skip
