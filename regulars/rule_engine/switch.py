"""The one switch that stops everything a shop sends, and lets it go on."""

from __future__ import annotations

from regulars.platform import jobs
from regulars.platform.accounts import audit
from regulars.platform.accounts.access import Access
from regulars.platform.backups.after import resume_sending, waiting_work
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict, Invalid
from regulars.platform.hold import find_hold, place_hold
from regulars.platform.problems import Problem
from regulars.rule_engine.publishing import JOB

MAX_REASON = 200


def stop_all(uow: UnitOfWork, access: Access, reason: str) -> None:
    """Stop it: from this commit on nothing leaves, and rules rest; twice is no mistake."""
    access.require("send_messages")
    words = " ".join(reason.split())
    if len(words) > MAX_REASON:
        raise Invalid([Problem("reason", "shape-max-length", {"n": MAX_REASON})])
    if find_hold(uow) is not None:
        return
    place_hold(uow, words, by=access.name)
    audit.note(uow, access, "sending-stopped", words)


def go_on(uow: UnitOfWork, access: Access, *, drop: bool = False) -> int:
    """Let it go on; with ``drop`` what waited never leaves. How much waited.

    After a restore an owner has to decide; Conflict when nothing was stopped.
    """
    access.require("send_messages")
    held = find_hold(uow)
    if held is None:
        raise Conflict("not-held", name=uow.workspace.name)
    if held.is_restore:
        access.require("manage_workspace")
    waiting = resume_sending(uow, access, drop=drop)
    uow.after_commit(jobs.ringer(JOB))
    return waiting


def count_waiting(uow: UnitOfWork) -> int:
    """How many messages wait to leave."""
    return waiting_work(uow)
