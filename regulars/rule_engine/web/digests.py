"""Reports that rules have sent: those a reader got, one of them, and sending one out of turn."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.web.addresses import stored_id
from regulars.platform.web.flash import flash
from regulars.platform.web.htmx import go_to
from regulars.platform.web.rendering import render
from regulars.rule_engine import digest_keeping
from regulars.rule_engine.web.blueprints import pages


@pages.get("/sent-reports")
@workspace_page(digest_keeping.VIEW)
def sent_reports(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every report this reader was sent, the newest first."""
    below = request.args.get("below", type=stored_id)
    found = digest_keeping.list_results(uow, access, below=below)
    return render("rule_engine/sent_reports.html", found=found)


@pages.get("/sent-reports/<int:number>")
@workspace_page(digest_keeping.VIEW)
def sent_report(uow: UnitOfWork, access: Access, number: int) -> ResponseReturnValue:
    """One report as it was sent."""
    kept = digest_keeping.get_result(uow, access, number)
    return render("rule_engine/sent_report.html", kept=kept, place=_place(uow, kept))


@pages.post("/rules/<key>/run-now")
@workspace_page("run_rules")
def run_now(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Run the reports of a rule now, besides its schedule."""
    digest_keeping.run_now(uow, access, key)
    flash("digests.running-now")
    return go_to(url_for("rules.show", key=key))


def _place(uow: UnitOfWork, kept: digest_keeping.Kept) -> str:
    return f"/w/{uow.workspace.key}/{kept.place}"
