"""What a provider declares and does. It is called outside of any transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from regulars.platform.mailer import Mailer
from regulars.platform.registry import Registry

DEFAULT_PROVIDER = "outbox"


@dataclass(frozen=True)
class Outgoing:
    """One message to one person. ``key`` is the same however often this message is tried."""

    key: str
    channel: str
    address: str
    parts: Mapping[str, str]
    locale: str


@dataclass(frozen=True)
class Surroundings:
    """What providers need from the process they run in."""

    mailer: Mailer | None = None


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

    ``leaves_house``: a person really gets something.
    """

    name: ClassVar[str]
    channels: ClassVar[frozenset[str]]
    repeatable: ClassVar[bool] = False
    leaves_house: ClassVar[bool] = True

    def is_ready(self, surroundings: Surroundings) -> bool:
        """Whether this process can use it."""
        return True

    def send(self, outgoing: Outgoing, surroundings: Surroundings) -> str | None:
        """Hand over; the provider's own id. Raises SendFailed or SendUnknown."""
        raise NotImplementedError


providers: Registry[Provider] = Registry("provider")
