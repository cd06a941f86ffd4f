"""Frozen formulas beside what the history noted of them when their record was made.

They are evidence of a moment. Worked out again they would be something else: the clock, the other
records and even the wording of the formula have gone on. So they are held against their witness.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.history import history
from regulars.form_builder.people.traces import BLOT
from regulars.platform.db import UnitOfWork


def unlike(
    uow: UnitOfWork, catalog: FormCatalog, form: str, after: int, to: int
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Each frozen field, and the records with ``after < id <= to`` whose value has changed.

    Left out is what the history does not tell (any more): nothing was noted, or it was blotted
    out when somebody was erased.
    """
    frozen = [field.key for field in catalog.get_form(form).fields if field.freeze]
    if not frozen:
        return
    noted = {
        record: catalog.from_stored_json(form, _told(changes, frozen), uow).values
        for record, changes in _made(uow, form, after, to)
    }
    table = catalog.tables[form].main
    here = table.c.id > after, table.c.id <= to
    for key in frozen:
        rows = uow.execute(sa.select(table.c.id, table.c[key]).where(*here).order_by(table.c.id))
        wrong = (row[0] for row in rows if noted.get(row[0], {}).get(key, row[1]) != row[1])
        yield key, tuple(wrong)


def _made(
    uow: UnitOfWork, form: str, after: int, to: int
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    lines = sa.select(history.c.record, history.c.changes).where(
        history.c.form == form, history.c.action == "created",
        history.c.record > after, history.c.record <= to,
    )  # fmt: skip
    yield from ((row.record, row.changes) for row in uow.execute(lines))


def _told(changes: Mapping[str, Any], keys: list[str]) -> dict[str, Any]:
    after = ((key, changes[key][1]) for key in keys if key in changes)
    return {key: said for key, said in after if said is not None and BLOT not in str(said)}
