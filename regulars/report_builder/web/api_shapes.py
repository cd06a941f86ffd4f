"""What the API of reports and dashboards takes and answers."""

from __future__ import annotations

from collections.abc import Mapping

from regulars.platform.web.api_route import (
    ANY,
    OBJECT,
    TEXT,
    Schema,
    array,
    definition_of,
    named,
    nullable,
    obj,
)

REPORT, DASHBOARD = definition_of("report"), definition_of("dashboard")
_WISH: Mapping[str, Schema] = {"params": nullable(OBJECT), "at": nullable(TEXT)}
RUN = obj({}, _WISH)
RUN_INLINE = obj({}, {"definition": REPORT, "key": TEXT, **_WISH})
COLUMN = obj(
    {"key": TEXT, "type": TEXT, "label": TEXT},
    {
        "by": TEXT, "currency": TEXT, "format": TEXT, "form": TEXT,
        "options": {"type": "object", "additionalProperties": TEXT},
    },
)  # fmt: skip
DRILL = obj({"form": TEXT, "condition": nullable(OBJECT)}, {"cells": OBJECT})
RESULT = named(
    "ReportResult",
    obj(
        {
            "columns": array(COLUMN),
            "rows": array(array(ANY)),
            "totals": nullable(array(ANY)),
            "period": nullable(obj({"from": nullable(TEXT), "to": nullable(TEXT)})),
            "notes": array(obj({"code": TEXT, "value": ANY})),
            "drill": array(nullable(DRILL)),
        }
    ),
)
CARDS = obj({"cards": array(obj({"report": TEXT}, {"result": RESULT, "error": TEXT}))})
