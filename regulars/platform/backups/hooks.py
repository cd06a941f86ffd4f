"""What the parts of the product add to backups; `wiring` fills these registries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa

from regulars.platform.db import UnitOfWork
from regulars.platform.registry import Registry


@dataclass(frozen=True)
class Came:
    """What a restore brought. ``kept`` is the hook's own, None where there was no store before;
    ``last_ids`` are the highest numbers that sequences had given out, by table, where known.
    """

    made_at: datetime
    kept: Any = None
    last_ids: Mapping[str, int] = field(default_factory=dict)


class AfterRestore(Protocol):
    """What has to be put right in a store that has just been filled from an older moment."""

    def keep(self, uow: UnitOfWork) -> Any:
        """What must survive of the store as it is now; called before it is emptied."""

    def settle(self, uow: UnitOfWork, came: Came) -> None:
        """Put the restored store right."""


class HeldWork(Protocol):
    """Work that waits behind the brake, for an owner to decide about."""

    def count(self, uow: UnitOfWork) -> int:
        """How much there is."""

    def drop(self, uow: UnitOfWork, actor: str) -> int:
        """Let it never happen; how much it was."""


RecordTables = Callable[[UnitOfWork], Iterable[sa.Table]]
"""The tables a part makes at run time, with the types that SQLite does not remember."""

after_restore: Registry[AfterRestore] = Registry("after-restore hook")
held_work: Registry[HeldWork] = Registry("kind of held work")
record_tables: Registry[RecordTables] = Registry("source of record tables")
