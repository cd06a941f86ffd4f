"""Whether what the product derives and keeps is what the records say, slice by slice.

Derived and kept are: rollup columns, folded texts, rows of subforms and tags (which must belong to
a record) and links (which must lead to one). All but single links can be put right again. Frozen
formulas are not worked out anew, as their moment is gone: they must be what the history noted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing, frozen_values, rollups
from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.field_types.base import fold
from regulars.form_builder.searching.building import look_again
from regulars.form_builder.searching.comparing import unlike
from regulars.form_builder.searching.marking import mark
from regulars.platform.db import UnitOfWork

SLICE = 5000  # record ids looked at in one transaction


@dataclass(frozen=True)
class Drift:
    """Values of one field that are not as they should be.

    ``kind`` is rollup, folded, row, tag, link, linked (one of several links), frozen or search;
    ``ids`` are those of the records, or of the rows that lost theirs.
    """

    kind: str
    form: str
    field: str
    ids: tuple[int, ...]

    @property
    def can_be_mended(self) -> bool:
        """Whether the right value can be worked out."""
        return self.kind not in ("link", "frozen")


def last_id(uow: UnitOfWork, catalog: FormCatalog, form: str) -> int:
    """The highest id that any table of the form speaks of; no slice lies beyond it."""
    tables = catalog.tables[form]
    columns = [tables.main.c.id]
    columns += [each.main.c.parent for each in tables.rows.values()]
    columns += [side.c.record for side in tables.sides.values()]
    return max(uow.scalar(sa.select(sa.func.max(column))) or 0 for column in columns)


def look_at(uow: UnitOfWork, catalog: FormCatalog, form: str, after: int, to: int) -> list[Drift]:
    """Everything wrong about records of a form with ``after < id <= to``."""
    found = [
        *_rollups(uow, catalog, form, after, to),
        *_folded(uow, catalog, form, after, to),
        *_orphans(uow, catalog, form, after, to),
        *_links(uow, catalog, form, after, to),
        *_row_links(uow, catalog, form, after, to),
        *_search(uow, catalog, form, after, to),
        *_frozen(uow, catalog, form, after, to),
    ]
    return [each for each in found if each.ids]


def count(uow: UnitOfWork, catalog: FormCatalog, form: str, after: int, to: int) -> int:
    """How many records a slice holds."""
    table = catalog.tables[form].main
    counted = sa.select(sa.func.count()).where(table.c.id > after, table.c.id <= to)
    return uow.scalar(counted) or 0


def look_at_all(uow: UnitOfWork, catalog: FormCatalog, form: str) -> list[Drift]:
    """Everything wrong about a form, in one transaction."""
    return look_at(uow, catalog, form, 0, last_id(uow, catalog, form))


def mend(uow: UnitOfWork, catalog: FormCatalog, drift: Drift) -> None:
    """Work the right values out again; links and frozen values are left as they are."""
    table = _table_of(catalog, drift)
    if drift.kind == "rollup":
        rollups.recompute_all(uow, catalog, drift.form, drift.ids)
    elif drift.kind == "folded":
        _fold_again(uow, table, drift)
    elif drift.kind == "search":
        look_again(uow, table, drift.ids)
    elif drift.kind in ("row", "linked", "tag"):
        column = table.c.record if drift.kind == "tag" else table.c.id
        uow.execute(table.delete().where(column.in_(drift.ids)))


def _table_of(catalog: FormCatalog, drift: Drift) -> sa.Table:
    tables = catalog.tables[drift.form]
    if drift.kind in ("row", "linked"):
        return tables.rows[drift.field].main
    return tables.sides[drift.field] if drift.kind == "tag" else tables.main


def _fold_again(uow: UnitOfWork, table: sa.Table, drift: Drift) -> None:
    shown, folded = table.c[drift.field], f"{drift.field}__ci"
    rows = uow.execute(sa.select(table.c.id, shown).where(table.c.id.in_(drift.ids))).all()
    statement = table.update().where(table.c.id == sa.bindparam("b_id"))
    values = [{"b_id": row[0], "b_value": fold(row[1])} for row in rows]
    if values:
        uow.connection.execute(statement.values({folded: sa.bindparam("b_value")}), values)
        mark(uow, table, drift.ids)


def _rollups(
    uow: UnitOfWork, catalog: FormCatalog, form: str, after: int, to: int
) -> Iterator[Drift]:
    table = catalog.tables[form].main
    for plan in catalog.rollups:
        if plan.form != form:
            continue
        right = expressing.value_sql(uow, catalog, plan.tree, table)
        wrong = table.c[plan.field].is_distinct_from(right)
        yield Drift("rollup", form, plan.field, _ids(uow, table.c.id, after, to, wrong))


def _folded(
    uow: UnitOfWork, catalog: FormCatalog, form: str, after: int, to: int
) -> Iterator[Drift]:
    table = catalog.tables[form].main
    fields = [f for f in catalog.get_form(form).fields if f"{f.key}__ci" in table.c]
    for field in fields:
        shown, folded = table.c[field.key], table.c[f"{field.key}__ci"]
        wanted = sa.select(table.c.id, shown, folded).where(table.c.id > after, table.c.id <= to)
        # the database folds plain letters as Python does, so it can leave most rows out
        unlike = wanted.where(sa.func.lower(shown).is_distinct_from(folded))
        rows = uow.execute(unlike.order_by(table.c.id))
        yield Drift(
            "folded", form, field.key, tuple(row[0] for row in rows if fold(row[1]) != row[2])
        )


def _orphans(
    uow: UnitOfWork, catalog: FormCatalog, form: str, after: int, to: int
) -> Iterator[Drift]:
    tables = catalog.tables[form]
    for key, rows in tables.rows.items():
        lost = _nobody(rows.main.c.parent, tables.main)
        yield Drift(
            "row", form, key, _ids(uow, rows.main.c.id, after, to, lost, rows.main.c.parent)
        )
    for key, side in tables.sides.items():
        lost = _nobody(side.c.record, tables.main)
        yield Drift("tag", form, key, _ids(uow, side.c.record, after, to, lost))


def _links(
    uow: UnitOfWork, catalog: FormCatalog, form: str, after: int, to: int
) -> Iterator[Drift]:
    table = catalog.tables[form].main
    for key, target in catalog.link_targets(form):
        if key in table.c:
            lost = sa.and_(
                table.c[key].is_not(None), _nobody(table.c[key], catalog.source().table(target))
            )
            yield Drift("link", form, key, _ids(uow, table.c.id, after, to, lost))


def _search(
    uow: UnitOfWork, catalog: FormCatalog, form: str, after: int, to: int
) -> Iterator[Drift]:
    for field, ids in unlike(uow, catalog.tables[form].main, after, to):
        yield Drift("search", form, field, ids)


def _frozen(
    uow: UnitOfWork, catalog: FormCatalog, form: str, after: int, to: int
) -> Iterator[Drift]:
    for field, ids in frozen_values.unlike(uow, catalog, form, after, to):
        yield Drift("frozen", form, field, ids)


def _row_links(
    uow: UnitOfWork, catalog: FormCatalog, form: str, after: int, to: int
) -> Iterator[Drift]:
    """Links in rows: of a subform they are a person's to mend, of several links they just go."""
    for key, tables in catalog.tables[form].rows.items():
        field, rows = catalog.get_form(form).by_key[key], tables.main
        for column, target in catalog.link_targets(f"{form}.{key}"):
            other = catalog.source().table(target)
            lost = sa.and_(rows.c[column].is_not(None), _nobody(rows.c[column], other))
            if field.has_links:
                lost = sa.or_(lost, rows.c[column].is_(None))
                wrong = _ids(uow, rows.c.id, after, to, lost, rows.c.parent)
                yield Drift("linked", form, key, wrong)
            else:
                yield Drift("link", form, key, _ids(uow, rows.c.parent, after, to, lost))


def _nobody(column: Any, table: sa.Table) -> Any:
    other = table.alias("other")
    return ~sa.exists().where(other.c.id == column)


def _ids(
    uow: UnitOfWork, column: Any, after: int, to: int, wrong: Any, sliced_by: Any = None
) -> tuple[int, ...]:
    by = column if sliced_by is None else sliced_by
    statement = sa.select(column).where(by > after, by <= to, wrong).distinct().order_by(column)
    return tuple(uow.execute(statement).scalars())
