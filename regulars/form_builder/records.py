"""Records as the rest of the product uses them: permission, then the one write path.

Pages, API, imports, rules and packs all come through here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import removing, writing
from regulars.form_builder.batch import Writing
from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.changing.steady import hold_form
from regulars.form_builder.converting import RowDraft, convert_row, rounds_of
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.finding import find, find_all_ids
from regulars.form_builder.guarding import refuse_masks
from regulars.form_builder.history import history_of, seen_entries
from regulars.form_builder.kept_queries import ask
from regulars.form_builder.link_limits import may_use
from regulars.form_builder.linking import chunks, ids_by_key
from regulars.form_builder.origin import Chain, Origin
from regulars.form_builder.people.pointers import gone
from regulars.form_builder.plain_values import plain_json
from regulars.form_builder.querying import (
    Record,
    RecordPage,
    RecordQuery,
    complete,
    scope_conditions,
    select_list,
    to_record,
)
from regulars.form_builder.record_json import record_json
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Forbidden, Invalid, NotFound, VersionConflict
from regulars.platform.problems import Problem, under

__all__ = ["BatchResult", "Record", "RecordPage", "RecordQuery", "RowResult"]

MODES = ("insert", "update", "upsert")


@dataclass(frozen=True)
class RowResult:
    """What became of one row: created, updated, unchanged or refused (then with problems)."""

    index: int
    status: str
    id: int | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch, row by row in the order given."""

    results: list[RowResult] = field(default_factory=list)

    def count(self, status: str) -> int:
        """How many rows ended this way."""
        return sum(1 for row in self.results if row.status == status)

    @property
    def refused(self) -> list[RowResult]:
        """The rows that were not taken."""
        return [row for row in self.results if row.status == "refused"]


def create_record(
    uow: UnitOfWork, access: Access, form_key: str, values: Mapping[str, Any], *,
    origin: Origin, texts: bool = False,
) -> Record:  # fmt: skip
    """Make a record; Invalid with every problem at its field, Forbidden without permission."""
    work = _writing(uow, access, form_key, origin)
    require_verb(access, form_key, "create")
    draft = read_row(work, seen_form(work), values, 0, texts=texts)
    _write_one(work, draft)
    assert draft.id is not None
    return get_record(uow, access, form_key, draft.id, verb="create")


def update_record(  # noqa: PLR0913 - each keyword is the caller's own choice
    uow: UnitOfWork, access: Access, form_key: str, record_id: int, values: Mapping[str, Any], *,
    origin: Origin, expected_version: int | None = None, texts: bool = False,
) -> Record:  # fmt: skip
    """Change the given fields of a record; the others stay untouched.

    Raises VersionConflict when ``expected_version`` is given and somebody saved in between.
    """
    work = _writing(uow, access, form_key, origin)
    require_verb(access, form_key, "update")
    require_visible(work, record_id, "update")
    draft = read_row(work, seen_form(work), values, 0, texts=texts)
    draft.id = record_id
    draft.expected_version = expected_version
    _write_one(work, draft)
    return get_record(uow, access, form_key, record_id, verb="update")


def write_batch(  # noqa: PLR0913 - each keyword is the caller's own choice
    uow: UnitOfWork, access: Access, form_key: str, rows: Sequence[Mapping[str, Any]], *,
    origin: Origin, mode: str = "insert", key: str | None = None, atomic: bool = False,
    texts: bool = False, refs: Sequence[str] | None = None, chains: Sequence[Chain] | None = None,
) -> BatchResult:  # fmt: skip
    """Write many rows set-based; rows with problems are refused and the others go on.

    ``mode`` update and upsert find the record by the unique field ``key`` (or by ``id`` in the
    row). With ``atomic`` one refused row raises Invalid, paths starting with the row's index.
    ``refs`` and ``chains`` hold each row's own, where the origin's are not those of all.
    """
    work = _writing(uow, access, form_key, origin)
    for verb in {"insert": ["create"], "update": ["update"]}.get(mode, ["create", "update"]):
        require_verb(access, form_key, verb)
    drafts, seen = [], seen_form(work)
    for index, row in enumerate(rows):
        # A row that makes a record has no id to give: there it is a field nobody knows.
        named = mode != "insert" and row.get("id") is not None
        cells = row if mode == "insert" else {k: v for k, v in row.items() if k != "id"}
        draft = read_row(work, seen, cells, index, texts=texts)
        if named:
            _name_record(draft, row["id"])
        draft.ref = refs[index] if refs is not None else None
        draft.chain = chains[index] if chains is not None else None
        drafts.append(draft)
    if mode != "insert":
        _match(work, drafts, rows, mode, key)
    return _store_batch(work, drafts, atomic=atomic)


