"""The shapes of records at the API: of any form, and of each form of a workspace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from regulars.form_builder import record_schema
from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.origin import AUTOMATION
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.web.api_route import (
    BOOLEAN,
    COUNT,
    ID,
    INSTANT,
    OBJECT,
    PROBLEM,
    TEXT,
    Instance,
    Schema,
    array,
    named,
    nullable,
    obj,
    one_of,
)

LINK = named("Link", obj({"id": ID, "title": TEXT}))
SYSTEM: Mapping[str, Schema] = {
    "id": ID,
    "version": ID,
    "created_at": INSTANT,
    "created_by": nullable(LINK),
    "updated_at": INSTANT,
    "updated_by": nullable(LINK),
    "unit": nullable(LINK),
    "owner": nullable(LINK),
}
RECORD = named("Record", {"type": "object", "properties": dict(SYSTEM), "required": ["id"]})
VALUES = named("RecordValues", OBJECT)
CHANGES = named("RecordChanges", OBJECT)
LINE = named("RecordLine", {"type": "object", "properties": {"id": ID}, "required": ["id"]})
CONDITION = named(
    "Condition",
    {"type": "object", "examples": [{"field": "name", "op": "contains", "value": "Ann"}]},
)

LIST_QUERY: Mapping[str, Schema] = {
    "filter": {**CONDITION, "contentMediaType": "application/json"},
    "sort": array(TEXT),
    "fields": array(TEXT),
    "limit": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 50},
    "cursor": TEXT,
    "count": BOOLEAN,
    "q": TEXT,
}
SEARCH_BODY = obj(
    {},
    {
        "filter": nullable(CONDITION),
        "sort": array(TEXT),
        "fields": array(TEXT),
        "limit": {"type": "integer", "minimum": 1, "maximum": 1000},
        "cursor": nullable(TEXT),
        "count": BOOLEAN,
        "q": nullable(TEXT),
    },
)
RECORD_PAGE = obj({"records": array(LINE), "next": nullable(TEXT)}, {"count": COUNT})
BATCH_BODY = obj(
    {"records": array(OBJECT, maxItems=1000)},
    {
        "mode": one_of("insert", "update", "upsert"), "key": TEXT, "atomic": BOOLEAN,
        "automation": one_of(*AUTOMATION),
    },
)  # fmt: skip
ROW_RESULT = obj(
    {
        "index": COUNT,
        "status": one_of("created", "updated", "unchanged", "refused"),
        "id": nullable(ID),
        "problems": array(PROBLEM),
    }
)
BATCH_RESULT = obj({"results": array(ROW_RESULT)})
HISTORY_ENTRY = obj(
    {
        "id": ID,
        "at": INSTANT,
        "action": TEXT,
        "version": ID,
        "actor": obj({"id": nullable(TEXT), "name": nullable(TEXT)}),
        "origin": TEXT,
        "ref": nullable(TEXT),
        "changes": OBJECT,
    }
)
PUT_BACK = obj({}, {"fields": array(TEXT, minItems=1, maxItems=500)})
TIMELINE_ENTRY = obj(
    {
        "at": INSTANT,
        "kind": TEXT,
        "title": TEXT,
        "text": nullable(TEXT),
        "form": nullable(TEXT),
        "record": nullable(ID),
        "place": nullable(obj({"kind": TEXT, "id": ID})),
    }
)


def instances(uow: UnitOfWork, access: Access) -> Sequence[Instance]:
    """Every form that this reader may see, with the shapes of its records."""
    catalog = catalog_for(uow, access)
    return [
        Instance({"form_key": form.key}, form.label, _schemas(catalog, form.key, access.locale))
        for form in catalog.forms.values()
        if access.scope(form.key, "read") != "none"
    ]


def _schemas(catalog: FormCatalog, form_key: str, locale: str) -> Mapping[str, Schema]:
    """What a record of one form reads as, whole and in a list, and how one is written."""
    whole = _inner(record_schema.record_schema(catalog, form_key, locale))
    return {
        "Record": {**whole, "required": ["id", "version"]},
        "RecordLine": {
            "type": "object", "properties": whole["properties"], "required": ["id"],
        },
        "RecordValues": _inner(record_schema.create_schema(catalog, form_key, locale)),
        "RecordChanges": _inner(record_schema.update_schema(catalog, form_key, locale)),
    }  # fmt: skip


def _inner(schema: Schema) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in ("$schema", "$id")}
