"""How far each entry of a rule came: a message left, was opened, clicked, answered, redeemed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.rule_engine.book import PinnedRule
from regulars.rule_engine.measuring.redeeming import Ends, redeemed_runs
from regulars.rule_engine.policy_keeping import policy_of
from regulars.rule_engine.reach import seen_rows
from regulars.rule_engine.tables import outbound

TOLD = ("opened", "clicked", "replied")
Reached = Mapping[str, set[int]]
"""Stage → the runs that came as far. A stage that nobody measures is not there."""


def reached_by(uow: UnitOfWork, access: Access, pinned: PinnedRule, ends: Ends) -> Reached:
    """The runs of a rule by how far they came, of those this reader may see.

    ``ends`` says when an entry's time is over: until then what it gave away counts as redeemed.
    """
    found: dict[str, set[int]] = {"sent": set(), **{stage: set() for stage in TOLD}}
    for row in _sent(uow, access, pinned.rule.key):
        found["sent"].add(row.run)
        for stage in TOLD:
            if getattr(row, f"{stage}_at") is not None:
                found[stage].add(row.run)
    if not found["opened"] and not _tells_openings(uow, pinned):
        del found["opened"]
    if pinned.rule.redeemed is not None:
        found["redeemed"] = redeemed_runs(uow, access, pinned, pinned.rule.redeemed, ends)
    return found


def _sent(uow: UnitOfWork, access: Access, rule: str) -> Sequence[Any]:
    wanted = [outbound.c[name] for name in ("run", *(f"{stage}_at" for stage in TOLD))]
    return uow.execute(
        sa.select(*wanted).where(
            outbound.c.rule == rule,
            outbound.c.status == "sent",
            *seen_rows(uow, access, outbound),
        )
    ).all()


def _tells_openings(uow: UnitOfWork, pinned: PinnedRule) -> bool:
    """Only mails tell, and only where the shop asks for it."""
    sends = [step for step in pinned.rule.walk() if step.do == "send_message"]
    mails = any(step.settings["channel"] == "email" for step in sends)
    return mails and policy_of(uow).open_pixel
