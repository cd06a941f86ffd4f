"""A scratch copy wound back: as it was at the start, with everything that followed in order.

What was written live is undone by its events. What was imported counts from its own date (the
order of a ``related`` field names it), or has always been there. Mirrors follow by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.origin import Origin
from regulars.form_builder.records import restore_record
from regulars.platform.accounts.access import system_access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import RegularsError
from regulars.platform.events import event
from regulars.rule_engine.book import book_of
from regulars.rule_engine.durations import at_local
from regulars.rule_engine.simulating.aside import Kept, Shelf
from regulars.rule_engine.simulating.span import Span

Apply = Callable[[UnitOfWork], None]
_OWN_TURNS = ("message_", "task_")
_MIRROR_TURNS = ("mirror_entered", "mirror_left")
_CONSENT_TURNS = ("consent_granted", "consent_withdrawn")


@dataclass
class Happening:
    """One thing that happened: what it did to the store, and the event it left."""

    at: datetime
    order: int
    told: Mapping[str, Any] | None = None  # the event to tell, without its id
    apply: Apply | None = None

    @property
    def place(self) -> tuple[datetime, int]:
        """Where it stands among the others."""
        return self.at, self.order


@dataclass
class Past:
    """Everything that happened in a span, oldest first; ``doubts`` are codes of what is unsure."""

    happenings: list[Happening] = field(default_factory=list)
    doubts: set[str] = field(default_factory=set)


def rewind(uow: UnitOfWork, rule: str, span: Span) -> Past:
    """Bring the records of a scratch copy back to the start of the span."""
    work = _Rewinding(uow, rule, span)
    work.undo_live()
    work.take_out_imported()
    uow.execute(event.delete())
    work.past.happenings.sort(key=lambda each: each.place)
    return work.past


def business_dates(catalog: FormCatalog) -> dict[str, str]:
    """Forms whose records have a date of their own: form → field; what timelines go by, too."""
    found: dict[str, str] = {}
    for form in catalog.forms.values():
        for each in form.fields:
            source = catalog.forms.get(str(each.settings.get("from")))
            key = str(each.settings.get("order", "")).removeprefix("-")
            own = source.find(key) if source else None
            if source is not None and own is not None and own.type in ("datetime", "date"):
                found.setdefault(source.key, key)
    return found


class _Rewinding:
    def __init__(self, uow: UnitOfWork, rule: str, span: Span) -> None:
        self.uow = uow
        self.rule = rule
        self.span = span
        self.catalog = catalog_of(uow)
        self.past = Past()
        self.mirrors = {pinned.rule.key for pinned in book_of(uow).mirrors}

    @property
    def shelf(self) -> Shelf:
        return Shelf(self.uow, self.catalog)

    def undo_live(self) -> None:
        """Undo what was written live, newest first; each becomes a happening."""
        rows = self.uow.execute(
            event.select()
            .where(event.c.at > self.span.start, event.c.historic.is_(sa.false()))
            .order_by(event.c.id.desc())
        ).all()
        for row in rows:
            if row.kind.startswith("record_") and row.form in self.catalog.tables:
                self._undo(row)
            elif self._is_told_again(row):
                self._keep(row, None)

    def _is_told_again(self, row: Any) -> bool:
        if row.kind in _CONSENT_TURNS or row.kind in _MIRROR_TURNS:
            return False  # the ledger and the mirrors tell these
        own = row.kind.startswith(_OWN_TURNS) and (row.data or {}).get("rule") == self.rule
        return not own and self.rule not in row.chain

    def _undo(self, row: Any) -> None:
        if row.kind == "record_updated" and row.chain and row.chain[-1] in self.mirrors:
            return  # the mirror brings it about again
        redo = _UNDOING[row.kind](self, row)
        if self.rule not in row.chain and redo is not None:
            self._keep(row, redo)

    def _keep(self, row: Any, apply: Apply | None) -> None:
        if row.at > self.span.end:
            return
        told = {
            column.name: getattr(row, column.name)
            for column in event.columns
            if column.name != "id"
        }
        told |= {"processed_at": None, "dedupe_key": None}
        self.past.happenings.append(Happening(row.at, row.id, told, apply))

    def _created(self, row: Any) -> Apply | None:
        kept = self.shelf.take_out(row.form, [row.record])
        if not kept:
            self.past.doubts.add("gone")
            return None
        return lambda uow: Shelf(uow, self.catalog).put_back(kept)

    def _updated(self, row: Any) -> Apply | None:
        changes = {k: v for k, v in (row.changes or {}).items() if len(v) == 2}
        if not self.shelf.change(row.form, row.record, changes, 0):
            self.past.doubts.add("gone")
            return None
        return _changing(self.catalog, row.form, row.record, changes)

    def _deleted(self, row: Any) -> Apply | None:
        access = system_access(self.uow.workspace.locale)
        try:
            with self.uow.savepoint():
                restore_record(
                    self.uow, access, row.form, row.record, origin=Origin("rule", "none")
                )
        except RegularsError:
            self.past.doubts.add("gone")
            return None
        return _taking(self.catalog, row.form, row.record)

    def take_out_imported(self) -> None:
        """Imported records of the span go out, each until its own date."""
        for form, key in business_dates(self.catalog).items():
            due = self._imported(form, key)
            order = 0
            for kept in self.shelf.take_out(form, due):
                order -= 1
                self.past.happenings.append(self._arrival(kept, due[kept.record], order))
            if due:
                self.past.doubts.add("imported")

    def _imported(self, form: str, key: str) -> dict[int, datetime]:
        table = self.catalog.tables[form].main
        born = sa.select(event.c.record).where(
            event.c.form == form, event.c.kind == "record_created", event.c.historic.is_(sa.true())
        )
        rows = self.uow.execute(
            sa.select(table.c.id, table.c[key]).where(
                table.c[key].is_not(None), table.c.id.in_(born)
            )
        )
        found = {record: self._instant(value) for record, value in rows}
        return {record: at for record, at in found.items() if self.span.holds(at)}

    def _instant(self, value: date | datetime) -> datetime:
        if isinstance(value, datetime):
            return value
        midnight = datetime(value.year, value.month, value.day)  # noqa: DTZ001
        return at_local(midnight, self.uow.workspace.tz)

    def _arrival(self, kept: Kept, at: datetime, order: int) -> Happening:
        told = {
            "kind": "record_created", "form": kept.form, "record": kept.record,
            "changes": _created_changes(self.catalog, kept), "data": None, "actor": "system",
            "chain": [], "dedupe_key": None, "historic": False, "at": at, "processed_at": None,
        }  # fmt: skip
        return Happening(at, order, told, lambda uow: Shelf(uow, self.catalog).put_back([kept]))


_UNDOING: dict[str, Callable[[_Rewinding, Any], Apply | None]] = {
    "record_created": _Rewinding._created,
    "record_updated": _Rewinding._updated,
    "record_deleted": _Rewinding._deleted,
    "record_restored": _Rewinding._created,
}


def _changing(
    catalog: FormCatalog, form: str, record: int, changes: Mapping[str, Sequence[Any]]
) -> Apply:
    def redo(uow: UnitOfWork) -> None:
        Shelf(uow, catalog).change(form, record, changes, 1)

    return redo


def _taking(catalog: FormCatalog, form: str, record: int) -> Apply:
    def redo(uow: UnitOfWork) -> None:
        Shelf(uow, catalog).take_out(form, [record])

    return redo


def _created_changes(catalog: FormCatalog, kept: Kept) -> dict[str, list[Any]]:
    """The links of a new record, by which mirrors find whom it concerns."""
    links = (each.key for each in catalog.get_form(kept.form).fields if each.type == "link")
    return {key: [None, kept.main[key]] for key in links if kept.main.get(key) is not None}


def in_order(happenings: Sequence[Happening], upto: datetime, start: int) -> Iterator[Happening]:
    """The happenings from position ``start`` on, up to an instant."""
    for each in happenings[start:]:
        if each.at > upto:
            return
        yield each
