"""Runs that stand still: which, why, since when, and what people decide about them."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.field_rights import catalog_for
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.web.addresses import stored_id
from regulars.platform.web.flash import flash
from regulars.platform.web.htmx import go_to
from regulars.platform.web.rendering import render
from regulars.rule_engine import overview, standing
from regulars.rule_engine.book import pinned_rule
from regulars.rule_engine.explain import step_words
from regulars.rule_engine.overview import RunRow, Wanted
from regulars.rule_engine.refusals import refusal_words
from regulars.rule_engine.speaking import Speaker, speaker
from regulars.rule_engine.web.blueprints import pages


@pages.get("/runs")
@workspace_page("edit_rules")
def standing_runs(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Runs that are stuck, or failed with ``?status=failed``; of one ``rule``, or of all."""
    key = request.args.get("rule", "").strip()[:60] or None
    counts = standing.count_standing(uow, access, key)
    only_failed = "failed" in counts and "stuck" not in counts
    status = request.args.get("status", "failed" if only_failed else "stuck")
    status = status if status in standing.STANDING else "stuck"
    wanted = Wanted(rule=key, status=status, below=request.args.get("below", type=stored_id))
    listing = overview.list_runs(uow, access, wanted)
    say, catalog = speaker(uow, access), catalog_for(uow, access)
    return render(
        "rule_engine/standing_runs.html",
        listing=listing,
        steps={row.id: _step(uow, say, row) for row in listing.rows},
        refused={r.id: refusal_words(catalog, access.locale, r.reason) for r in listing.rows},
        rule=key,
        labels={each.key: each.label for each in snapshot(uow).all("rule").values()},
        counts=counts,
        status=status,
        states=standing.STANDING,
    )


@pages.post("/runs/<int:run_id>/retry")
@workspace_page("run_rules")
def retry_run(uow: UnitOfWork, access: Access, run_id: int) -> ResponseReturnValue:
    """Try again at the step where the run stands."""
    standing.retry_run(uow, access, run_id)
    flash("rules.tried-again")
    return _back(run_id)


@pages.post("/runs/retry")
@workspace_page("run_rules")
def retry_all(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Try every run again that is stuck, or that failed; of one rule, or of all."""
    status, rule = request.form.get("status", ""), request.form.get("rule") or None
    n = standing.retry_all(uow, access, status, rule)
    flash("rules.runs-decided.retry", n=n)
    if request.form.get("back") == "today":
        return go_to(url_for("home.workspace_home"))
    return go_to(url_for("rules.standing_runs", status=status, rule=rule))


@pages.post("/runs/<int:run_id>/pass-over")
@workspace_page("run_rules")
def pass_over(uow: UnitOfWork, access: Access, run_id: int) -> ResponseReturnValue:
    """Go on behind the step where the run stands."""
    standing.pass_over(uow, access, run_id)
    flash("rules.passed-over")
    return _back(run_id)


@pages.post("/runs/<int:run_id>/stop")
@workspace_page("run_rules")
def stop_run(uow: UnitOfWork, access: Access, run_id: int) -> ResponseReturnValue:
    """End the run."""
    standing.stop_run(uow, access, run_id)
    flash("rules.run-ended")
    return _back(run_id)


def _step(uow: UnitOfWork, say: Speaker, row: RunRow) -> str:
    """What the run stands at, in words; nothing where that version is gone."""
    pinned = pinned_rule(uow, row.rule, row.version)
    step = None if pinned is None else pinned.steps.get(row.cursor or "")
    return "" if pinned is None or step is None else step_words(say, pinned.rule, step)


def _back(run_id: int) -> ResponseReturnValue:
    status = request.form.get("back", "")
    if status in standing.STANDING:
        rule = request.form.get("rule") or None
        return go_to(url_for("rules.standing_runs", status=status, rule=rule))
    return go_to(url_for("rules.show_run", run_id=run_id))
