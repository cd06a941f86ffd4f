"""Which text fields are indexed, and keeping them so: the work of one round over a workspace.

Forms with few records are searched as they are; that is faster than asking an index first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa

from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_types.file import FILE_TYPES
from regulars.form_builder.searching import building
from regulars.form_builder.searching.marking import FOLDED
from regulars.form_builder.searching.postings import Indexed, drop, indexed_in
from regulars.form_builder.searching.sounds import KIND, SOUND
from regulars.form_builder.searching.tables import search_change, search_field
from regulars.form_builder.tables import rows_about
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.retrying import in_transaction

FEW = 5000  # records; with fewer a form has no index
YOUNG = 500  # records made since; with fewer they are only looked at beside the index
CHANGED = 200
LONGEST_WAIT = timedelta(minutes=10)


def searched_fields(form: FormDefinition, table: sa.Table) -> dict[str, str]:
    """The text fields that a quick search looks into: key → type."""
    return {
        each.key: each.type
        for each in form.fields
        if f"{each.key}{FOLDED}" in table.c and each.type not in FILE_TYPES
    }


def sounded(fields: Mapping[str, str]) -> dict[str, str]:
    """The sounds that are searched beside these fields: lines of text may hold names."""
    return {f"{key}{SOUND}": KIND for key, kind in fields.items() if kind == "text"}


@dataclass(frozen=True)
class Change:
    """What the list of indexed fields lacks: (table, field, type), and what it has too much."""

    more: tuple[tuple[str, str, str], ...] = ()
    less: tuple[Indexed, ...] = ()


def keep(
    database: Database, workspace: Workspace, now: datetime, *, all_of_it: bool = False
) -> None:
    """One round: fields come and go, changed records are looked at, young ones are put in.

    With ``all_of_it`` nothing waits until there is more of it.
    """
    in_transaction(database, workspace, _choose, now=now)
    with database.workspace_tx(workspace, write=False, now=now) as uow:
        tables = indexed_tables(uow, catalog_of(uow))
    for table in tables.values():
        with database.workspace_tx(workspace, write=False, now=now) as uow:
            changed = all_of_it or _has_changed(uow, table)
            young = all_of_it or _has_young(uow, table)
        if young:
            upto = building.settled_id(database, workspace, table)
            building.build(database, workspace, table, upto)
        look = partial(building.take_changes, table=table)
        while changed and in_transaction(database, workspace, look, now=now):
            continue


def indexed_tables(uow: UnitOfWork, catalog: FormCatalog) -> dict[str, sa.Table]:
    """The tables of forms that have an index, by name."""
    places = {each.place for each in indexed_in(uow)}
    mains = (each.main for each in catalog.whole.tables.values())
    return {table.name: table for table in mains if table.name in places}


def is_due(uow: UnitOfWork) -> bool:
    """Whether a round would find something to do."""
    catalog = catalog_of(uow)
    change = _difference(uow, catalog)
    if change.more or change.less:
        return True
    tables = indexed_tables(uow, catalog).values()
    return any(_has_changed(uow, each) or _has_young(uow, each) for each in tables)


def waiting(uow: UnitOfWork, catalog: FormCatalog) -> Iterator[tuple[str, int]]:
    """(form, records that the index does not have yet) of every form that has one."""
    upto: dict[str, int] = {}
    for each in indexed_in(uow):
        upto[each.place] = min(each.upto, upto.get(each.place, each.upto))
    for key, tables in catalog.whole.tables.items():
        if tables.main.name in upto:
            column = tables.main.c.id
            later = sa.select(sa.func.count()).where(column > upto[tables.main.name])
            yield key, uow.scalar(later) or 0


def _choose(uow: UnitOfWork) -> None:
    """Bring the list of indexed fields to what the published forms say."""
    change = _difference(uow, catalog_of(uow))
    drop(uow, [each.id for each in change.less])
    rows = [
        {"place": place, "field": field, "kind": kind, "upto": 0}
        for place, field, kind in change.more
    ]
    if rows:
        uow.connection.execute(search_field.insert(), rows)
    places = [each.place for each in indexed_in(uow)]
    # of a form without an index nobody needs to know what changed
    uow.execute(search_change.delete().where(search_change.c.place.not_in(places)))


def _difference(uow: UnitOfWork, catalog: FormCatalog) -> Change:
    wanted = dict(_wanted(uow, catalog.whole))
    have = {(each.place, each.field): each for each in indexed_in(uow)}
    less = tuple(each for name, each in have.items() if wanted.get(name) != each.kind)
    kept = have.keys() - {(each.place, each.field) for each in less}
    return Change(tuple((*name, kind) for name, kind in wanted.items() if name not in kept), less)


def _wanted(uow: UnitOfWork, catalog: FormCatalog) -> Iterator[tuple[tuple[str, str], str]]:
    for key, form in catalog.forms.items():
        table = catalog.tables[key].main
        fields: Mapping[str, str] = searched_fields(form, table)
        if fields and rows_about(uow, table) > FEW:
            every = {**fields, **sounded(fields)}
            yield from (((table.name, field), kind) for field, kind in every.items())


def _has_changed(uow: UnitOfWork, table: sa.Table) -> bool:
    about = sa.select(sa.func.count(), sa.func.min(search_change.c.at))
    n, oldest = uow.execute(about.where(search_change.c.place == table.name)).one()
    return bool(n) and (n >= CHANGED or uow.now - oldest > LONGEST_WAIT)


def _has_young(uow: UnitOfWork, table: sa.Table) -> bool:
    fields = indexed_in(uow, table.name)
    upto = min((each.upto for each in fields), default=0)
    later = sa.select(table.c.id).where(table.c.id > upto).limit(YOUNG).subquery()
    return (uow.scalar(sa.select(sa.func.count()).select_from(later)) or 0) >= YOUNG
