"""The safety net: every few seconds look for due work and have it done."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from regulars.platform import jobs
from regulars.platform.clock import Clock

EVERY_SECONDS = 5.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tick:
    """Something to look after. ``run`` does the due work as of an instant.

    With ``job``, a worker is woken instead when one can be; ``run`` is then only for the time
    without workers. ``is_due`` saves waking anybody for nothing.
    """

    name: str
    run: Callable[[datetime], None]
    job: str = ""
    is_due: Callable[[datetime], bool] | None = None


class Ticker:
    """Calls every tick in turn; one that fails is logged and does not hold up the others."""

    def __init__(
        self, ticks: Sequence[Tick], clock: Clock, *, every: float = EVERY_SECONDS
    ) -> None:
        self._ticks = tuple(ticks)
        self._clock = clock
        self._every = every

    def run(self, stop: threading.Event) -> None:
        """Tick until ``stop`` is set."""
        while not stop.is_set():
            self.run_once()
            stop.wait(self._every)

    def run_once(self) -> None:
        """One round over all ticks."""
        for tick in self._ticks:
            try:
                self._look_after(tick, self._clock())
            except Exception:
                log.exception("The tick %s failed; it is tried again.", tick.name)

    def _look_after(self, tick: Tick, now: datetime) -> None:
        if tick.is_due is not None and not tick.is_due(now):
            return
        if tick.job and jobs.ring(tick.job):
            return
        tick.run(now)
