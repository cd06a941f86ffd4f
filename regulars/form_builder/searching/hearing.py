"""Which records have a Chinese text that is typed like a word of a search."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.linking import chunks
from regulars.form_builder.searching.asking import latest
from regulars.form_builder.searching.keeping import sounded
from regulars.form_builder.searching.marking import FOLDED
from regulars.form_builder.searching.sounds import sounds_like, typed_sound
from regulars.platform.db import UnitOfWork

MOST_READ = 10_000
"""So many of the latest records are listened to where there is no index (yet)."""


def heard(
    uow: UnitOfWork, table: sa.Table, fields: Mapping[str, str], words: Sequence[str],
    few: Collection[int] | None,
) -> dict[int, tuple[int, ...]]:  # fmt: skip
    """Number of the word → ids of records with such a sound; words without any are left out.

    ``few`` are the only records to look at, where that is known.
    """
    keys = [key for key, kind in fields.items() if kind == "text"]
    found: dict[int, tuple[int, ...]] = {}
    for n, word in enumerate(words) if keys else ():
        letters = typed_sound(word)
        if letters is None:
            continue
        asked = few if few is not None else latest(uow, table, sounded(fields), letters)
        texts = _texts(uow, table, keys, asked)
        ids = tuple(i for i, said in texts if any(sounds_like(each, letters) for each in said))
        if ids:
            found[n] = ids
    return found


def _texts(
    uow: UnitOfWork, table: sa.Table, keys: Sequence[str], asked: Collection[int] | None
) -> Iterator[tuple[int, Sequence[str | None]]]:
    """The texts of these records (else of the latest) that may have a sound."""
    columns = [table.c[f"{key}{FOLDED}"] for key in keys]
    chosen = sa.select(table.c.id, *columns)
    chosen = chosen.where(sa.or_(*[is_not_latin(uow.dialect, each) for each in columns]))
    if asked is None:
        statements = [chosen.order_by(table.c.id.desc()).limit(MOST_READ)]
    else:
        statements = [chosen.where(table.c.id.in_(some)) for some in chunks(sorted(asked))]
    for statement in statements:
        for row in uow.execute(statement):
            yield row[0], row[1:]


def is_not_latin(dialect: str, column: Any) -> Any:
    """Whether a text has signs outside ASCII: it takes more bytes than it has signs."""
    if dialect == "postgresql":
        return sa.func.octet_length(column) > sa.func.char_length(column)
    return sa.func.length(sa.cast(column, sa.LargeBinary)) > sa.func.length(column)
