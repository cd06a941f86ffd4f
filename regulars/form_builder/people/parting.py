"""Taking a merge back while the dropped record still lies in the recycle bin.

What was moved goes back as far as nobody has touched it since; what was said, sent or sold after
the merge stays with the survivor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from regulars.form_builder import removing, rollups, storing, writing
from regulars.form_builder.attachments import file_fields
from regulars.form_builder.batch import Writing
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.converting import RowDraft
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.field_types.file import ids_of
from regulars.form_builder.origin import Origin
from regulars.form_builder.people.merging import CAPABILITY, ORIGIN_KIND
from regulars.form_builder.people.moving_links import MovedLinks, point_back
from regulars.form_builder.people.person_forms import person_form
from regulars.form_builder.people.person_log import log_person
from regulars.form_builder.people.pointers import live_merge
from regulars.form_builder.people.tables import person_merge
from regulars.form_builder.querying import Record
from regulars.form_builder.records import get_record, restore_record
from regulars.form_builder.written import rows_json
from regulars.platform.accounts.access import Access
from regulars.platform.blobs.service import give_to
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.privacy.followers import Move, person_followers


def undo_merge(uow: UnitOfWork, access: Access, form_key: str, dropped: int) -> Record:
    """Bring the dropped record back with what was its own; NotFound when it was not merged."""
    access.require(CAPABILITY)
    catalog = catalog_of(uow)
    people = person_form(catalog, form_key)
    merge = live_merge(uow, form_key, dropped)
    if merge is None:
        raise NotFound("not-merged", form=people.form.label, id=dropped)
    get_record(uow, access, form_key, merge.kept, verb="update")
    origin = Origin(ORIGIN_KIND, automation="none", ref=f"merge:{merge.id}", restores=True)
    work = Writing(uow, access, catalog, people.form, origin)
    move = Move(merge.id, form_key, merge.kept, dropped)
    for follower in person_followers:
        follower.refuse_busy(uow, form_key, [move.keep])
    _give_values_back(work, move.keep, merge.moved.get("values", {}))
    removing.restore(work, dropped)
    _give_files_back(work, dropped)
    links = MovedLinks(merge.moved.get("links", {}), merge.moved.get("doubled", {}))
    point_back(work, links, move.drop, move.keep)
    for name, moved in merge.moved.get("followers", {}).items():
        follower_or_none = person_followers.find(name)
        if follower_or_none is not None:
            follower_or_none.unmerge(uow, access, move, moved)
    rollups.recompute_all(uow, catalog, form_key, [move.keep, move.drop])
    uow.execute(
        person_merge.update().where(person_merge.c.id == merge.id).values(undone_at=uow.now)
    )
    for follower in person_followers:
        follower.settle(uow, access, move)
    log_person(uow, access, form_key, move.keep, "unmerged", {"merge": merge.id, "drop": dropped})
    return get_record(uow, access, form_key, dropped)


def _give_files_back(work: Writing, record_id: int) -> None:
    """The restored record holds its files again."""
    stored = storing.load_rows(work.uow, work.form, work.tables, [record_id])[record_id]
    for field in file_fields(work.form):
        place = (work.form.key, record_id, field.key)
        give_to(work.uow, place, list(ids_of(stored.get(field.key))))


def restore_or_part(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int, *, origin: Origin
) -> Record:
    """Bring a record back from the bin; one that was merged takes back what was its own."""
    if live_merge(uow, form_key, record_id) is not None:
        return undo_merge(uow, access, form_key, record_id)
    return restore_record(uow, access, form_key, record_id, origin=origin)


def _give_values_back(work: Writing, record_id: int, changes: Mapping[str, Any]) -> None:
    """The survivor's own values, where they still are what the merge made them."""
    draft = RowDraft(0, id=record_id)
    stored = storing.load_rows(work.uow, work.form, work.tables, [record_id], lock=True)
    if record_id not in stored:
        raise NotFound("no-record", form=work.form.label, id=record_id)
    before = {key: pair[0] for key, pair in changes.items()}
    plain = work.catalog.from_stored_json(work.form.key, before, work.uow).values
    now = _as_json(work, record_id, stored[record_id], changes)
    for key, (old, given) in changes.items():
        if now.get(key) != given:
            continue
        if key in work.tables.rows:
            draft.rows[key] = _old_rows(work, key, record_id, old or ())
        elif key in plain:
            draft.values[key] = plain[key]
    if not draft.values and not draft.rows:
        return
    writing.prepare(work, [draft])
    if draft.problems:
        raise Invalid(draft.problems)
    writing.store(work, [draft])


def _as_json(
    work: Writing, record_id: int, row: Mapping[str, Any], changes: Mapping[str, Any]
) -> dict[str, Any]:
    """What the survivor says now about the fields that the merge changed."""
    found: dict[str, Any] = {}
    for key in changes:
        field = work.form.find(key)
        if key in work.tables.rows:
            rows = storing.load_subform_rows(work.uow, work.form, work.tables, key, [record_id])
            found[key] = rows_json(work.form, key, rows.get(record_id, []))
        elif field is not None:
            found[key] = field_types.get(field.type).to_json(field, row.get(key))
    return found


def _old_rows(work: Writing, key: str, record_id: int, old: Sequence[Any]) -> list[RowDraft]:
    """The survivor's own rows as they were; a row that still stands keeps its id."""
    load = storing.load_subform_rows
    rows = load(work.uow, work.form, work.tables, key, [record_id]).get(record_id, [])
    now = rows_json(work.form, key, rows)
    drafts = []
    for position, body in enumerate(old):
        draft = work.catalog.from_stored_json(f"{work.form.key}.{key}", body, work.uow)
        draft.index = position
        if position < len(now) and now[position] == body:
            draft.id = rows[position]["id"]
        drafts.append(draft)
    return drafts
