"""Who looks on while definitions are published, and may ask whether that is really meant.

A watch is told before anything is written which kinds change, and gives back what looks at the
outcome. What it finds is raised as `WouldBreak`: the transaction ends there, and the publisher may
do the same again with `accept`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from regulars.platform.errors import Conflict
from regulars.platform.registry import Registry

if TYPE_CHECKING:
    from regulars.platform.accounts.access import Access
    from regulars.platform.db import UnitOfWork

Look = Callable[[], None]
Watch = Callable[["UnitOfWork", "Access", frozenset[str]], Look]
publish_watches: Registry[Watch] = Registry("watch over publishing")

HEADER, FIELD = "Accept-Broken-Cases", "accept_broken_cases"
"""How a program and a page say that they mean it."""
_ACCEPTED = "accepted-breaks"


class WouldBreak(Conflict):
    """Publishing would break what somebody asked to be kept so; nothing was done.

    ``sentences`` say what, each on its own.
    """

    status, code = 409, "breaks-access-cases"

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__(n=len(sentences), cases=list(sentences))
        self.sentences = tuple(sentences)
        self.details = {"cases": list(sentences)}


def accept(uow: UnitOfWork) -> None:
    """Whoever publishes in this transaction knows what breaks, and means it."""
    uow.memo[_ACCEPTED] = True


def is_accepted(uow: UnitOfWork) -> bool:
    """Whether they said so."""
    return bool(uow.memo.get(_ACCEPTED))


def begin(uow: UnitOfWork, access: Access, kinds: Iterable[str]) -> list[Look]:
    """What to ask once these kinds are published."""
    changed = frozenset(kinds)
    return [watch(uow, access, changed) for watch in publish_watches] if changed else []
