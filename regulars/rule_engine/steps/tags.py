"""add_tags, remove_tags: change the tags of a record without touching the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import BadValue, field_types
from regulars.form_builder.records import update_record
from regulars.form_builder.storing import load_tags
from regulars.platform.errors import RegularsError
from regulars.platform.problems import Problem
from regulars.rule_engine.definition import Step
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
from regulars.rule_engine.steps.records import origin_of, refused
from regulars.rule_engine.steps.targets import check_target, target_of
from regulars.rule_engine.steps.values import READING


class _TagsStep(StepKind):
    settings: ClassVar[Settings] = {
        "field": NAME_SETTING,
        "of": PATH_SETTING,
        "tags": {
            "type": "array",
            "minItems": 1,
            "maxItems": 50,
            "items": {"type": "string", "minLength": 1, "maxLength": 60},
        },
    }
    required_settings = ("tags",)
    writes = True
    icon = "tags"

    def changed(self, before: frozenset[str], tags: frozenset[str]) -> frozenset[str]:
        """The tags afterwards."""
        raise NotImplementedError

    def check(self, step: Step, meaning: Meaning) -> Iterator[Problem]:
        form, problems = check_target(step, meaning)
        yield from problems
        if form is None:
            return
        field = tags_field(form, step)
        if field is None:
            yield Problem("field", "no-tags-field", {"form": form.label})
            return
        try:
            field_types.get("tags").convert(field, step.settings["tags"], READING)
        except BadValue as bad:
            yield Problem("tags", bad.code, bad.params)

    def perform(self, work: StepWork) -> Answer:
        form_key, record = target_of(work)
        catalog = catalog_of(work.uow)
        field = tags_field(catalog.get_form(form_key), work.step)
        if field is None:
            raise StepFailed("no-tags-field", form=form_key)
        held = load_tags(work.uow, catalog.tables[form_key], [record])
        before = held.get(field.key, {}).get(record, frozenset())
        after = self.changed(before, frozenset(work.step.settings["tags"]))
        work.seen["before"] = sorted(before)
        if after != before:
            try:
                update_record(
                    work.uow, work.access, form_key, record, {field.key: sorted(after)},
                    origin=origin_of(work),
                )  # fmt: skip
            except RegularsError as error:
                raise refused(error, form_key) from error
            work.sight.forget()
        return Done(output={"form": form_key, "record": record, "after": sorted(after)})


class AddTags(_TagsStep):
    """Put ``tags`` on the record; those it has already stay."""

    name = "add_tags"

    def changed(self, before: frozenset[str], tags: frozenset[str]) -> frozenset[str]:
        return before | tags


class RemoveTags(_TagsStep):
    """Take ``tags`` off the record."""

    name = "remove_tags"

    def changed(self, before: frozenset[str], tags: frozenset[str]) -> frozenset[str]:
        return before - tags


def tags_field(form: FormDefinition, step: Step) -> FieldDefinition | None:
    """The field the step names, or the only tags field there is; None when that is unclear."""
    named = step.settings.get("field")
    found = [each for each in form.fields if each.type == "tags" and named in (None, each.key)]
    return found[0] if len(found) == 1 else None
