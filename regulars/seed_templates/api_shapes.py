"""What the API of packs takes and answers."""

from __future__ import annotations

from regulars.platform.web.api_route import (
    BOOLEAN,
    COUNT,
    LABEL,
    TEXT,
    Schema,
    array,
    named,
    nullable,
    obj,
)

_COUNTS: Schema = {"type": "object", "additionalProperties": COUNT}
SHELF = named(
    "Pack",
    obj(
        {
            "key": TEXT, "version": TEXT, "label": LABEL, "installed": nullable(TEXT),
            "sample_records": COUNT,
        }
    ),
)  # fmt: skip
WISHES = obj({"key": TEXT}, {"sample_data": BOOLEAN, "dry_run": BOOLEAN})
OUTCOME = obj(
    {
        "pack": TEXT,
        "version": TEXT,
        "dry_run": BOOLEAN,
        "nothing_to_change": BOOLEAN,
        "changes": array(obj({"kind": TEXT, "key": TEXT, "action": TEXT})),
        "paused_rules": array(TEXT),
        "sample_records": COUNT,
    }
)
ADDED = obj({"records": _COUNTS})
REMOVED = obj({"removed": _COUNTS, "kept": _COUNTS})
