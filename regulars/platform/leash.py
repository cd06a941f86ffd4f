"""No orphans: a child ends when the process that started it is gone, even by SIGKILL.

The supervisor keeps the write end of a pipe and every child the read end. The system closes the
write end when the supervisor ends in whatever way; the child then reads end-of-file and takes its
whole process group with it. A program that is not ours (the Redis-compatible server) runs under
``python -m regulars.platform.leash PROGRAM ARGUMENT…``, which does the same on its behalf; on
Linux the system itself ends it with us (`become`).
"""

from __future__ import annotations

import ctypes
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from types import FrameType

VARIABLE = "REGULARS_LEASH_FD"
_PR_SET_PDEATHSIG = 1


def hold(environ: Mapping[str, str] | None = None) -> None:
    """Start watching the pipe named in the environment; without one do nothing.

    Call it again after a fork: threads do not survive one, the open pipe does.
    """
    number = (os.environ if environ is None else environ).get(VARIABLE)
    if number is not None and _is_pipe(int(number)):
        threading.Thread(target=_end_with, args=(int(number),), daemon=True).start()


def _is_pipe(number: int) -> bool:
    """A grandchild inherits the variable but not the pipe."""
    try:
        return stat.S_ISFIFO(os.fstat(number).st_mode)
    except OSError:
        return False


def _end_with(pipe: int) -> None:
    os.read(pipe, 1)  # nobody ever writes: this returns only when the other end is closed
    os.killpg(os.getpgrp(), signal.SIGKILL)


def run_program(command: list[str]) -> int:
    """Run a foreign program as our child, pass SIGTERM on to it, and answer its exit code."""
    child = subprocess.Popen(command, preexec_fn=die_with_parent)

    def pass_on(number: int, _frame: FrameType | None) -> None:
        child.send_signal(number)

    signal.signal(signal.SIGTERM, pass_on)
    signal.signal(signal.SIGINT, pass_on)
    hold()
    return child.wait()


def become(command: Sequence[str], parent: int) -> None:
    """In a fork on Linux: turn into a foreign program that ends with ``parent``, our process."""
    die_with_parent()
    if os.getppid() == parent:  # else it ended before the system knew whom to watch
        os.execv(command[0], list(command))  # noqa: S606 - a shell is what nobody wants


def die_with_parent() -> None:
    """In a fresh child on Linux: be killed even when only the leash itself is killed."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    raise SystemExit(run_program(sys.argv[1:]))
