"""The last look before a rule is published: what changes, whom it concerns, the owner's word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import seeing, store
from regulars.platform.errors import Invalid
from regulars.platform.i18n import pick
from regulars.platform.problems import Problem
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.rendering import render
from regulars.rule_engine import publishing
from regulars.rule_engine.counting import count_matches
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.reading_back import rule_words
from regulars.rule_engine.refusals import problem_words
from regulars.rule_engine.releasing import Wishes, changes, forecast, release
from regulars.rule_engine.speaking import speaker
from regulars.rule_engine.web.blueprints import pages
from regulars.rule_engine.web.composing.reading import Posted, number

ASKED = ("inside", "backlog", "per_day")


@pages.get("/rules/<key>/review")
@workspace_page("edit_rules")
def review(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """What publishing will do, or what is still missing."""
    seeing.require_seen(uow, access, "rule", key)
    return _review(uow, access, key)


@pages.get("/rules/<key>/forecast")
@workspace_page("edit_rules")
def show_forecast(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Whom it would take in now and how long a look takes: measured, so it comes by itself."""
    seeing.require_seen(uow, access, "rule", key)
    rule = Rule.from_json(store.get_draft(uow, "rule", key).raw)
    try:
        told = forecast(uow, access, rule)
        matches = replace(count_matches(uow, access, rule), count=told.matches, exactness="exact")
    except Invalid:
        told, matches = None, None
    return render("rule_engine/_forecast.html", rule=rule, told=told, matches=matches)


@pages.post("/rules/<key>/publish")
@workspace_page("edit_rules")
def publish(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Make the draft the rule that runs, with the owner's word on whom it concerns."""
    seeing.require_seen(uow, access, "rule", key)
    try:
        wishes = _wishes()
        _version, concerned = release(uow, access, key, wishes)
    except Invalid as invalid:
        return _review(uow, access, key, invalid.problems)
    label = store.get_draft(uow, "rule", key).raw.get("label")
    flash("rules.published", rule=pick(label, access.locale) or key)
    if concerned:
        flash("rules.moved" if wishes.inside == "move" else "rules.let-out", n=concerned)
    return go_to(url_for("rules.show", key=key))


def _wishes() -> Wishes:
    posted = Posted(request.form)
    how = posted.get("backlog")
    if how != "by_day":
        return Wishes(posted.get("inside", "finish"), how or None)
    per_day = number(posted, "per_day")
    if per_day is None:
        raise Invalid([Problem("per_day", "required")])
    return Wishes(posted.get("inside", "finish"), "enrol", per_day)


def _review(
    uow: UnitOfWork, access: Access, key: str, refused: Sequence[Problem] = ()
) -> ResponseReturnValue:
    draft = store.get_draft(uow, "rule", key)
    rule, prefix = Rule.from_json(draft.raw), f"rule/{key}/"
    problems = [p.moved_from(prefix) for p in store.check_drafts(uow, [("rule", key)])]
    say = speaker(uow, access)
    return render(
        "rule_engine/review.html",
        422 if refused else 200,
        rule=rule,
        draft=draft,
        problems=[problem_words(say, rule, problem) for problem in problems],
        errors=errors_by_field([each for each in refused if each.path in ASKED]),
        inside=publishing.inside_now(uow, key),
        has_backlog=publishing.is_clock_rule(rule),
        changes=changes(uow, access, rule) if draft.changed else (),
        read_back=rule_words(say, rule),
    )
