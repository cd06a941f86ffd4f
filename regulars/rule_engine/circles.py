"""When a rule was last kept from starting because rules had started each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from regulars.platform.db import UnitOfWork
from regulars.rule_engine.breaking import chain_words
from regulars.rule_engine.tables import decision

NEWEST = 2000  # so many decisions of all rules are looked at
NEWS = timedelta(days=14)  # what is older may long be mended
CODES = ("loop", "chain-too-long")


@dataclass(frozen=True)
class Circle:
    """Why (``code``), through which rules (``A → B → A``, in the owner's words), and when."""

    code: str
    chain: str
    at: datetime


def last_circle(uow: UnitOfWork, key: str) -> Circle | None:
    """The newest refusal for a circle or too long a chain, of late; None without any."""
    of_all = (
        sa.select(decision.c.rule, decision.c.reason, decision.c.at)
        .order_by(decision.c.id.desc())
        .limit(NEWEST)
        .subquery()
    )
    own = sa.select(of_all.c.reason, of_all.c.at).where(
        of_all.c.rule == key, of_all.c.at > uow.now - NEWS
    )
    found = [row for row in uow.execute(own) if row.reason.get("code") in CODES]
    if not found:
        return None
    newest = max(found, key=lambda row: row.at)
    chain = chain_words(uow, [*newest.reason.get("chain", ()), key])
    return Circle(str(newest.reason["code"]), chain, newest.at)
