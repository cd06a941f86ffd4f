"""What a clerk reads of people and offers: values in words, masked as this clerk's rights say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.path_values import values_at
from regulars.form_builder.plain_values import plain_json
from regulars.form_builder.querying import Record
from regulars.form_builder.records import get_record
from regulars.form_builder.tills.definition import Till
from regulars.form_builder.tills.excerpt import known_people, plain_facts
from regulars.form_builder.tills.finding import MOST_FOUND, find_people
from regulars.form_builder.tills.reaching import computed, reached_ids
from regulars.form_builder.web.list_lines import columns_at, far_titles
from regulars.form_builder.web.values import Cell, text_of, tone_of
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.formats import Formats
from regulars.platform.i18n import pick, translate

Json = dict[str, Any]
MOST_OFFERS = 20


def people_json(uow: UnitOfWork, access: Access, till: Till, text: str) -> Json:
    """Who it may be: ``{"people": [{id, name, facts}], "more"}``; ``more``: there are others."""
    ids = find_people(uow, access, till, text)
    records = _records(uow, access, till.people.form, ids[:MOST_FOUND])
    paths = [*till.people.find_by[:1], *till.people.show[:1]]
    facts = facts_of(uow, access, till.people.form, records, paths)
    people = [{"id": r.id, "name": r.title, "facts": facts[r.id]} for r in records]
    return {"people": people, "more": len(ids) > MOST_FOUND}


def card_json(uow: UnitOfWork, access: Access, till: Till, person_id: int) -> Json:
    """One person: ``{id, name, facts, offers}``; NotFound outside the clerk's reach."""
    person = get_record(uow, access, till.people.form, person_id)
    paths = [*till.people.find_by[:1], *till.people.show]
    facts = facts_of(uow, access, till.people.form, [person], paths)
    return {
        "id": person.id, "name": person.title, "facts": facts[person.id],
        "offers": _offers(uow, access, till, person.id),
    }  # fmt: skip


def excerpt_json(uow: UnitOfWork, access: Access, till: Till) -> Json:
    """What a device may keep for a while: ``{"people": [{id, tail, name, facts}], "hours"}``."""
    known = known_people(uow, access, till)
    form = catalog_for(uow, access).get_form(till.people.form)
    records = [each.record for each in known]
    facts = facts_of(uow, access, form.key, records, plain_facts(form, till))
    people = [
        {"id": each.record.id, "tail": each.tail, "name": each.name,
         "facts": facts[each.record.id]}
        for each in known
    ]  # fmt: skip
    return {"people": people, "hours": till.offline.hours}


def facts_of(
    uow: UnitOfWork, access: Access, form_key: str, records: Sequence[Record],
    paths: Iterable[str],
) -> dict[int, list[Json]]:  # fmt: skip
    """Record → ``[{name, text, tone}]``; what is empty or hidden from this clerk is left out."""
    catalog = catalog_for(uow, access)
    form = catalog.get_form(form_key)
    columns = columns_at(form, catalog, dict.fromkeys(paths))
    far = [column.path for column in columns if "." in column.path]
    ids = [record.id for record in records]
    further = values_at(uow, access, catalog, form_key, ids, far) if far else {}
    titles = far_titles(uow, access, catalog, columns, further.values()) if far else {}
    place = uow.workspace
    fmt = Formats(access.locale, place.zone, place.currency, uow.now)
    yes_no = (translate("records.yes", access.locale), translate("records.no", access.locale))
    found: dict[int, list[Json]] = {}
    for record in records:
        values = {**record.values, **further.get(record.id, {})}
        found[record.id] = []
        for column in columns:
            value = values.get(column.path)
            names = {**record.titles, **titles}
            text = text_of(Cell(column.field, value, names, column.field.name), fmt, yes_no)
            if text:
                text += str(column.field.settings.get("suffix", ""))
                name = pick(column.field.name, access.locale)
                tone = tone_of(column.field, value) if column.field.options else ""
                found[record.id].append({"name": name, "text": text, "tone": tone})
    return found


def _offers(uow: UnitOfWork, access: Access, till: Till, person_id: int) -> list[Json]:
    offer = till.offer
    if offer is None or access.scope(offer.form, "read") == "none":
        return []
    form = catalog_of(uow).get_form(offer.form)
    where = {"all": [offer.where, form.pointing(offer.via, person_id)]}
    ids = reached_ids(uow, access, offer.form, where, most=MOST_OFFERS)
    records = _records(uow, access, offer.form, ids)
    facts = facts_of(uow, access, offer.form, records, offer.show)
    return [
        {
            "id": record.id,
            "title": record.title,
            "facts": facts[record.id],
            "least": computed(uow, form.key, record.id, offer.least) if offer.least else None,
        }
        for record in records
    ]


def _records(uow: UnitOfWork, access: Access, form_key: str, ids: Sequence[int]) -> list[Record]:
    return [get_record(uow, access, form_key, record_id) for record_id in ids]


def sold_json(sold: Any) -> Json:
    """What became of a sale, for the device that handed it in."""
    return {
        "key": sold.key, "sale": sold.sale, "points": plain_json(sold.points),
        "repeated": sold.repeated,
    }  # fmt: skip
