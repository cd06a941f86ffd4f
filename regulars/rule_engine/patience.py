"""Trying again where two workers got in each other's way: deadlocks, lock and snapshot clashes.

Only whole transactions are tried again, and everything they do is keyed, so a repeat adds nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa

from regulars.platform.errors import Busy

TRIES = 4
_REST_SECONDS = 0.05
_CLASHES = frozenset({"40P01", "40001", "55P03"})  # deadlock, serialization, lock not available

T = TypeVar("T")

log = logging.getLogger(__name__)


def patiently(work: Callable[[], T]) -> T:
    """The answer of ``work``, tried a few times when another transaction was in the way."""
    for attempt in range(1, TRIES):
        try:
            return work()
        except (sa.exc.OperationalError, Busy) as error:
            if not is_clash(error):
                raise
            log.info("Another transaction was in the way; try %s of %s.", attempt + 1, TRIES)
            time.sleep(_REST_SECONDS * attempt)
    return work()


def is_clash(error: sa.exc.OperationalError | Busy) -> bool:
    """Whether a statement failed only because of what somebody else did at the same time."""
    if isinstance(error, Busy):
        return True
    if getattr(error.orig, "sqlstate", None) in _CLASHES:
        return True
    return "database is locked" in str(error.orig)


def is_about_the_store(error: Exception) -> bool:
    """Whether the store or the line to it failed, which no run, step or event is to blame for.

    A line that a pooler hangs up on comes from the driver as an error of another kind.
    """
    if isinstance(error, sa.exc.OperationalError):
        return True
    return isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated
