"""A shop whose logs have grown long, and how much a store has to look at to answer a question."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine as AnyEngine

from regulars.form_builder.history import history
from regulars.platform.accounts.audit import audit
from regulars.platform.accounts.tables import security_entry
from regulars.platform.db import UnitOfWork
from regulars.platform.events import event
from regulars.rule_engine.tables import decision, hook_call, message_link, outbound, run, run_step
from tests.support.rule_shop import RuleShop

LONG = (history, event, audit, decision, run, run_step, outbound, message_link, hook_call)
STRANGER = -900_000_000  # from here on the ids of filling rows: they were there before
EVERY = 1000  # steps of SQLite's machine between two counts


def lengthen(shop: RuleShop, n: int, start: int) -> None:
    """Add ``n`` rows to every log, about other people, made from the ones that are there."""
    with shop.work() as uow:
        for table in LONG:
            like = dict(uow.execute(table.select().limit(1)).mappings().one())
            _repeat(uow, table, like, n, start)
    with shop.database.main_tx() as connection:
        one = connection.execute(security_entry.select().limit(1)).mappings().one()
        rows = [{**one, "id": STRANGER + start + k} for k in range(n)]
        connection.execute(security_entry.insert(), rows)


def _repeat(uow: UnitOfWork, table: sa.Table, like: dict[str, Any], n: int, start: int) -> None:
    ids = [STRANGER + start + k for k in range(n)]
    told: dict[str, Callable[[int], Any]] = {
        "id": lambda i: i, "record": lambda i: i, "run": lambda i: i,
        "entry_key": str, "dedupe_key": lambda i: None, "idempotency_key": str, "token": str,
        "message": str if table is hook_call else lambda i: like.get("message"),
    }  # fmt: skip
    if table in (run, outbound):
        told["token"] = lambda i: None
    old = {
        name: like[name] - timedelta(days=30)
        for name in ("at", "created_at", "sending_at", "finished_at", "started_at", "processed_at")
        if like.get(name) is not None
    }
    changes = {name: make for name, make in told.items() if name in table.c}
    rows = [{**like, **old, **{name: make(i) for name, make in changes.items()}} for i in ids]
    uow.connection.execute(table.insert(), rows)


@dataclass
class Looked:
    """What answering took: steps of SQLite's machine in thousands, or tables read as a whole."""

    steps: int = 0
    scanned: tuple[str, ...] = ()


@contextmanager
def looking(shop: RuleShop) -> Iterator[Looked]:
    """Count what the statements inside make the store look at."""
    found = Looked()
    if shop.database.is_sqlite:
        with _counted(found):
            yield found
        return
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, given: Any, *_more: Any) -> None:
        if statement.lstrip().startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            asked.append((statement, given))

    sa.event.listen(AnyEngine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        sa.event.remove(AnyEngine, "before_cursor_execute", note)
    found.scanned = tuple(sorted(_scanned(shop, asked)))


@contextmanager
def _counted(found: Looked) -> Iterator[None]:
    def tick() -> None:
        found.steps += 1

    def watch(connection: Any, _record: Any, _proxy: Any) -> None:
        connection.set_progress_handler(tick, EVERY)

    def leave(connection: Any, _record: Any) -> None:
        connection.set_progress_handler(None, 0)

    sa.event.listen(sa.pool.Pool, "checkout", watch)
    sa.event.listen(sa.pool.Pool, "checkin", leave)
    try:
        yield
    finally:
        sa.event.remove(sa.pool.Pool, "checkout", watch)
        sa.event.remove(sa.pool.Pool, "checkin", leave)


def _scanned(shop: RuleShop, asked: list[tuple[str, Any]]) -> set[str]:
    """Long tables that a plan reads from one end to the other though it need not."""
    found: set[str] = set()
    names = {table.name for table in LONG}
    with shop.work() as uow:
        uow.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for statement, given in asked:
            if any(name in statement for name in names):
                plan = uow.connection.exec_driver_sql(f"EXPLAIN {statement}", given).scalars()
                found.update(
                    name for line in plan for name in names
                    if f"Seq Scan on {name} " in line or line.endswith(f"Seq Scan on {name}")
                )  # fmt: skip
    return found
