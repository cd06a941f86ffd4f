"""What the API of imports and exports takes and answers."""

from __future__ import annotations

from collections.abc import Mapping

from regulars.form_builder.api_schemas import CONDITION
from regulars.platform.web.api_route import (
    COUNT,
    ID,
    INSTANT,
    OBJECT,
    PROBLEM,
    TEXT,
    Schema,
    array,
    named,
    nullable,
    obj,
    one_of,
)

FILES = ("text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
MAP = named("ImportMap", {"type": "object", "required": ["targets"]})
UPLOAD: Schema = {
    "type": "object",
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "form": TEXT,
        "map": {"type": "string", "contentMediaType": "application/json"},
        "run": one_of("check", "start"),
    },
    "required": ["file"],
}
OUTCOME: Schema = nullable(OBJECT)
IMPORT = named(
    "Import",
    obj(
        {
            "id": ID,
            "form": TEXT,
            "state": TEXT,
            "file": obj({"name": TEXT, "size": COUNT, "columns": array(TEXT)}),
            "map": nullable(OBJECT),
            "progress": obj({"phase": nullable(TEXT), "done": COUNT, "total": nullable(COUNT)}),
            "check": OUTCOME,
            "result": OUTCOME,
            "error": nullable(obj({"code": TEXT, "message": TEXT, "problems": array(PROBLEM)})),
            "started_by": nullable(TEXT),
            "created_at": INSTANT,
            "started_at": nullable(INSTANT),
            "finished_at": nullable(INSTANT),
        }
    ),
)
LINES = obj({"lines": array(obj({"line": COUNT, "form": TEXT, "problems": array(PROBLEM)}))})
EXPORT_QUERY: Mapping[str, Schema] = {
    "format": one_of("csv", "xlsx"),
    "filter": {**CONDITION, "contentMediaType": "application/json"},
    "columns": TEXT,
    "sort": TEXT,
    "q": TEXT,
}
