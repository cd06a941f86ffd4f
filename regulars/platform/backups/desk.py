"""Backups in the running product: what a doorbell answers, what the ticker looks after."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from regulars.platform.backups import records
from regulars.platform.backups.archive import BadArchive
from regulars.platform.backups.asking import JOB as JOB
from regulars.platform.backups.checking import check_backup
from regulars.platform.backups.following import follow
from regulars.platform.backups.making import Order, make_backup, scratch_folder
from regulars.platform.backups.plans import Kept, Plan, superfluous
from regulars.platform.backups.records import MOST_ATTEMPTS, Backup, Wish
from regulars.platform.db import Database, Workspace
from regulars.platform.errors import RegularsError
from regulars.platform.faultpoint import faultpoint
from regulars.platform.workspaces import list_workspaces, workspace

LONGEST = 6 * 3600  # seconds one answer may take
TELL_EVERY = 2.0  # seconds

log = logging.getLogger(__name__)


class BackupDesk:
    """Every backup of one installation. ``folder`` is where their files go."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self._pruned: date | None = None

    def answer(self) -> None:
        """Do whatever has been asked for."""
        while (held := self._claim()) is not None:
            self._work(held)

    def plan(self, now: datetime) -> None:
        """Ask for the backups that should be there by now; once a day let old ones go."""
        for slot, wish in self._due_wishes(now):
            with self.database.main_tx() as connection:
                records.ask(connection, wish, now=now)
            log.info("A backup is due: %s", slot)
        if self._pruned != now.date():
            self.prune(now)
            self._pruned = now.date()

    def is_planned(self, now: datetime) -> bool:
        """Whether there is anything to plan or to let go."""
        return self._pruned != now.date() or bool(self._due_wishes(now))

    def is_due(self, now: datetime) -> bool:
        """Whether a backup waits, or was left by whoever worked on it."""
        with self.database.main_tx(write=False) as connection:
            return records.is_waiting(connection, now=now)

    def prune(self, now: datetime) -> None:
        """Delete what need not be kept, the files first."""
        places = list_workspaces(self.database, archived=True)
        zones: list[tuple[int | None, ZoneInfo]] = [(each.id, each.tz) for each in places]
        for workspace_id, zone in [*zones, (None, ZoneInfo("UTC"))]:
            self._prune_one(workspace_id, zone, now)

    def path_of(self, made: Backup) -> Path:
        """The file of a backup."""
        return self.folder / made.file

    def _claim(self) -> Backup | None:
        with self.database.main_tx() as connection:
            return records.claim(connection, now=self.database.clock())

    def _work(self, held: Backup) -> None:
        try:
            if held.attempts > MOST_ATTEMPTS:
                raise BadArchive("backup-gave-up", n=MOST_ATTEMPTS)
            if held.state != "good":
                self._make(held)
            self._follow(held)
        except RegularsError as error:
            log.warning("The backup %s failed: %s", held.file, error.code)
            self._settle(held, problem={"code": error.code, "params": dict(error.params)})
        except OSError as error:
            log.warning("The backup %s failed: %s", held.file, error)
            why = {"reason": error.strerror or "?", "folder": str(self.folder)}
            self._settle(held, problem={"code": "backup-disk", "params": why})

    def _make(self, held: Backup) -> None:
        path, now = self.path_of(held), self.database.clock()
        places = [self._place(held.workspace_id)] if held.workspace_id is not None else []
        scope = "workspace" if places else "installation"
        made = make_backup(
            self.database,
            Order(scope, places, path, now),  # type: ignore[arg-type]
            self._teller(held),
        )
        faultpoint("backup-written")
        with scratch_folder(self.database) as scratch:
            if check_backup(path, Path(scratch)) != made.rows:
                raise BadArchive("backup-incomplete")
        faultpoint("backup-checked")
        self._settle(held, state="good", size=made.size, rows_done=made.total)

    def _follow(self, held: Backup) -> None:
        if held.then is not None and held.then_at is None:
            follow(self.database, self.folder, held)
            self._settle(held, then_at=self.database.clock())

    def _settle(self, held: Backup, **values: Any) -> None:
        now = self.database.clock()
        if "problem" in values:
            values |= {"then_at": now} if held.then else {}
            values |= {} if held.state == "good" else {"state": "failed"}
        with self.database.main_tx() as connection:
            records.keep_up(connection, held, now=now, finished_at=now, **values)

    def _teller(self, held: Backup) -> Callable[[int, int], None]:
        """Writes progress down now and then, which also keeps the lease."""
        told = time.monotonic()

        def tell(done: int, total: int) -> None:
            nonlocal told
            if time.monotonic() - told < TELL_EVERY:
                return
            told = time.monotonic()
            with self.database.main_tx() as connection:
                now = self.database.clock()
                records.keep_up(connection, held, now=now, rows_done=done, rows_total=total)

        return tell

    def _place(self, workspace_id: int) -> Workspace:
        known = list_workspaces(self.database, archived=True)
        found = next((each for each in known if each.id == workspace_id), None)
        if found is None:
            raise BadArchive("backup-without-workspace")
        return found

    def _due_wishes(self, now: datetime) -> list[tuple[str, Wish]]:
        wishes = []
        with self.database.main_tx(write=False) as connection:
            rows = connection.execute(
                sa.select(workspace.c.id, workspace.c.zone, workspace.c.created_at).where(
                    workspace.c.deleted_at.is_(None), workspace.c.archived_at.is_(None)
                )
            ).all()
            plans = {row.id: records.plan_of(connection, row.id) for row in rows}
            taken = records.slots(connection)
        for row in rows:
            day = plans[row.id].due_day(now, ZoneInfo(row.zone), row.created_at)
            wishes += [(f"daily:{row.id}:{day}", Wish(row.id, "daily", "system"))] if day else []
        if rows and (day := Plan().due_day(now, ZoneInfo("UTC"), min(r.created_at for r in rows))):
            wishes.append((f"daily:accounts:{day}", Wish(None, "daily", "system")))
        return [(s, records.in_slot(wish, s)) for s, wish in wishes if s not in taken]

    def _prune_one(self, workspace_id: int | None, zone: ZoneInfo, now: datetime) -> None:
        with self.database.main_tx(write=False) as connection:
            known = [
                each
                for each in records.of_workspace(connection, workspace_id)
                if not each.is_under_way
            ]
            plan = Plan() if workspace_id is None else records.plan_of(connection, workspace_id)
        kept = [Kept(e.id, e.kind, e.state == "good", e.created_at) for e in known]
        doomed = superfluous(kept, plan, zone, now)
        for each in known:
            if each.id in doomed:
                self.path_of(each).unlink(missing_ok=True)
        with self.database.main_tx() as connection:
            records.forget(connection, doomed)
