"""Import batches as people and clients use them: create, map, check, start, follow, undo.

Permission is asked first; the work itself is done by `running`, whoever rings or ticks first.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.importing import files, limits
from regulars.form_builder.importing.actors import actor_json
from regulars.form_builder.importing.mapping import ImportMap, map_problems
from regulars.form_builder.importing.ownership import actor_of, get_own_file, may_look_into
from regulars.form_builder.importing.planning import mapped_columns, plan_problems
from regulars.form_builder.importing.tables import (
    import_batch,
    import_chunk,
    import_error,
    import_file,
    import_undo,
)
from regulars.platform import jobs
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Conflict, Invalid, NotFound
from regulars.platform.problems import Problem, under

JOB = "imports.run"
WORKING = ("checking", "running", "undoing")
COUNTS = ("created", "updated", "unchanged", "refused")


@dataclass(frozen=True)
class Batch:
    """One file with one map on its way into the workspace; times are UTC instants."""

    id: int
    form: str
    file: int
    map: Mapping[str, Any]
    state: str
    actor: Mapping[str, Any]
    actor_name: str
    phase: str
    chunk_rows: int
    work_total: int
    work_done: int
    check: Mapping[str, Any] | None
    result: Mapping[str, Any] | None
    error: Mapping[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def is_working(self) -> bool:
        """Whether somebody is, or will be, at work on it."""
        return self.state in WORKING

    @property
    def is_done(self) -> bool:
        """Whether it has written what it could."""
        return self.state == "done"

    @property
    def can_undo(self) -> bool:
        """Whether there may be something to take back."""
        return self.state in ("done", "stopped") and self.started_at is not None


def create_batch(
    uow: UnitOfWork, access: Access, form: str, file_id: int, raw_map: Mapping[str, Any]
) -> Batch:
    """A draft: this file with this map. Raises Invalid with every problem of the map."""
    access.require("import_records")
    file = get_own_file(uow, access, file_id)
    check_map(uow, access, raw_map, file.columns)
    made = uow.execute(
        import_batch.insert().values(
            form=form,
            file=file_id,
            map=_storable(raw_map),
            map_hash=_hash(_storable(raw_map)),
            state="draft",
            actor=actor_json(access),
            actor_name=access.name,
            chunk_rows=limits.CHUNK_ROWS,
            created_at=uow.now,
        )
    ).inserted_primary_key
    assert made is not None
    return get_batch(uow, access, made[0])


def remap_batch(
    uow: UnitOfWork, access: Access, batch_id: int, raw_map: Mapping[str, Any]
) -> Batch:
    """Give a draft another map; what was checked before no longer counts."""
    batch = _in_state(uow, access, batch_id, ("draft",))
    check_map(uow, access, raw_map, files.get_file(uow, batch.file).columns)
    stored = _storable(raw_map)
    _set(uow, batch_id, map=stored, map_hash=_hash(stored), check=None)
    return get_batch(uow, access, batch_id)


def check_map(
    uow: UnitOfWork, access: Access, raw: Any, columns: Sequence[str], prefix: str = ""
) -> ImportMap:
    """The parsed map; raises Invalid with every problem of its shape or its meaning."""
    problems = map_problems(raw)
    if not problems:
        wanted = ImportMap.from_json(raw)
        problems = plan_problems(wanted, catalog_of(uow), columns, access)
        if any(target.consent for target in wanted.targets) and not access.can("manage_consents"):
            problems.append(Problem("targets", "consent-not-allowed"))
    if problems:
        raise Invalid(under(prefix, problems) if prefix else problems)
    return wanted


def start_check(uow: UnitOfWork, access: Access, batch_id: int) -> Batch:
    """Ask for a dry run: everything is tried out and nothing stays."""
    _in_state(uow, access, batch_id, ("draft",))
    return _put_to_work(uow, access, batch_id, "checking", check=None)


def start_batch(uow: UnitOfWork, access: Access, batch_id: int) -> Batch:
    """Ask for the import itself. The same file with the same map twice at once is refused."""
    batch = _in_state(uow, access, batch_id, ("draft", "stopped"))
    twin = find_running_twin(uow, batch)
    if twin is not None:
        raise Conflict("import-already-running", id=twin)
    started = batch.started_at or uow.now
    return _put_to_work(uow, access, batch_id, "running", started_at=started)


def start_undo(uow: UnitOfWork, access: Access, batch_id: int) -> Batch:
    """Ask for everything the batch did to be taken back."""
    batch = get_batch(uow, access, batch_id)
    if not batch.can_undo:
        raise Conflict("import-not-undoable")
    return _put_to_work(uow, access, batch_id, "undoing")


def stop_batch(uow: UnitOfWork, access: Access, batch_id: int) -> Batch:
    """Halt; what is written stays and can be undone, or the rest can be imported later."""
    batch = _in_state(uow, access, batch_id, ("checking", "running"))
    checking = batch.state == "checking"
    halted = {"code": "import-halted", "params": {"name": access.name}}
    _set(
        uow,
        batch_id,
        state="draft" if checking else "stopped",
        due_at=None,
        token=import_batch.c.token + 1,
        error=None if checking else halted,
    )
    return get_batch(uow, access, batch_id)


def discard_batch(uow: UnitOfWork, access: Access, batch_id: int) -> None:
    """Throw a draft away, its file with it."""
    batch = _in_state(uow, access, batch_id, ("draft",))
    files.forget_file(uow, batch.file)
    uow.execute(import_batch.delete().where(import_batch.c.id == batch_id))


def get_batch(uow: UnitOfWork, access: Access, batch_id: int) -> Batch:
    """One batch; NotFound otherwise."""
    access.require("import_records")
    row = uow.execute(import_batch.select().where(import_batch.c.id == batch_id)).first()
    if row is None or not may_look_into(uow, access, actor_of(row.actor)):
        raise NotFound("no-import", id=batch_id)
    return batch_of(row)


def list_batches(uow: UnitOfWork, access: Access, limit: int = 50) -> list[Batch]:
    """The latest batches, newest first."""
    access.require("import_records")
    statement = import_batch.select().order_by(import_batch.c.id.desc()).limit(limit)
    return [
        batch_of(row)
        for row in uow.execute(statement)
        if may_look_into(uow, access, actor_of(row.actor))
    ]


def find_earlier(uow: UnitOfWork, batch: Batch) -> Batch | None:
    """The latest import of the same file with the same map that has not been undone, or None."""
    statement = (
        import_batch.select()
        .join(import_file, import_file.c.id == import_batch.c.file)
        .where(
            import_file.c.sha256
            == sa.select(import_file.c.sha256)
            .where(import_file.c.id == batch.file)
            .scalar_subquery(),
            import_batch.c.map_hash == _hash(batch.map),
            import_batch.c.id != batch.id,
            import_batch.c.state.in_(("done", "stopped", "running")),
        )
        .order_by(import_batch.c.id.desc())
    )
    row = uow.execute(statement).first()
    return None if row is None else batch_of(row)


def remembered_map(uow: UnitOfWork, form: str, columns: Sequence[str]) -> Mapping[str, Any] | None:
    """The map with which a file last went into this form, if it fits these columns too."""
    statement = (
        sa.select(import_batch.c.map)
        .where(import_batch.c.form == form, import_batch.c.state == "done")
        .order_by(import_batch.c.id.desc())
        .limit(20)
    )
    for raw_map in uow.execute(statement).scalars():
        targets = ImportMap.from_json(raw_map).targets
        if set().union(*map(mapped_columns, targets)) <= set(columns):
            return dict(raw_map)
    return None


def refused_lines(
    uow: UnitOfWork, access: Access, batch_id: int, limit: int | None = 50
) -> list[tuple[int, str | None, list[Problem]]]:
    """(line, form, problems) of what was not taken, by line."""
    get_batch(uow, access, batch_id)
    statement = (
        import_error.select()
        .where(import_error.c.batch == batch_id)
        .order_by(import_error.c.line, import_error.c.id)
        .limit(limit)
    )
    return [
        (row.line, row.form, [problem_from_json(each) for each in row.problems])
        for row in uow.execute(statement)
    ]


def left_behind(
    uow: UnitOfWork, access: Access, batch_id: int, limit: int = 50
) -> list[tuple[str, int, str]]:
    """(form, record, why) of what an undo left as it is."""
    get_batch(uow, access, batch_id)
    statement = (
        sa.select(import_undo.c.form, import_undo.c.record, import_undo.c.outcome)
        .where(
            import_undo.c.batch == batch_id,
            import_undo.c.outcome.in_(("changed-since", "still-linked", "not-allowed")),
        )
        .order_by(import_undo.c.form, import_undo.c.record)
        .limit(limit)
    )
    return [(row.form, row.record, row.outcome) for row in uow.execute(statement)]


def progress_of(uow: UnitOfWork, batch_id: int) -> dict[str, dict[str, int]]:
    """What is written so far: position of the target in the plan → counts."""
    sums: dict[str, dict[str, int]] = {}
    rows = uow.execute(
        sa.select(import_chunk.c.target, import_chunk.c.counts).where(
            import_chunk.c.batch == batch_id
        )
    )
    for row in rows:
        total = sums.setdefault(str(row.target), {})
        for name, n in row.counts.items():
            total[name] = total.get(name, 0) + n
    return sums


def problem_json(problem: Problem) -> dict[str, Any]:
    """A problem as it is stored, to be worded for whoever reads it later."""
    stored: dict[str, Any] = {"path": problem.path, "code": problem.code}
    if problem.params:
        stored["params"] = json.loads(json.dumps(dict(problem.params), default=str))
    if problem.text is not None:
        stored["text"] = problem.text
    return stored


def problem_from_json(raw: Mapping[str, Any]) -> Problem:
    """A stored problem."""
    return Problem(raw["path"], raw["code"], raw.get("params", {}), raw.get("text"))


def batch_of(row: Row[Any]) -> Batch:
    """The batch of a row of its table."""
    return Batch(**{each.name: getattr(row, each.name) for each in fields(Batch)})


def _in_state(uow: UnitOfWork, access: Access, batch_id: int, states: Sequence[str]) -> Batch:
    batch = get_batch(uow, access, batch_id)
    if batch.state not in states:
        raise Conflict("import-in-state", state=batch.state)
    return batch


def _put_to_work(
    uow: UnitOfWork, access: Access, batch_id: int, state: str, **values: Any
) -> Batch:
    """From now on anybody may take the batch up; the doorbell only makes it sooner."""
    _set(
        uow, batch_id, state=state, due_at=uow.now, tries=0, phase="", error=None,
        work_done=0, actor=actor_json(access), actor_name=access.name, finished_at=None, **values,
    )  # fmt: skip
    uow.after_commit(jobs.ringer(JOB))
    return get_batch(uow, access, batch_id)


def find_running_twin(uow: UnitOfWork, batch: Batch) -> int | None:
    """Another batch of the same file with the same map that is being imported, or None."""
    statement = (
        sa.select(import_batch.c.id)
        .join(import_file, import_file.c.id == import_batch.c.file)
        .where(
            import_file.c.sha256
            == sa.select(import_file.c.sha256)
            .where(import_file.c.id == batch.file)
            .scalar_subquery(),
            import_batch.c.map_hash == _hash(batch.map),
            import_batch.c.id != batch.id,
            import_batch.c.state == "running",
        )
    )
    found: int | None = uow.scalar(statement)
    return found


def _set(uow: UnitOfWork, batch_id: int, **values: Any) -> None:
    uow.execute(import_batch.update().where(import_batch.c.id == batch_id).values(**values))


def _storable(raw_map: Mapping[str, Any]) -> dict[str, Any]:
    """The map as plain JSON: numbers that came as exact decimals are numbers again."""
    plain: dict[str, Any] = json.loads(json.dumps(raw_map, default=float))
    return plain


def _hash(raw_map: Mapping[str, Any]) -> str:
    text = json.dumps(raw_map, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
