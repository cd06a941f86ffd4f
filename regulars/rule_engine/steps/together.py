"""Writing for many runs that stand at the same step: one batch through the forms' write path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.origin import Origin
from regulars.form_builder.records import BatchResult, RowResult, write_batch
from regulars.platform.errors import Invalid, RegularsError
from regulars.platform.expressions.tree import Node
from regulars.platform.problems import Problem
from regulars.rule_engine.refusals import kept_problem
from regulars.rule_engine.scope import Scope
from regulars.rule_engine.steps.base import StepFailed, StepWork
from regulars.rule_engine.steps.values import is_formula


@dataclass(frozen=True)
class Planned:
    """What one run wants to write: into a new record, or into ``record``."""

    work: StepWork
    values: Mapping[str, Any]
    record: int | None = None


def origin_of(work: StepWork) -> Origin:
    """What history names as the source of a step's write."""
    return Origin("rule", chain=work.chain, ref=f"run:{work.run.id}/{work.step.id}")


def plan_each(works: Sequence[StepWork], plan: Callable[[StepWork], Planned]) -> list[Planned]:
    """The plans of those who can make one; a record that two of them want is the first one's."""
    plans: list[Planned] = []
    taken: set[int] = set()
    for work in works:
        try:
            made = plan(work)
        except StepFailed:
            continue  # it fails once more where it is done by itself, and is told so there
        if made.record is None or made.record not in taken:
            plans.append(made)
        if made.record is not None:
            taken.add(made.record)
    return plans


Written = dict[int, RowResult | StepFailed]
"""What the form made of each run's wish, by the number of the run; who is not there waits."""


def write_together(form: FormDefinition, planned: Sequence[Planned], mode: str) -> Written:
    """Write every plan that the form takes; who it refuses is told why.

    Left out are those whose fate hangs on what became of others: they are done by themselves.
    """
    found: Written = {}
    for some in _by_cause(planned):
        found |= _written(form, some, mode)
    return found


def _written(form: FormDefinition, planned: list[Planned], mode: str) -> Written:
    """The same for those whom the same rules have caused: all at once, or without whom it refuses.

    Of two who want what only one may have, the first gets it: but not a first who is refused for
    another reason, so it is seen anew without that one.
    """
    found: Written = {}
    while planned:
        try:
            rows = _batch(form, planned, mode).results
        except Invalid as invalid:
            refusals = _by_row(invalid.problems)
            unfit = {n: problems for n, problems in refusals.items() if _is_unfit(problems)}
            for n, problems in unfit.items():
                found[planned[n].work.run.id] = refused(Invalid(problems), form.key)
            out = unfit or refusals
            planned = [each for n, each in enumerate(planned) if n not in out]
        else:
            done = zip(planned, rows, strict=True)
            return {**found, **{each.work.run.id: row for each, row in done}}
    return found


def _by_row(problems: Iterable[Problem]) -> dict[int, list[Problem]]:
    found: dict[int, list[Problem]] = {}
    for each in problems:
        row, _slash, place = each.path.partition("/")
        found.setdefault(int(row), []).append(replace(each, path=place))
    return found


def _is_unfit(problems: Iterable[Problem]) -> bool:
    """Refused for its own sake; whether a record is gone is told in words of its own."""
    return not any(each.code in ("not-unique", "no-such-record") for each in problems)


def refused(error: RegularsError, form: str) -> StepFailed:
    """A refused write as a failed step that names every problem."""
    problems = error.problems if isinstance(error, Invalid) else []
    detail = [kept_problem(each) for each in problems]
    return StepFailed("record-refused", form=form, error=error.code, problems=detail)


def _batch(form: FormDefinition, planned: Sequence[Planned], mode: str) -> BatchResult:
    first = planned[0].work
    rows = [
        each.values if each.record is None else {**each.values, "id": each.record}
        for each in planned
    ]
    refs = [str(origin_of(each.work).ref) for each in planned]
    return write_batch(
        first.uow, first.access, form.key, rows, origin=origin_of(first), mode=mode, refs=refs,
        atomic=True,
    )  # fmt: skip


def formulas_of(scope: Scope, values: Mapping[str, Any]) -> list[Node] | None:
    """The trees of a step's formulas; None where one does not mean anything any more."""
    trees = []
    for value in values.values():
        if is_formula(value):
            tree, problems = scope.formula(str(value["formula"]))
            if problems:
                return None
            trees.append(tree)
    return trees


def _by_cause(planned: Sequence[Planned]) -> list[list[Planned]]:
    """Plans that the same rules have caused, in order."""
    found: dict[tuple[str, ...], list[Planned]] = {}
    for each in planned:
        found.setdefault(each.work.chain, []).append(each)
    return list(found.values())
