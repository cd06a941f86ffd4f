"""One thing that must never be so, how it is looked for, and what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from regulars.platform.db import UnitOfWork

SHOWN = 10  # rows that are named; the others are counted
MOST = 1000  # rows that are read of what one look finds
SLACK = timedelta(minutes=2)  # how far apart the "now" of two transactions side by side may lie


@dataclass(frozen=True)
class Asked:
    """What is looked at. ``clock`` is the database's; ``uow.now`` is what "now" means."""

    uow: UnitOfWork
    clock: datetime

    def numbers(self, statement: sa.Select[Any]) -> list[int]:
        """The ids that a statement finds, `MOST` at most."""
        return list(self.uow.execute(statement.limit(MOST)).scalars())


@dataclass(frozen=True)
class Breach:
    """An invariant that does not hold: its name (``I4``), how often, and some of the rows."""

    invariant: str
    what: str
    n: int
    examples: tuple[int, ...]

    @property
    def code(self) -> str:
        """Its words stand at ``health.<code>``."""
        return f"invariant-{self.invariant.lower()}"


@dataclass(frozen=True)
class Look:
    """One question. ``find`` gives the ids of rows that break the invariant; none is good."""

    invariant: str
    what: str
    find: Callable[[Asked], Iterable[int]]

    def breach(self, asked: Asked) -> Breach | None:
        """What is wrong here, if anything is."""
        found = list(self.find(asked))
        if not found:
            return None
        return Breach(self.invariant, self.what, len(found), tuple(found[:SHOWN]))
