"""Records of other forms that point to somebody who is erased: an order, without its customer.

The link and every field marked ``personal`` are emptied, in the record, in its history, in its
events and in the recycle bin; the rest (what was sold, for how much) stays for the books.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import removing, rollups, storing
from regulars.form_builder.batch import Writing
from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.history import history, trash
from regulars.form_builder.linking import chunks
from regulars.form_builder.people.copies import personal_keys
from regulars.form_builder.people.dossier import binned_links
from regulars.form_builder.people.identities import Person
from regulars.form_builder.people.traces import Traces
from regulars.platform.db import UnitOfWork
from regulars.platform.events import event


def clear_links(
    work: Writing, source: str, field: FieldDefinition, ids: Sequence[int], *, personal: bool
) -> None:
    """Empty a link of these rows, and with ``personal`` their personal fields, too."""
    catalog, main = work.catalog, source.partition(".")[0]
    form, table = catalog.get_form(source), catalog.source().table(source)
    emptied = {field.key: None}
    if personal:
        emptied |= dict.fromkeys(_personal_columns(catalog, form, table))
    if "." not in source:
        tables = catalog.tables[main]
        before = storing.load_rows(work.uow, form, tables, ids, lock=True)
        changes = {**emptied, "updated_at": work.uow.now}
        storing.change_records(work.uow, tables, [
            (i, {**changes, "version": row["version"] + 1}) for i, row in before.items()
        ])  # fmt: skip
        for key in _personal_tags(catalog, form) if personal else ():
            storing.delete_rows(work.uow, tables.sides[key], ids, "record")
        after = storing.load_rows(work.uow, form, tables, ids)
        touched = rollups.Touched(source, [(before[i], after[i]) for i in before])
        rollups.refresh(work.uow, catalog, [touched])
        return
    _clear_rows(work, source, table, ids, emptied)


def _clear_rows(
    work: Writing, source: str, table: Any, ids: Sequence[int], emptied: Mapping[str, Any]
) -> None:
    """Empty columns of rows; one of several links just goes."""
    main, _dot, key = source.partition(".")
    form = work.catalog.get_form(main)
    connects = form.by_key[key].has_links
    touched = rollups.Touched(source)
    for some in chunks(sorted(ids)):
        chosen = table.c.id.in_(some)
        before = [dict(row) for row in work.uow.execute(table.select().where(chosen)).mappings()]
        if connects:
            work.uow.execute(table.delete().where(chosen))
        else:
            work.uow.execute(table.update().where(chosen).values(emptied))
        for row in before:
            touched.add(row, None if connects else {**row, **emptied})
    rollups.refresh(work.uow, work.catalog, [touched])


def delete_linked(work: Writing, source: str, ids: Sequence[int]) -> None:
    """Remove records for good, their history and events with them."""
    inner = Writing(
        work.uow, work.access, work.catalog, work.catalog.get_form(source), work.origin
    )
    removing.delete(inner, sorted(ids), into_trash=False)
    for table in (history, event, trash):
        for some in chunks(sorted(ids)):
            work.uow.execute(
                table.delete().where(table.c.form == source, table.c.record.in_(some))
            )


def blot_pasts(
    uow: UnitOfWork, catalog: FormCatalog, form_key: str, ids: Sequence[int], traces: Traces
) -> None:
    """What the history and the events of these records still say of the person."""
    form = catalog.get_form(form_key)
    for some in chunks(sorted(ids)):
        lines = uow.execute(
            sa.select(history.c.id, history.c.changes).where(
                history.c.form == form_key, history.c.record.in_(some)
            )
        ).all()
        for line in lines:
            changes = traces.without_any(_impersonal(catalog, form, line.changes))
            if changes != line.changes:
                uow.execute(
                    history.update().where(history.c.id == line.id).values(changes=changes)
                )
        happened = uow.execute(
            sa.select(event.c.id, event.c.changes, event.c.data).where(
                event.c.form == form_key, event.c.record.in_(some)
            )
        ).all()
        for line in happened:
            changes = line.changes and traces.without_any(_impersonal(catalog, form, line.changes))
            data = traces.without_any(line.data)
            if (changes, data) != (line.changes, line.data):
                values = {"changes": changes, "data": data}
                uow.execute(event.update().where(event.c.id == line.id).values(values))


def blot_bin(uow: UnitOfWork, catalog: FormCatalog, person: Person, traces: Traces) -> set[str]:
    """Records in the bin that point to the person no longer do; the forms they are of."""
    touched = set()
    links = catalog.links_to(person.form)
    for row in binned_links(uow, catalog, person):
        form = catalog.get_form(row["form"])
        body = {**row["body"], "values": _without(catalog, form, row["body"]["values"])}
        body["rows"] = {
            key: [_without(catalog, catalog.get_form(f"{form.key}.{key}"), each) for each in rows]
            for key, rows in row["body"]["rows"].items()
        }
        for source, field in links:
            main, _dot, rows = source.partition(".")
            if main != form.key:
                continue
            for holder in body["rows"].get(rows, []) if rows else [body["values"]]:
                if holder.get(field.key) in person.ids:
                    holder[field.key] = None
        uow.execute(
            trash.update()
            .where(trash.c.form == row["form"], trash.c.record == row["record"])
            .values(title=traces.without_any(row["title"]), body=traces.without_any(body))
        )
        blot_pasts(uow, catalog, row["form"], [row["record"]], traces)
        touched.add(str(row["form"]))
    return touched


def _personal_columns(catalog: FormCatalog, form: FormDefinition, table: Any) -> list[str]:
    keys = personal_keys(catalog, form.key)
    return [c.name for c in table.c if c.name.partition("__")[0] in keys]  # their companions, too


def _personal_tags(catalog: FormCatalog, form: FormDefinition) -> list[str]:
    keys = personal_keys(catalog, form.key)
    return [field.key for field in form.fields if field.key in keys and field.has_side]


def _without(
    catalog: FormCatalog, form: FormDefinition, values: Mapping[str, Any]
) -> dict[str, Any]:
    personal = personal_keys(catalog, form.key)
    return {key: None if key in personal else value for key, value in values.items()}


def _impersonal(
    catalog: FormCatalog, form: FormDefinition, changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Changes without those of personal fields, in the record and in its rows."""
    kept: dict[str, Any] = {}
    for key, pair in changes.items():
        field = form.find(key)
        if key in personal_keys(catalog, form.key):
            continue
        rows = f"{form.key}.{key}" if field is not None and field.has_rows else ""
        columns = personal_keys(catalog, rows) if rows else frozenset()
        kept[key] = _rows_without(pair, columns) if columns else pair
    return kept


def _rows_without(pair: Any, personal: frozenset[str]) -> Any:
    return [
        [{k: v for k, v in row.items() if k not in personal} for row in side]
        if isinstance(side, list)
        else side
        for side in pair
    ]
