"""Taking an import back: what it made goes, what it changed gets its old values.

A record that somebody has changed since stays as it is and is listed; so does one that later
records link to. The work goes from the last target to the first, in chunks, each with its marks in
one transaction, so that it can be taken up again after a kill.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from regulars.form_builder import records
from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.history import history
from regulars.form_builder.importing import files
from regulars.form_builder.importing.actors import access_now
from regulars.form_builder.importing.leases import Lease
from regulars.form_builder.importing.tables import import_chunk, import_error, import_undo
from regulars.form_builder.linking import chunks
from regulars.form_builder.origin import Origin
from regulars.form_builder.taking_back import CHANGED, Marks, untouched, values_before
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.faultpoint import faultpoint
from regulars.platform.privacy.consents import ConsentChange, set_consents_bulk
from regulars.platform.privacy.ledger import consent_state

CHUNK = 1000
LINKED, FOREIGN = "still-linked", "not-allowed"


def undo(lease: Lease) -> None:
    """Take the whole batch back, from wherever the last one stopped."""
    with lease.database.workspace_tx(lease.workspace, write=False) as uow:
        forms = _forms(uow, lease.batch.id)
        waiting = _waiting(uow, lease.batch.id)
    lease.beat(phase="undoing", work_total=waiting)
    while _undo_consents(lease):
        faultpoint("import-after-undo")
    done = 0
    for form in forms:
        while step := _undo_step(lease, form, done):
            done += step
            faultpoint("import-after-undo")
    with lease.database.workspace_tx(lease.workspace) as uow:
        for table in (import_chunk, import_error):
            uow.execute(table.delete().where(table.c.batch == lease.batch.id))
        files.forget_file(uow, lease.batch.file)
        result = {**(lease.batch.result or {}), "undone": _outcomes(uow, lease.batch.id)}
        lease.finish(uow, "undone", result=result)


def _undo_step(lease: Lease, form: str, done: int) -> int:
    """Take back some records of one form; how many were looked at (0 = none are left)."""
    with lease.database.workspace_tx(lease.workspace) as uow:
        rows = uow.execute(
            import_undo.select()
            .where(
                import_undo.c.batch == lease.batch.id,
                import_undo.c.form == form,
                import_undo.c.what == "record",
                import_undo.c.outcome.is_(None),
            )
            .order_by(import_undo.c.record.desc())
            .limit(CHUNK)
        ).all()
        if not rows:
            return 0
        lease.hold(uow, work_done=done + len(rows))
        access = _allowed(uow, lease.batch.actor)
        made = {row.record: row.version for row in rows if row.created}
        changed = {row.record: row.version for row in rows if not row.created}
        marks = _remove(uow, access, form, made, lease.batch.id)
        marks.update(_restore(uow, access, form, changed, lease.batch.id))
        _mark(uow, lease.batch.id, form, "record", marks)
    return len(rows)


def _remove(
    uow: UnitOfWork, access: Access, form: str, versions: Mapping[int, int], batch: int
) -> Marks:
    marks = untouched(uow, form, versions)
    linked = _linked(uow, form, [record for record, mark in marks.items() if not mark])
    going = [record for record, mark in marks.items() if not mark and record not in linked]
    marks.update(dict.fromkeys(linked, LINKED))
    if going:
        origin = Origin("import", "none", batch=batch, ref=f"undo:{batch}")
        gone = records.remove_batch(uow, access, form, going, origin=origin)
        marks.update({record: "removed" if record in gone else FOREIGN for record in going})
    return marks


def _restore(
    uow: UnitOfWork, access: Access, form: str, versions: Mapping[int, int], batch: int
) -> Marks:
    marks = untouched(uow, form, versions)
    going = sorted(record for record, mark in marks.items() if not mark)
    before = values_before(uow, form, going, history.c.batch == batch)
    rows = [{**before[record], "id": record} for record in going if record in before]
    origin = Origin("import", "none", batch=batch, ref=f"undo:{batch}", restores=True)
    done = records.write_batch(uow, access, form, rows, origin=origin, mode="update")
    for row, result in zip(rows, done.results, strict=True):
        marks[int(row["id"])] = CHANGED if result.status == "refused" else "restored"
    return {record: mark or "restored" for record, mark in marks.items()}


def _linked(uow: UnitOfWork, form: str, ids: Sequence[int]) -> set[int]:
    """The records that others point to in a way that forbids taking them away."""
    catalog = catalog_of(uow)
    found: set[int] = set()
    for source, field in catalog.links_to(form):
        if field.settings.get("on_delete", "refuse") == "clear" and "." not in source:
            continue
        column = catalog.source().table(source).c[field.key]
        for some in chunks(sorted(ids)):
            pointing = sa.select(column).where(column.in_(some)).distinct()
            found.update(uow.execute(pointing).scalars())
    return found


def _undo_consents(lease: Lease) -> int:
    """Withdraw what the batch recorded as given; how many were looked at."""
    batch = lease.batch.id
    with lease.database.workspace_tx(lease.workspace) as uow:
        rows = uow.execute(
            import_undo.select()
            .where(
                import_undo.c.batch == batch,
                import_undo.c.what != "record",
                import_undo.c.outcome.is_(None),
            )
            .limit(CHUNK)
        ).all()
        if not rows:
            return 0
        lease.hold(uow)
        access = _allowed(uow, lease.batch.actor)
        given = _given(uow, {row.record for row in rows})
        changes = []
        for row in rows:
            _consent, purpose, channel = row.what.split(":")
            if (row.form, row.record, purpose, channel) in given:
                changes.append(_withdrawal(row, purpose, channel))
        if changes:
            set_consents_bulk(uow, access, changes, historic=True)
        for row in rows:
            _mark(uow, batch, row.form, row.what, {row.record: "restored"})
    return len(rows)


def _withdrawal(row: Row[Any], purpose: str, channel: str) -> ConsentChange:
    evidence = f"import {row.batch}"
    source = "import_undo"
    return ConsentChange(
        row.form, row.record, purpose, channel, "withdraw", source, evidence=evidence
    )


def _given(uow: UnitOfWork, ids: Iterable[int]) -> set[tuple[str, int, str, str]]:
    found: set[tuple[str, int, str, str]] = set()
    for some in chunks(sorted(ids)):
        rows = uow.execute(sa.select(consent_state).where(consent_state.c.record.in_(some)))
        found.update(
            (row.form, row.record, row.purpose, row.channel) for row in rows if row.granted
        )
    return found


def _allowed(uow: UnitOfWork, actor: Mapping[str, Any]) -> Access:
    access = access_now(uow, actor)
    access.require("import_records")
    return access


def _mark(uow: UnitOfWork, batch: int, form: str, what: str, marks: Marks) -> None:
    by_outcome: dict[str, list[int]] = {}
    for record, outcome in marks.items():
        by_outcome.setdefault(outcome, []).append(record)
    for outcome, ids in by_outcome.items():
        uow.execute(
            import_undo.update()
            .where(
                import_undo.c.batch == batch,
                import_undo.c.form == form,
                import_undo.c.what == what,
                import_undo.c.record.in_(ids),
            )
            .values(outcome=outcome)
        )


def _forms(uow: UnitOfWork, batch: int) -> list[str]:
    """The forms the batch wrote to, those that link to others first."""
    wanted = set(
        uow.execute(
            sa.select(import_undo.c.form).where(import_undo.c.batch == batch).distinct()
        ).scalars()
    )
    catalog = catalog_of(uow)
    waiting, ordered = sorted(wanted), []
    while waiting:
        free = [form for form in waiting if not _pointed_at(catalog, form, waiting)]
        chosen = free[0] if free else waiting[0]
        waiting.remove(chosen)
        ordered.append(chosen)
    return ordered


def _pointed_at(catalog: FormCatalog, form: str, others: Sequence[str]) -> bool:
    sources = {source.partition(".")[0] for source, _field in catalog.links_to(form)}
    return bool((sources - {form}) & set(others))


def _waiting(uow: UnitOfWork, batch: int) -> int:
    found: int = uow.scalar(
        sa.select(sa.func.count()).where(
            import_undo.c.batch == batch,
            import_undo.c.what == "record",
            import_undo.c.outcome.is_(None),
        )
    )
    return found


def _outcomes(uow: UnitOfWork, batch: int) -> dict[str, int]:
    rows = uow.execute(
        sa.select(import_undo.c.outcome, sa.func.count().label("n"))
        .where(import_undo.c.batch == batch, import_undo.c.what == "record")
        .group_by(import_undo.c.outcome)
    )
    return {str(row.outcome): row.n for row in rows}
