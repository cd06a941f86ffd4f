"""One record and all around it as they were at an earlier instant, for the same evaluator.

Values are today's with every live change since then taken back, those of records that lie in the
recycle bin by now included. What was imported counts from its own date, where it has one; sums
over other records are worked out anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.rows import Row, StoredRecords
from regulars.platform.db import UnitOfWork
from regulars.platform.events import event
from regulars.platform.privacy.ledger import consent_entry
from regulars.rule_engine.durations import at_local
from regulars.rule_engine.past_bin import PastBin
from regulars.rule_engine.past_rows import PastRows, as_id
from regulars.rule_engine.sight import RunSight
from regulars.rule_engine.simulating.rewinding import business_dates

_MADE, _TAKEN = ("record_created", "record_restored"), "record_deleted"


class PastRecords(StoredRecords):
    """Stored records as of ``at``; None for what was not there yet."""

    def __init__(self, uow: UnitOfWork, catalog: FormCatalog, at: datetime) -> None:
        super().__init__(uow, catalog)
        self.at = at
        self._dates = business_dates(catalog)
        self._then: dict[tuple[str, int], Row | None] = {}
        self._rows = PastRows(uow, catalog, at)
        self._bin = PastBin(uow, catalog, at)

    def linked(self, form_key: str, record_id: int) -> Row | None:
        """The record as it was, None when it was not there."""
        name = (form_key, record_id)
        if name not in self._then:
            now, is_there = super().linked(form_key, record_id), True
            if now is None and form_key in self.catalog.forms:
                now, is_there = self._bin.row(form_key, record_id), False
            row = None if now is None else self._rewound(form_key, now, is_there=is_there)
            self._then[name] = row
            if row is not None:
                self._then[name] = self._summed_up(form_key, row)
        return self._then[name]

    def related(self, form_key: str, via: str, record_id: int) -> Sequence[Row]:
        """The records that pointed to this one then, those that have moved on since included."""
        if form_key not in self.catalog.forms:
            return self._rows_then(form_key, via, record_id)
        table = self.catalog.tables[form_key].main
        ids = set(
            self.uow.execute(sa.select(table.c.id).where(table.c[via] == record_id)).scalars()
        )
        ids |= self._moved_on(form_key, via, record_id)
        ids |= self._bin.pointing(form_key, via, record_id)
        rows = (self.linked(form_key, each) for each in sorted(ids))
        return [row for row in rows if row is not None and row.get(via) == record_id]

    def _rows_then(self, form_key: str, via: str, record_id: int) -> Sequence[Row]:
        """Rows of a subform or of several links that belonged or pointed to this record then."""
        today = super().related(form_key, via, record_id)
        owner = form_key.partition(".")[0]
        if owner not in self.catalog.forms:
            return today
        changed = {**self._bin.rows(form_key), **self._rows.changed(form_key)}
        if via == "parent":
            return changed.get(record_id, today)
        rows = [row for row in today if row["parent"] not in changed]
        rows += [row for then in changed.values() for row in then if row.get(via) == record_id]
        return [row for row in rows if self.linked(owner, row["parent"]) is not None]

    def has_consent(self, form_key: str, record_id: int, purpose: str, channel: str) -> bool:
        """Whether the person agreed then."""
        return said_then(self.uow, (form_key, record_id, purpose, channel), self.at) is True

    def _moved_on(self, form_key: str, via: str, record_id: int) -> set[int]:
        rows = self.uow.execute(
            sa.select(event.c.record, event.c.changes).where(
                event.c.form == form_key,
                event.c.kind == "record_updated",
                event.c.at > self.at,
                event.c.historic.is_(sa.false()),
            )
        )
        return {
            row.record
            for row in rows
            if as_id((row.changes or {}).get(via, (None,))[0]) == record_id
        }

    def _rewound(self, form_key: str, now: Row, *, is_there: bool) -> Row | None:
        if form_key not in self.catalog.forms or "id" not in now:
            return now
        row = dict(now)
        for happened in self._since(form_key, now["id"]):
            if happened.historic:
                continue
            if not happened.kind.endswith("_updated"):
                is_there = happened.kind == _TAKEN  # before that it was the other way round
                continue
            wanted = {key: pair[0] for key, pair in (happened.changes or {}).items()}
            draft = self.catalog.from_stored_json(form_key, wanted, self.uow)
            row.update({key: as_id(value) for key, value in draft.values.items()})
        return None if not is_there or self._comes_later(form_key, row) else row

    def _since(self, form_key: str, record_id: int) -> list[Any]:
        return list(
            self.uow.execute(
                event.select()
                .where(
                    event.c.form == form_key,
                    event.c.record == record_id,
                    event.c.at > self.at,
                    event.c.kind.in_((*_MADE, _TAKEN, "record_updated")),
                )
                .order_by(event.c.id.desc())
            )
        )

    def _comes_later(self, form_key: str, row: Row) -> bool:
        """Whether an imported record has a date of its own that lies later."""
        value = row.get(self._dates.get(form_key, ""))
        if value is None or _instant(self.uow, value) <= self.at:
            return False
        born = sa.select(event.c.id).where(
            event.c.form == form_key, event.c.record == row["id"],
            event.c.kind == "record_created", event.c.historic.is_(sa.true()),
        )  # fmt: skip
        return self.uow.execute(born).first() is not None

    def _summed_up(self, form_key: str, row: Row) -> Row:
        plans = [plan for plan in self.catalog.rollups if plan.form == form_key]
        if not plans:
            return row
        context = expressing.context(self.uow, None, self)
        sums = {plan.field: self.catalog.closure(plan.tree)(row, context) for plan in plans}
        return {**row, **sums}


class PastSight(RunSight):
    """What a run would have seen at the transaction's ``now``."""

    def open_records(self) -> StoredRecords:
        return PastRecords(self.uow, catalog_of(self.uow), self.uow.now)


@contextmanager
def as_of(uow: UnitOfWork, at: datetime) -> Iterator[None]:
    """Inside, the transaction means another instant by "now"."""
    now, uow.now = uow.now, at
    try:
        yield
    finally:
        uow.now = now


def said_then(uow: UnitOfWork, about: tuple[str, int, str, str], at: datetime) -> bool | None:
    """What a person had said by then: True, False, or None for nothing."""
    form, record, purpose, channel = about
    action = uow.scalar(
        sa.select(consent_entry.c.action)
        .where(
            consent_entry.c.form == form, consent_entry.c.record == record,
            consent_entry.c.purpose == purpose, consent_entry.c.channel == channel,
            consent_entry.c.action.in_(("grant", "withdraw")), consent_entry.c.at <= at,
        )
        .order_by(consent_entry.c.at.desc(), consent_entry.c.id.desc())
        .limit(1)
    )  # fmt: skip
    return None if action is None else action == "grant"


def _instant(uow: UnitOfWork, value: date | datetime) -> datetime:
    if isinstance(value, datetime):
        return value
    return at_local(datetime(value.year, value.month, value.day), uow.workspace.tz)  # noqa: DTZ001
