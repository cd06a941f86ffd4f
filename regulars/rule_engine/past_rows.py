"""The rows of records, and the several links of a field, as they were at an earlier instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.rows import Row
from regulars.platform.db import UnitOfWork
from regulars.platform.events import event


class PastRows:
    """Lists of rows that have changed since ``at``, each as it was then.

    Rows are named by their form (``orders.items``). A row of then has lost its own number; the
    first of a list is -1, so that none is taken for one of today.
    """

    def __init__(self, uow: UnitOfWork, catalog: FormCatalog, at: datetime) -> None:
        self.uow = uow
        self.catalog = catalog
        self.at = at
        self._known: dict[str, dict[int, list[Row]]] = {}

    def changed(self, rows_form: str) -> Mapping[int, Sequence[Row]]:
        """By record, the rows of then of every record whose rows have changed since."""
        if rows_form not in self._known:
            form, _dot, key = rows_form.partition(".")
            self._known[rows_form] = {
                record: rows_from(self.uow, self.catalog, rows_form, record, before)
                for record, before in self._lists(form, key).items()
            }
        return self._known[rows_form]

    def _lists(self, form: str, key: str) -> dict[int, list[Any]]:
        changes = self.uow.execute(
            event.select()
            .with_only_columns(event.c.record, event.c.changes)
            .where(
                event.c.form == form,
                event.c.kind == "record_updated",
                event.c.at > self.at,
                event.c.historic.is_(sa.false()),
            )
            .order_by(event.c.id.desc())
        )
        found: dict[int, list[Any]] = {}
        for each in changes:
            before = (each.changes or {}).get(key, (None,))[0]
            if isinstance(before, list):
                found[each.record] = before  # the oldest comes last
        return found


def rows_from(
    uow: UnitOfWork, catalog: FormCatalog, rows_form: str, record: int, kept: Sequence[Any]
) -> list[Row]:
    """Rows as an event or the recycle bin keeps them, as the evaluator reads them."""
    blank = {each.key: None for each in catalog.get_form(rows_form).fields}
    found: list[Row] = []
    for position, raw in enumerate(each for each in kept if isinstance(each, Mapping)):
        values = catalog.from_stored_json(rows_form, raw, uow).values
        row = {key: as_id(value) for key, value in values.items()}
        own = {"id": -1 - position, "parent": record, "position": position}
        found.append({**blank, **row, **own})
    return found


def as_id(value: Any) -> Any:
    """A link as it is kept: the other record's id."""
    return value.get("id") if isinstance(value, Mapping) else value
