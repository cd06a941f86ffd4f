"""The words of a quick search as a condition on a form's text fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_types.base import fold
from regulars.form_builder.searching.asking import among, candidates
from regulars.form_builder.searching.keeping import searched_fields
from regulars.form_builder.searching.marking import FOLDED
from regulars.platform.db import UnitOfWork

MOST_WORDS, LONGEST_WORD = 8, 60


@dataclass(frozen=True)
class WordSearch:
    """Every word stands in some text field. ``few`` are the only records to look at, if known.

    ``keys`` are the fields searched; without any, all records are found, or none if masked.
    """

    keys: tuple[str, ...]
    words: tuple[str, ...]
    few: tuple[int, ...] | None = None
    is_masked: bool = False

    @property
    def shape(self) -> tuple[Any, ...]:
        """What the condition looks like, without the words themselves."""
        return (self.keys, len(self.words), self.few is not None, self.is_masked)

    @property
    def values(self) -> Mapping[str, Any]:
        """What the condition's parameters stand for."""
        if not self.keys:
            return {}
        given: dict[str, Any] = {f"word_{n}": word for n, word in enumerate(self.words)}
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
            parts.append(sa.or_(*[find(column, word) > 0 for column in columns]))
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
    return WordSearch(tuple(fields), words, candidates(uow, table, fields, words))
