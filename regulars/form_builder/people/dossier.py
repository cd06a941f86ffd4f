"""All that is known of one person, for that person: records, what points to them, every table.

The tables are found by walking the schema (`all_holdings`), the records by the links of all
forms, so that a new table or form is in the copy from its first day.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.guarding import sees_whole
from regulars.form_builder.history import trash
from regulars.form_builder.linking import chunks
from regulars.form_builder.people.identities import Person, open_person, whole_records
from regulars.form_builder.people.person_log import log_person
from regulars.form_builder.plain_values import plain_json
from regulars.form_builder.querying import Record
from regulars.platform.accounts import audit
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Forbidden
from regulars.platform.privacy.holdings import all_holdings

CAPABILITY = "export_people"


@dataclass(frozen=True)
class Dossier:
    """What is known: ``records`` are the person's own, ``linked`` by form, ``tables`` by name.

    ``binned`` are deleted records of other forms that point to the person, as stored.
    """

    person: Person
    catalog: FormCatalog
    records: list[Record]
    linked: dict[str, list[Record]]
    binned: list[dict[str, Any]]
    tables: dict[str, list[dict[str, Any]]]


def make_dossier(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int, *, reason: str | None = None
) -> Dossier:
    """Put everything together, and note that it was handed out."""
    access.require(CAPABILITY)
    person = open_person(uow, access, form_key, record_id, verb="read")
    catalog = catalog_of(uow)
    linked, binned = linked_ids(uow, catalog, person), binned_links(uow, catalog, person)
    _require_whole(uow, access, catalog, {form_key: {record_id}, **linked}, binned)
    log_person(uow, access, form_key, record_id, "exported", reason=reason)
    audit.note(uow, access, "person-exported", f"{form_key} #{record_id}")
    return Dossier(
        person,
        catalog,
        whole_records(uow, catalog, form_key, person.ids),
        {source: whole_records(uow, catalog, source, ids) for source, ids in linked.items()},
        [_plain(row) for row in binned],
        _tables(uow, person),
    )


def _require_whole(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, held: Mapping[str, Collection[int]],
    binned: Sequence[Mapping[str, Any]],
) -> None:  # fmt: skip
    """Forbidden for whoever sees less than will be in it: a copy is whole, or it is none."""
    reader = expressing.reader_of(uow, catalog, access)
    for key, ids in held.items():
        form, table = catalog.get_form(key), catalog.tables[key].main
        limits = reader.limits(key, table, "read")
        if not sees_whole(access, form) or (limits and not _all_within(uow, table, ids, limits)):
            raise Forbidden("copy-not-whole", form=form.label)
    for row in binned:
        form = catalog.get_form(row["form"])
        if not sees_whole(access, form) or access.scope(form.key, "read") != "all":
            raise Forbidden("copy-not-whole", form=form.label)


def _all_within(uow: UnitOfWork, table: Any, ids: Collection[int], limits: list[Any]) -> bool:
    counted = sa.select(sa.func.count()).select_from(table)
    here = [table.c.id.in_(some) for some in chunks(sorted(ids))]
    all_of_them = sum(uow.scalar(counted.where(part)) for part in here)
    return bool(all_of_them == sum(uow.scalar(counted.where(part, *limits)) for part in here))


def linked_ids(uow: UnitOfWork, catalog: FormCatalog, person: Person) -> dict[str, set[int]]:
    """Records of other forms that point to the person, in a field or in one of their rows."""
    found: dict[str, set[int]] = {}
    for source, field in catalog.links_to(person.form):
        table, main = catalog.source().table(source), source.partition(".")[0]
        owner = table.c.parent if "." in source else table.c.id
        ids = set(
            uow.execute(sa.select(owner).where(table.c[field.key].in_(person.ids))).scalars()
        )
        if main == person.form:
            ids -= set(person.ids)
        if ids:
            found.setdefault(main, set()).update(ids)
    return found


def binned_links(uow: UnitOfWork, catalog: FormCatalog, person: Person) -> list[dict[str, Any]]:
    """Rows of the recycle bin, other than the person's own, whose record points to the person."""
    links: dict[str, list[tuple[str, str]]] = {}
    for source, field in catalog.links_to(person.form):
        main, _dot, rows = source.partition(".")
        links.setdefault(main, []).append((rows, field.key))
    found = []
    for row in uow.execute(trash.select().where(trash.c.form.in_(list(links)))).mappings():
        own = row["form"] == person.form and row["record"] in person.ids
        if not own and any(
            points_to(row["body"], rows, key, person.ids) for rows, key in links[row["form"]]
        ):
            found.append(dict(row))
    return found


def points_to(body: Any, rows: str, key: str, ids: Sequence[int]) -> bool:
    """Whether a record in the bin points to one of ``ids``, in a field or in a row."""
    holders = body["rows"].get(rows, []) if rows else [body["values"]]
    return any(holder.get(key) in ids for holder in holders)


def _tables(uow: UnitOfWork, person: Person) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for holding in all_holdings():
        rows = holding.rows(uow, person.form, person.ids)
        if rows:
            found[holding.name] = [_plain(row) for row in rows]
    return found


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {key: plain_json(value) for key, value in row.items() if not isinstance(value, bytes)}
