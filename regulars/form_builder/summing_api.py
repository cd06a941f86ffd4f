"""The API of groups and sums of a list: what stands in a table's headings and at its foot."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from regulars.form_builder.api_schemas import CONDITION
from regulars.form_builder.arranging import (
    AGGREGATES,
    MOST_COLUMNS,
    MOST_GROUPS,
    PERIODS,
    Arrangement,
)
from regulars.form_builder.plain_values import plain_json
from regulars.form_builder.querying import RecordQuery
from regulars.form_builder.summing import Sums, summarise
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.web.api_body import read_shaped
from regulars.platform.web.api_route import (
    ANY,
    BOOLEAN,
    COUNT,
    OBJECT,
    TEXT,
    array,
    describe,
    nullable,
    obj,
    one_of,
)

summing = Blueprint("summing_api", __name__, url_prefix="/api/v1")

ASKED = obj(
    {},
    {
        "filter": nullable(CONDITION),
        "q": nullable(TEXT),
        "group": array(obj({"field": TEXT}, {"by": one_of(*PERIODS)}), maxItems=MOST_GROUPS),
        "summaries": {
            "type": "object", "maxProperties": MOST_COLUMNS,
            "additionalProperties": one_of(*AGGREGATES),
        },
    },
)  # fmt: skip
GROUP = obj({"keys": array(ANY), "count": COUNT, "summaries": OBJECT, "filter": nullable(OBJECT)})
TOLD = obj({"count": COUNT, "summaries": OBJECT, "groups": array(GROUP), "is_more": BOOLEAN})


@summing.post("/forms/<form_key>/records/summary")
@workspace_api("read_records", writes=False)
@describe("records", TOLD, body=ASKED)
def summary(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """How many records a list has, what they come to, and the same for each of their groups.

    ``filter`` of a group finds its records; links are told by their id.
    """
    body = read_shaped(request, ASKED)
    query = RecordQuery(filter=body.get("filter"), search=body.get("q") or None)
    found = summarise(uow, access, form_key, query, Arrangement.from_view(body))
    return {
        **_told(found.whole),
        "groups": [
            {"keys": [plain_json(key) for key in each.keys], **_told(each),
             "filter": each.condition}
            for each in found.groups
        ],
        "is_more": found.is_more,
    }  # fmt: skip


def _told(sums: Sums) -> dict[str, Any]:
    values = {path: plain_json(value) for path, value in sums.values.items()}
    return {"count": sums.count, "summaries": values}
