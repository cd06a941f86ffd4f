"""Looking through a whole workspace for somebody who is erased takes its time: it is done in
parts, each in a transaction of its own, and goes on after whatever interrupts it.

What is looked for is kept meanwhile, sealed, and goes when the end is reached.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.people import sweeping
from regulars.form_builder.people.tables import erasure_sweep, person_log
from regulars.form_builder.people.traces import Traces
from regulars.form_builder.searching.building import forget_marked
from regulars.form_builder.searching.keeping import indexed_tables
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.faultpoint import faultpoint
from regulars.platform.health.findings import Finding, HealthCheck, Place
from regulars.platform.privacy.suppressions import installed_seal
from regulars.platform.sealing import BrokenSeal, Seal
from regulars.platform.secure_delete import overwrite_deleted
from regulars.platform.signed_jobs import JobKind
from regulars.platform.ticker import Tick
from regulars.platform.time_limits import TimeLimit
from regulars.platform.workspaces import list_workspaces

JOB = "sweeping"
LONGEST = 3600  # seconds one answer may take
AT_ONCE = 5.0  # seconds that whoever erases somebody waits for it
LATE = timedelta(hours=1)

log = logging.getLogger(__name__)


def begin(uow: UnitOfWork, traces: Traces, line: int) -> None:
    """Have everything looked through as soon as this transaction has committed.

    ``line`` of the person's log is told what was found.
    """
    if not traces.all:
        return
    said = json.dumps([list(traces.contacts), list(traces.names)])
    sealed = installed_seal().seal(said, _place_of(line))
    uow.execute(erasure_sweep.insert().values(line=line, sealed=sealed, begun_at=uow.now))
    database, workspace = uow.database, uow.workspace
    uow.after_commit(lambda: _begin_at_once(database, workspace))


def go_on(database: Database, workspace: Workspace, seconds: float = LONGEST) -> None:
    """Go on with what waits, until nothing does or the time is over."""
    limit = TimeLimit(seconds)
    while limit.left:
        with database.workspace_tx(workspace) as uow:
            if not _go_on_a_part(uow):
                return
            faultpoint("erase-part")
        faultpoint("erase-parted")


def waits(uow: UnitOfWork, since: datetime | None = None) -> int:
    """How many sweeps have not come to their end, of those begun before ``since``."""
    before = [] if since is None else [erasure_sweep.c.begun_at < since]
    found = sa.select(sa.func.count()).select_from(erasure_sweep).where(*before)
    return int(uow.scalar(found) or 0)


def seal_again(database: Database, seal: Seal) -> int:
    """Seal what is looked for with the newest key; how many were sealed with an older one."""
    total = 0
    for workspace in list_workspaces(database, archived=True):
        with database.workspace_tx(workspace) as uow:
            for row in uow.execute(erasure_sweep.select()).all():
                fresh = seal.renewed(row.sealed, _place_of(row.line))
                if fresh is not None:
                    total += 1
                    same = erasure_sweep.c.id == row.id
                    uow.execute(erasure_sweep.update().where(same).values(sealed=fresh))
    return total


def erasures(place: Place) -> Iterator[Finding]:
    """Whether everybody who was erased has been looked for to the end."""
    with place.database.workspace_tx(place.workspace, write=False, now=place.now) as uow:
        late = waits(uow, place.now - LATE)
    if late:
        yield Finding("bad", "erasure-unfinished", {"n": late})


CHECKS = (HealthCheck("erasures", erasures),)


class SweepDesk:
    """The sweeps of every workspace of one installation."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def job(self) -> JobKind:
        """What a worker may be asked to do."""
        return JobKind(JOB, "long", lambda _payload: self.answer(), LONGEST)

    def ticks(self) -> tuple[Tick, ...]:
        """What the ticker looks after."""
        return (Tick("erasures", lambda _now: self.answer(), job=JOB, is_due=self.is_due),)

    def is_due(self, now: datetime) -> bool:
        """Whether a sweep was interrupted anywhere."""
        for workspace in list_workspaces(self.database):
            with self.database.workspace_tx(workspace, write=False, now=now) as uow:
                if waits(uow):
                    return True
        return False

    def answer(self) -> None:
        """Bring what waits to its end."""
        for workspace in list_workspaces(self.database):
            try:
                go_on(self.database, workspace)
            except BrokenSeal:
                log.error("An erasure of %s cannot be finished: its key is gone.", workspace.key)


def _begin_at_once(database: Database, workspace: Workspace) -> None:
    """Most shops are looked through in a moment; what is left then is for the ticker."""
    try:
        go_on(database, workspace, AT_ONCE)
    except Exception:
        log.exception("An erasure was interrupted; it goes on by itself.")


def _go_on_a_part(uow: UnitOfWork) -> bool:
    """One part of the oldest sweep that nobody has in hand; False where there is none."""
    oldest = erasure_sweep.select().order_by(erasure_sweep.c.id).limit(1)
    row = uow.execute(oldest.with_for_update(skip_locked=True)).first()
    if row is None:
        return False
    contacts, names = json.loads(installed_seal().open(row.sealed, _place_of(row.line)))
    traces = Traces(tuple(contacts), tuple(names))
    overwrite_deleted(uow)
    place = None if row.stage is None else sweeping.Place(row.stage, row.after)
    found, going_on = sweeping.sweep_part(uow, traces, place)
    forget_marked(uow, indexed_tables(uow, catalog_of(uow)))
    _tell(uow, row.line, found)
    same = erasure_sweep.c.id == row.id
    if going_on is None:
        uow.execute(erasure_sweep.delete().where(same))
    else:
        here = {"stage": going_on.stage, "after": going_on.after}
        uow.execute(erasure_sweep.update().where(same).values(**here))
    return True


def _tell(uow: UnitOfWork, line: int, found: dict[str, int]) -> None:
    if not found:
        return
    same = person_log.c.id == line
    detail = uow.scalar(sa.select(person_log.c.detail).where(same)) or {}
    counts = dict(detail.get("counts", {}))
    for name, n in found.items():
        counts[name] = counts.get(name, 0) + n
    uow.execute(person_log.update().where(same).values(detail={**detail, "counts": counts}))


def _place_of(line: int) -> str:
    return f"erasure_sweep.sealed/{line}"
