"""What the API of stores, members and keys takes and answers."""

from __future__ import annotations

from regulars.platform.expressions.times import LEAP_DAYS
from regulars.platform.web.api_route import (
    BOOLEAN,
    ID,
    INSTANT,
    OBJECT,
    TEXT,
    array,
    definition_of,
    named,
    nullable,
    obj,
)

UNIT = named(
    "Unit",
    obj({"id": ID, "code": TEXT, "name": TEXT, "parent": nullable(TEXT), "active": BOOLEAN}),
)
NEW_UNIT = obj({"code": TEXT, "name": TEXT}, {"parent": nullable(TEXT), "active": BOOLEAN})
UNIT_CHANGES = obj({}, {"code": TEXT, "name": TEXT, "parent": nullable(TEXT), "active": BOOLEAN})
MEMBER = named(
    "Member",
    obj(
        {
            "id": ID, "name": TEXT, "email": TEXT, "role": TEXT, "units": array(TEXT),
            "active": BOOLEAN,
        }
    ),
)  # fmt: skip
MEMBER_CHANGES = obj({}, {"role": TEXT, "units": array(TEXT), "active": BOOLEAN})
_TOKEN = {
    "id": ID, "name": TEXT, "ends_in": TEXT, "role": TEXT, "units": array(TEXT),
    "created_at": INSTANT, "used_at": nullable(INSTANT),
}  # fmt: skip
TOKEN = named("Token", obj(_TOKEN))
MADE_TOKEN = named("MadeToken", obj({**_TOKEN, "token": TEXT}))
NEW_TOKEN = obj({"name": TEXT, "role": TEXT}, {"units": array(TEXT)})
LEAP_DAY = {"enum": list(LEAP_DAYS)}
_WORKSPACE = {
    "name": TEXT, "zone": TEXT, "currency": TEXT, "locale": TEXT,
    "week_start": {"type": "integer", "minimum": 0, "maximum": 6},
    "leap_day": LEAP_DAY,
}  # fmt: skip
WORKSPACE = named("Workspace", obj({"key": TEXT, **_WORKSPACE, "archived_at": nullable(INSTANT)}))
WORKSPACE_CHANGES = obj({}, _WORKSPACE)
ROLE = definition_of("role")
ANY_ROLE = OBJECT
LISTED_ROLE = OBJECT
AUDIT = obj(
    {
        "audit": array(
            named(
                "AuditEntry",
                obj(
                    {
                        "id": TEXT, "at": INSTANT, "actor": TEXT, "actor_name": TEXT,
                        "action": TEXT, "target": TEXT, "before": nullable(OBJECT),
                        "after": nullable(OBJECT), "address": TEXT,
                    }
                ),
            )
        ),
        "next": nullable(TEXT),
    }
)  # fmt: skip
