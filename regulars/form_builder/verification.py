"""The nightly comparison of what is derived with what the records say, slice by slice.

Where it stands and what it found is a note in the store, so a restart goes on where it stopped.
What can be worked out again is put right at once; the report says how much that was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from regulars.form_builder import verifying
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.indexing.making import is_night
from regulars.form_builder.verifying import Drift
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.retrying import in_transaction
from regulars.platform.store_notes import read_note, write_note
from regulars.platform.workspaces import list_workspaces

_NOTE = "comparison"
EVERY = timedelta(hours=20)
SLICES_A_TICK = 10


@dataclass(frozen=True)
class Counted:
    """How many values of one field were wrong; ``mended`` of them are right again."""

    kind: str
    form: str
    field: str
    wrong: int
    mended: int
    sample: tuple[int, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """One round over all forms; while it goes on, ``form`` and ``after`` say where it stands."""

    started_at: datetime
    finished_at: datetime | None = None
    form: str = ""
    after: int = 0
    records: int = 0
    found: tuple[Counted, ...] = ()

    def with_drifts(self, drifts: list[Drift], *, mended: bool) -> Comparison:
        """This round with what one more slice showed."""
        found = {(c.kind, c.form, c.field): c for c in self.found}
        for drift in drifts:
            name = (drift.kind, drift.form, drift.field)
            known = found.get(name, Counted(*name, 0, 0))
            right = len(drift.ids) if mended and drift.can_be_mended else 0
            found[name] = replace(
                known,
                wrong=known.wrong + len(drift.ids),
                mended=known.mended + right,
                sample=(*known.sample, *drift.ids)[:10],
            )
        return replace(self, found=tuple(found.values()))


def last_comparison(uow: UnitOfWork) -> tuple[Comparison | None, Comparison | None]:
    """The last round that was finished, and the one that goes on now."""
    note = read_note(uow.connection, _NOTE) or {}
    return _read(note.get("last")), _read(note.get("now"))


def compare_all(
    database: Database, workspace: Workspace, *, repair: bool, now: Callable[[], datetime]
) -> Comparison:
    """A whole round at once, from its beginning; the result is kept as the last one."""
    going = Comparison(now())
    while going.finished_at is None:
        going = _step(database, workspace, going, repair=repair, now=now)
    _keep(database, workspace, going, now())
    return going


class ComparisonDesk:
    """Goes on with the round of every workspace of one installation, at night."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def is_due(self, now: datetime) -> bool:
        """Whether some workspace has a round to begin or to go on with."""
        return any(self._is_due(each, now) for each in list_workspaces(self.database))

    def answer(self) -> None:
        """A few slices for each workspace."""
        for workspace in list_workspaces(self.database):
            if self._is_due(workspace, self.database.clock()):
                self._go_on(workspace)

    def _is_due(self, workspace: Workspace, now: datetime) -> bool:
        if not is_night(workspace, now):
            return False
        with self.database.workspace_tx(workspace, write=False, now=now) as uow:
            last, going = last_comparison(uow)
        if going is not None:
            return True
        return last is None or now - last.started_at > EVERY

    def _go_on(self, workspace: Workspace) -> None:
        clock = self.database.clock
        with self.database.workspace_tx(workspace, write=False) as uow:
            _last, going = last_comparison(uow)
        going = going or Comparison(clock())
        for _ in range(SLICES_A_TICK):
            going = _step(self.database, workspace, going, repair=True, now=clock)
            if going.finished_at is not None:
                break
        _keep(self.database, workspace, going, clock())


def _step(
    database: Database, workspace: Workspace, going: Comparison, *, repair: bool,
    now: Callable[[], datetime],
) -> Comparison:  # fmt: skip
    """The round after one more slice."""

    def look(uow: UnitOfWork) -> tuple[Comparison, list[Drift]]:
        catalog = catalog_of(uow)
        forms = [key for key in sorted(catalog.forms) if key >= going.form]
        if not forms:
            return replace(going, finished_at=now()), []
        form = forms[0]
        after = going.after if form == going.form else 0
        to = after + verifying.SLICE
        drifts = verifying.look_at(uow, catalog, form, after, to)
        ended = to >= verifying.last_id(uow, catalog, form)
        # the next form is the first one behind this key
        at, reached = (f"{form}!", 0) if ended else (form, to)
        seen = going.records + verifying.count(uow, catalog, form, after, to)
        return replace(going, records=seen, form=at, after=reached), drifts

    with database.workspace_tx(workspace, write=False, now=now()) as uow:
        further, drifts = look(uow)
    if repair:
        for drift in drifts:
            in_transaction(database, workspace, partial(_mend, drift), now=now())
    return further.with_drifts(drifts, mended=repair)


def _mend(drift: Drift, uow: UnitOfWork) -> None:
    verifying.mend(uow, catalog_of(uow), drift)


def _keep(database: Database, workspace: Workspace, going: Comparison, now: datetime) -> None:
    def work(uow: UnitOfWork) -> None:
        note = dict(read_note(uow.connection, _NOTE) or {})
        if going.finished_at is None:
            note["now"] = _write(going)
        else:
            note = {"last": _write(going), "now": None}
        write_note(uow.connection, _NOTE, note, now=now)

    in_transaction(database, workspace, work, now=now)


def _write(going: Comparison) -> dict[str, Any]:
    raw = asdict(going)
    raw["started_at"] = going.started_at.isoformat()
    raw["finished_at"] = going.finished_at and going.finished_at.isoformat()
    return raw


def _read(raw: Mapping[str, Any] | None) -> Comparison | None:
    if raw is None:
        return None
    finished = raw["finished_at"]
    return Comparison(
        datetime.fromisoformat(raw["started_at"]),
        datetime.fromisoformat(finished) if finished else None,
        raw["form"],
        raw["after"],
        raw["records"],
        tuple(Counted(**{**each, "sample": tuple(each["sample"])}) for each in raw["found"]),
    )
