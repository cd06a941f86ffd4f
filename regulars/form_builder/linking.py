"""Links of many rows at once: looked up by id or unique key in one question per target form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.converting import RowDraft
from regulars.form_builder.definition import LINKED, FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import BadValue, Reading, Reference, field_types, fold
from regulars.form_builder.field_types.link import LinkField
from regulars.form_builder.link_limits import LinkLimits
from regulars.form_builder.system_forms import system_forms
from regulars.platform.db import UnitOfWork
from regulars.platform.expressions.tree import LinkKey, Node, walk
from regulars.platform.problems import Problem

CHUNK = 5000
T = TypeVar("T")


def chunks(items: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """``items`` in slices that a statement can bind."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def settle_links(
    uow: UnitOfWork, catalog: FormCatalog, form: FormDefinition, drafts: Sequence[RowDraft],
    limits: LinkLimits | None = None,
) -> None:  # fmt: skip
    """Replace every `Reference` by the id it means; refuse links to what is not there.

    With ``limits`` a record that the writer could not open is not there either.
    """
    for each in form.fields:
        kind = field_types.get(each.type)
        if isinstance(kind, LinkField):
            held = (limits is None or limits.holds) and catalog.adds_up_through(form.key)
            _settle_field(uow, catalog, each, drafts, limits, held=held)
        elif each.has_rows:
            _settle_rows(uow, catalog, form, each, drafts, limits)


def _settle_rows(
    uow: UnitOfWork, catalog: FormCatalog, form: FormDefinition, field: FieldDefinition,
    drafts: Sequence[RowDraft], limits: LinkLimits | None,
) -> None:  # fmt: skip
    inner = catalog.get_form(f"{form.key}.{field.key}")
    children = [child for draft in drafts for child in draft.rows.get(field.key, ())]
    before = {id(child): len(child.problems) for child in children if child.problems}
    settle_links(uow, catalog, inner, children, limits)
    for draft in drafts:
        for child in draft.rows.get(field.key, ()):
            if child.problems:
                fresh = child.problems[before.get(id(child), 0) :]
                draft.problems += [_in_rows(field, child.index, p) for p in fresh]
    if field.has_links:
        _once_each(field, drafts)


def _in_rows(field: FieldDefinition, index: int, problem: Problem) -> Problem:
    """A problem of a row at its place; of a link among links at the link itself."""
    if field.has_links:
        return Problem(f"{field.key}/{index}", problem.code, problem.params)
    return problem.under(f"{field.key}/{index}")


def _once_each(field: FieldDefinition, drafts: Sequence[RowDraft]) -> None:
    """Two ways to name one record are one link."""
    for draft in drafts:
        if field.key in draft.rows:
            by_record = {child.values.get(LINKED): child for child in draft.rows[field.key][::-1]}
            kept = {id(child) for child in by_record.values()}
            draft.rows[field.key] = [c for c in draft.rows[field.key] if id(c) in kept]


def _settle_field(
    uow: UnitOfWork, catalog: FormCatalog, field: FieldDefinition, drafts: Sequence[RowDraft],
    limits: LinkLimits | None, *, held: bool,
) -> None:  # fmt: skip
    kind: Any = field_types.get(field.type)
    key, target = field.key, kind.target(field)
    given = [draft for draft in drafts if draft.values.get(key) is not None]
    if not given:
        return
    ids = {d.values[key] for d in given if isinstance(d.values[key], int)}
    by_object = _references(uow, catalog, target, given, key, limits)
    ids.update(hit for hit in by_object.values() if isinstance(hit, int))
    known = existing_ids(uow, catalog, target, ids, limits, held=held)
    for draft in given:
        value = draft.values[key]
        if isinstance(value, Reference):
            found = by_object[id(value)]
            if isinstance(found, int) and found in known:
                draft.values[key] = found
            else:
                found = "link-not-found" if isinstance(found, int) else found
                draft.refuse(key, found, field=field.name, value=str(value.value)[:60])
        elif value not in known:
            draft.refuse(key, "link-not-found", field=field.name, value=str(value))


def existing_ids(
    uow: UnitOfWork, catalog: FormCatalog, target: str, ids: Iterable[int],
    limits: LinkLimits | None = None, *, held: bool = False,
) -> set[int]:  # fmt: skip
    """Which of ``ids`` are records of the target form, and within the limits.

    With ``held`` nobody changes them until this transaction ends: what it adds up of them stays
    right, or whoever changes them next finds its link.
    """
    wanted = sorted(set(ids))
    if not wanted:
        return set()
    narrowed = [] if limits is None else limits.of(target)
    found: set[int] = set()
    for some in chunks(wanted):
        if narrowed:
            statement = _existing(catalog, target, held=held).where(*narrowed)
            found.update(uow.execute(statement, {"ids": some}).scalars())
        else:
            build = partial(_existing, catalog, target, held=held)
            known = catalog.prepared(("existing", target, held), build)
            found.update(row[0] for row in known.rows(uow.connection, {"ids": some}))
    return found


