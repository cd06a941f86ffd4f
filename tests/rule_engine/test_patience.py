import sqlite3

import pytest
import sqlalchemy as sa

from regulars.rule_engine.patience import TRIES, is_clash, patiently


class Deadlock(Exception):
    sqlstate = "40P01"


def failing(*errors: Exception) -> tuple[list[int], object]:
    calls: list[int] = []
    left = list(errors)

    def work() -> str:
        calls.append(1)
        if left:
            raise left.pop(0)
        return "done"

    return calls, work


def wrapped(orig: Exception) -> sa.exc.OperationalError:
    return sa.exc.OperationalError("UPDATE run", {}, orig)


LOCKED = sqlite3.OperationalError("database is locked")
FULL = sqlite3.OperationalError("database or disk is full")


@pytest.mark.parametrize("orig", [Deadlock(), LOCKED])
def test_a_clash_is_tried_again(orig: Exception) -> None:
    calls, work = failing(wrapped(orig), wrapped(orig))
    assert patiently(work) == "done"  # type: ignore[arg-type]
    assert len(calls) == 3


def test_patience_ends() -> None:
    calls, work = failing(*[wrapped(Deadlock())] * 9)
    with pytest.raises(sa.exc.OperationalError):
        patiently(work)  # type: ignore[arg-type]
    assert len(calls) == TRIES


def test_a_full_disk_is_no_clash() -> None:
    calls, work = failing(wrapped(FULL))
    with pytest.raises(sa.exc.OperationalError):
        patiently(work)  # type: ignore[arg-type]
    assert len(calls) == 1
    assert not is_clash(wrapped(FULL))
