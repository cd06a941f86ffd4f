"""Named places where a test may make a process die, sleep or fail; otherwise they do nothing.

``REGULARS_FAULTPOINT`` holds ``name:kill``, ``name:sleep:SECONDS`` or ``name:raise``; with ``@n``
after the name (``I1@3:kill``) only the n-th passing in that process is hit.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter

VARIABLE = "REGULARS_FAULTPOINT"
_passed: Counter[str] = Counter()


class InjectedFault(RuntimeError):
    """Raised where a test asked for a failure."""


def faultpoint(name: str) -> None:
    """Mark a place by the literal ``name`` that fault tests refer to."""
    wanted = os.environ.get(VARIABLE)
    if wanted:
        _obey(wanted, name)


def _obey(wanted: str, name: str) -> None:
    place, _, deed = wanted.partition(":")
    place, _, turn = place.partition("@")
    if place != name:
        return
    _passed[name] += 1
    if turn and _passed[name] != int(turn):
        return
    if deed == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if deed == "raise":
        raise InjectedFault(name)
    time.sleep(float(deed.removeprefix("sleep:")))
