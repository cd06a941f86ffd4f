"""What happened around one record, from every builder that knows something, newest first.

A source is a function that gives the latest moments of a record. Builders above register theirs
in `regulars.wiring` (messages, runs); here stand the records that point to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.masking import MaskedText
from regulars.form_builder.querying import Record, RecordQuery
from regulars.form_builder.records import find_records
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.i18n import Text
from regulars.platform.registry import Registry

LATEST = 50


@dataclass(frozen=True)
class Moment:
    """One thing that happened.

    ``kind`` is a stable name (``record``, ``message`` …); its words stand at ``timeline.<kind>``
    and take ``params``. ``form`` and ``record`` say which record it is about, when it is one;
    ``place`` names what else it leads to (``run``, ``message``) and its number.
    """

    at: datetime
    kind: str
    params: Mapping[str, Any]
    icon: str = "circle-dot"
    tone: str = "gray"
    text: Text | None = None
    form: str | None = None
    record: int | None = None
    place: tuple[str, int] | None = None

    def words(self, locale: str) -> str:
        """What happened, in one line."""
        said = {name: i18n.spoken(value, locale) for name, value in self.params.items()}
        return i18n.translate(f"timeline.{self.kind}", locale, **said)


TimelineSource = Callable[[UnitOfWork, Access, str, int], Iterable[Moment]]
timeline_sources: Registry[TimelineSource] = Registry("timeline source")


def timeline_of(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> list[Moment]:
    """The latest moments of every source together, newest first."""
    found = list(related_moments(uow, access, form_key, record_id))
    for source in timeline_sources:
        found += source(uow, access, form_key, record_id)
    return sorted(found, key=lambda moment: moment.at, reverse=True)[:LATEST]


def related_moments(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int
) -> Iterable[Moment]:
    """The records that point to this one: an order at the time it was paid."""
    catalog = catalog_for(uow, access)
    form = catalog.get_form(form_key)
    for field in form.fields:
        source = catalog.forms.get(str(field.settings.get("from")))
        if field.type != "related" or source is None:
            continue
        if access.scope(source.key, "read") == "none":
            continue
        via = str(field.settings["via"])
        order = str(field.settings.get("order", "-created_at"))
        if any(catalog.path(source.key, key)[1] for key in (via, order.removeprefix("-"))):
            continue
        query = RecordQuery(filter=source.pointing(via, record_id), sort=(order,), limit=LATEST)
        for record in find_records(uow, access, source.key, query).records:
            yield _moment(uow, catalog, source, record, order.removeprefix("-"))


def _moment(
    uow: UnitOfWork, catalog: FormCatalog, form: FormDefinition, record: Record, order: str
) -> Moment:
    params: dict[str, Any] = {"form": form.label, "title": record.title}
    icon = form.icon or "file-text"
    at = _instant(uow, record.values.get(order)) or record.values["created_at"]
    money = next((f for f in form.fields if _is_amount(f)), None)
    amount = None if money is None else record.values.get(money.key)
    if money is not None and amount is not None and not isinstance(amount, MaskedText):
        params["amount"] = amount
        params["currency"] = money.settings.get("currency")
    return Moment(at, "record", params, icon, "green", None, form.key, record.id)


def _is_amount(field: FieldDefinition) -> bool:
    return field.type == "money" or field.settings.get("result") == "money"


def _instant(uow: UnitOfWork, value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=uow.workspace.tz)
    return None
