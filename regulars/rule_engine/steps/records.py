"""create_record, update_record: the run writes into a form, exactly once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, ClassVar

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.records import RowResult, create_record, update_record
from regulars.form_builder.titles import titles_of
from regulars.platform.errors import RegularsError
from regulars.platform.expressions.tree import Node
from regulars.platform.problems import Problem
from regulars.rule_engine.definition import Step
from regulars.rule_engine.scope import SUBJECT, TRIGGER, Meaning
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
from regulars.rule_engine.steps.independence import Writes, is_independent
from regulars.rule_engine.steps.targets import check_target, target_form, target_of, target_path
from regulars.rule_engine.steps.together import (
    Planned,
    formulas_of,
    origin_of,
    plan_each,
    refused,
    write_together,
)
from regulars.rule_engine.steps.values import VALUES_SETTING, check_values, values_of


class CreateRecord(StepKind):
    """Make a record of ``form`` with ``values``; later steps speak of it by the name ``as``."""

    name = "create_record"
    writes = True
    set_based = True
    icon = "plus"
    settings: ClassVar[Settings] = {
        "form": NAME_SETTING,
        "values": VALUES_SETTING,
        "as": NAME_SETTING,
    }
    required_settings = ("form", "values")

    def makes(self, step: Step) -> tuple[str, str] | None:
        return (step.settings["as"], step.settings["form"]) if "as" in step.settings else None

    def check(self, step: Step, meaning: Meaning) -> Iterator[Problem]:
        form = meaning.catalog.forms.get(step.settings["form"])
        if form is None:
            yield Problem("form", "unpublished-form", {"form": step.settings["form"]})
            return
        yield from check_values(form, step.settings["values"], meaning)
        yield from _missing(form, step)
        name = step.settings.get("as")
        if name is not None and meaning.scope is not None and is_taken(name, meaning):
            yield Problem("as", "name-taken", {"name": name})

    def perform(self, work: StepWork) -> Answer:
        key = work.step.settings["form"]
        values = _values(work, catalog_of(work.uow).get_form(key))
        try:
            made = create_record(work.uow, work.access, key, values, origin=origin_of(work))
        except RegularsError as error:
            raise refused(error, key) from error
        work.sight.forget()
        return _made(work, key, made.id, made.title)

    def perform_together(self, works: Sequence[StepWork]) -> Sequence[Answer | StepFailed | None]:
        first, own = works[0], works[0].step.settings
        catalog = catalog_of(first.uow)
        form = catalog.get_form(own["form"])
        formulas = formulas_of(first.scope, own["values"])
        writes = Writes(form, own["values"], creates=True)
        if formulas is None or not is_independent(first.scope, writes, formulas):
            return [None] * len(works)
        planned = plan_each(works, lambda work: Planned(work, _values(work, form)))
        done = write_together(form, planned, "insert")
        made = {run: row.id or 0 for run, row in done.items() if isinstance(row, RowResult)}
        titles = titles_of(first.uow, first.access, catalog, {form.key: made.values()})
        answers: dict[int, Answer | StepFailed] = {
            run: row for run, row in done.items() if isinstance(row, StepFailed)
        }
        for work in works:
            if work.run.id in made:
                record = made[work.run.id]
                title = titles.get((form.key, record), str(record))
                answers[work.run.id] = _made(work, form.key, record, title)
        return [answers.get(work.run.id) for work in works]


class UpdateRecord(StepKind):
    """Set ``values`` of the record ``of`` (the subject by default)."""

    name = "update_record"
    writes = True
    set_based = True
    icon = "pencil"
    settings: ClassVar[Settings] = {"of": PATH_SETTING, "values": VALUES_SETTING}
    required_settings = ("values",)

    def check(self, step: Step, meaning: Meaning) -> Iterator[Problem]:
        form, problems = check_target(step, meaning)
        yield from problems
        if form is not None:
            yield from check_values(form, step.settings["values"], meaning)

    def perform(self, work: StepWork) -> Answer:
        form, record = target_of(work)
        values = _values(work, catalog_of(work.uow).get_form(form))
        try:
            update_record(work.uow, work.access, form, record, values, origin=origin_of(work))
        except RegularsError as error:
            raise refused(error, form) from error
        work.sight.forget()
        return Done(output={"form": form, "record": record})

    def perform_together(self, works: Sequence[StepWork]) -> Sequence[Answer | StepFailed | None]:
        first, values = works[0], works[0].step.settings["values"]
        formulas = formulas_of(first.scope, values)
        key = target_form(first.scope, target_path(first.step))
        if formulas is None or key is None:
            return [None] * len(works)
        form = catalog_of(first.uow).get_form(key)
        if not goes_together(first, form, values, formulas):
            return [None] * len(works)

        def plan(work: StepWork) -> Planned:
            return Planned(work, _values(work, form), target_of(work)[1])

        planned = plan_each(works, plan)
        done = write_together(form, planned, "update")
        answers: dict[int, Answer | StepFailed] = {}
        for each in planned:
            row = done.get(each.work.run.id)
            if isinstance(row, RowResult):
                answers[each.work.run.id] = Done(output={"form": key, "record": each.record})
            elif row is not None:
                answers[each.work.run.id] = row
        return [answers.get(work.run.id) for work in works]


def goes_together(
    work: StepWork, form: FormDefinition, keys: Collection[str], formulas: Sequence[Node]
) -> bool:
    """Whether runs at this step may all read before any of them changes the record it is about."""
    path = target_path(work.step)
    writes = Writes(form, keys, creates=False, own=path == SUBJECT)
    way = [] if writes.own else [work.scope.path(path)[0]]
    return is_independent(work.scope, writes, [*formulas, *way])


def _values(work: StepWork, form: FormDefinition) -> dict[str, Any]:
    """The values to write; the trace says which fields they are for."""
    values = values_of(work, form)
    work.seen["values"] = sorted(values)
    return values


def _made(work: StepWork, form: str, record: int, title: str) -> Done:
    if "as" in work.step.settings:
        work.run.context[work.step.settings["as"]] = [form, record]
    return Done(output={"form": form, "record": record, "title": title})


def _missing(form: FormDefinition, step: Step) -> Iterator[Problem]:
    for field in form.fields:
        given = field.key in step.settings["values"] or field.default is not None
        if field.required and not given and field.type != "serial":
            yield Problem(f"values/{field.key}", "required")


def is_taken(name: str, meaning: Meaning) -> bool:
    """Whether a record made by a step may not be called this."""
    scope = meaning.scope
    if scope is None or name in (SUBJECT, TRIGGER) or name in scope.names:
        return True
    shape = meaning.catalog.shapes.find(meaning.subject)
    return shape is not None and shape.field(name) is not None
