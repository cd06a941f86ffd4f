"""Which record a step is about: ``subject``, ``trigger``, a made record, or a path from one."""

from __future__ import annotations

from collections.abc import Iterator

from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_types.base import field_types
from regulars.platform.expressions.types import Kind
from regulars.platform.problems import Problem, under
from regulars.rule_engine.definition import Step
from regulars.rule_engine.scope import SUBJECT, Meaning, Scope
from regulars.rule_engine.steps.base import StepFailed, StepWork, scope_of


def target_path(step: Step, setting: str = "of") -> str:
    """The path that names the record; the subject when the step names none."""
    return str(step.settings.get(setting, SUBJECT))


def target_form(scope: Scope, path: str) -> str | None:
    """The form that a path to a record ends in; None where it ends elsewhere."""
    tree, problems = scope.path(path)
    if problems or tree.type is None or tree.type.kind is not Kind.LINK:
        return None
    return tree.type.form


def check_target(
    step: Step, meaning: Meaning, setting: str = "of"
) -> tuple[FormDefinition | None, list[Problem]]:
    """The form of the record a step is about, and the problems with naming it."""
    path = target_path(step, setting)
    tree, problems = scope_of(meaning).path(path)
    if problems:
        return None, under(setting, problems)
    form = tree.type.form if tree.type and tree.type.kind is Kind.LINK else None
    found = meaning.catalog.forms.get(form or "")
    if found is None:
        return None, [Problem(setting, "leads-to-no-record", {"path": path})]
    return found, []


def target_of(work: StepWork, setting: str = "of") -> tuple[str, int]:
    """Form and id of the record; StepFailed when there is none any more."""
    path = target_path(work.step, setting)
    form = target_form(work.scope, path)
    record = work.sight.at_path(work.scope, path)
    if form is None or not isinstance(record, int):
        raise StepFailed("record-gone", path=path)
    return form, record


def check_writable(form: FormDefinition, key: str, place: str) -> Iterator[Problem]:
    """A field that a step writes must exist and take values."""
    field = form.find(key)
    if field is None:
        yield Problem(place, "unknown-field", {"field": key, "form": form.label})
    elif not field_types.get(field.type).writable:
        yield Problem(place, "read-only", {"field": field.name})
