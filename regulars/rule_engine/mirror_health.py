"""Whether the people a mirror holds are those its condition names: all worked out again.

Only a thorough look does it (``regulars doctor``). A difference counts when it was there at the
mirror's last look already and still is now: who only just crossed a line is the next look's
business. While events wait to be taken in nothing is compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import sqlalchemy as sa

from regulars.platform.db import UnitOfWork
from regulars.platform.events import event
from regulars.platform.health.findings import Finding, Place
from regulars.rule_engine.book import PinnedRule
from regulars.rule_engine.mirror_following import active_mirrors
from regulars.rule_engine.mirrors import BrokenMirror, Cause, differences, refresh_some, slices
from regulars.rule_engine.past_sight import as_of
from regulars.rule_engine.tables import mirror_state

SLICE = 1000  # people put right in one transaction


def membership(place: Place) -> Iterator[Finding]:
    """What a comparison of every mirror with everybody finds."""
    if not place.thorough:
        return
    with place.database.workspace_tx(place.workspace, write=False, now=place.now) as uow:
        if _is_behind(uow):
            yield Finding("watch", "mirrors-wait")
            return
        found = [(pinned, _wrong(uow, pinned)) for pinned in active_mirrors(uow)]
    for pinned, records in found:
        if records:
            yield Finding("bad", "mirror-drift", {"rule": pinned.rule.label, "n": len(records)})
    if not any(records for _pinned, records in found):
        yield Finding("good", "mirrors-agree", {"n": len(found)})


def mend_membership(place: Place) -> int:
    """Put in and take out who should be, as if the missed event came now; how many turned."""
    with place.database.workspace_tx(place.workspace, write=False, now=place.now) as uow:
        if _is_behind(uow):
            return 0
        found = [(pinned, _wrong(uow, pinned)) for pinned in active_mirrors(uow)]
    done = 0
    for pinned, records in found:
        for some in slices(records, SLICE):
            with place.database.workspace_tx(place.workspace, now=place.now) as uow:
                done += refresh_some(uow, pinned, some, Cause())
    return done


def _wrong(uow: UnitOfWork, pinned: PinnedRule) -> list[int]:
    """Who is wrongly in, out, or in with another value; nobody before the mirror's first look."""
    row = uow.execute(mirror_state.select().where(mirror_state.c.rule == pinned.rule.key)).first()
    if row is None or row.version != pinned.version or row.as_of is None:
        return []
    with suppress(BrokenMirror):  # the definition itself is a finding of its own
        later = {turn.record for turn in differences(uow, pinned)}
        if later:
            with as_of(uow, row.as_of):
                later &= {turn.record for turn in differences(uow, pinned)}
        return sorted(later)
    return []


def _is_behind(uow: UnitOfWork) -> bool:
    waiting = sa.select(event.c.id).where(event.c.processed_at.is_(None)).limit(1)
    return uow.execute(waiting).first() is not None
