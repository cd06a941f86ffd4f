"""One command: starts every part of the product, keeps it alive, and ends it in order.

Each part is a process in a session of its own (so Ctrl-C reaches only the supervisor) and holds
the read end of our pipe (`leash`), so that nothing is left over even when we are killed. Where we
can fork, our own parts are forks of the supervisor and share its memory (`forking`).
"""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

from regulars.platform import forking, leash
from regulars.platform.forking import Forked

LOOK_EVERY = 0.1  # seconds between two looks at the children
READY_PATIENCE = 15.0  # seconds after which the parts that wait start in any case
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a part that ended is started again
STEADY_AFTER = 30.0  # a part that lived this long starts again without a pause
GRACE = 25.0  # seconds for finishing what is in hand

Say = Callable[[str], None]


@dataclass(frozen=True)
class Part:
    """One process to keep alive.

    ``inside`` does in a fork of this process what ``command`` does in a new one. ``is_base`` parts
    end last. ``waits`` lets the others come up first: all at once would only make the first page
    later.
    """

    name: str
    command: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict)
    is_base: bool = False
    waits: bool = False
    inside: Callable[[], object] | None = None


@dataclass(frozen=True)
class Pipe:
    """What children read their parent's end from: they hold one end, the supervisor both."""

    read_end: int
    write_end: int

    def close(self) -> None:
        """Let every child know that it is over."""
        os.close(self.write_end)
        os.close(self.read_end)


class Child:
    """A part's process over its restarts."""

    def __init__(self, part: Part, pipe: Pipe) -> None:
        self.part = part
        self._pipe = pipe
        self._process: subprocess.Popen[bytes] | Forked | None = None
        self._started_at = 0.0
        self._start_at = math.inf if part.waits else 0.0
        self._pause = 0.0

    def release(self) -> None:
        """Let a part that waits start now."""
        if self._start_at == math.inf:
            self._start_at = 0.0

    def _start(self) -> None:
        self._started_at = time.monotonic()
        environ = {**self.part.environ, leash.VARIABLE: str(self._pipe.read_end)}
        if self.part.inside is not None and forking.can_fork():
            self._process = forking.fork(self.part.inside, environ, self._pipe.write_end)
            return
        self._process = subprocess.Popen(
            self.part.command,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **environ},
            pass_fds=(self._pipe.read_end,),
            start_new_session=True,
        )

    def look_after(self, say: Say) -> None:
        """Start it, and start it again when it has ended, after a pause that grows."""
        if self._process is None:
            if time.monotonic() >= self._start_at:
                self._start()
            return
        code = self._process.poll()
        if code is None:
            return
        lived = time.monotonic() - self._started_at
        self._pause = _next_pause(self._pause, lived)
        self._start_at = time.monotonic() + self._pause
        self._process = None
        say(f"{self.part.name} ended ({_ending(code)}) and is started again.")

    @property
    def is_running(self) -> bool:
        """Whether its process lives."""
        return self._process is not None and self._process.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal, to its whole process group when that is SIGKILL."""
        if self._process is None or self._process.poll() is not None:
            return
        if number == signal.SIGKILL:
            os.killpg(self._process.pid, number)
        else:
            self._process.send_signal(number)

    def wait_until(self, deadline: float) -> None:
        """Wait for its end; after ``deadline`` (monotonic seconds) it is killed."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            self._process.wait()


class Supervisor:
    """Keeps ``parts`` alive until SIGTERM or Ctrl-C; a second Ctrl-C does not wait any longer."""

    def __init__(self, parts: Sequence[Part], say: Say) -> None:
        self._say = say
        self._pipe = Pipe(*os.pipe())
        self._children = [Child(part, self._pipe) for part in parts]
        self._stop = threading.Event()
        self._signals = 0

    def run(self, is_ready: Callable[[], bool], announce: Callable[[], None]) -> int:
        """Start all, ``announce`` once when ``is_ready``, and stay until asked to stop."""
        self._listen()
        forking.settle()
        try:
            self._stay(is_ready, announce)
        finally:
            self._end_all()
        return 0

    def _listen(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        self._stop.set()
        if self._signals > 1:
            for child in self._children:
                child.send(signal.SIGKILL)

    def _stay(self, is_ready: Callable[[], bool], announce: Callable[[], None]) -> None:
        announced, give_up_at = False, time.monotonic() + READY_PATIENCE
        while not self._stop.is_set():
            for child in self._children:
                child.look_after(self._say)
            if not announced and is_ready():
                announce()
                announced = True
            if announced or time.monotonic() > give_up_at:
                for child in self._children:
                    child.release()
            self._stop.wait(LOOK_EVERY)

    def _end_all(self) -> None:
        self._say("Stopping …")
        for is_base in (False, True):
            group = [child for child in self._children if child.part.is_base is is_base]
            for child in group:
                child.send(signal.SIGTERM)
            deadline = time.monotonic() + GRACE
            for child in group:
                child.wait_until(deadline)
        self._pipe.close()


def own_command(*arguments: str) -> tuple[str, ...]:
    """The command line that starts a part of this product."""
    return (sys.executable, "-m", "regulars.cli", *arguments)


def on_leash(command: Sequence[str]) -> tuple[str, ...]:
    """The command line that runs a foreign program so that it ends with us."""
    return (sys.executable, "-m", "regulars.platform.leash", *command)


def _next_pause(last: float, lived: float) -> float:
    if lived >= STEADY_AFTER:
        return 0.0
    return min(LONGEST_PAUSE, max(SHORTEST_PAUSE, last * 2))


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit {code}"
