"""A test message to somebody who asked for it: the same provider, outside of any rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.members import get_member
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.errors import Conflict, Invalid, NotFound
from regulars.platform.hold import find_hold
from regulars.platform.i18n import translate
from regulars.platform.ids import new_token
from regulars.platform.privacy.purposes import CHANNELS
from regulars.platform.privacy.suppressions import suppressed_among
from regulars.platform.problems import Problem
from regulars.rule_engine.channels.accounts import find_account, prepared_from
from regulars.rule_engine.channels.base import (
    Outgoing,
    Provider,
    SendFailed,
    SendUnknown,
    Surroundings,
    providers,
)
from regulars.rule_engine.markdown import shield
from regulars.rule_engine.merging import merge_fields
from regulars.rule_engine.message import Message
from regulars.rule_engine.sender import chosen_providers

LONGEST_ADDRESS = 300


@dataclass(frozen=True)
class Trial:
    """A test message, ready to be handed over."""

    provider: Provider
    outgoing: Outgoing


@dataclass(frozen=True)
class Tried:
    """What became of it: ``sent``, ``failed`` or ``unknown``, with a reason unless it is sent."""

    status: str
    reason: dict[str, Any] | None = None
    provider_id: str | None = None


def prepare_trial(uow: UnitOfWork, access: Access, key: str, to: str, message: str = "") -> Trial:
    """A test message through an account (or ``smtp``) to an address of the asker's choice.

    NotFound for an unknown account; Invalid without an address; Conflict while all sending is
    stopped, or when the address must not be written to.
    """
    access.require("manage_workspace")
    row = find_account(uow, key)
    provider = providers.find(row.provider if row is not None else key)
    if provider is None or (provider.fields and row is None and not provider.account_optional):
        raise NotFound("no-channel-account", key=key[:60])
    if find_hold(uow) is not None:
        raise Conflict("sending-is-stopped")
    channel = next(iter(sorted(provider.channels & set(CHANNELS) or provider.channels)))
    address = key if provider.staff else to.strip()
    if not address or len(address) > LONGEST_ADDRESS:
        raise Invalid([Problem("to", "required")])
    if suppressed_among(uow, [(channel, address)]):
        raise Conflict("address-is-suppressed")
    prepared = {**prepared_from(row), "message": message}
    parts, merged = _parts(uow, access, channel, message)
    name = f"test:{uow.workspace.id}:{new_token(9)}"
    outgoing = Outgoing(name, channel, address, parts, access.locale, prepared, merged)
    return Trial(provider, outgoing)


def prepare_to_me(uow: UnitOfWork, access: Access, parts: Mapping[str, str]) -> Trial:
    """What somebody would read, as a mail to the member who asks; a short message becomes one.

    Conflict for somebody without an address here, and while all sending is stopped.
    """
    access.require("edit_rules")
    if access.member_id is None:
        raise Conflict("no-address-of-yours")
    if find_hold(uow) is not None:
        raise Conflict("sending-is-stopped")
    chosen = chosen_providers(uow)["email"]
    provider = chosen if chosen.leaves_house else providers.get("smtp")
    subject = parts.get("subject") or translate("channels.to-me-subject", access.locale)
    text = parts.get("markdown") or shield(parts.get("text", ""))
    own = {"subject": subject, "markdown": text}
    prepared = prepared_from(find_account(uow, provider.name))
    name, to = f"test:{uow.workspace.id}:{new_token(9)}", get_member(uow, access.member_id).email
    return Trial(provider, Outgoing(name, "email", to, own, access.locale, prepared))


def send_trial(trial: Trial, around: Surroundings) -> Tried:
    """Hand it over now, outside of any transaction."""
    try:
        return Tried("sent", provider_id=trial.provider.send(trial.outgoing, around))
    except SendFailed as failure:
        return Tried("failed", {"code": failure.code, "detail": failure.detail[:300]})
    except SendUnknown as doubt:
        return Tried("unknown", {"code": "outcome-unknown", "detail": str(doubt)[:300]})


def _parts(
    uow: UnitOfWork, access: Access, channel: str, key: str
) -> tuple[Mapping[str, str], list[tuple[str, str]]]:
    """What is sent, and the values merged into it."""
    words = translate("channels.test-words", access.locale, shop=uow.workspace.name)
    if channel == "email":
        return {"subject": words, "markdown": words}, []
    message: Message | None = snapshot(uow).find("message", key) if key else None
    if channel != "sms" or message is None:
        return {"text": words}, []
    text = message.parts("sms", access.locale).get("text", words)
    shown = [(each.path, each.fallback or "…") for each in merge_fields(text) if each.link is None]
    return {"text": text}, shown
