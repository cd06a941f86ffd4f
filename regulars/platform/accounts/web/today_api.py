"""The first page through the API."""

from __future__ import annotations

from typing import Any

from flask.typing import ResponseReturnValue

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.accounts.web.api import blueprint
from regulars.platform.accounts.web.today_words import as_json
from regulars.platform.db import UnitOfWork
from regulars.platform.today import read_today
from regulars.platform.web.api_route import (
    BOOLEAN,
    ID,
    INSTANT,
    TEXT,
    Schema,
    array,
    describe,
    named,
    nullable,
    obj,
)

_COUNT: Schema = {"type": "integer", "minimum": 0}
_PERSON = obj({"form": TEXT, "id": ID, "title": TEXT, "phone": nullable(TEXT)})
_REASON = obj({"kind": TEXT, "text": TEXT, "due_at": nullable(INSTANT), "task": nullable(ID)})
_TALLY: Schema = {"type": "object", "additionalProperties": _COUNT}
_SENT = obj(
    {"number": _COUNT, "cost": TEXT, "by_channel": _TALLY, "held_back": _TALLY, "waiting": _COUNT}
)
TODAY = named(
    "Today",
    obj(
        {
            "calls": array(obj({"person": _PERSON, "reasons": array(_REASON)})),
            "tasks": array(
                obj(
                    {
                        "id": ID, "title": TEXT, "kind": TEXT, "due_at": nullable(INSTANT),
                        "late": BOOLEAN, "person": nullable(_PERSON),
                    }
                )
            ),
            "troubles": array(obj({"code": TEXT, "text": TEXT})),
            "sent": nullable(_SENT),
            "stopped": nullable(obj({"reason": TEXT, "by": TEXT, "since": INSTANT})),
        }
    ),
)  # fmt: skip


@blueprint.get("/today")
@workspace_api("enter")
@describe("today", TODAY)
def get_today(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Whom to call and why, what is stuck, what was sent and what it cost, what is due."""
    found: dict[str, Any] = as_json(read_today(uow, access), access.locale)
    return found
