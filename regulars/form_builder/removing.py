"""The recycle bin: a record leaves its table whole and comes back whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing, guarding, rollups, storing, uniqueness
from regulars.form_builder.batch import Writing
from regulars.form_builder.changing.binned import brought_up
from regulars.form_builder.changing.resting import archived_values, restore_archived_values
from regulars.form_builder.converting import RowDraft
from regulars.form_builder.definition import LINKED, FormDefinition
from regulars.form_builder.field_rights import catalog_for, shows_link
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.flow.asking import cancel_open
from regulars.form_builder.history import trash
from regulars.form_builder.linking import chunks, existing_ids, settle_links
from regulars.form_builder.removing_told import tell, tell_changed, tell_cleared
from regulars.form_builder.searching.marking import mark
from regulars.form_builder.titles import titles_of
from regulars.form_builder.written import rows_json
from regulars.platform.accounts.access import system_access
from regulars.platform.errors import Conflict, Invalid, NotFound

Causes = Mapping[int, Mapping[str, Any]]
"""Record id → what took it along: form and record."""


def delete(
    writing: Writing, ids: Sequence[int], *, into_trash: bool = True, causes: Causes | None = None
) -> None:
    """Remove records with their rows and tags.

    What links to them follows its field's ``on_delete``: refuse (Conflict), clear or cascade.
    ``causes`` names what took each of them along; with that one they come back.
    """
    form, tables, uow = writing.form, writing.tables, writing.uow
    # locked before anybody asks who links here, so that no link can come up in between
    stored = storing.load_rows(uow, form, tables, ids, going=True)
    _follow_links(writing, list(stored))
    rows = {key: storing.load_subform_rows(uow, form, tables, key, ids) for key in tables.rows}
    titles = titles_of(
        uow, system_access(writing.access.locale), writing.catalog, {form.key: stored}
    )
    if into_trash:
        put_away = archived_values(uow, form, stored)
        bodies = [
            _body(writing, stored[i], rows, titles.get((form.key, i), f"#{i}")) for i in stored
        ]
        for body in bodies:
            body["body"]["archived"] = put_away.get(body["record"], {})
            body["body"]["cause"] = (causes or {}).get(body["record"])
        if bodies:
            uow.connection.execute(trash.insert(), bodies)
    for table in tables.rows.values():
        storing.delete_rows(uow, table.main, stored, "parent")
    for side in tables.sides.values():
        storing.delete_rows(uow, side, stored, "record")
    storing.delete_rows(uow, tables.main, stored)
    if form.workflow is not None:
        cancel_open(uow, form.key, list(stored), "cancelled")
    mark(uow, tables.main, stored)
    tell(writing, "deleted", stored.values(), titles)
    touched = rollups.Touched(form.key, [(row, None) for row in stored.values()])
    rollups.refresh(uow, writing.catalog, [*let_go(form, rows), touched])


def let_go(form: FormDefinition, rows: Mapping[str, Mapping[int, Any]]) -> list[rollups.Touched]:
    """What records that go linked to: ``rows`` by field and record, as they were stored."""
    told = []
    for key, by_record in rows.items():
        if form.by_key[key].has_links:
            touched = rollups.Touched(f"{form.key}.{key}")
            for parent, found in by_record.items():
                touched.add_links(parent, [row[LINKED] for row in found], ())
            told.append(touched)
    return told


def restore(writing: Writing, record_id: int) -> None:
    """Bring one record back under its old id, and what went with it.

    A record that went with it and cannot come back (its number is taken by now) stays in the bin.
    """
    uow, form = writing.uow, writing.form
    row = uow.execute(
        trash.select()
        .where(trash.c.form == form.key, trash.c.record == record_id)
        .with_for_update()
    ).first()
    if row is None:
        raise NotFound("no-record", form=form.label, id=record_id)
    access = system_access(writing.access.locale)
    body, told = brought_up(uow, access, form.key, row.body, row.deleted_at)
    draft, system = _draft_of(writing, body, record_id)
    if not guarding.reaches(writing, "delete", _as_it_was(writing, draft, system), draft):
        raise NotFound("no-record", form=form.label, id=record_id)
    told |= _leave_out_gone(writing, draft)
    settle_links(uow, writing.catalog, form, [draft])
    uniqueness.refuse_doubles(writing, [draft])
    if draft.problems:
        raise Invalid(draft.problems)
    blank: dict[str, Any] = {column.name: None for column in writing.tables.main.columns}
    for key in writing.catalog.zero_columns(form.key):
        blank[key] = 0
    values = {**blank, **storing.column_values(form, draft.values), **system}
    values["version"] = system["version"] + 1
    storing.insert_records(uow, writing.tables, [values])
    mark(uow, writing.tables.main, [record_id])
    for key, side in writing.tables.sides.items():
        storing.replace_tags(
            uow, side, {record_id: (frozenset(), draft.values.get(key) or frozenset())}
        )
    linked = []
    for key in writing.tables.rows:
        rows = [(record_id, n, child.values) for n, child in enumerate(draft.rows.get(key, ()))]
        storing.insert_rows(uow, form, writing.tables, key, rows)
        if form.by_key[key].has_links:
            linked.append(rollups.Touched(f"{form.key}.{key}"))
            linked[-1].add_links(record_id, (), [values[LINKED] for _id, _n, values in rows])
    restore_archived_values(uow, form, record_id, row.body.get("archived", {}))
    uow.execute(trash.delete().where(trash.c.form == form.key, trash.c.record == record_id))
    stored = storing.load_rows(uow, form, writing.tables, [record_id])
    tell(writing, "restored", stored.values(), {}, told)
    rollups.recompute_all(uow, writing.catalog, form.key, [record_id])
    touched = rollups.Touched(form.key, [(None, row) for row in stored.values()])
    rollups.refresh(uow, writing.catalog, [*linked, touched])
    _restore_followers(writing, record_id, row.deleted_at)


def _leave_out_gone(writing: Writing, draft: RowDraft) -> dict[str, list[Any]]:
    """Of several links, those to records that went meanwhile; field → [before, after] in JSON.

    Only where the field lets go of what is deleted; else they are a problem like any other.
    """
    told = {}
    for field in writing.form.fields:
        rows = draft.rows.get(field.key)
        if not field.has_links or not rows or field.settings.get("on_delete") != "clear":
            continue
        target = str(field.settings["to"])
        ids = [child.values[LINKED] for child in rows]
        there = existing_ids(writing.uow, writing.catalog, target, ids)
        kept = [child for child in rows if child.values[LINKED] in there]
        if len(kept) < len(rows):
            draft.rows[field.key] = kept
            told[field.key] = [[child.values for child in side] for side in (rows, kept)]
    return told


def _restore_followers(writing: Writing, record_id: int, deleted_at: Any) -> None:
    """Bring back what a cascade took along with this record."""
    cause = {"form": writing.form.key, "record": record_id}
    sources = {
        source
        for source, field in writing.catalog.links_to(writing.form.key)
        if field.settings.get("on_delete") == "cascade" and "." not in source
    }
    for source in sorted(sources):
        statement = trash.select().where(trash.c.form == source, trash.c.deleted_at == deleted_at)
        went = [r for r in writing.uow.execute(statement) if r.body.get("cause") == cause]
        for each in went:
            with suppress(Invalid, NotFound):
                restore(_into(writing, source), each.record)


def list_trash(writing: Writing, limit: int = 200) -> list[Mapping[str, Any]]:
    """What lies in the bin of one form, newest first: record, title, deleted_at, deleted_by.

    Only what the actor could delete; a title with something hidden in it is the record's number.
    """
    statement = (
        trash.select()
        .where(trash.c.form == writing.form.key)
        .order_by(trash.c.deleted_at.desc(), trash.c.record.desc())
        .limit(limit)
    )
    whole = writing.access.scope(writing.form.key, "delete") == "all"
    titled = guarding.sees_title(catalog_for(writing.uow, writing.access), writing.form.key)
    return [
        {
            "record": row.record,
            "title": row.title if titled else f"#{row.record}",
            "deleted_at": row.deleted_at,
            "deleted_by": row.deleted_by,
        }
        for row in writing.uow.execute(statement)
        if whole or _is_reached(writing, row)
    ]


def purge(writing: Writing, record_id: int) -> str:
    """Take one record out of the bin for good; its title. Its history stays."""
    here = (trash.c.form == writing.form.key, trash.c.record == record_id)
    row = writing.uow.execute(trash.select().where(*here).with_for_update()).first()
    if row is None or not _is_reached(writing, row):
        raise NotFound("no-record", form=writing.form.label, id=record_id)
    writing.uow.execute(trash.delete().where(*here))
    titled = guarding.sees_title(catalog_for(writing.uow, writing.access), writing.form.key)
    return str(row.title) if titled else f"#{record_id}"


def _is_reached(writing: Writing, row: Any) -> bool:
    draft, system = _draft_of(writing, row.body, row.record)
    return guarding.reaches(writing, "delete", _as_it_was(writing, draft, system), draft)


def _as_it_was(writing: Writing, draft: RowDraft, system: Mapping[str, Any]) -> dict[str, Any]:
    return {**guarding.as_stored(writing, draft), **system}


def _follow_links(writing: Writing, ids: Sequence[int]) -> None:
    for source, field in writing.catalog.links_to(writing.form.key):
        table = writing.catalog.source().table(source)
        column = table.c[field.key]
        pointing: list[int] = []
        for some in chunks(sorted(ids)):
            statement = sa.select(table.c.id).where(column.in_(some))
            pointing += uow_scalars(writing, statement)
        if not pointing:
            continue
        policy = field.settings.get("on_delete", "refuse")
        holder, _dot, rows = source.partition(".")
        if rows and policy == "clear" and field.key == LINKED:
            _unlink(writing, holder, rows, pointing)
            continue
        if policy == "refuse" or rows or not _may_follow(writing, source, pointing):
            raise _still_linked(writing, source, field.key, pointing)
        _apply_policy(writing, source, field.key, pointing, str(policy))


def _unlink(writing: Writing, holder: str, key: str, row_ids: Sequence[int]) -> None:
    """Take the rows away that link what goes, and tell it of the records that held them."""
    inner = _into(writing, holder)
    uow, main = inner.uow, inner.tables.rows[key].main
    parents = _holders(writing, f"{holder}.{key}", row_ids)
    if not _may_follow(writing, holder, parents):
        raise _still_linked(writing, f"{holder}.{key}", LINKED, row_ids)
    stored = storing.load_rows(uow, inner.form, inner.tables, parents, lock=True)
    load = partial(storing.load_subform_rows, uow, inner.form, inner.tables, key, parents)
    before = load()
    storing.delete_rows(uow, main, row_ids)
    after = load()
    touched = rollups.Touched(f"{holder}.{key}")
    for parent, rows in before.items():
        kept = [row[LINKED] for row in after.get(parent, [])]
        touched.add_links(parent, [row[LINKED] for row in rows], kept)
    rollups.refresh(uow, inner.catalog, [touched])
    values = {"updated_at": uow.now}
    changes = [(i, {**values, "version": row["version"] + 1}) for i, row in stored.items()]
    storing.change_records(uow, inner.tables, changes)
    told = {
        i: {key: [rows_json(inner.form, key, side.get(i, [])) for side in (before, after)]}
        for i in stored
    }
    tell_changed(inner, told, stored)


def _holders(writing: Writing, source: str, ids: Sequence[int]) -> list[int]:
    """The records that these are, or whose rows they are."""
    table = writing.catalog.source().table(source)
    if "." not in source:
        return list(ids)
    found: list[int] = []
    for some in chunks(sorted(ids)):
        found += uow_scalars(writing, sa.select(table.c.parent).where(table.c.id.in_(some)))
    return found


def _still_linked(writing: Writing, source: str, via: str, pointing: Sequence[int]) -> Conflict:
    """The refusal; it names and counts only what the actor could see pointing here."""
    access, holder = writing.access, source.partition(".")[0]
    holders = _holders(writing, source, pointing)
    seen = access.scope(holder, "read") != "none" and shows_link(access.held, source, via)
    if not seen or not _may_follow(writing, holder, holders):
        return Conflict("still-needed")
    return Conflict("still-linked", form=writing.catalog.get_form(source).label, n=len(pointing))


def _may_follow(writing: Writing, source: str, pointing: Sequence[int]) -> bool:
    """What goes or loses its link with a record must lie within the actor's own reach, too."""
    catalog = writing.catalog
    table = catalog.tables[source].main
    limits = expressing.reader_of(writing.uow, catalog, writing.access).limits(
        source, table, "read"
    )
    return not limits or all(
        len(uow_scalars(writing, sa.select(table.c.id).where(table.c.id.in_(some), *limits)))
        == len(some)
        for some in chunks(sorted(set(pointing)))
    )


