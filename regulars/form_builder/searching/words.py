"""The words of a quick search as a condition on a form's text fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_types.base import fold
from regulars.form_builder.searching.asking import among, candidates
from regulars.form_builder.searching.hearing import heard
from regulars.form_builder.searching.keeping import searched_fields, sounded
from regulars.form_builder.searching.marking import FOLDED
from regulars.form_builder.searching.sounds import typed_sound
from regulars.platform.db import UnitOfWork

MOST_WORDS, LONGEST_WORD = 8, 60


@dataclass(frozen=True)
class WordSearch:
    """Every word stands in some text field. ``few`` are the only records to look at, if known.

    ``keys`` are the fields searched; without any, all records are found, or none if masked.
    ``heard`` has by a word's number the records in which Chinese sounds like it.
    """

    keys: tuple[str, ...]
    words: tuple[str, ...]
    few: tuple[int, ...] | None = None
    is_masked: bool = False
    heard: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[Any, ...]:
        """What the condition looks like, without the words themselves."""
        few = self.few is not None
        return (self.keys, len(self.words), few, self.is_masked, tuple(self.heard))

    @property
    def values(self) -> Mapping[str, Any]:
        """What the condition's parameters stand for."""
        if not self.keys:
            return {}
        given: dict[str, Any] = {f"word_{n}": word for n, word in enumerate(self.words)}
        given |= {f"heard_{n}": ids for n, ids in self.heard.items()}
        return given if self.few is None else {**given, "among": self.few}

    def condition(self, dialect: str, table: sa.Table) -> Any:
        """The condition over a form's table, with parameters."""
        if not self.keys:
            return sa.false() if self.is_masked else sa.true()
        columns = [table.c[f"{key}{FOLDED}"] for key in self.keys]
        find = sa.func.instr if dialect == "sqlite" else sa.func.strpos
        parts: list[Any] = [] if self.few is None else [among(dialect, table.c.id)]
        for n in range(len(self.words)):
            word = sa.bindparam(f"word_{n}", type_=sa.Text)
            ways = [find(column, word) > 0 for column in columns]
            if n in self.heard:
                ways.append(among(dialect, table.c.id, f"heard_{n}"))
            parts.append(sa.or_(*ways))
        return sa.and_(*parts)


def word_search(
    uow: UnitOfWork, catalog: FormCatalog, form: FormDefinition, said: str
) -> WordSearch | None:
    """What somebody's words ask for; a field that they see masked is not searched.

    Of more than `MOST_WORDS` words, or of letters past `LONGEST_WORD` in one, the rest is ignored.
    """
    words = tuple(str(fold(word[:LONGEST_WORD])) for word in said.split()[:MOST_WORDS])
    if not words:
        return None
    table = catalog.tables[form.key].main
    fields = {
        key: kind
        for key, kind in searched_fields(form, table).items()
        if not catalog.mask_of(form.key, key)
    }
    if not fields:
        return WordSearch((), words, is_masked=bool(catalog.masks.get(form.key)))
    every = {**fields, **sounded(fields)} if any(map(typed_sound, words)) else fields
    few = candidates(uow, table, every, words)
    return WordSearch(tuple(fields), words, few, heard=heard(uow, table, fields, words, few))
