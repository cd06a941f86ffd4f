"""call_rule: one rule starts another for the same or another record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.rows import StoredRecords
from regulars.platform.problems import Problem
from regulars.rule_engine.book import active_rules, book_of
from regulars.rule_engine.definition import Rule, Step
from regulars.rule_engine.entering import Candidate, enter
from regulars.rule_engine.matching import meets_when
from regulars.rule_engine.scope import Meaning
from regulars.rule_engine.steps.base import (
    NAME_SETTING,
    PATH_SETTING,
    Answer,
    Done,
    Settings,
    StepFailed,
    StepKind,
    StepWork,
)
from regulars.rule_engine.steps.targets import check_target, target_of


class CallRule(StepKind):
    """Start the journey ``rule`` for the record ``of`` (the subject by default).

    Its condition, its limits and the guard against loops hold as for any other start; who is kept
    out does not hold up this run, which goes on at once.
    """

    name = "call_rule"
    icon = "workflow"
    settings: ClassVar[Settings] = {"rule": NAME_SETTING, "of": PATH_SETTING}
    required_settings = ("rule",)

    def check(self, step: Step, meaning: Meaning) -> Iterator[Problem]:
        form, problems = check_target(step, meaning)
        yield from problems
        key = step.settings["rule"]
        called: Rule | None = meaning.snapshot.find("rule", key)
        if meaning.rule is not None and key == meaning.rule.key:
            yield Problem("rule", "rule-calls-itself")
        elif called is None:
            yield Problem("rule", "no-such-rule", {"rule": key})
        elif called.is_mirror or called.is_report:
            yield Problem("rule", "rule-has-no-steps", {"rule": called.label})
        elif form is not None and called.subject != form.key:
            yield Problem("rule", "rule-of-other-form", {"rule": called.label})

    def perform(self, work: StepWork) -> Answer:
        form, record = target_of(work)
        key = work.step.settings["rule"]
        pinned = book_of(work.uow).rules.get(key)
        if pinned is None or pinned.rule.subject != form:
            raise StepFailed("called-rule-gone", rule=key)
        told = {"rule": key, "form": form, "record": record}
        if key not in active_rules(work.uow):
            return Done("not-started", {**told, "held": "paused"})
        records = StoredRecords(work.uow, catalog_of(work.uow))
        if not meets_when(records, pinned.rule, record):
            return Done("not-started", {**told, "held": "does-not-fit"})
        candidate = Candidate(record, f"called:{work.key}", work.run.meant_at, chain=work.chain)
        entries = enter(work.uow, pinned, [candidate])
        if entries.held:
            return Done("not-started", {**told, "held": next(iter(entries.held))})
        return Done(output=told)
