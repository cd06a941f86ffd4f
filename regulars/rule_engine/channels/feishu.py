"""feishu: a robot in a Feishu group (飞书群机器人), signed where it asks for that."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Any

from regulars.rule_engine.channels.accounts import Account
from regulars.rule_engine.channels.base import Outgoing
from regulars.rule_engine.channels.staff import StaffProvider, checked, signed_robot, text_of

STARTS = "https://open.feishu.cn/open-apis/bot/v2/hook/"
_SLOW = (9499, 11232)


class Feishu(StaffProvider):
    """Posts a text to the robot's address. At most once."""

    name = "feishu"
    channels = frozenset({"feishu"})
    origin = "https://open.feishu.cn"
    fields = signed_robot(STARTS)

    def deliver(self, outgoing: Outgoing, account: Account) -> str | None:
        asked: dict[str, Any] = {"msg_type": "text", "content": {"text": text_of(outgoing)}}
        secret = account.secrets.get("signing_secret")
        if secret:
            asked |= signed(secret, self._clock())
        path = f"/open-apis/bot/v2/hook/{self.pasted(account, STARTS)}"
        answer, told = self.post(account, path, asked)
        checked(answer, told, "code" if "code" in told else "StatusCode", "msg", _SLOW)
        return None


def signed(secret: str, at: datetime) -> dict[str, str]:
    """What proves who calls: an empty message under a key of time and secret."""
    stamp = str(int(at.timestamp()))
    digest = hmac.new(f"{stamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return {"timestamp": stamp, "sign": base64.b64encode(digest).decode()}
