"""Files on their way into records: whose they are, who may have them, when they are let go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from regulars.form_builder.batch import Writing
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.converting import RowDraft
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.file import FILE_TYPES, PICTURE_TYPES, ids_of
from regulars.form_builder.history import trash
from regulars.form_builder.records_seen import seen_records
from regulars.platform.accounts.access import Access
from regulars.platform.blobs import service
from regulars.platform.blobs.service import Blob
from regulars.platform.blobs.tables import blob
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import NotFound


def file_fields(form: FormDefinition) -> list[FieldDefinition]:
    """The fields of a form that hold files."""
    return [each for each in form.fields if each.type in FILE_TYPES]


def settle_files(writing: Writing, drafts: Iterable[RowDraft]) -> None:
    """Refuse files that are not there, not this actor's, another record's, or no picture."""
    fields = file_fields(writing.form)
    wanted = [(draft, f) for draft in drafts for f in fields if draft.values.get(f.key)]
    ids = {number for draft, f in wanted for number in ids_of(draft.values[f.key])}
    known = service.get_blobs(writing.uow, ids)
    for draft, f in wanted:
        had = set(ids_of((draft.current or {}).get(f.key)))
        for number in ids_of(draft.values[f.key]):
            found = known.get(number)
            holds = found is not None and (found.form, found.record) == (
                writing.form.key,
                draft.id,
            )
            if found is None or not (number in had or holds or _is_free(writing, found)):
                draft.refuse(f.key, "no-such-file", field=f.name, value=str(number))
            elif f.type in PICTURE_TYPES and not found.is_picture:
                draft.refuse(f.key, "no-picture", field=f.name, value=found.name)


def keep_files(writing: Writing, drafts: Iterable[RowDraft]) -> None:
    """After the drafts are stored: files they hold are theirs, those they dropped are loose."""
    for f in file_fields(writing.form):
        for draft in drafts:
            if f.key not in draft.values or draft.id is None:
                continue
            had = ids_of((draft.current or {}).get(f.key))
            holds = ids_of(draft.values[f.key])
            place = (writing.form.key, draft.id, f.key)
            service.give_to(writing.uow, place, [n for n in holds if n not in had])
            service.let_go(writing.uow, [n for n in had if n not in holds])


def readable_file(uow: UnitOfWork, access: Access, number: int) -> Blob:
    """The file, when this reader may read the field of the record that holds it.

    A loose file is for who handed it in. NotFound for everybody else.
    """
    found = readable_files(uow, access, [number]).get(number)
    if found is None:
        raise NotFound("no-attachment")
    return found


def readable_files(uow: UnitOfWork, access: Access, numbers: Iterable[int]) -> dict[int, Blob]:
    """Those of these files that this reader may have, looked up together."""
    known, answer = service.get_blobs(uow, numbers), dict[int, Blob]()
    held: dict[str, list[Blob]] = {}
    for number, found in known.items():
        if found.form is None or found.record is None or found.field is None:
            if found.actor == access.actor:
                answer[number] = found
        elif access.field_right(found.form, found.field) not in ("hidden", "masked"):
            held.setdefault(found.form, []).append(found)
    for form, files in held.items():
        seen = seen_records(uow, access, form, [each.record for each in files if each.record])
        answer |= {each.id: each for each in files if each.record in seen}
    return answer


def let_go_of_lost(uow: UnitOfWork) -> int:
    """Files whose record is neither in its form nor in the recycle bin become loose."""
    held = sa.select(blob.c.id, blob.c.form, blob.c.record).where(
        blob.c.loose_at.is_(None), blob.c.record.is_not(None)
    )
    lost: list[int] = []
    by_form: dict[str, dict[int, list[int]]] = {}
    for number, form, record in uow.execute(held):
        by_form.setdefault(form, {}).setdefault(record, []).append(number)
    for form, records in by_form.items():
        gone = set(records) - _known_records(uow, form, list(records))
        lost += [number for record in gone for number in records[record]]
    for start in range(0, len(lost), 500):
        service.let_go(uow, lost[start : start + 500])
    return len(lost)


def _known_records(uow: UnitOfWork, form: str, records: Sequence[int]) -> set[int]:
    catalog = catalog_of(uow)
    if form not in catalog.tables:
        return set(records)  # a form that was put away keeps what it has
    table, found = catalog.tables[form].main, set[int]()
    for start in range(0, len(records), 500):
        some = records[start : start + 500]
        found.update(uow.execute(sa.select(table.c.id).where(table.c.id.in_(some))).scalars())
        binned = sa.select(trash.c.record).where(trash.c.form == form, trash.c.record.in_(some))
        found.update(uow.execute(binned).scalars())
    return found


def _is_free(writing: Writing, found: Blob) -> bool:
    """Whether nobody holds it yet and this actor (or the product itself) handed it in.

    Merging two people takes the files of one to the other, whoever had handed them in.
    """
    if writing.origin.kind == "merge":
        return True
    is_mine = found.actor == writing.access.actor or writing.access.kind == "system"
    return found.record is None and is_mine
