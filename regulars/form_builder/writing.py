"""The one write path: validate → compute → write → history → event → rollups, in one transaction.

Works on many rows at once; a single save is a batch of one. Permission is the caller's
(`records`); everything else, whoever writes, happens here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from regulars.form_builder import attachments, defaults, guarding, rollups, uniqueness
from regulars.form_builder.batch import Writing
from regulars.form_builder.converting import RowDraft, missing_required
from regulars.form_builder.definition import LINKED
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.flow import following, holding
from regulars.form_builder.history import record_entries
from regulars.form_builder.linking import settle_links
from regulars.form_builder.locks import refuse_locked
from regulars.form_builder.logic import ruling
from regulars.form_builder.logic.refusing import refuse_ruled_out
from regulars.form_builder.logic.ruling import Case
from regulars.form_builder.storing import (
    change_records,
    column_values,
    delete_rows,
    field_columns,
    insert_rows,
    load_rows,
    load_subform_rows,
    replace_tags,
)
from regulars.form_builder.written import rows_differ, rows_json
from regulars.platform import columns as types
from regulars.platform.bulk import insert_columns
from regulars.platform.events import Event, record_events


def prepare(writing: Writing, drafts: Sequence[RowDraft]) -> list[Case]:
    """Check and complete the drafts; afterwards each has its problems or is ready to store.

    The answer is what the form's rules made of each; nothing where it has no rules.
    """
    limits = guarding.link_limits(writing)
    settle_links(writing.uow, writing.catalog, writing.form, drafts, limits)
    _load_current(writing, [draft for draft in drafts if draft.id is not None])
    attachments.settle_files(writing, drafts)
    guarding.refuse_fields(writing, drafts)
    if writing.origin.by_hand:
        for draft in drafts:
            refuse_locked(writing, draft)
    touched = ruling.touched_by(writing, drafts)
    holding.begin(writing, [draft for draft in drafts if draft.is_new])
    defaults.fill(writing, [draft for draft in drafts if draft.is_new])
    defaults.fill_rows(writing, drafts)
    cases = [] if touched is None else ruling.rule_over(writing, drafts, touched)
    if not writing.origin.restores:
        refuse_ruled_out(writing, cases)
    holding.hold(writing, drafts, cases)
    for draft in drafts:
        missing_required(writing.form, draft)
    guarding.refuse_outside(writing, drafts)
    uniqueness.refuse_doubles(writing, drafts)
    defaults.run_checks(writing, [draft for draft in drafts if not draft.problems])
    return cases


def _load_current(writing: Writing, drafts: Sequence[RowDraft]) -> None:
    stored = load_rows(
        writing.uow, writing.form, writing.tables, [d.id for d in drafts if d.id],
        lock=not writing.only_looks,
    )  # fmt: skip
    for draft in drafts:
        draft.current = stored.get(draft.id or 0)


def store(writing: Writing, drafts: Sequence[RowDraft]) -> list[RowDraft]:
    """Write drafts without problems; the drafts that changed something."""
    fresh = [draft for draft in drafts if draft.is_new]
    before_rows = _rows_before(writing, drafts)
    defaults.freeze_rows(writing, drafts, before_rows)
    changed = [d for d in drafts if not d.is_new and _differs(d, before_rows)]
    _insert(writing, fresh)
    _update(writing, changed)
    written = sorted([*fresh, *changed], key=lambda draft: draft.index)
    attachments.keep_files(writing, written)
    _write_tags(writing, written)
    _write_subforms(writing, written, before_rows)
    _tell(writing, written, before_rows)
    _roll_up(writing, written, before_rows)
    following.follow(writing, written)
    return written


RowsBefore = dict[str, dict[int, list[dict[str, Any]]]]


def _rows_before(writing: Writing, drafts: Sequence[RowDraft]) -> RowsBefore:
    found: RowsBefore = {}
    for key in writing.tables.rows:
        ids = [d.id for d in drafts if not d.is_new and key in d.rows and d.id is not None]
        if ids:
            found[key] = load_subform_rows(writing.uow, writing.form, writing.tables, key, ids)
    return found


def _differs(draft: RowDraft, before_rows: RowsBefore) -> bool:
    current = draft.current or {}
    if any(current.get(key) != value for key, value in draft.values.items()):
        return True
    return any(
        rows_differ(
            [child.values for child in children], before_rows.get(key, {}).get(draft.id or 0, [])
        )
        for key, children in draft.rows.items()
    )


def _insert(writing: Writing, drafts: Sequence[RowDraft]) -> None:
    if not drafts:
        return
    defaults.give_numbers(writing, drafts)
    uow, form = writing.uow, writing.form
    version = writing.catalog.version(form.key)
    at = writing.origin.at or uow.now
    each = {
        **dict.fromkeys(writing.catalog.zero_columns(form.key), 0),
        "version": 1, "created_at": at, "updated_at": at, "form_version": version,
        "created_by": writing.access.member_id, "updated_by": writing.access.member_id,
        "owner": writing.access.member_id, "batch": writing.origin.batch,
    }  # fmt: skip
    columns = {
        **{name: [value] * len(drafts) for name, value in each.items()},
        **field_columns(form, writing.tables.main, [draft.values for draft in drafts]),
        "id": [draft.id for draft in drafts],
        "unit": [d.values.get("unit") or defaults.unit_of(writing, d) for d in drafts],
    }
    insert_columns(uow, writing.tables.main, columns)


def _update(writing: Writing, drafts: Sequence[RowDraft]) -> None:
    changes = []
    for draft in drafts:
        current = draft.current or {}
        moved = {k: v for k, v in draft.values.items() if current.get(k) != v}
        stored = column_values(writing.form, moved)
        stored["version"] = current["version"] + 1
        stored["updated_at"] = writing.origin.at or writing.uow.now
        stored["updated_by"] = writing.access.member_id
        unit = defaults.unit_of(writing, draft)
        if unit is not None:
            stored["unit"] = unit
        changes.append((current["id"], stored))
    change_records(writing.uow, writing.tables, changes)


def _write_tags(writing: Writing, drafts: Sequence[RowDraft]) -> None:
    for key, side in writing.tables.sides.items():
        wanted = {
            draft.id: (
                (draft.current or {}).get(key) or frozenset(),
                draft.values[key] or frozenset(),
            )
            for draft in drafts
            if key in draft.values and draft.id is not None
        }
        replace_tags(writing.uow, side, wanted)


def _write_subforms(writing: Writing, drafts: Sequence[RowDraft], before_rows: RowsBefore) -> None:
    for key, tables in writing.tables.rows.items():
        owners = [draft for draft in drafts if key in draft.rows and draft.id is not None]
        known = before_rows.get(key, {})
        gone = {(draft.id, row["id"]) for draft in owners for row in known.get(draft.id or 0, [])}
        delete_rows(writing.uow, tables.main, [row_id for _owner, row_id in gone])
        rows = [
            (draft.id or 0, position, child.values)
            for draft in owners
            for position, child in enumerate(draft.rows[key])
        ]
        insert_rows(writing.uow, writing.form, writing.tables, key, rows, _kept(owners, key, gone))


def _kept(
    owners: Sequence[RowDraft], key: str, known: set[tuple[int | None, int]]
) -> list[int | None]:
    """The id each row keeps: the one it names, if it was this record's and is named once."""
    kept: list[int | None] = []
    free = set(known)
    for draft in owners:
        for child in draft.rows[key]:
            name = (draft.id, child.id or 0)
            kept.append(child.id if name in free else None)
            free.discard(name)
    return kept


