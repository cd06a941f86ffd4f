"""What providers with an account have in common: it is looked up, opened, and used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from regulars.platform.clock import Clock, utc_now
from regulars.platform.db import UnitOfWork
from regulars.platform.safe_http import Door
from regulars.rule_engine.channels.accounts import (
    Account,
    account_for,
    find_account,
    prepared_from,
)
from regulars.rule_engine.channels.base import Outgoing, Provider, Surroundings


class AccountProvider(Provider):
    """A provider that is set up with `fields`. ``origin`` replaces its address in tests."""

    origin = ""

    def __init__(
        self, origin: str | None = None, door: Door | None = None, clock: Clock = utc_now
    ) -> None:
        if origin is not None:
            self.origin = origin
        self._door = door
        self._clock = clock

    def is_ready(self, surroundings: Surroundings) -> bool:
        return surroundings.seal is not None

    def prepare(self, uow: UnitOfWork, rows: Sequence[Any]) -> list[Mapping[str, Any]]:
        keys = [row.address if self.staff else self.name for row in rows]
        known = {key: prepared_from(find_account(uow, key)) for key in set(keys)}
        return [
            {**known[key], "message": row.message} if known[key] else {}
            for key, row in zip(keys, rows, strict=True)
        ]

    def send(self, outgoing: Outgoing, surroundings: Surroundings) -> str | None:
        account = account_for(self, outgoing.prepared, surroundings)
        return self.deliver(outgoing, account)

    def deliver(self, outgoing: Outgoing, account: Account) -> str | None:
        """Hand over through this account; the provider's own id."""
        raise NotImplementedError

    def door(self, account: Account) -> Door:
        """What may be called."""
        return self._door or Door()
