"""What channels for the shop's own people have in common: a robot in a group takes one text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from regulars.rule_engine.channels.account_provider import AccountProvider
from regulars.rule_engine.channels.accounts import Account
from regulars.rule_engine.channels.base import Outgoing, SendFailed
from regulars.rule_engine.channels.calling import Call, ask, read_json, refused
from regulars.rule_engine.channels.settings import Setting


def signed_robot(starts: str) -> tuple[Setting, ...]:
    """What a robot is set up with whose address was pasted, and that may ask for a signature."""
    return (
        Setting("address", "secret", starts=starts),
        Setting("signing_secret", "secret", required=False),
    )


class StaffProvider(AccountProvider):
    """Each group has an account of its own; its key is the address of a message."""

    staff = True
    by_address = True
    at_once: ClassVar[int] = 4

    def post(
        self, account: Account, path: str, asked: Mapping[str, Any]
    ) -> tuple[Any, dict[str, Any]]:
        """Post JSON; the answer and its object."""
        body = json.dumps(dict(asked), ensure_ascii=False).encode()
        call = Call(f"{self.origin}{path}", body, {"Content-Type": "application/json"})
        answer = ask(self.door(account), call)
        return answer, read_json(call, answer)

    def pasted(self, account: Account, starts: str) -> str:
        """What follows the fixed beginning of an address that was pasted as a secret."""
        return account.secrets.get("address", "").removeprefix(starts)


def checked(
    answer: Any, told: Mapping[str, Any], code: str, detail: str, slow: tuple[int, ...]
) -> None:
    """Raise SendFailed unless the robot's own code says that all went well."""
    found = told.get(code)
    if found in (0, "0"):
        return
    words = f"{found} {told.get(detail, '')}".strip()
    if found in slow:
        raise SendFailed("too-many", words, permanent=False)
    raise refused(answer, words)


def text_of(outgoing: Outgoing) -> str:
    """The words for the group."""
    return outgoing.parts["text"]
