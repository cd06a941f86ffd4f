"""What follows a person: rows outside of forms that are about a record of a form of people.

Messages, runs, consents and the like register a `PersonFollower` in `regulars.wiring`. Merging two
records, undoing that, and erasing somebody ask every follower to do its part in the same
transaction, so no builder has to know the tables of another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.registry import Registry

Counts = Mapping[str, int]
"""How much of what, for people: the words stand at ``people.follows.<name>``."""


@dataclass(frozen=True)
class Move:
    """What belongs to record ``drop`` of ``form`` goes to ``keep``; ``id`` is the merge's."""

    id: int
    form: str
    keep: int
    drop: int


class PersonFollower:
    """Base of every follower; a method that is not overridden does nothing.

    ``merge`` answers JSON that says enough for ``unmerge`` to take it back.
    """

    def refuse_busy(self, uow: UnitOfWork, form: str, records: list[int]) -> None:
        """Raise Conflict while something is being done with these people at this very moment."""

    def count(self, uow: UnitOfWork, form: str, record: int) -> Counts:
        """What this follower holds of a person."""
        return {}

    def merge(self, uow: UnitOfWork, access: Access, move: Move) -> Any:
        """Let what belongs to one record belong to the other."""
        return None

    def settle(self, uow: UnitOfWork, access: Access, move: Move) -> None:
        """The records are merged: bring right what is computed from them."""

    def unmerge(self, uow: UnitOfWork, access: Access, move: Move, moved: Any) -> None:
        """Give back what `merge` has moved and nobody has changed since."""

    def erase(self, uow: UnitOfWork, access: Access, form: str, record: int) -> Counts:
        """Forget the person; what must stay keeps nothing that leads to them."""
        return {}


person_followers: Registry[PersonFollower] = Registry("follower of people")


def moved_counts(uow: UnitOfWork, form: str, record: int) -> dict[str, int]:
    """What all followers hold of a person, without what there is nothing of."""
    found: dict[str, int] = {}
    for follower in person_followers:
        for name, n in follower.count(uow, form, record).items():
            if n:
                found[name] = found.get(name, 0) + n
    return found
