"""twilio: short messages through Twilio. At most once; signed receipts and answers."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from regulars.rule_engine.channels.account_provider import AccountProvider
from regulars.rule_engine.channels.accounts import Account
from regulars.rule_engine.channels.base import (
    Answered,
    Heard,
    Inbound,
    Outgoing,
    Receipt,
    Refused,
)
from regulars.rule_engine.channels.calling import Call, ask, read_json, refused
from regulars.rule_engine.channels.settings import Setting

_ENDS = {"delivered": True, "read": True, "failed": False, "undelivered": False}


class TwilioSms(AccountProvider):
    """Sends any text; the address for receipts goes along with every message."""

    name = "twilio"
    channels = frozenset({"sms"})
    origin = "https://api.twilio.com"
    receipts = True
    answers = True
    fields = (
        Setting("account_sid", binds=True),
        Setting("auth_token", "secret"),
        Setting("sender"),
    )

    def deliver(self, outgoing: Outgoing, account: Account) -> str | None:
        sid, sender = account.settings["account_sid"], account.settings["sender"]
        asked = {"To": _number(outgoing.address), "Body": outgoing.parts["text"]}
        asked["MessagingServiceSid" if sender.startswith("MG") else "From"] = sender
        inbound = outgoing.prepared.get("inbound_url")
        if inbound:
            asked["StatusCallback"] = f"{inbound}?{urlencode({'key': outgoing.key})}"
        token = base64.b64encode(f"{sid}:{account.secrets['auth_token']}".encode()).decode()
        headers = {
            "Authorization": f"Basic {token}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        url = f"{self.origin}/2010-04-01/Accounts/{sid}/Messages.json"
        call = Call(url, urlencode(asked).encode(), headers)
        answer = ask(self.door(account), call)
        told = read_json(call, answer)
        if answer.status in (200, 201) and told.get("sid"):
            return str(told["sid"])
        raise refused(answer, f"{told.get('code', '')} {told.get('message', '')}".strip())

    def hear(
        self, inbound: Inbound, settings: Mapping[str, Any], secrets: Mapping[str, str]
    ) -> Heard:
        wanted = signature(secrets.get("auth_token", ""), inbound.url, inbound.form)
        given = inbound.headers.get("x-twilio-signature", "")
        if not secrets or not hmac.compare_digest(wanted.encode(), given.encode()):
            raise Refused("The signature does not fit.")
        reply, kind = "<Response/>", "text/xml"
        if "Body" in inbound.form and "From" in inbound.form:
            said = Answered(
                inbound.form["From"], inbound.form["Body"], inbound.form.get("MessageSid")
            )
            return Heard(answers=[said], reply=reply, content_type=kind)
        state = inbound.form.get("MessageStatus", "")
        if state not in _ENDS:
            return Heard(reply=reply, content_type=kind)
        detail = f"{state} {inbound.form.get('ErrorCode', '')}".strip()
        told = Receipt(inbound.form.get("MessageSid"), _key_in(inbound.url), _ENDS[state], detail)
        return Heard([told], reply=reply, content_type=kind)


def signature(auth_token: str, url: str, form: Mapping[str, str]) -> str:
    """How Twilio proves that a call is its own."""
    text = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    digest = hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _key_in(url: str) -> str | None:
    found = parse_qs(urlsplit(url).query).get("key")
    return found[0] if found else None


def _number(address: str) -> str:
    return address if address.startswith("+") else f"+86{address}"
