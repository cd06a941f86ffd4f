"""wecom: a robot in a WeCom group (企业微信群机器人). At most once."""

from __future__ import annotations

from regulars.rule_engine.channels.accounts import Account
from regulars.rule_engine.channels.base import Outgoing
from regulars.rule_engine.channels.settings import Setting
from regulars.rule_engine.channels.staff import StaffProvider, checked, text_of

STARTS = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key="
_SLOW = (45009,)


class WeCom(StaffProvider):
    """Posts a text to the address that WeCom shows when the robot is added."""

    name = "wecom"
    channels = frozenset({"wecom"})
    origin = "https://qyapi.weixin.qq.com"
    fields = (Setting("address", "secret", starts=STARTS),)

    def deliver(self, outgoing: Outgoing, account: Account) -> str | None:
        path = f"/cgi-bin/webhook/send?key={self.pasted(account, STARTS)}"
        asked = {"msgtype": "text", "text": {"content": text_of(outgoing)}}
        answer, told = self.post(account, path, asked)
        checked(answer, told, "errcode", "errmsg", _SLOW)
        return None
