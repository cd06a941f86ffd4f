"""What becomes of a message, as events that rules may wait for."""

from __future__ import annotations

from typing import Any

from regulars.platform.db import UnitOfWork
from regulars.platform.events import Event


def turn(uow: UnitOfWork, message: Any, kind: str, **more: Any) -> Event:
    """What became of a message (a row of ``outbound``), about the person it was sent to."""
    data = {
        "run": message.run, "rule": message.rule, "step": message.step,
        "message": message.message, "channel": message.channel, "outbound": message.id, **more,
    }  # fmt: skip
    return Event(kind, message.form, message.record, data=data, chain=(message.rule,), at=uow.now)
