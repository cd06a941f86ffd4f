"""webhook: a signed call to a program. It may be repeated; its id tells repeats apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from regulars.platform.clock import Clock, utc_now
from regulars.platform.db import UnitOfWork
from regulars.platform.safe_http import AddressRefused, Answer, NoAnswer
from regulars.platform.sealing import BrokenSeal
from regulars.rule_engine.channels.base import Outgoing, Provider, SendFailed, Surroundings
from regulars.rule_engine.webhooks import CHANNEL, door_to, find_webhook, place_of, signed

_AGAIN = frozenset({408, 409, 425, 429})


class WebhookProvider(Provider):
    """Calls the address that the shop has kept under a key."""

    name = "webhook"
    channels = frozenset({CHANNEL})
    repeatable = True
    at_once: ClassVar[int] = 8
    by_address = True

    def __init__(self, clock: Clock = utc_now) -> None:
        self._clock = clock

    def is_ready(self, surroundings: Surroundings) -> bool:
        return surroundings.seal is not None

    def prepare(self, uow: UnitOfWork, row: Any) -> Mapping[str, Any]:
        found = find_webhook(uow, row.message)
        if found is None:
            return {}
        return {"key": found.key, "url": found.url, "secret": found.secret, "local": found.local}

    def send(self, outgoing: Outgoing, surroundings: Surroundings) -> str | None:
        kept = outgoing.prepared
        if not kept or surroundings.seal is None:
            raise SendFailed("no-webhook", permanent=True)
        try:
            secret = surroundings.seal.open(kept["secret"], place_of(kept["key"], kept["url"]))
        except BrokenSeal as broken:
            raise SendFailed("broken-seal", permanent=True) from broken
        body = outgoing.parts["text"].encode()
        headers = signed(secret, outgoing.key, body, self._clock())
        try:
            answer = door_to(kept["url"], local=kept["local"]).post(kept["url"], body, headers)
        except AddressRefused as refused:
            raise SendFailed("address-refused", refused.code, permanent=True) from refused
        except NoAnswer as silence:
            raise SendFailed("no-answer", str(silence), permanent=False) from silence
        return _judge(answer)


def _judge(answer: Answer) -> str | None:
    if 200 <= answer.status < 300:
        return None
    again = answer.status >= 500 or answer.status in _AGAIN
    words = answer.body[:200].decode("utf-8", "replace")
    raise SendFailed("provider-refused", f"{answer.status} {words}", permanent=not again)
