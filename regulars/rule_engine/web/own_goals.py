"""Goals of one's own: made of a rule that went well, to begin it again with other values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import seeing, store
from regulars.platform.errors import Invalid
from regulars.platform.i18n import find_text, pick, spoken
from regulars.platform.problems import Problem
from regulars.platform.strict_json import BadJson, parse_json
from regulars.platform.web.definition_pages import posted_seen
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.preferences import current_locale
from regulars.platform.web.rendering import render
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.durations import UNITS
from regulars.rule_engine.explain import step_words, trigger_words
from regulars.rule_engine.explain_aims import goal_words
from regulars.rule_engine.goals.keeping import (
    ICONS,
    GoalWish,
    change_goal,
    keep_as_goal,
    question_about,
    rule_to_keep,
    write_goal,
)
from regulars.rule_engine.goals.making import Opening, openings_of
from regulars.rule_engine.speaking import Speaker, speaker
from regulars.rule_engine.web.blueprints import pages

Raw = Mapping[str, Any]


@pages.get("/rules/<key>/as-goal")
@workspace_page("edit_rules")
def offer_goal(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """What of a rule may be asked for anew."""
    return _offer(uow, access, key)


@pages.post("/rules/<key>/as-goal")
@workspace_page("edit_rules")
def keep_goal(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Keep the rule as a goal with the questions that were ticked."""
    ask = {path: request.form.get(f"question/{path}", "") for path in request.form.getlist("ask")}
    posted = {name: request.form.get(name, "").strip() for name in ("label", "description")}
    wish = GoalWish(**posted, icon=request.form.get("icon", ICONS[0]), ask=ask)
    try:
        made = keep_as_goal(uow, access, key, wish)
    except Invalid as invalid:
        return _offer(uow, access, key, invalid, wish)
    flash("goals.kept", goal=wish.label)
    return go_to(url_for("rules.goal", key=made))


@pages.get("/rules/gallery/<key>/edit")
@workspace_page("edit_rules")
def edit_goal(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """A goal of one's own: its name, its questions, and all of it as JSON."""
    return _editor(uow, access, key)


@pages.post("/rules/gallery/<key>/edit")
@workspace_page("edit_rules")
def save_goal(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Keep and publish what was changed."""
    try:
        if "source" in request.form:
            write_goal(uow, access, key, _source(access.locale))
        else:
            values = {name: text for name, text in request.form.items() if name != "csrf_token"}
            change_goal(uow, access, key, values, posted_seen())
    except Invalid as invalid:
        return _editor(uow, access, key, invalid)
    flash("goals.saved")
    return go_to(url_for("rules.goal", key=key))


@pages.post("/rules/gallery/<key>/delete")
@workspace_page("edit_rules")
def delete_goal(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Take a goal out of the gallery; the rules that began with it stay."""
    store.archive(uow, access, "goal", key)
    flash("goals.deleted")
    return go_to(url_for("rules.gallery"))


def _typed(name: str, kept: Any) -> Any:
    """What was typed, else what is kept, in the reader's language."""
    return request.form.get(name, spoken(kept, current_locale()))


def _source(locale: str) -> Any:
    try:
        return parse_json(request.form["source"])
    except BadJson as bad:
        why = {"why": bad.message(locale)}
        raise Invalid([Problem("source", "goal-not-json", why)]) from bad


def _offer(
    uow: UnitOfWork, access: Access, key: str, refused: Invalid | None = None,
    wish: GoalWish | None = None,
) -> ResponseReturnValue:  # fmt: skip
    seeing.require_seen(uow, access, "rule", key)
    raw = rule_to_keep(uow, access, key)
    rule, say = Rule.from_json(raw), speaker(uow, access)
    offered = [
        (
            each,
            _where(say, rule, each),
            _now(say, each),
            question_about(each, access.locale),
        )
        for each in openings_of(raw)
    ]
    chosen = wish or GoalWish(
        pick(rule.label, access.locale), pick(rule.description, access.locale)
    )
    names = ["label", "icon", *(f"ask/{each.path}" for each, *_words in offered)]
    errors = errors_by_field(refused.problems, names) if refused else {}
    return render(
        "rule_engine/goal_of_rule.html",
        422 if refused else 200,
        rule=rule, wish=chosen, offered=offered, icons=ICONS, errors=errors,
    )  # fmt: skip


def _now(say: Speaker, opening: Opening) -> str:
    """What it is in the rule as it stands."""
    locale = say.locale
    if opening.unit in UNITS:
        return say.length({"n": opening.value, "unit": opening.unit})
    if opening.unit == "percent":
        return f"{opening.value} %"
    if opening.kind == "channel":
        return find_text(f"rules.channel.{opening.value}", locale) or str(opening.value)
    return str(spoken(opening.value, locale))


def _where(say: Speaker, rule: Rule, opening: Opening) -> str:
    """The part of the rule's sentence in which a value stands."""
    part = opening.path.partition("/")[0]
    if part == "steps":
        inside = [each for each in rule.walk() if opening.path.startswith(f"{each.path}/")]
        return step_words(say, rule, max(inside, key=lambda each: len(each.path)))
    if part == "trigger":
        return trigger_words(say, rule, rule.trigger)
    if part == "when":
        return say.condition(rule, rule.when)
    if part == "goal" and rule.goal is not None:
        return goal_words(say, rule.goal)
    return say.t(f"part-{part}")


def _editor(
    uow: UnitOfWork, access: Access, key: str, refused: Invalid | None = None
) -> ResponseReturnValue:
    draft = store.get_draft(uow, "goal", key)
    prefix = f"goal/{key}/"
    problems = [each.moved_from(prefix) for each in refused.problems] if refused else []
    shown = ["label", "icon", "source"]
    if "source" in request.form:  # the whole is written there, so all of it is said there
        problems = [Problem("source", each.code, each.params) for each in problems]
    return render(
        "rule_engine/goal_edit.html",
        422 if refused else 200,
        goal=draft.raw, tag=posted_seen().tag or draft.tag, icons=ICONS,
        errors=errors_by_field(problems, shown), typed=_typed,
        source=request.form.get("source") or json.dumps(draft.raw, ensure_ascii=False, indent=2),
    )  # fmt: skip
