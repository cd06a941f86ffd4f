"""create_record, update_record: the run writes into a form, exactly once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.origin import Origin
from regulars.form_builder.records import create_record, update_record
from regulars.platform.errors import Invalid, RegularsError
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
from regulars.rule_engine.steps.targets import check_target, target_of
from regulars.rule_engine.steps.values import VALUES_SETTING, check_values, values_of


def origin_of(work: StepWork) -> Origin:
    """What history names as the source of a step's write."""
    return Origin("rule", chain=work.chain, ref=f"run:{work.run.id}/{work.step.id}")


class CreateRecord(StepKind):
    """Make a record of ``form`` with ``values``; later steps speak of it by the name ``as``."""

    name = "create_record"
    writes = True
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
        values = values_of(work, catalog_of(work.uow).get_form(key))
        work.seen["values"] = sorted(values)
        try:
            made = create_record(work.uow, work.access, key, values, origin=origin_of(work))
        except RegularsError as error:
            raise refused(error, key) from error
        work.sight.forget()
        if "as" in work.step.settings:
            work.run.context[work.step.settings["as"]] = [key, made.id]
        return Done(output={"form": key, "record": made.id, "title": made.title})


class UpdateRecord(StepKind):
    """Set ``values`` of the record ``of`` (the subject by default)."""

    name = "update_record"
    writes = True
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
        values = values_of(work, catalog_of(work.uow).get_form(form))
        work.seen["values"] = sorted(values)
        try:
            update_record(work.uow, work.access, form, record, values, origin=origin_of(work))
        except RegularsError as error:
            raise refused(error, form) from error
        work.sight.forget()
        return Done(output={"form": form, "record": record})


def refused(error: RegularsError, form: str) -> StepFailed:
    """A refused write as a failed step that names every problem."""
    problems = error.problems if isinstance(error, Invalid) else []
    detail = [{"path": each.path, "code": each.code} for each in problems]
    return StepFailed("record-refused", form=form, error=error.code, problems=detail)


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
