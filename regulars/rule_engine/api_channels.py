"""The API of channels: who serves which, accounts, limits, those not written to, the switch."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.hold import find_hold
from regulars.platform.i18n import translate
from regulars.platform.web.api_body import read_optional, read_shaped
from regulars.platform.web.api_route import (
    BOOLEAN,
    INSTANT,
    TEXT,
    Schema,
    array,
    describe,
    listing,
    named,
    nullable,
    obj,
)
from regulars.platform.web.installation import installation
from regulars.platform.web.json_body import read_object
from regulars.rule_engine import channel_keeping, channel_overview, service, suppression_list
from regulars.rule_engine import switch as sending
from regulars.rule_engine.channel_keeping import AccountRow, AccountWish
from regulars.rule_engine.channel_overview import WayState
from regulars.rule_engine.channel_trying import prepare_trial, send_trial
from regulars.rule_engine.channels.base import Provider
from regulars.rule_engine.policy import cost_text
from regulars.rule_engine.policy_keeping import change_policy, policy_of, spent_today
from regulars.rule_engine.web.channels import around

api = Blueprint("channels_api", __name__, url_prefix="/api/v1")

_ANY: Schema = {"type": "object", "additionalProperties": True}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_STATE = {
    "failures": _COUNT, "rests_until": nullable(INSTANT), "error": nullable(_ANY),
    "failed_at": nullable(INSTANT), "worked_at": nullable(INSTANT),
}  # fmt: skip
_PROMISES = {"repeats_safe": BOOLEAN, "receipts": BOOLEAN, "answers": BOOLEAN}
OFFER = obj({"provider": TEXT, "set_up": BOOLEAN, **_PROMISES})
CHANNEL = named(
    "Channel",
    obj({"channel": TEXT, "provider": TEXT, "ready": BOOLEAN, "offers": array(OFFER), **_STATE}),
)
ACCOUNT = named(
    "ChannelAccount",
    obj(
        {
            "key": TEXT, "provider": TEXT, "name": TEXT, "settings": _ANY, "staff": BOOLEAN,
            "has_secret": BOOLEAN, "inbound_url": nullable(TEXT),
        }
    ),
)  # fmt: skip
CHOICE = obj({"provider": TEXT})
NEW_ACCOUNT = obj({"provider": TEXT, "values": _ANY}, {"name": TEXT})
TEST = obj({}, {"to": TEXT, "message": TEXT})
TESTED = obj({"status": TEXT, "reason": nullable(_ANY), "provider_id": nullable(TEXT)})
LIMITS = named("SendingLimits", _ANY)
SPENT = obj({"limits": LIMITS, "today": obj({"number": _COUNT, "cost": TEXT})})
ADDRESS = obj({"channel": TEXT, "address": TEXT})
LISTED = obj({"listed": BOOLEAN})
LIST = obj(
    {
        "newest": array(obj({"channel": TEXT, "reason": TEXT, "at": INSTANT})),
        "counts": array(obj({"channel": TEXT, "reason": TEXT, "n": _COUNT})),
    }
)
SWITCH = obj(
    {"stopped": BOOLEAN, "waiting": _COUNT},
    {"reason": TEXT, "by": TEXT, "since": INSTANT, "after_restore": BOOLEAN},
)
FLIP = obj({"stopped": BOOLEAN}, {"reason": TEXT, "drop_waiting": BOOLEAN})


@api.get("/channels")
@workspace_api("manage_workspace")
@describe("channels", listing("channels", CHANNEL))
def list_channels(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """The channels that reach people: who serves them, who could, and how they fare."""
    rows = channel_overview.channel_rows(uow, around())
    return {
        "channels": [
            {
                "channel": row.channel, "provider": row.provider.name, "ready": row.is_ready,
                "offers": [
                    {"provider": each.provider.name, "set_up": each.is_set_up,
                     **_promises(each.provider)}
                    for each in row.offers
                ],
                **_state(row.state),
            }
            for row in rows
        ]
    }  # fmt: skip


@api.put("/channels/<channel>")
@workspace_api("manage_workspace")
@describe("channels", {204: None}, body=CHOICE)
def choose_provider(uow: UnitOfWork, access: Access, channel: str) -> ResponseReturnValue:
    """Decide who serves a channel; ``outbox`` keeps its messages in the house."""
    body = read_shaped(request, CHOICE)
    service.choose_provider(uow, access, channel, body["provider"])
    return "", 204


@api.get("/channel-accounts")
@workspace_api("manage_workspace")
@describe("channels", listing("accounts", ACCOUNT))
def list_channel_accounts(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every account and staff group; secrets are never told."""
    return {"accounts": [_account(each) for each in channel_keeping.list_accounts(uow)]}


