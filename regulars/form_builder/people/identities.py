"""Everything a person is and was in a form: the record, and the records merged into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import storing
from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.history import history, trash
from regulars.form_builder.linking import chunks
from regulars.form_builder.people.person_forms import PersonForm, person_form
from regulars.form_builder.people.tables import person_merge
from regulars.form_builder.querying import Record, complete, select_list, to_record
from regulars.form_builder.records import get_record
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import NotFound

_WAYS = {"sms": "mobile", "email": "email"}


@dataclass(frozen=True)
class Person:
    """A person of a form. ``ids``: the record first, then those merged into it.

    ``names`` and ``addresses`` (channel, address) are all that were ever known, old ones too.
    """

    people: PersonForm
    ids: tuple[int, ...]
    title: str
    born: Mapping[int, datetime]
    names: frozenset[str]
    addresses: frozenset[tuple[str, str]]

    @property
    def id(self) -> int:
        """The record."""
        return self.ids[0]

    @property
    def form(self) -> str:
        """The form's key."""
        return self.people.key


def open_person(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int, *, verb: str
) -> Person:
    """The person, as far as the actor may ``verb`` the record; in the recycle bin, too."""
    catalog = catalog_of(uow)
    people = person_form(catalog, form_key)
    binned = _binned(uow, form_key, [record_id])
    if not binned:
        title = get_record(uow, access, form_key, record_id, verb=verb).title
    elif access.scope(form_key, verb) == "all":
        title = binned[record_id].title
    else:
        raise NotFound("no-record", form=people.form.label, id=record_id)
    ids = (record_id, *merged_into(uow, form_key, record_id))
    born, said = _known(uow, people, ids)
    return Person(
        people, ids, title, born, frozenset(_parts(people, said, "name")),
        frozenset(
            (channel, value)
            for channel, part in _WAYS.items()
            for value in _parts(people, said, part)
        ),
    )  # fmt: skip


def merged_into(uow: UnitOfWork, form_key: str, record_id: int) -> list[int]:
    """The records that became part of this one, over several merges."""
    found: list[int] = []
    waiting = [record_id]
    while waiting:
        dropped = uow.execute(
            sa.select(person_merge.c.dropped).where(
                person_merge.c.form == form_key,
                person_merge.c.kept.in_(waiting),
                person_merge.c.undone_at.is_(None),
            )
        ).scalars()
        waiting = [each for each in dropped if each not in (*found, record_id)]
        found += waiting
    return found


def whole_records(
    uow: UnitOfWork, catalog: FormCatalog, form_key: str, ids: Iterable[int]
) -> list[Record]:
    """Records with everything on them, whoever asks; those that are not there are left out."""
    form, access = catalog.get_form(form_key), system_access(uow.workspace.locale)
    table, found = catalog.tables[form_key].main, []
    for some in chunks(sorted(set(ids))):
        statement = sa.select(*select_list(uow, access, catalog, form)).where(table.c.id.in_(some))
        records = [to_record(catalog, form, row) for row in uow.execute(statement).mappings()]
        complete(uow, access, catalog, form, records, rows=True)
        found += records
    return sorted(found, key=lambda record: record.id)


def _binned(uow: UnitOfWork, form_key: str, ids: Sequence[int]) -> dict[int, Any]:
    rows = uow.execute(trash.select().where(trash.c.form == form_key, trash.c.record.in_(ids)))
    return {row.record: row for row in rows}


def _known(
    uow: UnitOfWork, people: PersonForm, ids: Sequence[int]
) -> tuple[dict[int, datetime], list[tuple[str, Any]]]:
    """When each record was made, and every (field, value) that was ever said."""
    born: dict[int, datetime] = {}
    said: list[tuple[str, Any]] = []
    for record_id, row in storing.load_rows(uow, people.form, people.tables, ids).items():
        born[record_id] = row["created_at"]
        said += row.items()
    for record_id, binned in _binned(uow, people.key, ids).items():
        born.setdefault(record_id, datetime.fromisoformat(binned.body["system"]["created_at"]))
        said += binned.body["values"].items()
    lines = uow.execute(
        sa.select(history.c.changes).where(history.c.form == people.key, history.c.record.in_(ids))
    )
    for changes in lines.scalars():
        said += [(key, value) for key, pair in changes.items() for value in pair]
    return born, said


def _parts(people: PersonForm, said: Sequence[tuple[str, Any]], part: str) -> set[str]:
    field = people.field(part)
    if field is None:
        return set()
    return {
        value.strip()
        for key, value in said
        if key == field.key and isinstance(value, str) and value.strip()
    }
