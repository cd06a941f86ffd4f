"""A dossier as one file to hand over: JSON for machines, a page for people, both in a zip."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from io import BytesIO
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.people.dossier import Dossier
from regulars.form_builder.people.identities import Person
from regulars.form_builder.querying import Record
from regulars.form_builder.record_json import record_json
from regulars.platform.blobs.service import Blob, get_blobs, open_blob
from regulars.platform.blobs.tables import blob
from regulars.platform.db import UnitOfWork
from regulars.platform.formats import Formats
from regulars.platform.i18n import find_text, pick, translate

STYLE = (
    "body{font-family:system-ui,sans-serif;line-height:1.5;max-width:60rem;margin:2rem auto;"
    "padding:0 1rem}table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}"
    "th,td{border:1px solid #bbb;padding:.3rem .6rem;text-align:start;vertical-align:top;"
    "overflow-wrap:anywhere}th{background:#f3f3f0;font-weight:600;width:14rem}"
)


@dataclass(frozen=True)
class Bundle:
    """The zip and the name it should carry."""

    name: str
    content: bytes


def bundle_of(uow: UnitOfWork, dossier: Dossier, locale: str) -> Bundle:
    """``person.json``, ``person.html`` with its style, and the files, packed."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        text = json.dumps(dossier_json(uow, dossier), ensure_ascii=False, indent=2)
        archive.writestr("person.json", text)
        archive.writestr("person.html", "".join(_page(uow, dossier, locale)))
        archive.writestr("style.css", STYLE)
        for held in files_of(uow, dossier.person):
            with open_blob(uow, held) as content:
                archive.writestr(f"files/{held.id}-{held.name}", content.read())
    person = dossier.person
    return Bundle(f"{person.form}-{person.id}.zip", packed.getvalue())


def files_of(uow: UnitOfWork, person: Person) -> list[Blob]:
    """The files that the person's records hold."""
    ids = uow.execute(
        sa.select(blob.c.id).where(blob.c.form == person.form, blob.c.record.in_(person.ids))
    ).scalars()
    return list(get_blobs(uow, list(ids)).values())


def dossier_json(uow: UnitOfWork, dossier: Dossier) -> dict[str, Any]:
    """Everything as plain JSON."""
    person, catalog = dossier.person, dossier.catalog
    return {
        "person": {"form": person.form, "id": person.id, "title": person.title},
        "workspace": uow.workspace.name,
        "made_at": uow.now.isoformat(),
        "records": [record_json(catalog, record) for record in dossier.records],
        "linked": {
            form: [record_json(catalog, record) for record in records]
            for form, records in dossier.linked.items()
        },
        "deleted_links": dossier.binned,
        "tables": dossier.tables,
    }


def _page(uow: UnitOfWork, dossier: Dossier, locale: str) -> Iterator[str]:
    place = uow.workspace
    formats = Formats(locale, place.zone, place.currency, uow.now)
    title = translate("people.dossier-title", locale, name=dossier.person.title)
    lead = translate("people.dossier-lead", locale, shop=place.name, at=formats.datetime(uow.now))
    yield f'<!doctype html><html lang="{escape(locale)}"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f'<title>{escape(title)}</title><link rel="stylesheet" href="style.css"></head><body>'
    yield f"<h1>{escape(title)}</h1><p>{escape(lead)}</p>"
    for record in dossier.records:
        yield from _record(dossier, record, locale)
    for form_key, records in dossier.linked.items():
        label = pick(dossier.catalog.get_form(form_key).label, locale)
        yield f"<h2>{escape(label)} ({len(records)})</h2>"
        for record in records:
            yield from _record(dossier, record, locale, "h3")
    for name, rows in dossier.tables.items():
        heading = find_text(f"people.table.{name}", locale) or name
        yield f"<h2>{escape(heading)} ({len(rows)})</h2>"
        yield from _rows(rows, locale)
    yield "</body></html>"


def _record(dossier: Dossier, record: Record, locale: str, level: str = "h2") -> Iterator[str]:
    form = dossier.catalog.get_form(record.form)
    values = record_json(dossier.catalog, record)
    yield f"<{level}>{escape(record.title)}</{level}><table>"
    for key, value in values.items():
        if value not in (None, "", []):
            name = _name_of(form, key, locale)
            yield f"<tr><th>{escape(name)}</th><td>{_shown(value)}</td></tr>"
    yield "</table>"


def _name_of(form: FormDefinition, key: str, locale: str) -> str:
    field = form.find(key)
    if field is not None:
        return pick(field.name, locale)
    return find_text(f"people.system.{key}", locale) or key


def _rows(rows: list[dict[str, Any]], locale: str) -> Iterator[str]:
    """What people understand of the rows; ids and the like are in the JSON."""
    for row in rows:
        yield "<table>"
        for key, value in row.items():
            name = find_text(f"people.column.{key}", locale)
            if name is not None and value not in (None, "", [], {}):
                yield f"<tr><th>{escape(name)}</th><td>{_shown(value)}</td></tr>"
        yield "</table>"


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        if set(value) == {"id", "title"}:
            return escape(str(value["title"]))
        return "<br>".join(
            f"{escape(str(key))}: {_shown(each)}"
            for key, each in value.items()
            if each not in (None, "")
        )
    if isinstance(value, list):
        inner = "<hr>" if any(isinstance(each, Mapping) for each in value) else ", "
        return inner.join(_shown(each) for each in value)
    return escape(str(value))
