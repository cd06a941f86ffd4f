"""The brake of one workspace: while it is on, no rule runs there and nothing is sent.

It stands in the workspace's own store, so a restore sets it in the same transaction that brings
the old records back: no message leaves in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from regulars.platform.db import UnitOfWork
from regulars.platform.store_notes import read_note, remove_note, write_note

_NAME = "hold"


@dataclass(frozen=True)
class Hold:
    """Why the brake is on, since when, and who has put it on.

    ``reason`` is ``restored`` (then ``as_of`` is when the backup was made), or a person's own
    words; ``by`` is that person, empty for the system.
    """

    reason: str
    since: datetime
    as_of: datetime | None = None
    by: str = ""

    @property
    def is_restore(self) -> bool:
        """Whether a restore has put it on."""
        return self.as_of is not None


def find_hold(uow: UnitOfWork) -> Hold | None:
    """The brake of this workspace, or None while it is off."""
    value = read_note(uow.connection, _NAME)
    if value is None:
        return None
    as_of = value.get("as_of")
    since = datetime.fromisoformat(value["since"])
    made = datetime.fromisoformat(as_of) if as_of else None
    return Hold(value["reason"], since, made, value.get("by", ""))


def place_hold(
    uow: UnitOfWork, reason: str, *, as_of: datetime | None = None, by: str = ""
) -> None:
    """Put the brake on; takes effect with this commit, on every worker."""
    value = {"reason": reason, "since": uow.now.isoformat(), "by": by}
    if as_of is not None:
        value["as_of"] = as_of.isoformat()
    write_note(uow.connection, _NAME, value, now=uow.now)


def lift_hold(uow: UnitOfWork) -> bool:
    """Take the brake off; False when it was not on."""
    return remove_note(uow.connection, _NAME)
