"""webhook: a signed call to a program. It may be repeated; its id tells repeats apart."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import sqlalchemy as sa

from regulars.platform import own_calls
from regulars.platform.clock import Clock, utc_now
from regulars.platform.db import UnitOfWork
from regulars.platform.safe_http import AddressRefused, Answer, NoAnswer
from regulars.platform.sealing import BrokenSeal
from regulars.rule_engine.breaking import chain_words
from regulars.rule_engine.channels.base import Outgoing, Provider, SendFailed, Surroundings
from regulars.rule_engine.tables import run
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

    def prepare(self, uow: UnitOfWork, rows: Sequence[Any]) -> list[Mapping[str, Any]]:
        known = {key: find_webhook(uow, key) for key in {row.message for row in rows}}
        runs = sa.select(run.c.id, run.c.chain).where(run.c.id.in_([row.run for row in rows]))
        caused = {each.id: each.chain for each in uow.execute(runs)}
        return [
            _taken_along(
                known[row.message], chain_words(uow, [*caused.get(row.run, ()), row.rule])
            )
            for row in rows
        ]

    def send(self, outgoing: Outgoing, surroundings: Surroundings) -> str | None:
        kept = outgoing.prepared
        if not kept or surroundings.seal is None:
            raise SendFailed("no-webhook", permanent=True)
        try:
            secret = surroundings.seal.open(kept["secret"], place_of(kept["key"], kept["url"]))
        except BrokenSeal as broken:
            raise SendFailed("broken-seal", permanent=True) from broken
        body = outgoing.parts["text"].encode()
        headers = {
            **signed(secret, outgoing.key, body, self._clock()),
            **own_calls.marked(surroundings.seal, _chain_of(kept)),
        }
        try:
            answer = door_to(kept["url"], local=kept["local"]).post(kept["url"], body, headers)
        except AddressRefused as refused:
            raise SendFailed("address-refused", refused.code, permanent=True) from refused
        except NoAnswer as silence:
            raise SendFailed("no-answer", str(silence), permanent=False) from silence
        if _is_refusal_of_ours(answer):
            raise SendFailed(own_calls.CODE, _chain_of(kept), permanent=True)
        return _judge(answer)


def _taken_along(found: Any, chain: str) -> Mapping[str, Any]:
    """What a call needs of its webhook; nothing when that is gone."""
    if found is None:
        return {}
    return {
        "key": found.key, "url": found.url, "secret": found.secret, "local": found.local,
        "chain": chain,
    }  # fmt: skip


def _chain_of(kept: Mapping[str, Any]) -> str:
    """The rules that led to this call; the program's own key when somebody tries it."""
    return str(kept.get("chain") or kept["key"])


def _is_refusal_of_ours(answer: Answer) -> bool:
    """Whether the call has come back to this or another Regulars that knows it."""
    if answer.status != own_calls.STATUS:
        return False
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and told.get("code") == own_calls.CODE


def _judge(answer: Answer) -> str | None:
    if 200 <= answer.status < 300:
        return None
    again = answer.status >= 500 or answer.status in _AGAIN
    words = answer.body[:200].decode("utf-8", "replace")
    raise SendFailed("provider-refused", f"{answer.status} {words}", permanent=not again)