def _existing(catalog: FormCatalog, target: str, *, held: bool) -> sa.Select[Any]:
    """Which records of ``ids`` there are; they stay while this transaction links to them."""
    table = catalog.source().table(target)
    asked = table.c.id.in_(sa.bindparam("ids", expanding=True))
    statement = sa.select(table.c.id).where(asked).order_by(table.c.id)
    if target in system_forms:
        return statement
    return statement.with_for_update(read=not held, key_share=True)


def _references(
    uow: UnitOfWork,
    catalog: FormCatalog,
    target: str,
    drafts: Sequence[RowDraft],
    key: str,
    limits: LinkLimits | None,
) -> dict[int, int | str]:
    """``id()`` of each `Reference` → the record's id, or the code of the problem.

    Many rows share one Reference object (an import reads each distinct text once), so each is
    looked at once.
    """
    objects = {
        id(value): value for draft in drafts if isinstance(value := draft.values[key], Reference)
    }
    if not objects:
        return {}
    wanted: dict[str, set[str]] = {}
    for value in objects.values():
        if limits is None or limits.may_name_by(target, value.field):
            wanted.setdefault(value.field, set()).add(str(value.value))
    hits = {name: ids_by_key(uow, catalog, target, name, texts) for name, texts in wanted.items()}
    found = {i for each in hits.values() for i in each.values() if isinstance(i, int)}
    gone = found - existing_ids(uow, catalog, target, found, limits)
    answers: dict[int, int | str] = {}
    for name, value in objects.items():
        known = hits.get(value.field)
        hit: int | str = "link-key-unknown"
        if known is not None:
            hit = known.get(str(value.value), "link-not-found")
        answers[name] = "link-not-found" if hit in gone else hit
    return answers


def ids_by_key(
    uow: UnitOfWork, catalog: FormCatalog, target: str, key: str, texts: Iterable[str]
) -> dict[str, int | str]:
    """Each text → the id of the record whose unique field ``key`` has it, or a problem code."""
    column, canonical, code = key_column(uow, catalog, target, key)
    if column is None:
        return dict.fromkeys(texts, code)
    spelled: dict[Any, list[str]] = {}
    answers: dict[str, int | str] = {}
    for text in texts:
        try:
            spelled.setdefault(canonical(text), []).append(text)
        except BadValue as bad:
            answers[text] = bad.code
    values = sorted(spelled, key=str)
    for some in chunks(values):
        rows = uow.execute(sa.select(column, column.table.c.id).where(column.in_(some)))
        for stored, record_id in rows:
            for text in spelled.get(stored, ()):
                answers[text] = record_id
    return answers


def unknown_names(
    uow: UnitOfWork, catalog: FormCatalog, tree: Node, limits: LinkLimits
) -> list[Problem]:
    """A problem for each record that a condition names by a unique field and that is not there."""
    found = []
    for node in walk(tree):
        if isinstance(node, LinkKey) and node.hop is not None:
            text = str(node.value)
            hits = ids_by_key(uow, catalog, node.hop.form, node.key, [text])
            hit = hits.get(text)
            known = [hit] if isinstance(hit, int) else []
            if not existing_ids(uow, catalog, node.hop.form, known, limits):
                words = {"field": node.hop.field.label or node.key, "value": text[:60]}
                found.append(Problem(node.place, "nothing-under-key", words))
    return found


def key_column(
    uow: UnitOfWork, catalog: FormCatalog, target: str, key: str
) -> tuple[Any, Callable[[str], Any], str]:
    """The column that a unique field is compared by and how to spell a text for it.

    The column is None when ``key`` cannot identify a record; then the code says why.
    """
    system = system_forms.find(target)
    if system is not None:
        usable = key in system.table.c
        return (system.table.c[key] if usable else None), str, "link-key-not-unique"
    form = catalog.get_form(target)
    field = form.find(key)
    if field is None:
        return None, str, "link-key-unknown"
    if not field.unique and field.type != "serial":
        return None, str, "link-key-not-unique"
    return stored_key(uow, catalog, form, field)


def stored_key(
    uow: UnitOfWork, catalog: FormCatalog, form: FormDefinition, field: FieldDefinition
) -> tuple[Any, Callable[[str], Any], str]:
    """The column that a field's values are compared by and how to spell a text for it."""
    table = catalog.tables[form.key].main
    kind = field_types.get(field.type)
    reading = Reading(uow.workspace.tz, uow.workspace.currency, uow.now)

    def canonical(text: str) -> Any:
        value = text if field.type == "serial" else kind.parse_text(field, text, reading)
        return fold(value) if f"{field.key}__ci" in table.c else value

    column = table.c[f"{field.key}__ci" if f"{field.key}__ci" in table.c else field.key]
    return column, canonical, ""
