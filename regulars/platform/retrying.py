"""Work that only lost a race is done again from its start: deadlocks, doubled unique values.

PostgreSQL ends one of two transactions that wait for each other, and the second of two that
insert the same unique value; a form may change under a writer. Neither is anybody's mistake: run
again, the work sees what the other one committed and either goes through or says what is in the
way.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.errors import Overtaken

ATTEMPTS = 6
_LONGEST_PAUSE = 0.2  # seconds
_LOST = frozenset({
    "40001",  # serialization_failure
    "40P01",  # deadlock_detected
    "55P03",  # lock_not_available
    "23505",  # unique_violation
})  # fmt: skip

T = TypeVar("T")


def lost_race(error: BaseException) -> bool:
    """Whether another transaction got in the way, so that a second try may succeed."""
    orig = getattr(error, "orig", None)
    return isinstance(error, Overtaken) or getattr(orig, "sqlstate", None) in _LOST


def in_transaction(
    database: Database, workspace: Workspace, work: Callable[[UnitOfWork], T], *,
    write: bool = True, now: datetime | None = None, again: Callable[[], None] | None = None,
) -> T:  # fmt: skip
    """``work(uow)`` in a transaction of its own, up to `ATTEMPTS` times while it loses races.

    ``again`` is called before each new attempt, to put back what the first one used up.
    """
    for attempt in range(ATTEMPTS):
        try:
            with database.workspace_tx(workspace, write=write, now=now) as uow:
                return work(uow)
        except (DBAPIError, Overtaken) as error:
            if attempt == ATTEMPTS - 1 or not lost_race(error):
                raise
        time.sleep(random.uniform(0.002, _LONGEST_PAUSE * (attempt + 1) / ATTEMPTS))  # noqa: S311
        if again is not None:
            again()
    raise AssertionError("unreachable")
