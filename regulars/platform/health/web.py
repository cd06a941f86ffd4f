"""The page "System health" of a workspace's settings, and the same list for programs."""

from __future__ import annotations

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from regulars.platform import redis_server
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_api, workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.health.findings import Place, examine, mend_in_request, worst
from regulars.platform.web.api_route import TEXT, array, describe, obj
from regulars.platform.web.flash import flash
from regulars.platform.web.htmx import go_to
from regulars.platform.web.installation import installation
from regulars.platform.web.rendering import render

blueprint = Blueprint("health_pages", __name__, url_prefix="/w/<workspace>/settings/health")
api = Blueprint("health_api", __name__, url_prefix="/api/v1/health")

LEVEL = {"enum": ["good", "watch", "bad"]}
FINDING = obj({"level": LEVEL, "code": TEXT, "text": TEXT, "cure": TEXT})


@blueprint.get("")
@workspace_page("manage_workspace")
def report(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """What is well here and what is not, with the cure for each."""
    found = examine(_place(uow))
    shown = [(each.level, each.text(access.locale), each.cure(access.locale)) for each in found]
    return render("accounts/health.html", findings=shown, level=worst(found))


@blueprint.post("/mend")
@workspace_page("manage_workspace", writes=False)
def put_right(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Compare what is derived with the records now, and put right what can be."""
    flash("health.mended", n=mend_in_request(_place(uow)))
    return go_to(url_for("health_pages.report"))


@api.get("/report")
@workspace_api("manage_workspace")
@describe("workspace", obj({"level": LEVEL, "findings": array(FINDING)}))
def read_report(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """What is well here and what is not, the worst first, with the cure for each."""
    found = examine(_place(uow))
    return {"level": worst(found), "findings": [each.as_json(access.locale) for each in found]}


def _place(uow: UnitOfWork) -> Place:
    url = redis_server.url_for(installation().config)
    return Place(uow.database, uow.workspace, uow.now, url)
