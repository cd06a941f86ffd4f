"""telegram: a bot that writes into a Telegram chat. At most once."""

from __future__ import annotations

from regulars.rule_engine.channels.accounts import Account
from regulars.rule_engine.channels.base import Outgoing
from regulars.rule_engine.channels.calling import refused
from regulars.rule_engine.channels.settings import Setting
from regulars.rule_engine.channels.staff import StaffProvider, text_of


class Telegram(StaffProvider):
    """Sends a text as the bot whose token the shop has."""

    name = "telegram"
    channels = frozenset({"telegram"})
    origin = "https://api.telegram.org"
    fields = (Setting("bot_token", "secret"), Setting("chat_id"))

    def deliver(self, outgoing: Outgoing, account: Account) -> str | None:
        asked = {"chat_id": account.settings["chat_id"], "text": text_of(outgoing)}
        answer, told = self.post(account, f"/bot{account.secrets['bot_token']}/sendMessage", asked)
        result = told.get("result")
        if told.get("ok") is not True or not isinstance(result, dict):
            raise refused(answer, str(told.get("description", "")))
        return str(result.get("message_id") or "") or None
