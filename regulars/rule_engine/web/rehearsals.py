"""Trying a rule on one real record, from the composer: every step, and nothing of it stays."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from regulars.form_builder.querying import RecordQuery
from regulars.form_builder.records import find_records, get_record
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.errors import Conflict, Invalid, NotFound
from regulars.platform.web.addresses import stored_id
from regulars.platform.web.flash import flash
from regulars.platform.web.rendering import render
from regulars.rule_engine.channel_trying import prepare_to_me, send_trial
from regulars.rule_engine.counting import count_matches, finding_of
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.digests import require_people
from regulars.rule_engine.explain import step_words
from regulars.rule_engine.rehearsal import Rehearsal, rehearse
from regulars.rule_engine.speaking import speaker
from regulars.rule_engine.web.blueprints import pages
from regulars.rule_engine.web.channels import around, say_tried
from regulars.rule_engine.web.runs import changes_of

OFFERED = 8


@pages.get("/rules/<key>/test")
@workspace_page("edit_rules")
def choose_record(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Whom to try it on: who fits now, or whoever is searched for."""
    rule = _rule(uow, key)
    words = request.args.get("q", "").strip()[:200]
    return render(
        "rule_engine/rehearsal.html",
        rule=rule,
        words=words,
        form_name=speaker(uow, access).form(rule.subject),
        offered=_offered(uow, access, rule, words),
    )


@pages.post("/rules/<key>/test")
@workspace_page("edit_rules")
def try_on_record(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """How it would go for this record."""
    rule, say = _rule(uow, key), speaker(uow, access)
    record = request.form.get("record", 0, type=stored_id)
    answered = request.form.get("answered") == "1"
    if not record:
        raise NotFound("no-record", form=say.form(rule.subject), id=record)
    try:
        found = rehearse(uow, access, rule, record, answered=answered)
    except Invalid as invalid:
        problems = [problem.message(access.locale) for problem in invalid.problems]
        return render("rule_engine/rehearsal.html", 422, rule=rule, problems=problems, words="")
    return _tried(uow, access, rule, found, answered=answered)


@pages.post("/rules/<key>/test/send")
@workspace_page("edit_rules", writes=False)
def send_to_me(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Mail what a step would send to whoever tries the rule, as the person would read it."""
    rule, path = _rule(uow, key), request.form.get("path", "")
    record = request.form.get("record", 0, type=stored_id)
    answered = request.form.get("answered") == "1"
    # Trying writes and takes back: in a transaction of its own, so that nobody waits for the mail.
    with uow.database.workspace_tx(uow.workspace, now=uow.now) as aside:
        tried = rehearse(aside, access, rule, record or 0, answered=answered)
    step = next((each for each in tried.steps if each.path == path), None)
    if step is None or not step.input.get("text"):
        raise NotFound("no-record", form=speaker(uow, access).form(rule.subject), id=record)
    try:
        trial = prepare_to_me(uow, access, step.input["text"])
    except Conflict as stopped:
        flash(f"errors.{stopped.code}", "danger")
    else:
        say_tried(send_trial(trial, around()))
    return _tried(uow, access, rule, tried, answered=answered)


def _tried(
    uow: UnitOfWork, access: Access, rule: Rule, found: Rehearsal, *, answered: bool
) -> ResponseReturnValue:
    say = speaker(uow, access)
    return render(
        "rule_engine/rehearsal.html",
        rule=rule,
        person=get_record(uow, access, rule.subject, found.record),
        answered=answered,
        waits=any(step.do == "wait_for" for step in rule.walk()),
        finding=finding_of(uow, access, rule, found.record),
        found=found,
        words_of_step={step.path: step_words(say, rule, step) for step in rule.walk()},
        changes_of=changes_of(uow, access),
        words="",
    )


def _rule(uow: UnitOfWork, key: str) -> Rule:
    rule = Rule.from_json(store.get_draft(uow, "rule", key).raw)
    require_people(rule)
    return rule


def _offered(uow: UnitOfWork, access: Access, rule: Rule, words: str) -> list[tuple[int, str]]:
    if not words:
        try:
            fitting = list(count_matches(uow, access, rule).sample)
        except Invalid:
            fitting = []
        if fitting:
            return fitting
    query = RecordQuery(search=words or None, limit=OFFERED, sort=("-id",))
    found = find_records(uow, access, rule.subject, query).records
    return [(each.id, each.title) for each in found]
