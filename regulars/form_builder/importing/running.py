"""The work on a batch, from wherever the last one stopped: read, check, write chunk by chunk,
finish.

The file is read and sorted anew by whoever takes a batch up; a chunk that is already marked as
written is passed over. A chunk and its mark are one transaction, so a kill at any point doubles
nothing.
"""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.field_types.base import Reading
from regulars.form_builder.importing import files, loading, undoing
from regulars.form_builder.importing.actors import access_now
from regulars.form_builder.importing.batches import check_map, problem_json, progress_of
from regulars.form_builder.importing.leases import Lease, LeaseLost, claim, due_batches
from regulars.form_builder.importing.loading import Chunk
from regulars.form_builder.importing.mapping import ImportMap
from regulars.form_builder.importing.planning import plan
from regulars.form_builder.importing.reading import Table
from regulars.form_builder.importing.rehearsal import rehearsal
from regulars.form_builder.importing.staging import LineFault, Stage, Staged, stage_lines
from regulars.form_builder.importing.tables import import_chunk, import_error
from regulars.form_builder.people.import_doubles import likely_doubles
from regulars.platform.accounts.access import Access
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.errors import Invalid, RegularsError
from regulars.platform.faultpoint import faultpoint
from regulars.platform.retrying import in_transaction

BEAT_SECONDS = 5.0
BREATH_SECONDS = 0.01  # between chunks: on SQLite a till that waits for the lock gets it then
SHOWN_PROBLEMS = 50

log = logging.getLogger(__name__)
Hold = Callable[[UnitOfWork, int], None]
Watch = Callable[[str, int, int], None]  # phase, work done, work in all


@dataclass
class Job:
    """A batch with its file sorted into records, ready to be written."""

    lease: Lease
    wanted: ImportMap
    table: Table
    staged: list[Staged] = field(default_factory=list)
    faults: list[LineFault] = field(default_factory=list)
    lines: int = 0

    @property
    def chunks(self) -> list[loading.Chunk]:
        """Everything to be written, in order."""
        size = self.lease.batch.chunk_rows
        return [
            each
            for target, staged in enumerate(self.staged)
            for each in loading.chunks_of(target, staged, size)
        ]


def run_due(database: Database, workspace: Workspace) -> int:
    """Take up every batch that waits in a workspace; how many there were."""
    with database.workspace_tx(workspace, write=False) as uow:
        waiting = due_batches(uow)
    return sum(run_batch(database, workspace, batch_id) for batch_id in waiting)


def nobody(_phase: str, _done: int, _total: int) -> None:
    """Watches without looking."""


def run_batch(
    database: Database, workspace: Workspace, batch_id: int, watch: Watch = nobody
) -> bool:
    """Work on one batch until it is finished; False when somebody else has it."""
    lease = claim(database, workspace, batch_id)
    if lease is None:
        return False
    lease.watch = watch
    works = {"checking": _check, "running": _import, "undoing": undoing.undo}
    try:
        works[lease.batch.state](lease)
    except LeaseLost:
        log.info("Import %s goes on elsewhere, or was halted.", batch_id)
        return False
    except RegularsError as error:
        _give_up(lease, error)
    return True


def _import(lease: Lease) -> None:
    with TemporaryDirectory(prefix="regulars-import-") as folder, _steady_memory():
        faultpoint("I0")
        job = _prepared(lease, Path(folder))

        def hold(uow: UnitOfWork, done: int) -> None:
            lease.hold(uow, phase="writing", work_done=done)

        _write(job, lease.database, hold)
        faultpoint("I2")
        with lease.database.workspace_tx(lease.workspace) as uow:
            result = _finish(uow, job)
            if not result["refused_lines"]:
                files.forget_file(uow, lease.batch.file)
            lease.finish(uow, "done", result=result)


def _check(lease: Lease) -> None:
    """The same work on a copy of the workspace; only what it came to is kept."""
    with TemporaryDirectory(prefix="regulars-import-") as folder, _steady_memory():
        faultpoint("I0")
        job = _prepared(lease, Path(folder))
        with rehearsal(lease.database, lease.workspace) as copy:
            beat = _every(BEAT_SECONDS, lambda done: lease.beat(phase="writing", work_done=done))
            _write(job, copy, lambda _uow, done: beat(done))
            with copy.workspace_tx(lease.workspace) as uow:
                found = {
                    **_finish(uow, job),
                    "problems": _first_problems(uow, lease.batch.id),
                    "doubles": likely_doubles(uow, lease.batch.id, _forms_of(job)),
                }
        with lease.database.workspace_tx(lease.workspace) as uow:
            lease.finish(uow, "draft", check=found)


def _forms_of(job: Job) -> list[str]:
    return [staged.planned.form.key for staged in job.staged]


def _prepared(lease: Lease, folder: Path) -> Job:
    with lease.database.workspace_tx(lease.workspace, write=False) as uow:
        file = files.get_file(uow, lease.batch.file)
        path = files.fetch(uow, file.id, folder)
        access = access_now(uow, lease.batch.actor)
        access.require("import_records")
        wanted = check_map(uow, access, lease.batch.map, file.columns)
        planned = plan(wanted, catalog_of(uow))
        place = lease.workspace
        reading = Reading(place.tz, place.currency, uow.now, access.locale)
    lease.beat(phase="reading")
    job = Job(lease, wanted, files.table_of(path, file))
    stages = [Stage(each, file.columns, reading) for each in planned]
    beat = _every(BEAT_SECONDS, lambda count: lease.beat(phase="reading"))

    def count_up(count: int) -> None:
        job.lines = count
        beat(count)

    job.faults = list(stage_lines(job.table.lines(), file.columns, stages, beat=count_up))
    job.staged = [stage.finish() for stage in stages]
    lease.beat(phase="writing", work_total=sum(chunk.weight for chunk in job.chunks))
    return job


