"""What a device may know of people without the line: as little as serves them.

For each the last digits of their number, a masked name and a few plain facts; nothing that is
marked as personal, whoever the clerk is, and no number that this clerk does not see.
"""

from __future__ import annotations

from dataclasses import dataclass

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.masking import NOTHING, masked
from regulars.form_builder.querying import Record, RecordQuery
from regulars.form_builder.records import find_records
from regulars.form_builder.tills.definition import Till
from regulars.form_builder.tills.finding import TAIL
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork


@dataclass(frozen=True)
class Known:
    """One person as a device may know them."""

    record: Record
    tail: str
    name: str


def known_people(uow: UnitOfWork, access: Access, till: Till) -> list[Known]:
    """Those who may be served without the line, in the till's order; none without a number."""
    catalog = catalog_for(uow, access)
    form = catalog.get_form(till.people.form)
    numbers = [key for key in till.people.find_by if _is_number(form, key)]
    if not till.offline.members or not numbers:
        return []
    order = (till.offline.first,) if _sorts(catalog, form, till.offline.first) else ()
    query = RecordQuery(sort=order, limit=till.offline.members)
    known = []
    for record in find_records(uow, access, form.key, query).records:
        tails = [_tail(record.values.get(key)) for key in numbers]
        known += [Known(record, tail, _name(form, record)) for tail in tails if tail][:1]
    return known


def plain_facts(form: FormDefinition, till: Till) -> list[str]:
    """The values that may lie on a device: never one that is personal."""
    fields = {key: form.find(key) for key in till.offline.show}
    parts = set((form.person or {}).values())
    return [
        key
        for key, field in fields.items()
        if field is not None and not field.personal and key not in parts
    ]


def _is_number(form: FormDefinition, key: str) -> bool:
    field = form.find(key)
    return field is not None and field.type == "phone"


def _sorts(catalog: FormCatalog, form: FormDefinition, order: str) -> bool:
    return bool(order) and not catalog.path(form.key, order.removeprefix("-"))[1]


def _tail(value: object) -> str:
    last = str(value or "")[-TAIL:]
    return last if len(last) == TAIL and last.isdecimal() else ""


def _name(form: FormDefinition, record: Record) -> str:
    key = (form.person or {}).get("name")
    return str(masked("name", record.values.get(key)) or NOTHING) if key else NOTHING