def write_drafts(  # noqa: PLR0913 - each keyword is the caller's own choice
    uow: UnitOfWork, access: Access, form_key: str, drafts: list[RowDraft], *,
    origin: Origin, mode: str = "insert", key: str | None = None,
) -> BatchResult:  # fmt: skip
    """`write_batch` for values that are plain already (an import reads each distinct text once).

    Drafts that carry problems are refused like any other.
    """
    work = _writing(uow, access, form_key, origin)
    for verb in {"insert": ["create"], "update": ["update"]}.get(mode, ["create", "update"]):
        require_verb(access, form_key, verb)
    if mode != "insert":
        _match(work, drafts, [draft.values for draft in drafts], mode, key)
    return _store_batch(work, drafts, atomic=False)


def remove_batch(
    uow: UnitOfWork, access: Access, form_key: str, ids: Sequence[int], *, origin: Origin
) -> set[int]:
    """Remove records for good (history stays), as the undo of a batch does; those that went.

    Records outside the actor's reach stay.
    """
    work = _writing(uow, access, form_key, origin)
    require_verb(access, form_key, "delete")
    table = work.tables.main
    limits = _limits(work, "delete")
    going: set[int] = set()
    for some in chunks(sorted(ids)):
        found = sa.select(table.c.id).where(table.c.id.in_(some), *limits)
        going.update(uow.execute(found).scalars())
    removing.delete(work, sorted(going), into_trash=False)
    return going


def delete_record(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int, *, origin: Origin
) -> None:
    """Move a record to the recycle bin; Conflict when others still point to it."""
    work = _writing(uow, access, form_key, origin)
    require_verb(access, form_key, "delete")
    require_visible(work, record_id, "delete")
    removing.delete(work, [record_id])


def list_bin(uow: UnitOfWork, access: Access, form_key: str) -> list[Mapping[str, Any]]:
    """What lies in the recycle bin of a form, newest first."""
    work = _writing(uow, access, form_key, Origin("page"))
    require_verb(access, form_key, "delete")
    return removing.list_trash(work)


def restore_record(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int, *, origin: Origin
) -> Record:
    """Bring a record back from the recycle bin; Invalid when a unique value is taken by now."""
    work = _writing(uow, access, form_key, origin)
    require_verb(access, form_key, "delete")
    removing.restore(work, record_id)
    return get_record(uow, access, form_key, record_id)


