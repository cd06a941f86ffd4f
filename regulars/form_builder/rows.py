"""Records as the expression evaluator reads them, one question at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.converting import RowDraft
from regulars.form_builder.linking import ids_by_key
from regulars.form_builder.storing import load_rows
from regulars.form_builder.system_forms import system_forms
from regulars.platform.db import UnitOfWork

Row = Mapping[str, Any]


class StoredRecords:
    """What a formula may ask about other records; answers are kept for one evaluation."""

    def __init__(self, uow: UnitOfWork, catalog: FormCatalog) -> None:
        self.uow = uow
        self.catalog = catalog
        self._linked: dict[tuple[str, int], Row | None] = {}
        self._related: dict[tuple[str, str, int], list[Row]] = {}
        self._named: dict[tuple[str, str, Any], int | None] = {}

    def linked(self, form_key: str, record_id: int) -> Row | None:
        """The record of a form, None when it is gone."""
        name = (form_key, record_id)
        if name not in self._linked:
            found = self._load(form_key, [record_id])
            self._linked[name] = found[0] if found else None
        return self._linked[name]

    def related(self, form_key: str, via: str, record_id: int) -> Sequence[Row]:
        """The records of a form whose link ``via`` points to ``record_id``."""
        name = (form_key, via, record_id)
        if name not in self._related:
            ids: list[int] = []
            if form_key.partition(".")[0] in self.catalog.tables:
                table = self.catalog.source().table(form_key)
                mine = sa.select(table.c.id).where(table.c[via] == record_id)
                ids = list(self.uow.execute(mine).scalars())
            self._related[name] = self._load(form_key, ids)
        return self._related[name]

    def preload(self, form_key: str, ids: Iterable[int]) -> None:
        """Look these records up now, all at once."""
        wanted = [each for each in ids if (form_key, each) not in self._linked]
        found = {row["id"]: row for row in self._load(form_key, wanted)}
        self._linked.update({(form_key, each): found.get(each) for each in wanted})

    def has_consent(self, form_key: str, record_id: int, purpose: str, channel: str) -> bool:
        """Whether the person agrees now."""
        table = self.catalog.source().consents()
        granted = self.uow.scalar(
            sa.select(table.c.granted).where(
                table.c.form == form_key,
                table.c.record_id == record_id,
                table.c.purpose == purpose,
                table.c.channel == channel,
            )
        )
        return bool(granted)

    def named(self, form_key: str, field_key: str, value: Any) -> int | None:
        """The record whose unique field holds ``value``, None when there is none."""
        name = (form_key, field_key, value)
        if name not in self._named:
            text = str(value)
            found = ids_by_key(self.uow, self.catalog, form_key, field_key, [text]).get(text)
            self._named[name] = found if isinstance(found, int) else None
        return self._named[name]

    def _load(self, form_key: str, ids: list[int]) -> list[Row]:
        if form_key in self.catalog.tables:
            form = self.catalog.get_form(form_key)
            found = load_rows(self.uow, form, self.catalog.tables[form_key], ids)
            return list(found.values())
        if form_key in system_forms:
            table = system_forms.get(form_key).table
        elif form_key.partition(".")[0] not in self.catalog.tables:
            return []  # its definition cannot be read any more
        else:
            table = self.catalog.source().table(form_key)
        wanted = [column for column in table.columns if not column.name.endswith("__ci")]
        rows = self.uow.execute(sa.select(*wanted).where(table.c.id.in_(ids))).mappings()
        return [dict(row) for row in rows]


class DraftRecords(StoredRecords):
    """As `StoredRecords`, with one row's own subform rows as they are about to be."""

    def __init__(
        self, uow: UnitOfWork, catalog: FormCatalog, form_key: str, draft: RowDraft,
        shared: StoredRecords | None = None,
    ) -> None:  # fmt: skip
        super().__init__(uow, catalog)
        if shared is not None:  # what a whole batch has looked up already
            self._linked, self._named = shared._linked, shared._named
        self.form_key = form_key
        self.draft = draft

    def related(self, form_key: str, via: str, record_id: int) -> Sequence[Row]:
        parent, _dot, key = form_key.partition(".")
        if (
            parent == self.form_key
            and via == "parent"
            and record_id == (self.draft.id or 0)
            and key in self.draft.rows
        ):
            blank = {each.key: None for each in self.catalog.get_form(form_key).fields}
            return [
                {**blank, **child.values, "id": -1 - child.index, "parent": record_id}
                for child in self.draft.rows[key]
            ]
        return super().related(form_key, via, record_id)
