"""Records that meet what the till's owner wrote, within what its clerk reaches.

The owner's conditions may speak of fields that the clerk does not see; the records they lead to
are still only those in the clerk's scope, and are read as the clerk sees them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.plain_values import plain_json
from regulars.form_builder.querying import scope_conditions
from regulars.form_builder.searching.words import word_search
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork


def reached_ids(
    uow: UnitOfWork, access: Access, form_key: str, condition: Any, *, most: int,
    among: Sequence[int] | None = None,
) -> list[int]:  # fmt: skip
    """The newest ids, at most so many; ``among`` narrows them to some."""
    catalog = catalog_of(uow)
    table = catalog.tables[form_key].main
    tree, problems = catalog.condition(form_key, condition)
    if problems:  # the form has changed under the till: nothing is offered by mistake
        return []
    parts = [
        expressing.where_sql(uow, catalog, tree, table),
        *scope_conditions(uow, access, catalog, form_key, table, "read"),
    ]
    if among is not None:
        parts.append(table.c.id.in_(among))
    found = sa.select(table.c.id).where(*parts).order_by(table.c.id.desc()).limit(most)
    return [int(each) for each in uow.execute(found).scalars()]


def named_ids(
    uow: UnitOfWork, access: Access, form: FormDefinition, said: str, *, most: int
) -> list[int]:
    """The newest ids, at most so many, with these words in the fields that are left of the form.

    A field that is masked for the clerk is not searched.
    """
    catalog = catalog_for(uow, access)
    search = word_search(uow, catalog, form, said)
    if search is None or not search.keys:
        return []
    table = catalog.tables[form.key].main
    parts = [
        search.condition(uow.dialect, table),
        *scope_conditions(uow, access, catalog, form.key, table, "read"),
    ]
    found = sa.select(table.c.id).where(*parts).order_by(table.c.id.desc()).limit(most)
    return [int(each) for each in uow.execute(found, dict(search.values)).scalars()]


def computed(uow: UnitOfWork, form_key: str, record_id: int, formula: str) -> Any:
    """What a formula of the owner's gives for one stored record, as JSON holds it."""
    catalog = catalog_of(uow)
    table = catalog.tables[form_key].main
    tree, problems = catalog.read_formula(form_key, formula)
    if problems:
        return None
    value = expressing.value_sql(uow, catalog, tree, table)
    return plain_json(uow.scalar(sa.select(value).where(table.c.id == record_id)))
