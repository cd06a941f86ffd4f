"""What a rule is for, and whom it reports to, in plain words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from regulars.rule_engine.definition import Goal, Redeemed, Rule
from regulars.rule_engine.digests import USUAL_READERS, reports_of
from regulars.rule_engine.speaking import Speaker


def report_step(say: Speaker, _rule: Rule, own: Mapping[str, Any]) -> str:
    """Which report goes to whom, and how."""
    period = own.get("period", "all")
    words = dict(reports_of().periods(say.locale)).get(period, period)
    report = say.named("report", own.get("report"))
    channel = own.get("channel", "today")
    named = own.get("readers", USUAL_READERS)
    readers = [each if "@" in each else say.role(each) for each in named]
    told = {"report": report, "period": words, "readers": readers, "to": own.get("to", "…")}
    said = say.t(f"report-{channel}", **told)
    return say.t("report-not-empty", what=said) if own.get("skip_empty") else said


def report_limits(say: Speaker, rule: Rule) -> Iterator[tuple[str, bool]]:
    """What nobody sees, and whether it is as usual: the moment, the eyes, what is missed."""
    misfire = rule.trigger.settings.get("misfire")
    yield say.t(f"report-missed-{misfire or 'run_once'}"), misfire is None
    yield say.t("report-moment"), True
    yield say.t("report-eyes"), True


def goal_words(say: Speaker, goal: Goal) -> str:
    """What counts as success."""
    what = say.t("goal", form=say.form(goal.form), n=goal.within_days)
    if goal.where:
        what = say.t("goal-where", goal=what, condition=say.condition(goal.form, goal.where))
    if goal.value:
        what = say.t("goal-value", goal=what, field=say.field(goal.form, goal.value))
    return what


def redeemed_words(say: Speaker, redeemed: Redeemed) -> str:
    """What counts as redeemed."""
    condition = say.condition(redeemed.form, redeemed.where)
    return say.t("redeemed", form=say.form(redeemed.form), condition=condition)