def uow_scalars(writing: Writing, statement: sa.Select[Any]) -> list[int]:
    """The ids a statement finds."""
    return list(writing.uow.execute(statement).scalars())


def _apply_policy(
    writing: Writing, source: str, key: str, pointing: Sequence[int], policy: str
) -> None:
    inner = _into(writing, source)
    tables = inner.tables
    stored = storing.load_rows(inner.uow, inner.form, tables, pointing, lock=True)
    if policy == "cascade":
        parent = writing.form.key
        causes = {i: {"form": parent, "record": row[key]} for i, row in stored.items()}
        delete(inner, pointing, causes=causes)
        return
    changes = [
        (record_id, {key: None, "version": row["version"] + 1, "updated_at": writing.uow.now})
        for record_id, row in stored.items()
    ]
    storing.change_records(inner.uow, tables, changes)
    after = {record_id: {**row, key: None} for record_id, row in stored.items()}
    tell_cleared(inner, key, stored)
    touched = rollups.Touched(source, [(stored[i], after[i]) for i in stored])
    rollups.refresh(inner.uow, inner.catalog, [touched])


def _into(writing: Writing, source: str) -> Writing:
    """The same work on the records of another form."""
    form = writing.catalog.get_form(source)
    return type(writing)(writing.uow, writing.access, writing.catalog, form, writing.origin)


