"""Sending beside the work of rules: each way out has a thread of its own in a worker.

A receiver that takes its time holds up what goes to itself and nothing else: neither the steps of
rules nor what leaves another way.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Self

from regulars.platform.db import Workspace
from regulars.rule_engine.sender import Lane

MOST_AT_ONCE = 16  # ways of all workspaces that one worker sends along side by side
MOMENT = 0.05  # seconds

Named = tuple[int, str]

log = logging.getLogger(__name__)


class Lanes:
    """The lanes that are under way in this process. ``send`` does one batch; how many it took."""

    def __init__(self, send: Callable[[Workspace, Lane], int]) -> None:
        self._send = send
        self._pool = ThreadPoolExecutor(MOST_AT_ONCE, "lane")
        self._under_way: dict[Named, Future[int]] = {}
        self._blocked: set[Named] = set()
        self._wanted: set[Named] = set()  # asked for while under way: may have come too late
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        """Wait for the calls in hand: nobody else could say how they ended."""
        self.close()
        self._pool.shutdown(wait=True)

    def close(self) -> None:
        """Begin no further batch."""
        self._is_closed = True

    def start(self, workspace: Workspace, lane: Lane) -> bool:
        """Send along a lane until it is empty; False when it is under way, or leads nowhere now.

        One that was due and had nothing to take (its way rests) is left for the next doorbell, as
        is one that broke off.
        """
        name = (workspace.id, f"{lane.channel} {lane.way}")
        self._settle()
        if name in self._under_way:
            self._wanted.add(name)
            return False
        if self._is_closed or name in self._blocked:
            return False
        self._under_way[name] = self._pool.submit(self._work, workspace, lane)
        return True

    def is_busy(self, workspace: Workspace | None = None) -> bool:
        """Whether calls are under way, of one workspace or of any.

        Also, once, of a lane that ended after it was asked for: it may not have seen the last.
        """
        self._settle()
        ended = {each for each in self._wanted if each not in self._under_way}
        again = {each for each in ended if workspace is None or each[0] == workspace.id}
        self._wanted -= again
        busy = (workspace is None or name[0] == workspace.id for name in self._under_way)
        return bool(again) or any(busy)

    def rest(self) -> None:
        """Give way for a moment, or until a lane is done."""
        wait(list(self._under_way.values()), timeout=MOMENT, return_when=FIRST_COMPLETED)

    def give_way(self) -> None:
        """Let the others write in between: on SQLite there is one writer."""
        if self._under_way:
            time.sleep(0.001)

    def _work(self, workspace: Workspace, lane: Lane) -> int:
        total = 0
        while not self._is_closed:
            taken = self._send(workspace, lane)
            if not taken:
                break
            total += taken
        return total

    def _settle(self) -> None:
        for name, future in list(self._under_way.items()):
            if not future.done():
                continue
            del self._under_way[name]
            if error := future.exception():
                log.error("Sending along a lane broke off.", exc_info=error)
            if error or not (future.result() or self._is_closed):
                self._blocked.add(name)
