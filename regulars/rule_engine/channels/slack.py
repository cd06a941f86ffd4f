"""slack: an incoming webhook of a Slack channel. At most once."""

from __future__ import annotations

import json

from regulars.rule_engine.channels.accounts import Account
from regulars.rule_engine.channels.base import Outgoing
from regulars.rule_engine.channels.calling import Call, ask, refused
from regulars.rule_engine.channels.settings import Setting
from regulars.rule_engine.channels.staff import StaffProvider, text_of

STARTS = "https://hooks.slack.com/services/"


class Slack(StaffProvider):
    """Posts a text; Slack answers with the word "ok"."""

    name = "slack"
    channels = frozenset({"slack"})
    origin = "https://hooks.slack.com"
    fields = (Setting("address", "secret", starts=STARTS),)

    def deliver(self, outgoing: Outgoing, account: Account) -> str | None:
        body = json.dumps({"text": text_of(outgoing)}, ensure_ascii=False).encode()
        url = f"{self.origin}/services/{self.pasted(account, STARTS)}"
        answer = ask(self.door(account), Call(url, body, {"Content-Type": "application/json"}))
        if answer.status != 200 or answer.body.strip() != b"ok":
            raise refused(answer, "")
        return None
