"""What a provider declares and does. It is called outside of any transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from regulars.platform.db import UnitOfWork
from regulars.platform.mailer import Mailer
from regulars.platform.registry import Registry
from regulars.platform.sealing import Seal

DEFAULT_PROVIDER = "outbox"


@dataclass(frozen=True)
class Outgoing:
    """One message to one person. ``key`` is the same however often this message is tried.

    ``prepared`` is what the provider has looked up for it (`Provider.prepare`).
    """

    key: str
    channel: str
    address: str
    parts: Mapping[str, str]
    locale: str
    prepared: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Surroundings:
    """What providers need from the process they run in."""

    mailer: Mailer | None = None
    seal: Seal | None = None


class SendFailed(Exception):
    """The provider did not take the message. ``code`` has words at ``messages.reason.<code>``."""

    def __init__(self, code: str, detail: str = "", *, permanent: bool) -> None:
        super().__init__(detail or code)
        self.code = code
        self.detail = detail
        self.permanent = permanent


class SendUnknown(Exception):
    """Nobody can say whether the message left; it must not be sent again unasked."""


class Provider:
    """One way out. ``repeatable``: sending the same key twice has no second effect.

    ``leaves_house``: a person really gets something. ``at_once``: so many calls side by side.
    """

    name: ClassVar[str]
    channels: ClassVar[frozenset[str]]
    repeatable: ClassVar[bool] = False
    leaves_house: ClassVar[bool] = True
    at_once: ClassVar[int] = 1

    def is_ready(self, surroundings: Surroundings) -> bool:
        """Whether this process can use it."""
        return True

    def prepare(self, uow: UnitOfWork, row: Any) -> Mapping[str, Any]:
        """What sending this message needs from the store; asked before the transaction ends."""
        return {}

    def send(self, outgoing: Outgoing, surroundings: Surroundings) -> str | None:
        """Hand over; the provider's own id. Raises SendFailed or SendUnknown."""
        raise NotImplementedError


providers: Registry[Provider] = Registry("provider")
