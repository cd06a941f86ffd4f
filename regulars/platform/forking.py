"""A child that is a fork of this process: it shares everything that was imported before.

Forking keeps the memory of parent and children together as long as nobody writes to it. It is
safe only while this process has one thread, and only on Linux: the system libraries of macOS do
not survive it. Whoever cannot fork starts the same part by its command line.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping

_HELD = (signal.SIGTERM, signal.SIGINT)
_LOOK_EVERY = 0.02  # seconds between two looks while waiting for an end

log = logging.getLogger(__name__)


class Forked:
    """A forked child, asked and told like a `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """How it ended (minus the signal's number), None while it runs."""
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; TimeoutExpired after ``timeout`` seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if until is not None and time.monotonic() >= until:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            time.sleep(_LOOK_EVERY)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)


def can_fork() -> bool:
    """Whether a fork of this process can go on working."""
    return sys.platform.startswith("linux") and threading.active_count() == 1


def settle() -> None:
    """Keep the garbage collector off everything there is now.

    It would write a mark on every object, and each child would get a copy of its own. A process
    that answers would stand still for 0.2 seconds each time it went through all of them.
    """
    gc.collect()
    gc.freeze()


def fork(work: Callable[[], object], environ: Mapping[str, str], closing: int) -> Forked:
    """Run ``work`` in a child of its own session, with more environment, without fd ``closing``.

    What ``work`` answers is the child's exit code; nothing is 0.
    Signals to stop that come meanwhile wait until the child has its own way with them.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)
    try:
        pid = os.fork()
        if pid:
            return Forked(pid)
        os._exit(_in_child(work, environ, closing))
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD)


def _in_child(work: Callable[[], object], environ: Mapping[str, str], closing: int) -> int:
    """Never returns into the parent's frames: whatever happens, the answer is an exit code."""
    try:
        _begin(environ, closing)
        code = work()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BaseException:
        log.exception("A part of the product failed.")
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return code if isinstance(code, int) else 0


def _begin(environ: Mapping[str, str], closing: int) -> None:
    os.setsid()
    os.close(closing)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.environ.update(environ)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD)
