"""Python reads this by itself at the start of every process with this folder on its path: there
the product's clock shows the wall clock and what the file in `REGULARS_CHAOS_CLOCK` adds to it."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from regulars.platform import clock

VARIABLE = "REGULARS_CHAOS_CLOCK"
_true = clock.utc_now


def shifted() -> datetime:
    """The wall clock, moved by as many seconds as the file says."""
    return _true() + timedelta(seconds=float(Path(os.environ[VARIABLE]).read_text("ascii")))


if VARIABLE in os.environ:
    clock.utc_now = shifted
