"""The API of reports that rules have sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api
from regulars.platform.db import UnitOfWork
from regulars.platform.i18n import pick
from regulars.platform.web.addresses import stored_id
from regulars.platform.web.api_route import (
    BOOLEAN,
    COUNT,
    DAY,
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
from regulars.rule_engine import digest_keeping
from regulars.rule_engine.digest_keeping import Kept
from regulars.rule_engine.instants import json_instant

api = Blueprint("digests_api", __name__, url_prefix="/api/v1")

_HEAD: Mapping[str, Schema] = {
    "id": ID, "rule": TEXT, "report": TEXT, "title": TEXT, "at": INSTANT, "reader": TEXT,
    "channel": TEXT, "from": nullable(DAY), "to": nullable(DAY), "unfinished": BOOLEAN,
    "error": nullable(TEXT),
}  # fmt: skip
_WORDS = array(TEXT)
SENT = named("SentReportLine", obj(dict(_HEAD)))
WHOLE = named(
    "SentReport",
    obj(
        {
            **_HEAD, "headings": _WORDS, "rows": array(_WORDS), "totals": nullable(_WORDS),
            "notes": _WORDS, "unfinished_rows": array(COUNT), "more": COUNT,
        }
    ),
)  # fmt: skip
LISTED = obj({"results": array(SENT), "next": nullable(ID)})


@api.get("/rules/<key>/results")
@workspace_api(digest_keeping.VIEW)
@describe("rules", LISTED, query={"below": ID})
def list_results(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The reports a rule has sent, newest first, as far as you may see them."""
    below = request.args.get("below", type=stored_id)
    found = digest_keeping.list_results(uow, access, key, below=below)
    return {"results": [head_json(each, access.locale) for each in found.rows], "next": found.next}


@api.get("/report-results/<int:number>")
@workspace_api(digest_keeping.VIEW)
@describe("rules", WHOLE)
def get_result(uow: UnitOfWork, access: Access, number: int) -> ResponseReturnValue:
    """One report as it was sent: its true period, its table in the reader's words."""
    kept = digest_keeping.get_result(uow, access, number)
    page = kept.page
    return {
        **head_json(kept, access.locale),
        "headings": list(page.headings) if page else [],
        "rows": [list(row) for row in page.rows] if page else [],
        "totals": list(page.totals) if page and page.totals else None,
        "notes": list(page.notes) if page else [],
        "unfinished_rows": list(page.open_rows) if page else [],
        "more": page.more if page else 0,
    }


@api.post("/rules/<key>/run-now")
@workspace_api("run_rules")
@describe("rules", {202: obj({"at": INSTANT})})
def run_now(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Run the reports of a rule now, besides its schedule; 409 when it sends none."""
    return {"at": json_instant(digest_keeping.run_now(uow, access, key))}, 202


def head_json(kept: Kept, locale: str) -> dict[str, Any]:
    """What a list shows of a report that was sent."""
    return {
        "id": kept.id, "rule": kept.rule, "report": kept.report,
        "title": pick(kept.title, locale), "at": json_instant(kept.at), "reader": kept.reader,
        "channel": kept.channel, "from": kept.since, "to": kept.until,
        "unfinished": bool(kept.page and kept.page.unfinished), "error": kept.error,
    }  # fmt: skip
