"""Making a field unique when records already share a value: refused, with an example."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.publishing import forms_published
from regulars.form_builder.tables import build_tables
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import Snapshot
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem


def publish_without_doubles(
    uow: UnitOfWork, before: Snapshot, after: Snapshot, keys: Sequence[str]
) -> None:
    """`forms_published`, after every newly unique field has been found free of doubles."""
    problems = [problem for key in keys for problem in _doubles(uow, before, after, key)]
    if problems:
        raise Invalid(problems)
    forms_published(uow, before, after, keys)


def _doubles(uow: UnitOfWork, before: Snapshot, after: Snapshot, key: str) -> Iterator[Problem]:
    old: FormDefinition | None = before.find("form", key)
    if old is None:
        return
    table = build_tables(old).main
    for position, field in enumerate(after.get("form", key).fields):
        known = old.find(field.key)
        if field.unique and known is not None and not known.unique and field.key in table.c:
            values = _shared_values(uow, table, field)
            if values:
                params = {"field": field.name, "n": len(values), "value": str(values[0])[:60]}
                place = f"form/{key}/fields/{position}/unique"
                yield Problem(place, "unique-has-doubles", params)


def _shared_values(uow: UnitOfWork, table: sa.Table, field: FieldDefinition) -> list[Any]:
    name = f"{field.key}__ci"
    compared = table.c[name if name in table.c else field.key]
    statement = (
        sa.select(sa.func.min(table.c[field.key]))
        .where(compared.is_not(None))
        .group_by(compared)
        .having(sa.func.count() > 1)
        .limit(1000)
    )
    return list(uow.execute(statement).scalars())