@api.put("/channel-accounts/<key>")
@workspace_api("manage_workspace")
@describe("channels", ACCOUNT, body=NEW_ACCOUNT)
def keep_channel_account(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Keep an account under its provider's name, or a staff group under a key of its own."""
    body = read_shaped(request, NEW_ACCOUNT)
    wish = AccountWish(key, body["provider"], body["values"], body.get("name", ""))
    return _account(channel_keeping.keep_account(uow, access, installation().seal, wish))


@api.delete("/channel-accounts/<key>")
@workspace_api("manage_workspace")
@describe("channels", {204: None})
def remove_channel_account(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Forget an account with its secrets."""
    channel_keeping.remove_account(uow, access, key)
    return "", 204


@api.post("/channel-accounts/<key>/test")
@workspace_api("manage_workspace")
@describe("channels", TESTED, body=TEST, body_optional=True)
def test_channel_account(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Send a test message now: ``to`` an address (a staff group needs none)."""
    body = read_optional(request, TEST)
    trial = prepare_trial(uow, access, key, body.get("to", ""), body.get("message", ""))
    return dict(vars(send_trial(trial, around())))


@api.get("/sending/limits")
@workspace_api("manage_workspace")
@describe("sending", SPENT)
def get_limits(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """What the shop allows itself, and what has left today."""
    return _limits(uow)


@api.put("/sending/limits")
@workspace_api("manage_workspace")
@describe("sending", SPENT, body=LIMITS)
def put_limits(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Decide anew; what is not named is not limited."""
    change_policy(uow, access, read_object(request))
    return _limits(uow)


@api.get("/sending")
@workspace_api("send_messages")
@describe("sending", SWITCH)
def get_sending(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Whether all sending is stopped, by whom and why, and how much waits."""
    return _switch(uow)


@api.put("/sending")
@workspace_api("send_messages")
@describe("sending", SWITCH, body=FLIP)
def put_sending(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Stop everything, or let it go on; with ``drop_waiting`` what waited never leaves."""
    body = read_shaped(request, FLIP)
    if body["stopped"]:
        sending.stop_all(uow, access, body.get("reason", ""))
    elif find_hold(uow) is not None:
        sending.go_on(uow, access, drop=bool(body.get("drop_waiting")))
    return _switch(uow)


@api.get("/suppressions")
@workspace_api("manage_consents")
@describe("suppressions", LIST)
def list_suppressions(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """The newest entries and how many there are; the addresses themselves are not kept."""
    found = suppression_list.read_list(uow, access)
    return {
        "newest": [dict(vars(each)) for each in found.entries],
        "counts": [{"channel": c, "reason": r, "n": n} for c, r, n in found.counts],
    }


@api.post("/suppressions")
@workspace_api("manage_consents")
@describe("suppressions", {201: LISTED}, body=ADDRESS)
def add_suppression(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Never write to this address again."""
    body = read_shaped(request, ADDRESS)
    suppression_list.put_on(uow, access, body["channel"], body["address"])
    return {"listed": True}, 201


@api.post("/suppressions/look-up")
@workspace_api("manage_consents")
@describe("suppressions", LISTED, body=ADDRESS)
def look_up_suppression(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Whether an address is on the list."""
    body = read_shaped(request, ADDRESS)
    return {"listed": suppression_list.is_listed(uow, access, body["channel"], body["address"])}


@api.post("/suppressions/remove")
@workspace_api("manage_consents")
@describe("suppressions", LISTED, body=ADDRESS)
def remove_suppression(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Take an address off the list; no consent comes back by this."""
    body = read_shaped(request, ADDRESS)
    suppression_list.take_off(uow, access, body["channel"], body["address"])
    return {"listed": False}


def _promises(provider: Provider) -> dict[str, bool]:
    return {
        "repeats_safe": provider.repeatable, "receipts": provider.receipts,
        "answers": provider.answers,
    }  # fmt: skip


def _state(state: WayState) -> dict[str, Any]:
    return dict(vars(state))


def _account(row: AccountRow) -> dict[str, Any]:
    return {
        "key": row.key, "provider": row.provider.name, "name": row.name,
        "settings": dict(row.settings), "staff": row.provider.staff,
        "has_secret": row.has_secret, "inbound_url": row.inbound_url,
    }  # fmt: skip


def _limits(uow: UnitOfWork) -> dict[str, Any]:
    spent = spent_today(uow)
    return {
        "limits": policy_of(uow).as_json(),
        "today": {"number": spent.number, "cost": cost_text(spent.cost)},
    }


def _switch(uow: UnitOfWork) -> dict[str, Any]:
    held = find_hold(uow)
    answer: dict[str, Any] = {
        "stopped": held is not None, "waiting": sending.count_waiting(uow),
    }  # fmt: skip
    if held is not None:
        reason = held.reason
        if held.is_restore:
            reason = translate("sending.after-restore", uow.workspace.locale)
        answer |= {
            "reason": reason, "by": held.by, "since": held.since,
            "after_restore": held.is_restore,
        }  # fmt: skip
    return answer
