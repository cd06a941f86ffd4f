"""What came of a rule: the panel, and the people behind each number."""

from __future__ import annotations

from collections.abc import Sequence

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import catalog_of
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.i18n import translate
from regulars.platform.web.addresses import stored_id
from regulars.platform.web.flash import flash
from regulars.platform.web.htmx import go_to
from regulars.platform.web.rendering import render
from regulars.rule_engine.definition import Goal, Rule
from regulars.rule_engine.explain_aims import goal_words, redeemed_words
from regulars.rule_engine.measuring.effect import (
    CONTROL,
    PAGE,
    STAGES,
    Behind,
    Effect,
    Group,
    effect_of,
    people_behind,
)
from regulars.rule_engine.reverting import revert_run
from regulars.rule_engine.speaking import speaker
from regulars.rule_engine.web.blueprints import pages
from regulars.rule_engine.web.insight_words import outcome_words

GROUPS = ("treatment", "control", "a", "b", "treated")


@pages.get("/rules/<key>/effect")
@workspace_page("edit_rules")
def effect(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Who came in, what they got, who reached the goal, and what the rule made of it."""
    if snapshot(uow).get("rule", key).is_report:  # it is about nobody
        return go_to(url_for("rules.show", key=key))
    found = effect_of(uow, access, key)
    say = speaker(uow, access)
    goal_form = catalog_of(uow).forms.get(found.goal.form) if found.goal else None
    return render(
        "rule_engine/effect.html",
        rule=snapshot(uow).get("rule", key),
        effect=found,
        goal_form=goal_form.label if goal_form else "",
        stages=_stages(found),
        headline=next((each for each in found.compared if each[1] == CONTROL), None),
        treated=sum(group.n for group in found.groups if group.name != CONTROL),
        goal_words=goal_words(say, found.goal) if found.goal else "",
        redeemed_words=redeemed_words(say, found.redeemed) if found.redeemed else "",
    )


def _behind(access: Access, wanted: Behind) -> str:
    """What the number said, in words."""
    said = [f"insight.group.{wanted.group}"] if wanted.group else []
    said += [f"insight.stage.{wanted.stage}"] if wanted.stage else []
    if wanted.converted is not None:
        said.append("insight.goal-reached" if wanted.converted else "insight.goal-not-reached")
    words = [translate(key, access.locale) for key in said]
    if wanted.ending:
        live = translate("insight.still-inside", access.locale)
        words.append(live if wanted.ending == "live" else outcome_words(wanted.ending))
    return " · ".join(words)


def _shows(access: Access, goal: Goal) -> bool:
    field = str(goal.value).partition(".")[0]
    seen = access.field_right(goal.form, field) in ("write", "read_only")
    return goal.value is not None and seen


def _stages(found: Effect) -> list[tuple[str, int | None]]:
    """How many of those who are not held back came how far; None where nobody measures it."""
    treated = [group for group in found.groups if group.name != CONTROL]
    campaign = [stage for stage in STAGES if stage != "replied" or _any(treated, stage)]
    return [
        (stage, sum(group.reached[stage] for group in treated) if _told(treated, stage) else None)
        for stage in campaign
        if stage not in ("redeemed", "bought") or _told(treated, stage)
    ]


def _told(groups: Sequence[Group], stage: str) -> bool:
    return all(stage in group.reached for group in groups)


def _any(groups: Sequence[Group], stage: str) -> bool:
    return any(group.reached.get(stage) for group in groups)


@pages.post("/runs/<int:run_id>/revert")
@workspace_page("run_rules")
def revert(uow: UnitOfWork, access: Access, run_id: int) -> ResponseReturnValue:
    """Take back what a run wrote into records."""
    done = revert_run(uow, access, run_id)
    flash("insight.reverted", n=done.records)
    return go_to(url_for("rules.show_run", run_id=run_id))


@pages.get("/rules/<key>/effect/people")
@workspace_page("edit_rules")
def effect_people(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """The people behind one number."""
    group = request.args.get("group")
    told = request.args.get("converted")
    stage, ending = request.args.get("stage"), request.args.get("ending")
    wanted = Behind(
        group if group in GROUPS else None, {"true": True, "false": False}.get(told or ""),
        stage if stage in STAGES else None, ending, request.args.get("below", type=stored_id),
    )  # fmt: skip
    people = people_behind(uow, access, key, wanted)
    rule: Rule = snapshot(uow).get("rule", key)
    return render(
        "rule_engine/effect_people.html",
        behind=_behind(access, wanted),
        shows_value=rule.goal is not None and _shows(access, rule.goal),
        rule=rule,
        people=people,
        group=group if group in GROUPS else None,
        converted=told,
        stage=wanted.stage,
        ending=ending,
        more=people[-1].run if len(people) == PAGE else None,
    )
