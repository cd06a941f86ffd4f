"""What the API answers about records: pages, one record, batches, history, timeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.history import history_of, seen_entries
from regulars.form_builder.path_values import values_at
from regulars.form_builder.plain_values import plain_json
from regulars.form_builder.putting_back import version_of_form
from regulars.form_builder.querying import Record, RecordQuery
from regulars.form_builder.record_json import (
    ALWAYS_SEEN,
    SYSTEM_LINKS,
    link_json,
    record_json,
)
from regulars.form_builder.records import BatchResult, find_records, get_record
from regulars.form_builder.timeline import timeline_of
from regulars.form_builder.titles import titles_of
from regulars.platform import i18n
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.expressions.types import Kind
from regulars.platform.problems import Problem

Json = dict[str, Any]


def page(
    uow: UnitOfWork, access: Access, form_key: str, query: RecordQuery, fields: Sequence[str]
) -> Json:
    """``{"records": […], "next": cursor or null}``, with ``count`` when it was asked for."""
    catalog = catalog_for(uow, access)
    problems = _unknown(catalog, form_key, fields)
    if problems:
        raise Invalid(problems)
    found = find_records(uow, access, form_key, query)
    named = _with_people(uow, access, found.records)
    answer: Json = {
        "records": [record_json(catalog, record) for record in named]
        if not fields
        else _chosen(uow, access, catalog, form_key, named, fields),
        "next": found.next,
    }
    if query.count:
        answer["count"] = found.total
    return answer


def one(uow: UnitOfWork, access: Access, record: Record) -> Json:
    """One record as this reader sees it."""
    return record_json(catalog_for(uow, access), _with_people(uow, access, [record])[0])


def batch(result: BatchResult, locale: str) -> Json:
    """``{"results": [{"index", "status", "id", "problems"}]}`` in the order given."""
    return {
        "results": [
            {
                "index": row.index,
                "status": row.status,
                "id": row.id,
                "problems": [problem.as_json(locale) for problem in row.problems],
            }
            for row in result.results
        ]
    }


def history(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> Json:
    """``{"history": [{"at", "action", "version", "actor", "origin", "changes"}]}``."""
    get_record(uow, access, form_key, record_id)
    catalog = catalog_for(uow, access)
    return {
        "form_version": version_of_form(uow, catalog, form_key, record_id),
        "history": [
            {
                "id": entry.id,
                "at": plain_json(entry.at),
                "action": entry.action,
                "version": entry.version,
                "actor": {"id": entry.actor, "name": entry.actor_name},
                "origin": entry.origin,
                "ref": entry.ref,
                "changes": entry.changes,
            }
            for entry in seen_entries(
                access, catalog, form_key, history_of(uow, form_key, record_id)
            )
        ],
    }


def timeline(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> Json:
    """``{"timeline": [{"at", "kind", "title", "text", "form", "record"}]}``."""
    get_record(uow, access, form_key, record_id)
    return {
        "timeline": [
            {
                "at": plain_json(moment.at),
                "kind": moment.kind,
                "title": moment.words(access.locale),
                "text": i18n.pick(moment.text, access.locale) or None,
                "form": moment.form,
                "record": moment.record,
                "place": None
                if moment.place is None
                else dict(zip(("kind", "id"), moment.place, strict=True)),
            }
            for moment in timeline_of(uow, access, form_key, record_id)
        ]
    }


def _chosen(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, form_key: str,
    records: Sequence[Record], fields: Sequence[str],
) -> list[Json]:  # fmt: skip
    """Only these fields, those behind links too; the id always comes along."""
    far = [path for path in fields if "." in path]
    ids = [record.id for record in records]
    reached = values_at(uow, access, catalog, form_key, ids, far) if far else {}
    titles = _titles_at(uow, access, catalog, form_key, far, list(reached.values()))
    answers = []
    for record in records:
        whole = record_json(catalog, record)
        chosen: Json = {"id": record.id}
        for path in fields:
            if path in whole:
                chosen[path] = whole[path]
            else:
                value = reached.get(record.id, {}).get(path)
                target = _target(catalog, form_key, path)
                if target and isinstance(value, int):
                    value = link_json(target, value, titles)
                chosen[path] = plain_json(value)
        answers.append(chosen)
    return answers


def _unknown(catalog: FormCatalog, form_key: str, fields: Sequence[str]) -> list[Problem]:
    catalog.get_form(form_key)
    found = []
    for position, path in enumerate(fields):
        tree, problems = catalog.shown_path(form_key, path)
        if problems and path not in ALWAYS_SEEN:
            found.append(Problem(f"fields/{position}", "unknown-field", {"field": path[:60]}))
        elif tree.type is not None and "." in path and tree.type.kind in (Kind.ROWS, Kind.TAGS):
            found.append(Problem(f"fields/{position}", "cannot-select", {"field": path[:60]}))
    return found


def _target(catalog: FormCatalog, form_key: str, path: str) -> str:
    tree, problems = catalog.shown_path(form_key, path)
    is_link = not problems and tree.type is not None and tree.type.kind is Kind.LINK
    return str(tree.type.form or "") if is_link and tree.type is not None else ""


def _titles_at(
    uow: UnitOfWork, access: Access, catalog: FormCatalog, form_key: str, paths: Sequence[str],
    rows: Sequence[Json],
) -> dict[tuple[str, int], str]:  # fmt: skip
    wanted: dict[str, set[int]] = {}
    for path in paths:
        target = _target(catalog, form_key, path)
        if target:
            ids = {row.get(path) for row in rows}
            wanted.setdefault(target, set()).update(i for i in ids if isinstance(i, int))
    return titles_of(uow, access, catalog, wanted) if wanted else {}


def _with_people(uow: UnitOfWork, access: Access, records: Sequence[Record]) -> list[Record]:
    """The records with the names of who made and owns them, and of their stores."""
    wanted: dict[str, set[int]] = {}
    for key, target in SYSTEM_LINKS.items():
        ids = {record.values.get(key) for record in records}
        wanted.setdefault(target, set()).update(i for i in ids if isinstance(i, int))
    if not any(wanted.values()):
        return list(records)
    names = titles_of(uow, access, catalog_for(uow, access), wanted)
    return [replace(record, titles={**record.titles, **names}) for record in records]
