"""What forms and records say about their health: derived values, tables, indexes, imports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from regulars.form_builder import counters, verification
from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.importing.tables import import_batch
from regulars.form_builder.indexing import desk, making
from regulars.form_builder.searching import keeping
from regulars.form_builder.tables import all_tables
from regulars.platform.db import UnitOfWork
from regulars.platform.health.findings import Finding, HealthCheck, Place

_DAY_AND_A_HALF = 36 * 3600
_BEHIND = 5000  # records; fewer are looked at beside the index


def derived_values(place: Place) -> Iterator[Finding]:
    """What the last nightly comparison found."""
    with place.database.workspace_tx(place.workspace, write=False, now=place.now) as uow:
        last, _going = verification.last_comparison(uow)
        catalog = catalog_of(uow)
    if last is None or last.finished_at is None:
        yield Finding("good", "not-yet-compared")
        return
    age = (place.now - last.finished_at).total_seconds()
    if age > _DAY_AND_A_HALF:
        yield Finding("watch", "comparison-old", {"n": int(age // 3600)})
    for each in last.found:
        words = _words(catalog, each)
        if each.wrong > each.mended:
            yield Finding("bad", f"drift-{each.kind}", {**words, "n": each.wrong - each.mended})
        else:
            yield Finding("watch", "drift-mended", {**words, "n": each.mended})
    if not last.found:
        yield Finding("good", "values-agree", {"n": last.records})


def compare_and_mend(place: Place) -> int:
    """Compare everything now and put right what can be; how many values that were."""
    done = verification.compare_all(
        place.database, place.workspace, repair=True, now=lambda: place.now
    )
    return sum(each.mended for each in done.found)


def tables(place: Place) -> Iterator[Finding]:
    """Whether the stored tables have every column that published forms need."""
    with place.database.workspace_tx(place.workspace, write=False) as uow:
        missing = list(_missing_columns(uow, catalog_of(uow)))
    for name in missing:
        yield Finding("bad", "column-missing", {"name": name})
    if not missing:
        yield Finding("good", "tables-fit")


def unique_indexes(place: Place) -> Iterator[Finding]:
    """Whether the store itself keeps values apart that may stand only once."""
    with place.database.workspace_tx(place.workspace, write=False) as uow:
        catalog = catalog_of(uow)
        missing = [(form, index) for form, index in _missing_unique(uow, catalog)]
    for form, index in missing:
        words = {"form": catalog.forms[form].label, "field": _field_of(catalog.forms[form], index)}
        yield Finding("bad", "unique-missing", words)


def make_unique(place: Place) -> int:
    """Make those that are missing; where values stand twice by now, nothing can be made."""
    with place.database.workspace_tx(place.workspace, write=False) as uow:
        missing = [index for _form, index in _missing_unique(uow, catalog_of(uow))]
    made = 0
    for index in missing:
        with suppress(IntegrityError), place.database.workspace_tx(place.workspace) as uow:
            index.create(uow.connection)
            made += 1
    return made


def numbers(place: Place) -> Iterator[Finding]:
    """Whether counters stand behind every number that was given."""
    with place.database.workspace_tx(place.workspace, write=False) as uow:
        catalog = catalog_of(uow)
        found = counters.lagging(uow, catalog)
    for each in found:
        form = catalog.forms[each.form]
        field = form.find(each.field)
        name = field.name if field is not None else "#"
        words = {"form": form.label, "field": name, "at": each.at, "given": each.given}
        yield Finding("bad", "counter-behind", words)


def raise_numbers(place: Place) -> int:
    """Let them go on behind what was given."""
    with place.database.workspace_tx(place.workspace) as uow:
        return counters.catch_up(uow, catalog_of(uow))


def indexes(place: Place) -> Iterator[Finding]:
    """Indexes that are wanted and not there yet."""
    with place.database.workspace_tx(place.workspace, write=False, now=place.now) as uow:
        wanted, failed = making.plan(uow), desk.last_failed(uow)
        catalog = catalog_of(uow)
    for wish in wanted.wait:
        label = catalog.get_form(wish.form).label
        yield Finding("watch", "index-tonight", {"form": label})
    if failed:
        yield Finding("watch", "index-failed", {"n": len(failed)})
    elif wanted.make:
        yield Finding("good", "indexes-coming", {"n": len(wanted.make)})
    elif not wanted.wait:
        yield Finding("good", "indexes-there")


def make_indexes(place: Place) -> int:
    """Make what is wanted now; this counts as no changed value."""
    desk.look_after(place.database, place.workspace, place.now)
    return 0


def ask_for_indexes(place: Place) -> None:
    """Have them made at the next tick."""
    desk.make_due(place.database, place.workspace, place.now)


def search_index(place: Place) -> Iterator[Finding]:
    """Records that the search index does not have yet, where those are many."""
    with place.database.workspace_tx(place.workspace, write=False, now=place.now) as uow:
        catalog = catalog_of(uow)
        behind = [(form, n) for form, n in keeping.waiting(uow, catalog) if n > _BEHIND]
    for form, n in behind:
        yield Finding("watch", "search-coming", {"form": catalog.get_form(form).label, "n": n})
    if not behind:
        yield Finding("good", "search-ready")


def bring_search_up(place: Place) -> int:
    """Put everything into the search index now; this counts as no changed value."""
    keeping.keep(place.database, place.workspace, place.now, all_of_it=True)
    return 0


def imports(place: Place) -> Iterator[Finding]:
    """Imports that wait although they could go on."""
    overdue = sa.select(sa.func.min(import_batch.c.due_at))
    with place.database.workspace_tx(place.workspace, write=False, now=place.now) as uow:
        oldest = uow.scalar(overdue)
    if oldest is not None and (place.now - oldest).total_seconds() > 900:
        yield Finding("watch", "import-waits")


def _words(catalog: FormCatalog, each: verification.Counted) -> dict[str, object]:
    form = catalog.forms.get(each.form)
    found: FieldDefinition | None = form.find(each.field) if form is not None else None
    label = form.label if form is not None else each.form
    sample = ", ".join(f"#{number}" for number in each.sample[:5])
    return {"form": label, "field": found.name if found else each.field, "ids": sample}


def _missing_columns(uow: UnitOfWork, catalog: FormCatalog) -> Iterator[str]:
    inspector = sa.inspect(uow.connection)
    present = set(inspector.get_table_names())
    for key in catalog.forms:
        for table in all_tables(catalog.tables[key]):
            if table.name not in present:
                yield table.name
                continue
            have = {column["name"] for column in inspector.get_columns(table.name)}
            yield from (f"{table.name}.{c.name}" for c in table.columns if c.name not in have)


def _missing_unique(uow: UnitOfWork, catalog: FormCatalog) -> Iterator[tuple[str, sa.Index]]:
    inspector = sa.inspect(uow.connection)
    present = set(inspector.get_table_names())
    for key in catalog.forms:
        for table in all_tables(catalog.tables[key]):
            wanted = [index for index in table.indexes if index.unique]
            if not wanted or table.name not in present:
                continue
            have = {str(index["name"]) for index in inspector.get_indexes(table.name)}
            yield from ((key, index) for index in wanted if index.name not in have)


def _field_of(form: FormDefinition, index: sa.Index) -> Any:
    key = next(iter(index.columns)).name.removesuffix("__ci")
    found = form.find(key)
    return found.name if found is not None else key


CHECKS = (
    HealthCheck("derived values", derived_values, compare_and_mend),
    HealthCheck("tables", tables),
    HealthCheck("unique values", unique_indexes, make_unique),
    HealthCheck("numbers", numbers, raise_numbers),
    HealthCheck("indexes", indexes, make_indexes, ask_for_indexes),
    HealthCheck("search index", search_index, bring_search_up),
    HealthCheck("imports", imports),
)
