"""The list of rules, a rule's own page, checking and publishing, pausing."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.keys import derive_key
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import damage, seeing, store
from regulars.platform.errors import Invalid
from regulars.platform.i18n import pick
from regulars.platform.problems import Problem
from regulars.platform.web.addresses import stored_id
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.rendering import render
from regulars.rule_engine import composing, digest_keeping, figures, overview, publishing, service
from regulars.rule_engine.circles import last_circle
from regulars.rule_engine.counting import count_matches
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.planning import next_fires
from regulars.rule_engine.reading_back import rule_words
from regulars.rule_engine.speaking import speaker
from regulars.rule_engine.standing import count_standing
from regulars.rule_engine.web.blueprints import pages

PAGES_OF_THE_LIST = ("new", "gallery", "start")
"""Addresses below the list that are no rule's."""


@pages.get("/rules")
@workspace_page("edit_rules")
def list_rules(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Every rule with its figures."""
    hurt = damage.damaged_drafts(uow, access, "rule")
    return render("rule_engine/rules.html", rows=figures.list_rules(uow, access), hurt=hurt)


@pages.get("/rules/new")
@workspace_page("edit_rules")
def new_rule(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """What a new rule is about."""
    return _new(uow, access)


@pages.post("/rules/new")
@workspace_page("edit_rules")
def create_rule(uow: UnitOfWork, access: Access) -> ResponseReturnValue:
    """Begin a rule; the composer does the rest."""
    label = request.form.get("label", "").strip()
    subject = request.form.get("subject", "")
    kind = request.form.get("class", "")
    kind = kind if kind in ("mirror", "report") else "journey"
    problems = [] if label else [Problem("label", "required")]
    if kind != "report" and subject not in catalog_of(uow).forms:
        problems.append(Problem("subject", "required"))
    if problems:
        return _new(uow, access, problems, 422)
    key = derive_key(label, {*store.known_keys(uow, "rule"), *PAGES_OF_THE_LIST}, "rule")
    store.save_draft(uow, access, "rule", composing.blank_rule(key, label, kind, subject))
    return go_to(url_for("rules.compose", key=key))


def _new(
    uow: UnitOfWork, access: Access, problems: list[Problem] | None = None, status: int = 200
) -> ResponseReturnValue:
    forms = catalog_of(uow).forms.values()
    people = sorted(forms, key=lambda form: form.person is None)
    subjects = [(form.key, pick(form.label, access.locale)) for form in people]
    errors = errors_by_field(problems or [])
    return render("rule_engine/rule_new.html", status, subjects=subjects, errors=errors)


@pages.get("/rules/<key>")
@workspace_page("edit_rules")
def show(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """A rule: what it does, how it goes, who went through."""
    row = figures.get_rule(uow, access, key)
    below = request.args.get("below", type=stored_id)
    is_told = seeing.may_see(uow, access, "rule", key)
    shared = {
        "row": row,
        "read_back": rule_words(speaker(uow, access), row.rule) if is_told else None,
        "may_run": access.can("run_rules"),
        "stopped": publishing.why_stopped(uow, key),
        "circle": last_circle(uow, key),
        "standing": sum(count_standing(uow, access, key).values()),
    }
    if row.rule.is_report:
        sees = access.can(digest_keeping.VIEW)
        found = digest_keeping.list_results(uow, access, key, below=below) if sees else None
        next_at = next_fires(uow).get(key)
        return render("rule_engine/report_rule.html", found=found, next_at=next_at, **shared)
    runs = overview.list_runs(uow, access, overview.Wanted(rule=key, below=below))
    return render("rule_engine/rule.html", runs=runs, **shared)


@pages.get("/rules/<key>/count")
@workspace_page("edit_rules")
def count(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """How many people fit now, with a few of them."""
    seeing.require_seen(uow, access, "rule", key)
    rule = Rule.from_json(store.get_draft(uow, "rule", key).raw)
    try:
        matches = count_matches(uow, access, rule)
    except Invalid:
        matches = None
    return render("rule_engine/_count.html", matches=matches, rule=rule)


@pages.post("/rules/<key>/let-out")
@workspace_page("run_rules")
def stop_everyone(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """End the rule for everybody inside."""
    flash("rules.let-out", n=publishing.stop_everyone(uow, access, key))
    return go_to(url_for("rules.show", key=key))


@pages.post("/rules/<key>/pause")
@workspace_page("run_rules")
def pause(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Stop a rule from acting until it is switched on again."""
    service.pause_rule(uow, access, key)
    flash("rules.paused", rule=_label(uow, access, key))
    return go_to(url_for("rules.show", key=key))


@pages.post("/rules/<key>/resume")
@workspace_page("run_rules")
def resume(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Let a rule act again."""
    service.resume_rule(uow, access, key)
    flash("rules.resumed", rule=_label(uow, access, key))
    return go_to(url_for("rules.show", key=key))


@pages.post("/rules/<key>/enrol")
@workspace_page("run_rules")
def enrol(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Bring in everybody who fits now."""
    brought = service.enrol(uow, access, key)
    flash("rules.enrolled", n=brought)
    return go_to(url_for("rules.show", key=key))


@pages.post("/rules/<key>/discard")
@workspace_page("edit_rules")
def discard(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Throw unpublished changes away."""
    published = store.get_draft(uow, "rule", key).published
    store.discard_draft(uow, access, "rule", key)
    flash("rules.discarded")
    if published is None:
        return go_to(url_for("rules.list_rules"))
    return go_to(url_for("rules.show", key=key))


@pages.post("/rules/<key>/delete")
@workspace_page("edit_rules")
def delete(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Take a rule out of use; its history stays."""
    name = _label(uow, access, key)
    service.archive_rule(uow, access, key)
    flash("rules.deleted", rule=name)
    return go_to(url_for("rules.list_rules"))


def _label(uow: UnitOfWork, access: Access, key: str) -> str:
    return pick(store.get_draft(uow, "rule", key).raw.get("label"), access.locale) or key
