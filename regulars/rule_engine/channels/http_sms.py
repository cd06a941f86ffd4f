"""http_sms: short messages through any provider that takes them over HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from regulars.platform.safe_http import Door
from regulars.rule_engine.channels.account_provider import AccountProvider
from regulars.rule_engine.channels.accounts import Account
from regulars.rule_engine.channels.base import Heard, Inbound, Outgoing, Refused
from regulars.rule_engine.channels.calling import Call, ask, refused, shown
from regulars.rule_engine.channels.inbound import plain, receipt, text_answer, told_rows
from regulars.rule_engine.channels.settings import Setting

_PLACE = re.compile(r"\{(to|text|key)\}")
_TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded"}


class HttpSms(AccountProvider):
    """Posts a body in which ``{to}``, ``{text}`` and ``{key}`` are filled in.

    Whether the provider tells repeats of a key apart is for the shop to say (``knows_key``).
    """

    name = "http_sms"
    channels = frozenset({"sms"})
    receipts = True
    answers = True
    fields = (
        Setting("url", "url", binds=True),
        Setting("format", "choice", options=("json", "form"), default="json"),
        Setting("body", "long", default='{"to": "{to}", "text": "{text}", "id": "{key}"}'),
        Setting("header", "header", required=False, default="Authorization"),
        Setting("header_value", "secret", required=False),
        Setting("success", required=False),
        Setting("id_field", required=False),
        Setting("knows_key", "flag", required=False),
        Setting("local", "flag", required=False, binds=True),
    )

    def repeats(self, settings: Mapping[str, Any]) -> bool:
        return settings.get("knows_key") is True

    def door(self, account: Account) -> Door:
        if self._door is not None or account.settings.get("local") is not True:
            return self._door or Door()
        host = (urlsplit(account.settings["url"]).hostname or "").casefold()
        return Door(frozenset({host}))

    def deliver(self, outgoing: Outgoing, account: Account) -> str | None:
        settings = account.settings
        values = {"to": outgoing.address, "text": outgoing.parts["text"], "key": outgoing.key}
        headers = {"Content-Type": _TYPES[settings["format"]], "User-Agent": "Regulars"}
        if account.secrets.get("header_value"):
            headers[settings.get("header") or "Authorization"] = account.secrets["header_value"]
        body = filled(settings["body"], settings["format"], values)
        call = Call(settings["url"], body.encode(), headers, repeatable=self.repeats(settings))
        answer = ask(self.door(account), call)
        if not 200 <= answer.status < 300:
            raise refused(answer, shown(answer))
        wanted = settings.get("success")
        if wanted and wanted not in answer.body.decode("utf-8", "replace"):
            raise refused(answer, shown(answer))
        return _id_in(answer.body, settings.get("id_field"))

    def hear(
        self, inbound: Inbound, settings: Mapping[str, Any], secrets: Mapping[str, str]
    ) -> Heard:
        receipts, answers = [], []
        for row in told_rows(inbound):
            if "text" in row:
                answers.append(text_answer(row, "from", "text", "id"))
            elif row.get("status") in ("delivered", "undelivered", "failed"):
                detail = plain(row.get("detail")) or ""
                delivered = row["status"] == "delivered"
                receipts.append(receipt(row, "id", "key", delivered=delivered, detail=detail))
            else:
                raise Refused("A row says neither what was answered nor how it ended.")
        return Heard(receipts, answers, '{"ok": true}')


def filled(template: str, kind: str, values: Mapping[str, str]) -> str:
    """The body with its places filled once; values are written so that they stay values."""

    def put(found: re.Match[str]) -> str:
        value = values[found[1]]
        return json.dumps(value, ensure_ascii=False)[1:-1] if kind == "json" else quote(value, "")

    return _PLACE.sub(put, template)


def _id_in(body: bytes, name: str | None) -> str | None:
    """The provider's own id, where its answer names one; ``data.id`` goes into an object."""
    if not name:
        return None
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return plain(found)