def purge_record(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> str:
    """Take a record out of the recycle bin for good; its title."""
    work = _writing(uow, access, form_key, Origin("page"))
    require_verb(access, form_key, "delete")
    return removing.purge(work, record_id)


def get_record(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int, *, verb: str = "read"
) -> Record:
    """One record with everything on it; NotFound when it is not there or not for this reader."""
    catalog = catalog_for(uow, access)
    form = catalog.get_form(form_key)
    build = partial(_reading, uow, access, catalog, form, verb)
    rows = ask(uow, access, catalog, ("record", form_key, verb), build, {"record": record_id})
    if not rows:
        raise gone(uow, access, catalog, form, record_id)
    record = to_record(catalog, form, rows[0])
    complete(uow, access, catalog, form, [record], rows=True)
    return record


def _reading(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, form: FormDefinition, verb: str
) -> sa.Select[Any]:
    """The SELECT of one ``record``; somebody who just made it reads it whatever their scope."""
    table = catalog.tables[form.key].main
    verbs = ("create",) if verb == "create" else ("read", verb)
    limits = [
        limit
        for each in verbs
        for limit in scope_conditions(uow, access, catalog, form.key, table, each)
    ]
    wanted = select_list(uow, access, catalog, form)
    return sa.select(*wanted).where(table.c.id == sa.bindparam("record"), *limits)


def find_records(uow: UnitOfWork, access: Access, form_key: str, query: RecordQuery) -> RecordPage:
    """The records that meet a query, within the reader's scope."""
    catalog = catalog_for(uow, access)
    require_verb(access, form_key, "read")
    return find(uow, access, catalog, catalog.get_form(form_key), query)


def find_ids(
    uow: UnitOfWork, access: Access, form_key: str, query: RecordQuery, *, most: int
) -> list[int]:
    """The ids of the records that meet a query, within the reader's scope; at most so many."""
    catalog = catalog_for(uow, access)
    require_verb(access, form_key, "read")
    return find_all_ids(uow, access, catalog, catalog.get_form(form_key), query, most)


def to_json(catalog: FormCatalog, record: Record) -> dict[str, Any]:
    """A record as outside clients read it (decision: flat, every field, null = missing)."""
    return record_json(catalog, record)


def _writing(uow: UnitOfWork, access: Access, form_key: str, origin: Origin) -> Writing:
    catalog = catalog_of(uow)
    hold_form(uow, form_key)
    return Writing(uow, access, catalog, catalog.get_form(form_key), origin)


def require_verb(access: Access, form_key: str, verb: str) -> None:
    if access.scope(form_key, verb) == "none":
        raise Forbidden(f"may-not-{verb}", form=form_key)


def seen_form(work: Writing) -> FormDefinition:
    """The form as its writer sees it: nobody sets what is not there for them."""
    return catalog_for(work.uow, work.access).get_form(work.form.key)


def read_row(
    work: Writing, seen: FormDefinition, raw: Mapping[str, Any], index: int, *, texts: bool
) -> RowDraft:
    draft = convert_row(seen, raw, work.reading, index=index, texts=texts)
    refuse_masks(work.access, work.form.key, raw, draft)
    return draft


def _limits(work: Writing, verb: str) -> list[Any]:
    """Whoever changes or deletes a record must also be one who may see it."""
    table = work.tables.main
    return [
        limit
        for each in ("read", verb)
        for limit in scope_conditions(
            work.uow, work.access, work.catalog, work.form.key, table, each
        )
    ]


def require_visible(work: Writing, record_id: int, verb: str) -> None:
    table = work.tables.main
    limits = _limits(work, verb)
    found = work.uow.execute(table.select().where(table.c.id == record_id, *limits)).first()
    if found is None:
        raise NotFound("no-record", form=work.form.label, id=record_id)


def _write_one(work: Writing, draft: RowDraft) -> None:
    writing.prepare(work, [draft])
    current = draft.current
    wanted = draft.expected_version
    if wanted is not None and current is not None and current["version"] != wanted:
        raise _overtaken(work, draft, wanted)
    if draft.problems:
        raise Invalid(draft.problems)
    writing.store(work, [draft])


def _overtaken(work: Writing, draft: RowDraft, opened: int) -> VersionConflict:
    """Says who saved what since the version this writer had opened."""
    entries = seen_entries(
        work.access, work.catalog, work.form.key,
        history_of(work.uow, work.form.key, draft.id or 0, limit=50),
    )  # fmt: skip
    conflict = VersionConflict("record-changed", form=work.form.label)
    conflict.details = {
        "version": (draft.current or {})["version"],
        "saved": [
            {
                "version": entry.version,
                "at": plain_json(entry.at),
                "actor": entry.actor_name,
                "fields": list(entry.changes),
            }
            for entry in entries
            if entry.version > opened
        ],
    }
    return conflict


def _match(
    work: Writing, drafts: Sequence[RowDraft], rows: Sequence[Mapping[str, Any]], mode: str,
    key: str | None,
) -> None:  # fmt: skip
    """Find the record of each row by id or key; an update without one is refused."""
    if key is not None and not may_use(work.access, work.form.key, key):
        raise Invalid([Problem("key", "unknown-field", {"field": key})])
    if key is not None:
        texts = {str(row[key]) for row in rows if row.get(key) not in (None, "")}
        hits = ids_by_key(work.uow, work.catalog, work.form.key, key, texts)
        for draft, row in zip(drafts, rows, strict=True):
            hit = hits.get(str(row.get(key)))
            if draft.id is None and isinstance(hit, int):
                draft.id = hit
            elif isinstance(hit, str) and not draft.problems:
                draft.refuse(key, hit, field=key, value=str(row.get(key))[:60])
    known: set[int] = set()
    table = work.tables.main
    limits = _limits(work, "update")
    for some in chunks(sorted({draft.id for draft in drafts if isinstance(draft.id, int)})):
        ids = table.select().with_only_columns(table.c.id).where(table.c.id.in_(some), *limits)
        known.update(work.uow.execute(ids).scalars())
    for draft in drafts:
        missing = draft.id is None and mode == "update"
        if missing or (draft.id is not None and draft.id not in known):
            draft.refuse(
                key or "id", "no-such-record", value=str(rows[draft.index].get(key or "id"))
            )


def _name_record(draft: RowDraft, given: Any) -> None:
    """Which record a row changes; anything but a whole number names none."""
    if isinstance(given, int) and not isinstance(given, bool) and 0 < given < 2**63:
        draft.id = given
    else:
        draft.refuse("id", "no-such-record", value=str(given)[:60])


def _store_batch(work: Writing, drafts: list[RowDraft], *, atomic: bool) -> BatchResult:
    fresh: set[int] = set()
    written: set[int] = set()
    rounds = rounds_of([draft for draft in drafts if not draft.problems])
    with work.uow.savepoint() if atomic and len(rounds) > 1 else nullcontext():
        for some in rounds:
            writing.prepare(work, some)
            if atomic and any(draft.problems for draft in drafts):
                continue  # nothing will be stored; what else is wrong is still wanted
            ready = [draft for draft in some if not draft.problems]
            fresh |= {draft.index for draft in ready if draft.is_new}
            written |= {draft.index for draft in writing.store(work, ready)}
        refused = [draft for draft in drafts if draft.problems]
        if atomic and refused:
            raise Invalid(
                [p for draft in refused for p in under(str(draft.index), draft.problems)]
            )
    return BatchResult([_result(draft, written, fresh) for draft in drafts])


def _result(draft: RowDraft, written: set[int], fresh: set[int]) -> RowResult:
    if draft.problems:
        return RowResult(draft.index, "refused", draft.id, tuple(draft.problems))
    if draft.index not in written:
        return RowResult(draft.index, "unchanged", draft.id)
    return RowResult(draft.index, "created" if draft.index in fresh else "updated", draft.id)
