"""Writers and a form that changes under them.

On PostgreSQL a writer may have read the definitions before a change of type was published and
reach the table after it. Every writer holds a shared lock on its form and looks again; the change
takes the lock alone. On SQLite there is one writer at a time anyway.
"""

from __future__ import annotations

import zlib
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import NUMBER, is_current
from regulars.platform.errors import Overtaken
from regulars.platform.prepared import last_value


def hold_form(uow: UnitOfWork, form: str) -> None:
    """A writer's share of the form until its transaction ends; Overtaken when it changed."""
    if uow.dialect != "postgresql" or form in uow.memo.setdefault("held-forms", set()):
        return
    number = last_value(uow.connection, _message(_number(uow, form), uow.connection.dialect))
    uow.memo["held-forms"].add(form)
    if not is_current(uow, number or 0):
        raise Overtaken


@lru_cache(maxsize=1000)
def _message(number: int, dialect: Dialect) -> str:
    """First the lock, then the number of the definitions as it stands once the lock is held."""
    shared = sa.select(sa.func.pg_advisory_xact_lock_shared(sa.literal(number, sa.BigInteger)))
    spelled = {"literal_binds": True}
    parts = [each.compile(dialect=dialect, compile_kwargs=spelled) for each in (shared, NUMBER)]
    return "; ".join(map(str, parts))


def hold_writers(uow: UnitOfWork, form: str) -> None:
    """Wait for the writers of a form to finish, and let none begin."""
    if uow.dialect == "postgresql":
        uow.execute(sa.select(sa.func.pg_advisory_xact_lock(_number(uow, form))))


def _number(uow: UnitOfWork, form: str) -> int:
    return zlib.crc32(f"form:{uow.workspace.store}:{form}".encode())
