"""One chunk of staged records into a form, in one transaction with its journal and its refusals.

The writing itself is the product's one write path (`records.write_drafts`); nothing here touches a
form's tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regulars.form_builder import records
from regulars.form_builder.converting import RowDraft
from regulars.form_builder.definition import LINKED, FieldDefinition
from regulars.form_builder.importing.batches import problem_json
from regulars.form_builder.importing.cells import Broken
from regulars.form_builder.importing.consenting import record_consents
from regulars.form_builder.importing.staging import Group, LineFault, Staged
from regulars.form_builder.importing.tables import import_chunk, import_error, import_undo
from regulars.form_builder.origin import Origin
from regulars.form_builder.records import RowResult
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.inserting import upsert
from regulars.platform.problems import Problem

FAULTS = -1  # the "target" under which lines that are broken as such are noted


@dataclass(frozen=True)
class Chunk:
    """Records ``start`` to ``stop`` of the target at ``target`` in the plan."""

    target: int
    position: int
    start: int
    stop: int
    weight: int


def chunks_of(target: int, staged: Staged, size: int) -> Iterator[Chunk]:
    """The target's records in slices of about ``size`` rows.

    The same slices whenever the same file is staged again.
    """
    start = weight = position = 0
    for index, group in enumerate(staged.groups):
        weight += 1 + len(group.rows)
        if weight >= size:
            yield Chunk(target, position, start, index + 1, weight)
            start, weight, position = index + 1, 0, position + 1
    if weight:
        yield Chunk(target, position, start, len(staged.groups), weight)


@dataclass(frozen=True)
class Load:
    """One target of one batch on its way into its form, inside one transaction."""

    uow: UnitOfWork
    access: Access
    staged: Staged
    batch: int
    automation: str


def drafts_of(staged: Staged, chunk: Chunk, *, clear: bool) -> list[RowDraft]:
    """The chunk's records on their way; made before the transaction, which others wait for.

    With ``clear`` an empty cell empties the field.
    """
    groups = staged.groups[chunk.start : chunk.stop]
    return [_draft(staged, group, index, clear=clear) for index, group in enumerate(groups)]


def write_chunk(load: Load, chunk: Chunk, drafts: list[RowDraft]) -> None:
    """Write one chunk and everything that must stand or fall with it."""
    groups = load.staged.groups[chunk.start : chunk.stop]
    target = load.staged.planned.target
    origin = Origin("import", load.automation, batch=load.batch, ref=f"import:{load.batch}")
    done = records.write_drafts(
        load.uow, load.access, target.form, drafts,
        origin=origin, mode=target.mode, key=target.key,
    )  # fmt: skip
    counts = Counter(result.status for result in done.results)
    _note_refusals(load, groups, done.results)
    _note_undo(load, drafts, done.results)
    if target.consent:
        counts += record_consents(load, groups, done.results)
    note_chunk(load.uow, load.batch, chunk, counts)


def write_faults(
    uow: UnitOfWork, batch: int, faults: Sequence[LineFault], staged: Sequence[Staged]
) -> None:
    """Note the lines that make nothing: broken as such, or without the key of a target."""
    rows = [_error_row(batch, fault.line, None, [_fault_problem(fault)]) for fault in faults]
    for each in staged:
        form = each.planned.form.key
        rows += [_error_row(batch, f.line, form, [_fault_problem(f)]) for f in each.faults]
    _insert_errors(uow, rows)
    dropped = {f"dropped:{n}": each.dropped for n, each in enumerate(staged) if each.dropped}
    chunk = Chunk(FAULTS, 0, 0, 0, 0)
    note_chunk(uow, batch, chunk, {"broken_lines": len(rows), **dropped})


def note_chunk(uow: UnitOfWork, batch: int, chunk: Chunk, counts: Mapping[str, int]) -> None:
    """The mark that this chunk is written; it commits with the chunk."""
    uow.execute(
        import_chunk.insert().values(
            batch=batch, target=chunk.target, position=chunk.position, counts=dict(counts)
        )
    )


def write_companions(uow: UnitOfWork, batch: int, lines: Mapping[int, str]) -> None:
    """Note lines that were taken but belong to a record with a refused line (line → form).

    The error file holds them too, so that bringing it in again brings whole records.
    """
    problem = Problem("", "import-comes-along")
    _insert_errors(uow, [_error_row(batch, n, form, [problem]) for n, form in lines.items()])


def _draft(staged: Staged, group: Group, index: int, *, clear: bool) -> RowDraft:
    draft = RowDraft(index)
    if group.fault is not None:
        code, params = group.fault
        draft.refuse("", code, **params)
        return draft
    fields = staged.planned.form.by_key
    if staged.has_broken:
        _refuse_broken(draft, staged.head_keys, group.head, fields, "")
    draft.values = _values(staged.head_keys, group.head, fields, clear=clear)
    for key in (key for key in staged.head_keys if fields[key].has_links):
        if key in draft.values:
            linked = draft.values.pop(key)
            linked = [] if linked is None or isinstance(linked, Broken) else linked
            draft.rows[key] = [RowDraft(n, {LINKED: one}) for n, one in enumerate(linked)]
    rows, inner = staged.planned.target.rows, staged.planned.rows_form
    if rows is not None and inner is not None:
        keys = staged.row_keys
        if staged.has_broken:
            for position, (_line, row) in enumerate(group.rows):
                _refuse_broken(draft, keys, row, inner.by_key, f"{rows.field}/{position}/")
        draft.rows[rows.field] = [
            RowDraft(at, {key: v for key, v in zip(keys, row, strict=True) if v is not None})
            for at, (_line, row) in enumerate(group.rows)
        ]
    return draft


def _refuse_broken(
    draft: RowDraft, keys: Sequence[str], values: Sequence[Any],
    fields: Mapping[str, FieldDefinition], front: str,
) -> None:  # fmt: skip
    if Broken not in map(type, values):
        return
    for key, value in zip(keys, values, strict=True):
        if isinstance(value, Broken):
            params = {"field": fields[key].name, **dict(value.params)}
            draft.refuse(f"{front}{key}", value.code, **params)


def _values(
    keys: Sequence[str], values: Sequence[Any], fields: Mapping[str, FieldDefinition],
    *, clear: bool,
) -> dict[str, Any]:  # fmt: skip
    if not clear:
        return {key: v for key, v in zip(keys, values, strict=True) if v is not None}
    return {
        key: frozenset() if value is None and fields[key].has_side else value
        for key, value in zip(keys, values, strict=True)
    }


def _note_refusals(load: Load, groups: Sequence[Group], results: Sequence[RowResult]) -> None:
    form = load.staged.planned.form.key
    rows = []
    for group, result in zip(groups, results, strict=True):
        if result.status == "refused":
            for line, problems in _by_line(load.staged, group, result.problems).items():
                rows.append(_error_row(load.batch, line, form, problems))
    _insert_errors(load.uow, rows)


def _by_line(
    staged: Staged, group: Group, problems: Sequence[Problem]
) -> dict[int, list[Problem]]:
    """Each line of a refused record with what is wrong on it; sound lines name the broken one."""
    found: dict[int, list[Problem]] = {}
    for problem in problems:
        found.setdefault(_line_of(staged, group, problem), []).append(problem)
    if staged.planned.target.rows is not None:
        first = min(found)
        for line in group.lines:
            if line not in found:
                found[line] = [Problem("", "refused-with-its-record", {"line": first})]
    return dict(sorted(found.items()))


def _line_of(staged: Staged, group: Group, problem: Problem) -> int:
    if "line" in problem.params and problem.code == "broken-with-its-line":
        return int(problem.params["line"])
    field, _, rest = problem.path.partition("/")
    rows = staged.planned.target.rows
    if rows is not None and field == rows.field and rest:
        position = rest.partition("/")[0]
        return int(group.rows[int(position)][0]) if position.isdigit() else group.lines[0]
    return group.blame.get(field, group.lines[0])


def _note_undo(load: Load, drafts: Sequence[RowDraft], results: Sequence[RowResult]) -> None:
    made: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    form = load.staged.planned.form.key
    for draft, result in zip(drafts, results, strict=True):
        if result.status not in ("created", "updated"):
            continue
        created = result.status == "created"
        version = 1 if created else (draft.current or {})["version"] + 1
        row = {
            "batch": load.batch, "form": form, "record": result.id, "what": "record",
            "created": created, "version": version,
        }  # fmt: skip
        (made if created else changed).append(row)
    if made:
        load.uow.connection.execute(import_undo.insert(), made)
    if changed:
        # A record this batch made stays marked as made; only its latest version counts.
        upsert(load.uow, import_undo, changed, ("version",))


def _fault_problem(fault: LineFault) -> Problem:
    return Problem("", fault.code, fault.params)


def _error_row(
    batch: int, line: int, form: str | None, problems: Sequence[Problem]
) -> dict[str, Any]:
    return {
        "batch": batch, "line": line, "form": form,
        "problems": [problem_json(problem) for problem in problems],
    }  # fmt: skip


def _insert_errors(uow: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        uow.connection.execute(import_error.insert(), [dict(row) for row in rows])
