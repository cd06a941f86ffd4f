"""Links in messages: short addresses that note a click, and the one that says "no more of this".

The address holds a random token and nothing else; where it leads and whom it was sent to stand in
the workspace's store.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.accounts.access import system_access
from regulars.platform.addresses import absolute
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import NotFound
from regulars.platform.events import record_events
from regulars.platform.ids import new_token
from regulars.platform.privacy.consents import find_state, withdraw_consents
from regulars.platform.privacy.purposes import CHANNELS
from regulars.rule_engine.tables import message_link, outbound
from regulars.rule_engine.turns import turn

Extent = Literal["channel", "all"]

OPT_OUT_SOURCE = "opt_out_link"
_SECRET_BYTES = 9
_TOKEN = re.compile(r"(\d{1,12})-([A-Za-z0-9_-]{12})\Z")


@dataclass
class LinkWriter:
    """Makes the links of one message; ``rows`` are written together with it."""

    workspace_id: int
    message_key: str
    targets: Mapping[str, str]
    rows: list[dict[str, Any]] = field(default_factory=list)

    def to(self, name: str) -> str | None:
        """The short address of a named link, None when the message has no such link."""
        target = self.targets.get(name)
        return None if target is None else absolute(f"/r/{self._token('link', name, target)}")

    def opt_out(self) -> str:
        """Where the person says that they want no more of this."""
        return absolute(f"/o/{self._token('opt_out', '', None)}")

    def opened(self) -> str:
        """The picture whose being fetched says that a mail was opened."""
        return absolute(f"/p/{self._token('open', '', None)}")

    def _token(self, kind: str, name: str, url: str | None) -> str:
        for row in self.rows:
            if (row["kind"], row["name"]) == (kind, name):
                return str(row["token"])
        token = f"{self.workspace_id}-{new_token(_SECRET_BYTES)}"
        self.rows.append({
            "token": token, "outbound_key": self.message_key, "kind": kind, "name": name,
            "url": url, "clicks": 0,
        })  # fmt: skip
        return token


@dataclass(frozen=True)
class OptOut:
    """What an opt-out link is about, and whether its owner has said so already."""

    form: str
    record: int
    purpose: str
    channel: str
    locale: str
    is_done: bool


def workspace_id_of(token: str) -> int | None:
    """The workspace a token belongs to; None when it cannot be one of ours."""
    found = _TOKEN.fullmatch(token)
    return int(found[1]) if found else None


def follow(uow: UnitOfWork, token: str) -> str:
    """Note a click and answer where the link leads. NotFound for any other token.

    The first click of a message is an event that rules may wait for.
    """
    link, message = _find(uow, token, "link")
    uow.execute(
        message_link.update()
        .where(message_link.c.token == token)
        .values(
            clicks=message_link.c.clicks + 1,
            first_clicked_at=sa.func.coalesce(
                message_link.c.first_clicked_at, sa.literal(uow.now, columns.Instant)
            ),
            last_clicked_at=uow.now,
        )
    )
    first = uow.execute(
        outbound.update()
        .where(outbound.c.id == message.id, outbound.c.clicked_at.is_(None))
        .values(clicked_at=uow.now)
    )
    if first.rowcount:
        record_events(uow, [turn(uow, message, "message_clicked", link=link.name)])
    return str(link.url)


def note_opening(uow: UnitOfWork, token: str) -> None:
    """Note that a mail was opened, the first time only. NotFound for any other token.

    That is an event that rules may wait for.
    """
    _link, message = _find(uow, token, "open")
    first = uow.execute(
        outbound.update()
        .where(outbound.c.id == message.id, outbound.c.opened_at.is_(None))
        .values(opened_at=uow.now)
    )
    if first.rowcount:
        record_events(uow, [turn(uow, message, "message_opened")])


def read_opt_out(uow: UnitOfWork, token: str) -> OptOut:
    """What an opt-out link is about. NotFound for any other token; looking changes nothing."""
    _link, message = _find(uow, token, "opt_out")
    said = find_state(uow, message.form, message.record, message.purpose, message.channel)
    return OptOut(
        message.form, message.record, message.purpose, message.channel, message.locale,
        said is False,
    )  # fmt: skip


def opt_out(uow: UnitOfWork, token: str, extent: Extent = "channel") -> OptOut:
    """Withdraw the consent a message was sent under, for its channel or for every channel."""
    asked = read_opt_out(uow, token)
    channels = CHANNELS if extent == "all" else (asked.channel,)
    keys = [(asked.form, asked.record, asked.purpose, channel) for channel in channels]
    withdraw_consents(uow, system_access(uow.workspace.locale), keys, OPT_OUT_SOURCE)
    return read_opt_out(uow, token)


def _find(uow: UnitOfWork, token: str, kind: str) -> tuple[Any, Any]:
    link = uow.execute(
        message_link.select().where(message_link.c.token == token, message_link.c.kind == kind)
    ).first()
    message = None
    if link is not None:
        message = uow.execute(
            outbound.select().where(outbound.c.idempotency_key == link.outbound_key)
        ).first()
    if message is None:
        raise NotFound("dead-link")
    return link, message
