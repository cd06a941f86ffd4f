"""Instants as outside clients write them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem


def read_instant(uow: UnitOfWork, given: Any, path: str = "at") -> datetime | None:
    """An instant of a request; without an offset it is the shop's time. Invalid names ``path``."""
    if given is None:
        return None
    try:
        found = datetime.fromisoformat(str(given))
    except ValueError:
        shown = {"value": str(given)[:40]}
        raise Invalid([Problem(path, "not-a-datetime", shown)]) from None
    return found if found.tzinfo else found.replace(tzinfo=uow.workspace.tz)
