"""What a provider declares and does. It is called outside of any transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from regulars.platform.db import UnitOfWork
from regulars.platform.mailer import Mailer
from regulars.platform.registry import Registry
from regulars.platform.sealing import Seal
from regulars.rule_engine.channels.settings import Setting

DEFAULT_PROVIDER = "outbox"


@dataclass(frozen=True)
class Outgoing:
    """One message to one person. ``key`` is the same however often this message is tried.

    ``prepared`` is what the provider has looked up for it (`Provider.prepare`); ``merged`` are
    the values merged into a short message, by name, in the order they stand in.
    """

    key: str
    channel: str
    address: str
    parts: Mapping[str, str]
    locale: str
    prepared: Mapping[str, Any] = field(default_factory=dict)
    merged: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Surroundings:
    """What providers need from the process they run in."""

    mailer: Mailer | None = None
    seal: Seal | None = None


class SendFailed(Exception):
    """The provider did not take the message. ``code`` has words at ``messages.reason.<code>``.

    ``retry_after``: it asked to be left alone so long. ``trip``: the next message would fare no
    better, until somebody mends something.
    """

    def __init__(
        self, code: str, detail: str = "", *, permanent: bool,
        retry_after: timedelta | None = None, trip: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(detail or code)
        self.code = code
        self.detail = detail
        self.permanent = permanent
        self.retry_after = retry_after
        self.trip = trip


class SendUnknown(Exception):
    """Nobody can say whether the message left; it must not be sent again unasked."""


@dataclass(frozen=True)
class Inbound:
    """What a provider has sent us: a receipt or an answer, as it came over HTTP."""

    url: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    form: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Receipt:
    """A later word about one message: by the provider's own id, or by our key."""

    provider_id: str | None
    key: str | None
    delivered: bool
    detail: str = ""


@dataclass(frozen=True)
class Answered:
    """What a person wrote back; ``key`` is the provider's name of it."""

    address: str
    text: str
    key: str | None = None


@dataclass(frozen=True)
class Heard:
    """What an inbound call said, and the answer its sender expects."""

    receipts: Sequence[Receipt] = ()
    answers: Sequence[Answered] = ()
    reply: str = "{}"
    content_type: str = "application/json"


@dataclass(frozen=True)
class Fate:
    """What a provider, asked, knows of a message: it left; ``delivered`` None: no receipt yet."""

    delivered: bool | None
    provider_id: str | None = None
    detail: str = ""


class Refused(Exception):
    """An inbound call that is not what it says it is."""


class Provider:
    """One way out. ``repeatable``: sending the same key twice has no second effect.

    ``leaves_house``: a person really gets something. ``at_once``: so many calls side by side.
    ``fields`` are its settings; without any there is nothing to set up. ``receipts`` and
    ``answers``: what it tells later. ``part_sizes``: how it counts the parts of a short message
    where it counts every text alike. ``staff``: for groups of the shop's own people, each with an
    account of its own.
    """

    name: ClassVar[str]
    channels: ClassVar[frozenset[str]]
    repeatable: ClassVar[bool] = False
    leaves_house: ClassVar[bool] = True
    at_once: ClassVar[int] = 1
    fields: ClassVar[tuple[Setting, ...]] = ()
    receipts: ClassVar[bool] = False
    answers: ClassVar[bool] = False
    part_sizes: ClassVar[tuple[int, int] | None] = None
    staff: ClassVar[bool] = False
    account_optional: ClassVar[bool] = False  # the installation may have one for everybody
    by_address: ClassVar[bool] = False  # each address is a way of its own
    can_be_asked: ClassVar[bool] = False  # what became of a message, by our key

    def is_ready(self, surroundings: Surroundings) -> bool:
        """Whether this process can use it."""
        return True

    def repeats(self, settings: Mapping[str, Any]) -> bool:
        """Whether, set up like this, the same key twice has no second effect."""
        return self.repeatable

    def prepare(self, uow: UnitOfWork, rows: Sequence[Any]) -> list[Mapping[str, Any]]:
        """What sending each of these messages needs from the store; asked before the transaction
        ends."""
        return [{} for _row in rows]

    def send(self, outgoing: Outgoing, surroundings: Surroundings) -> str | None:
        """Hand over; the provider's own id. Raises SendFailed or SendUnknown."""
        raise NotImplementedError

    def ask(
        self, outgoing: Outgoing, sent_at: datetime, surroundings: Surroundings
    ) -> Fate | None:
        """What became of a message handed over about then; None when nothing is known of it.

        Not to be found is no proof that it did not leave. Raises SendFailed or SendUnknown when
        the question is not answered.
        """
        return None

    def hear(
        self, inbound: Inbound, settings: Mapping[str, Any], secrets: Mapping[str, str]
    ) -> Heard:
        """Understand an inbound call. Raises Refused when it cannot be trusted or read."""
        raise Refused("This provider tells nothing.")

    def way(self, address: str | None) -> str:
        """The name of the circuit that a message to this address goes through."""
        return f"{self.name}:{address}" if self.by_address else self.name


providers: Registry[Provider] = Registry("provider")


def all_channels() -> list[str]:
    """Every channel that somebody serves."""
    return sorted({channel for provider in providers for channel in provider.channels})
