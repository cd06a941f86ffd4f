"""Named places where a test may make a process die, sleep or fail; otherwise they do nothing.

``REGULARS_FAULTPOINT`` holds ``name:kill``, ``name:stop`` (until SIGCONT), ``name:sleep:SECONDS``
or ``name:raise``; with ``@n`` after the name (``I1@3:kill``) only the n-th passing in that process
is hit.

Where the same place is dangerous in every product of this kind it has a short name:

- a save: W0 before its transaction, W1 inside, W2 committed and nobody woken yet, W3 before the
  reply leaves;
- sending: K0 before the claim, K1 claimed, K2 marked as being sent, K3 taken by the provider and
  not written down, K4 before the queue learns that the job is done;
- schedules: C0 before a slot is noted, C2 between two slots, C1 noted and nobody woken yet;
- imports: I0 the file is stored, I1 inside a chunk, I2 all written and not yet summed up.
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
    if deed == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
        return
    if deed == "raise":
        raise InjectedFault(name)
    time.sleep(float(deed.removeprefix("sleep:")))
