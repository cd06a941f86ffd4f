"""What a batch of runs leaves behind, written set-based at the end of its transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from regulars.platform.bulk import ForEach
from regulars.platform.db import UnitOfWork
from regulars.platform.inserting import insert_missing, upsert
from regulars.rule_engine.tables import message_link, outbound, run, run_step

RUN_COLUMNS = (
    "status", "outcome", "cursor", "wait_kind", "seen_event", "anchor_at", "meant_at", "context",
    "seq", "token", "attempts", "due_at", "reason", "finished_at", "iteration", "loops",
)  # fmt: skip
_TRACED = ("outcome", "output", "error", "attempts", "finished_at")
_GIVEN = {name: sa.bindparam(f"v_{name}", type_=run.c[name].type) for name in RUN_COLUMNS}
_MOVE = ForEach(
    lambda _dialect: (
        run.update()
        .where(run.c.id == sa.bindparam("b_id"), run.c.token == sa.bindparam("b_token"))
        .values(_GIVEN)
    )
)


@dataclass
class Effects:
    """Rows on their way: messages and their links, lines of traces, where runs stand now."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)
    traces: list[dict[str, Any]] = field(default_factory=list)
    moves: list[dict[str, Any]] = field(default_factory=list)

    def move(self, run_id: int, token: str | None, values: dict[str, Any]) -> None:
        """Where a run stands; every column of `RUN_COLUMNS` is given."""
        given = {f"v_{name}": values[name] for name in RUN_COLUMNS}
        self.moves.append({"b_id": run_id, "b_token": token, **given})

    @contextmanager
    def undone_on_error(self) -> Iterator[None]:
        """Forget what was added inside when it ends with an error."""
        collected = (self.messages, self.links, self.traces, self.moves)
        known = [len(rows) for rows in collected]
        try:
            yield
        except BaseException:
            for rows, n in zip(collected, known, strict=True):
                del rows[n:]
            raise

    def write(self, uow: UnitOfWork) -> None:
        """Write everything and be empty again."""
        insert_missing(uow, outbound, self.messages)
        insert_missing(uow, message_link, self.links)
        with_input = [row for row in self.traces if row["input"] is not None]
        upsert(uow, run_step, with_input, (*_TRACED, "input"))
        without = [row for row in self.traces if row["input"] is None]
        upsert(uow, run_step, without, _TRACED)
        _MOVE.run(uow, self.moves)
        self.messages, self.links, self.traces, self.moves = [], [], [], []