def _body(writing: Writing, row: Mapping[str, Any], rows: Mapping[str, Any], title: str) -> Any:
    form = writing.form
    values = {
        each.key: field_types.get(each.type).to_json(each, row[each.key])
        for each in form.fields
        if each.key in row and field_types.get(each.type).is_own(each)
    }
    system = {
        key: row[key] for key in ("version", "created_by", "updated_by", "unit", "owner", "batch")
    }
    system["created_at"] = row["created_at"].isoformat()
    subforms = {
        key: [_row_json(form.by_key[key].fields, each) for each in found.get(row["id"], [])]
        for key, found in rows.items()
    }
    body = {"values": values, "system": system, "rows": subforms}
    return {
        "form": form.key, "record": row["id"], "title": title, "body": body,
        "deleted_at": writing.uow.now, "deleted_by": writing.access.name, "batch": row["batch"],
    }  # fmt: skip


def _row_json(fields: Iterable[Any], row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        each.key: field_types.get(each.type).to_json(each, row[each.key])
        for each in fields
        if each.key in row and field_types.get(each.type).is_own(each)
    }


def _draft_of(
    writing: Writing, body: Mapping[str, Any], record_id: int
) -> tuple[RowDraft, dict[str, Any]]:
    """The stored body as a draft; values a changed form no longer takes are left out."""
    from_json = writing.catalog.from_stored_json
    draft = from_json(writing.form.key, body["values"], writing.uow)
    draft.current = None
    draft.rows = {
        key: [from_json(f"{writing.form.key}.{key}", row, writing.uow) for row in rows]
        for key, rows in body["rows"].items()
        if key in writing.tables.rows
    }
    for key, children in draft.rows.items():
        if writing.form.by_key[key].has_links:  # somebody may have been forgotten
            children[:] = [child for child in children if child.values.get(LINKED) is not None]
        for position, child in enumerate(children):
            child.index = position
    draft.id = record_id
    stored = body["system"]
    now = writing.uow.now
    system = {
        **{key: stored[key] for key in ("version", "created_by", "unit", "owner", "batch")},
        "id": record_id,
        "created_at": type(now).fromisoformat(stored["created_at"]),
        "updated_at": now,
        "updated_by": writing.access.member_id,
        "form_version": writing.catalog.version(writing.form.key),
    }
    return draft, system
