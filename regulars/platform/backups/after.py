"""After a restore: an owner looks around, decides about what waited, and lets sending go on."""

from __future__ import annotations

from regulars.platform import hold
from regulars.platform.accounts import audit
from regulars.platform.accounts.access import Access
from regulars.platform.backups.hooks import held_work
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict


def waiting_work(uow: UnitOfWork) -> int:
    """How much waits behind the brake and would leave once it is off."""
    return sum(work.count(uow) for work in held_work)


def resume_sending(uow: UnitOfWork, access: Access, *, drop: bool) -> int:
    """Take the brake off; with ``drop`` what waited never leaves. How much waited."""
    access.require("send_messages")
    waiting = waiting_work(uow)
    if drop:
        for work in held_work:
            work.drop(uow, access.actor)
    if not hold.lift_hold(uow):
        raise Conflict("not-held", name=uow.workspace.name)
    audit.note(uow, access, "hold-lifted", uow.workspace.name, after={"n": waiting})
    return waiting
