"""What a page of a public form carries so that only such a page can send it, once and in time.

A ticket says when its page was made and holds a name of its own; both are signed for one link. It
proves a page, not a person. Files that were handed in are named by it, so that nobody can claim
another visitor's. Pure.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from regulars.platform.ids import new_token

SOONEST = timedelta(seconds=2)
"""Nobody fills in a form faster than this."""
LATEST = timedelta(hours=24)
_NONCE = 12  # bytes


@dataclass(frozen=True)
class Ticket:
    """When a page was made, and its name; ``text`` is what the page sends back."""

    made_at: datetime
    nonce: str
    text: str

    def age(self, now: datetime) -> timedelta:
        """How long somebody has had the page."""
        return now - self.made_at


def new_ticket(keys: Sequence[str], link: str, now: datetime) -> Ticket:
    """A ticket for a page of this link, signed with the newest key."""
    stamp, nonce = str(int(now.timestamp())), new_token(_NONCE)
    return Ticket(now, nonce, f"{stamp}.{nonce}.{_mac(keys[0], 'page', link, stamp, nonce)}")


def read_ticket(keys: Sequence[str], link: str, text: str) -> Ticket | None:
    """The ticket of this text; None when it was not made here for this link."""
    stamp, _, rest = text.partition(".")
    nonce, _, mac = rest.partition(".")
    if not _is_genuine(keys, mac, "page", link, stamp, nonce):
        return None
    return Ticket(datetime.fromtimestamp(int(stamp), UTC), nonce, text)


def sign(keys: Sequence[str], ticket: Ticket, what: str) -> str:
    """``what`` (the number of a file) as only the page of this ticket may name it."""
    return f"{what}.{_mac(keys[0], 'part', ticket.nonce, what)}"


def signed(keys: Sequence[str], ticket: Ticket, text: str) -> str | None:
    """What was signed for this ticket; None for anything else."""
    what, _, mac = text.partition(".")
    return what if _is_genuine(keys, mac, "part", ticket.nonce, what) else None


def receipt(keys: Sequence[str], link: str, nonce: str) -> str:
    """Where the thanks for a page that was sent are read; only for who sent it."""
    return f"{nonce}.{_mac(keys[0], 'receipt', link, nonce)}"


def read_receipt(keys: Sequence[str], link: str, text: str) -> str | None:
    """The name of the page that a receipt is for; None for anything else."""
    nonce, _, mac = text.partition(".")
    return nonce if _is_genuine(keys, mac, "receipt", link, nonce) else None


def phone_mark(keys: Sequence[str], workspace: int, number: str) -> str:
    """A telephone number as it is counted: nobody without our key can tell whose it is.

    It is made with the oldest key that is known, so that a change of keys forgets nobody.
    """
    return _mac(keys[-1], "phone", str(workspace), number)


def _is_genuine(keys: Sequence[str], mac: str, *parts: str) -> bool:
    given = mac.encode("utf-8", "replace")
    return any(hmac.compare_digest(given, _mac(key, *parts).encode()) for key in keys)


def _mac(key: str, *parts: str) -> str:
    message = "\0".join(("public form", *parts))
    return hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest()[:40]