FILLED_IN = ("page", "public")


def _tell(writing: Writing, drafts: Sequence[RowDraft], before_rows: RowsBefore) -> None:
    uow, origin, access = writing.uow, writing.origin, writing.access
    at = origin.at or uow.now
    entries, events = [], []
    for draft in drafts:
        changes = types.written(changes_of(writing, draft, before_rows))
        action = "created" if draft.is_new else "updated"
        version = 1 if draft.is_new else (draft.current or {})["version"] + 1
        entries.append({
            "form": writing.form.key, "record": draft.id, "version": version, "action": action,
            "changes": changes, "actor": access.actor, "actor_name": access.name,
            "origin": origin.kind, "ref": draft.ref or origin.ref, "batch": origin.batch, "at": at,
        })  # fmt: skip
        events.append(
            Event(
                f"record_{action}",
                writing.form.key,
                draft.id,
                None if origin.is_historic else changes,
                {"origin": origin.kind} if origin.kind in FILLED_IN else None,
                access.actor,
                origin.chain if draft.chain is None else draft.chain,
                None,
                origin.is_historic,
                at,
            )
        )
    record_entries(uow, entries)
    record_events(uow, events)


def changes_of(writing: Writing, draft: RowDraft, before_rows: RowsBefore) -> dict[str, list[Any]]:
    """What the draft changes: field → [before, after] in the API's JSON form."""
    current = draft.current or {}
    found: dict[str, list[Any]] = {}
    for key, value in draft.values.items():
        before = current.get(key)
        if before == value or (draft.is_new and value in (None, frozenset())):
            continue
        field = writing.form.by_key[key]
        kind = field_types.get(field.type)
        found[key] = [
            None if draft.is_new else kind.to_json(field, before), kind.to_json(field, value)
        ]  # fmt: skip
    for key, children in draft.rows.items():
        if draft.is_new:
            found[key] = [None, {"rows": len(children)}]
        else:
            found[key] = [
                rows_json(writing.form, key, before_rows.get(key, {}).get(draft.id or 0, [])),
                rows_json(writing.form, key, [child.values for child in children]),
            ]
    return found


def _roll_up(writing: Writing, drafts: Sequence[RowDraft], before_rows: RowsBefore) -> None:
    """First the subforms' rollups on the records themselves, then what builds on the records."""
    form = writing.form.key
    touched = []
    for key in writing.tables.rows:
        rows = rollups.Touched(f"{form}.{key}")
        connects = writing.form.by_key[key].has_links
        for draft in drafts:
            if key not in draft.rows or draft.id is None:
                continue
            if connects:
                before = before_rows.get(key, {}).get(draft.id, ())
                after = [child.values[LINKED] for child in draft.rows[key]]
                rows.add_links(draft.id, [row[LINKED] for row in before], after)
            else:
                rows.add(None, {"parent": draft.id})
        touched.append(rows)
    own = rollups.Touched(form, whole=True)
    for draft in drafts:
        own.add(draft.current, draft.seen())
    rollups.refresh(writing.uow, writing.catalog, [*touched, own])
