"""A read that takes too long is given up, and the transaction is none the worse for it."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from regulars.platform.db import Database, Workspace
from regulars.platform.store_notes import read_note, write_note
from regulars.platform.time_limits import OutOfTime, TimeLimit


def counting_to(last: int) -> sa.Select[Any]:
    """Counts in the database itself, one by one."""
    numbers = sa.select(sa.literal(1, sa.BigInteger).label("n")).cte(recursive=True)
    numbers = numbers.union_all(sa.select(numbers.c.n + 1).where(numbers.c.n < last))
    return sa.select(sa.func.count()).select_from(numbers)


def test_a_read_is_given_up_when_its_time_is_over(
    database: Database, workspace: Workspace
) -> None:
    with database.workspace_tx(workspace) as uow:
        write_note(uow.connection, "canary", 1, now=uow.now)
        with pytest.raises(OutOfTime):
            TimeLimit(0.05).scalar(uow, counting_to(10**11))
        assert uow.scalar(counting_to(30_000)) == 30_000  # the limit is gone with its read
        assert TimeLimit(60).scalar(uow, counting_to(30_000)) == 30_000
    with database.workspace_tx(workspace, write=False) as uow:
        assert read_note(uow.connection, "canary") == 1


def test_what_is_over_is_not_begun(database: Database, workspace: Workspace) -> None:
    ticks = iter([0.0, 1.0, 2.5, 2.5])
    limit = TimeLimit(2, lambda: next(ticks))
    assert limit.left == 1.0
    with database.workspace_tx(workspace, write=False) as uow, pytest.raises(OutOfTime):
        limit.scalar(uow, counting_to(1))


def test_another_error_stays_what_it_is(database: Database, workspace: Workspace) -> None:
    with database.workspace_tx(workspace, write=False) as uow, pytest.raises(DBAPIError):
        TimeLimit(60).rows(uow, sa.select(sa.column("x")).select_from(sa.table("nowhere")))
