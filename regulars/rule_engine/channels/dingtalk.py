"""dingtalk: a robot in a DingTalk group (钉钉群机器人), signed where it asks for that."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from urllib.parse import quote_plus

from regulars.rule_engine.channels.accounts import Account
from regulars.rule_engine.channels.base import Outgoing
from regulars.rule_engine.channels.staff import StaffProvider, checked, signed_robot, text_of

STARTS = "https://oapi.dingtalk.com/robot/send?access_token="
_SLOW = (130101, 410100)


class DingTalk(StaffProvider):
    """Posts a text to the robot's address. At most once."""

    name = "dingtalk"
    channels = frozenset({"dingtalk"})
    origin = "https://oapi.dingtalk.com"
    fields = signed_robot(STARTS)

    def deliver(self, outgoing: Outgoing, account: Account) -> str | None:
        path = f"/robot/send?access_token={self.pasted(account, STARTS)}"
        secret = account.secrets.get("signing_secret")
        if secret:
            path += signed(secret, self._clock())
        asked = {"msgtype": "text", "text": {"content": text_of(outgoing)}}
        answer, told = self.post(account, path, asked)
        checked(answer, told, "errcode", "errmsg", _SLOW)
        return None


def signed(secret: str, at: datetime) -> str:
    """The parameters that prove who calls, over time and secret."""
    stamp = str(int(at.timestamp() * 1000))
    digest = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    return f"&timestamp={stamp}&sign={quote_plus(base64.b64encode(digest))}"
