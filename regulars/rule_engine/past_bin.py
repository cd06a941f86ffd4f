"""Records that have gone to the recycle bin since, as they lay in their tables before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.history import trash
from regulars.form_builder.rows import Row
from regulars.form_builder.storing import SYSTEM_VALUES
from regulars.platform.db import UnitOfWork
from regulars.rule_engine.past_rows import as_id, rows_from

Body = Mapping[str, Any]


class PastBin:
    """What was deleted after ``at`` and not for good; each form is read once."""

    def __init__(self, uow: UnitOfWork, catalog: FormCatalog, at: datetime) -> None:
        self.uow = uow
        self.catalog = catalog
        self.at = at
        self._bodies: dict[str, dict[int, Body]] = {}

    def row(self, form: str, record: int) -> Row | None:
        """The record's values as they were when it was deleted; sums are missing."""
        body = self._of(form).get(record)
        if body is None:
            return None
        blank: dict[str, Any] = dict.fromkeys(SYSTEM_VALUES)
        blank |= {each.key: None for each in self.catalog.get_form(form).fields}
        values = self.catalog.from_stored_json(form, body["values"], self.uow).values
        system = dict(body["system"])
        system["created_at"] = datetime.fromisoformat(system["created_at"])
        kept = {key: as_id(value) for key, value in values.items()}
        return {**blank, **system, **kept, "id": record}

    def pointing(self, form: str, via: str, record: int) -> set[int]:
        """Which of them pointed to a record by a link."""
        bodies = self._of(form).items()
        return {each for each, body in bodies if as_id(body["values"].get(via)) == record}

    def rows(self, rows_form: str) -> dict[int, list[Row]]:
        """By record, the rows that went with it."""
        form, _dot, key = rows_form.partition(".")
        return {
            record: rows_from(self.uow, self.catalog, rows_form, record, body["rows"].get(key, ()))
            for record, body in self._of(form).items()
        }

    def _of(self, form: str) -> Mapping[int, Body]:
        if form not in self._bodies:
            gone = sa.select(trash.c.record, trash.c.body).where(
                trash.c.form == form, trash.c.deleted_at > self.at
            )
            self._bodies[form] = {row.record: row.body for row in self.uow.execute(gone)}
        return self._bodies[form]
