"""What a batch of runs leaves behind, written set-based at the end of its transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from regulars.platform.db import UnitOfWork
from regulars.platform.inserting import insert_missing, upsert
from regulars.platform.updating import update_each
from regulars.rule_engine.tables import message_link, outbound, run, run_step

RUN_COLUMNS = (
    "status", "outcome", "cursor", "wait_kind", "seen_event", "anchor_at", "meant_at", "context",
    "seq", "token", "attempts", "due_at", "reason", "finished_at", "iteration", "loops",
)  # fmt: skip
_TRACED = ("outcome", "output", "error", "attempts", "finished_at")


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
        update_each(uow, run, self.moves)
        self.messages, self.links, self.traces, self.moves = [], [], [], []