def _write(job: Job, database: Database, hold: Hold) -> None:
    """Write what is not written yet. ``hold`` runs inside each transaction, with the work done."""
    batch, place = job.lease.batch, job.lease.workspace
    with database.workspace_tx(place, write=False) as uow:
        written = _written(uow, batch.id)
    if (loading.FAULTS, 0) not in written:
        with database.workspace_tx(place) as uow:
            hold(uow, 0)
            loading.write_faults(uow, batch.id, job.faults, job.staged)
    done = 0
    for chunk in job.chunks:
        done += chunk.weight
        if (chunk.target, chunk.position) in written:
            continue
        _write_chunk(job, database, chunk, partial(_held, hold, done))


def _held(hold: Hold, done: int, uow: UnitOfWork) -> None:
    hold(uow, done)


def _write_chunk(
    job: Job, database: Database, chunk: Chunk, hold: Callable[[UnitOfWork], None]
) -> None:
    """One chunk in a transaction of its own, again from its texts when it lost a race."""
    batch, staged = job.lease.batch, job.staged[chunk.target]
    clear = job.wanted.empty_cells == "clear"
    ready = [loading.drafts_of(staged, chunk, clear=clear)]
    time.sleep(BREATH_SECONDS)
    faultpoint("import-before-chunk")

    def write(uow: UnitOfWork) -> None:
        hold(uow)
        access, automation = _allowed(uow, batch.actor), job.wanted.automation
        load = loading.Load(uow, access, staged, batch.id, automation)
        # writing leaves its marks on the drafts, so a second try reads them anew
        drafts = ready.pop() if ready else loading.drafts_of(staged, chunk, clear=clear)
        loading.write_chunk(load, chunk, drafts)
        faultpoint("I1")

    in_transaction(database, job.lease.workspace, write)
    faultpoint("import-after-chunk")


def _allowed(uow: UnitOfWork, actor: Mapping[str, Any]) -> Access:
    """Asked again before each transaction: whoever was let go writes nothing more."""
    access = access_now(uow, actor)
    access.require("import_records")
    return access


def _written(uow: UnitOfWork, batch_id: int) -> set[tuple[int, int]]:
    rows = uow.execute(
        sa.select(import_chunk.c.target, import_chunk.c.position).where(
            import_chunk.c.batch == batch_id
        )
    )
    return {(row.target, row.position) for row in rows}


def _finish(uow: UnitOfWork, job: Job) -> dict[str, Any]:
    """What the import came to, and the companions of refused lines into the error file."""
    batch_id = job.lease.batch.id
    errors = import_error.c
    lines = set(uow.execute(sa.select(errors.line).where(errors.batch == batch_id)).scalars())
    companions = _companions(job.staged, lines)
    loading.write_companions(uow, batch_id, companions)
    sums = progress_of(uow, batch_id)
    faults = sums.pop(str(loading.FAULTS), {})
    targets = [
        {
            "form": staged.planned.form.key,
            "stub": staged.planned.target.stub,
            "dropped": staged.dropped,
            **sums.get(str(position), {}),
        }
        for position, staged in enumerate(job.staged)
    ]
    return {
        "targets": targets,
        "lines": job.lines,
        "broken_lines": faults.get("broken_lines", 0),
        "refused_lines": len(lines),
        "companion_lines": len(companions),
    }


def _companions(staged: Sequence[Staged], refused: set[int]) -> dict[int, str]:
    """Sound lines of records with rows that share a record with a refused line: line → form."""
    found: dict[int, str] = {}
    grew = bool(refused)
    while grew:
        grew = False
        for each in staged:
            if each.planned.target.rows is None:
                continue
            for group in each.groups:
                missing = [n for n in group.lines if n not in refused and n not in found]
                if missing and len(missing) < len(group.lines):
                    found.update(dict.fromkeys(missing, each.planned.form.key))
                    grew = True
    return found


def _first_problems(uow: UnitOfWork, batch_id: int) -> list[dict[str, Any]]:
    statement = (
        import_error.select()
        .where(import_error.c.batch == batch_id)
        .order_by(import_error.c.line, import_error.c.id)
        .limit(SHOWN_PROBLEMS)
    )
    return [
        {"line": row.line, "form": row.form, "problems": row.problems}
        for row in uow.execute(statement)
    ]


def _give_up(lease: Lease, error: RegularsError) -> None:
    """The batch cannot go on by itself; it says why in words."""
    told: dict[str, Any] = {"code": error.code, "params": error.params}
    if isinstance(error, Invalid):
        told["problems"] = [problem_json(problem) for problem in error.problems[:SHOWN_PROBLEMS]]
    with lease.database.workspace_tx(lease.workspace) as uow:
        if lease.batch.state == "checking":
            lease.finish(uow, "draft", check={"error": told})
        else:
            lease.finish(uow, "stopped", error=told)


@contextmanager
def _steady_memory() -> Iterator[None]:
    """Do not look for garbage while the batch is worked on: what is sorted stays to the end.

    Reference counts free the rest; a look through millions of values after every few hundred new
    ones costs a fifth of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _every(seconds: float, act: Callable[[int], None]) -> Callable[[int], None]:
    """``act``, but not more often than every ``seconds``."""
    last = time.monotonic()

    def sometimes(count: int) -> None:
        nonlocal last
        if time.monotonic() - last >= seconds:
            last = time.monotonic()
            act(count)

    return sometimes
