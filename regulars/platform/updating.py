"""Many rows of one table changed, each to values of its own; in one statement where it can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from regulars.platform.bulk import FEW, ForEach
from regulars.platform.db import UnitOfWork
from regulars.platform.spreading import Spread, side_by_side

BY, TO = "b_", "v_"


def update_each(uow: UnitOfWork, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Set the columns that ``v_…`` gives where every column is what ``b_…`` says.

    Every row names the same columns, and no two mean the same row; nobody is told how many met
    one.
    """
    if not rows:
        return
    names = tuple(rows[0])
    if uow.dialect == "postgresql" and len(rows) >= FEW:
        _spread(table, names, uow.connection.dialect).run(uow, rows)
    else:
        _each(table, names).run(uow, rows)


def _kinds(table: sa.Table, names: Sequence[str]) -> dict[str, TypeEngine[Any]]:
    return {name: table.c[name[len(BY) :]].type for name in names}


def _update(table: sa.Table, given: Mapping[str, Any]) -> sa.Update:
    """``given`` names what each parameter or column stands for."""
    by = [table.c[name[len(BY) :]] == each for name, each in given.items() if name.startswith(BY)]
    to = {name[len(TO) :]: each for name, each in given.items() if name.startswith(TO)}
    return table.update().where(*by).values(to)


@lru_cache(maxsize=500)
def _spread(table: sa.Table, names: tuple[str, ...], dialect: Dialect) -> Spread:
    kinds = _kinds(table, names)
    given = side_by_side(kinds)
    return Spread.of(_update(table, {name: given.c[name] for name in names}), kinds, dialect)


@lru_cache(maxsize=500)
def _each(table: sa.Table, names: tuple[str, ...]) -> ForEach:
    kinds = _kinds(table, names)
    given = {name: sa.bindparam(name, type_=kind) for name, kind in kinds.items()}
    return ForEach(lambda _dialect: _update(table, given))
