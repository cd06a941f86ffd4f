"""What came of a rule: the panel, and the people behind each number."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import catalog_of
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import snapshot
from regulars.platform.web.flash import flash
from regulars.platform.web.htmx import go_to
from regulars.platform.web.rendering import render
from regulars.rule_engine.measuring.effect import PAGE, STAGES, effect_of, people_behind
from regulars.rule_engine.reverting import revert_run
from regulars.rule_engine.web.blueprints import pages

GROUPS = ("treatment", "control", "a", "b")


@pages.get("/rules/<key>/effect")
@workspace_page("edit_rules")
def effect(uow: UnitOfWork, access: Access, key: str) -> ResponseReturnValue:
    """Who came in, what they got, who reached the goal, and what the rule made of it."""
    found = effect_of(uow, access, key)
    goal_form = catalog_of(uow).forms.get(found.goal.form) if found.goal else None
    return render(
        "rule_engine/effect.html",
        rule=snapshot(uow).get("rule", key),
        effect=found,
        goal_form=goal_form.label if goal_form else "",
        stages=STAGES,
        treated=sum(group.n for group in found.groups if group.name != "control"),
    )


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
    people = people_behind(
        uow, access, key, group if group in GROUPS else None,
        converted={"true": True, "false": False}.get(told or ""),
        below=request.args.get("below", type=int),
    )  # fmt: skip
    rule = snapshot(uow).get("rule", key)
    return render(
        "rule_engine/effect_people.html",
        rule=rule,
        people=people,
        group=group if group in GROUPS else None,
        converted=told,
        more=people[-1].run if len(people) == PAGE else None,
    )
