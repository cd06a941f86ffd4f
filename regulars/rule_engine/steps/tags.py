"""add_tags, remove_tags: change the tags of a record without touching the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import BadValue, field_types
from regulars.form_builder.linking import chunks
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
from regulars.rule_engine.steps.records import goes_together
from regulars.rule_engine.steps.targets import check_target, target_form, target_of, target_path
from regulars.rule_engine.steps.together import (
    Planned,
    origin_of,
    plan_each,
    refused,
    write_together,
)
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
    set_based = True
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
            field_types.get(field.type).convert(field, step.settings["tags"], READING)
        except BadValue as bad:
            yield Problem("tags", bad.code, bad.params)

    def perform(self, work: StepWork) -> Answer:
        form_key, record = target_of(work)
        catalog = catalog_of(work.uow)
        field = tags_field(catalog.get_form(form_key), work.step)
        if field is None:
            raise StepFailed("no-tags-field", form=form_key)
        before = _held(work, form_key, field, [record]).get(record, frozenset())
        after = self._after(work, before)
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

    def perform_together(self, works: Sequence[StepWork]) -> Sequence[Answer | StepFailed | None]:
        first = works[0]
        key = target_form(first.scope, target_path(first.step))
        form = catalog_of(first.uow).get_form(key) if key is not None else None
        field = tags_field(form, first.step) if form is not None else None
        if form is None or field is None or not goes_together(first, form, [field.key], []):
            return [None] * len(works)
        targets = plan_each(works, lambda work: Planned(work, {}, target_of(work)[1]))
        held = _held(first, form.key, field, [each.record or 0 for each in targets])
        changes: list[Planned] = []
        answers: dict[int, Answer | StepFailed] = {}
        for each in targets:
            before = held.get(each.record or 0, frozenset())
            after = self._after(each.work, before)
            told = {"form": form.key, "record": each.record, "after": sorted(after)}
            answers[each.work.run.id] = Done(output=told)
            if after != before:
                changes.append(Planned(each.work, {field.key: sorted(after)}, each.record))
        done = write_together(form, changes, "update")
        for each in changes:
            row = done.get(each.work.run.id)
            if row is None:
                del answers[each.work.run.id]
            elif isinstance(row, StepFailed):
                answers[each.work.run.id] = row
        return [answers.get(work.run.id) for work in works]

    def _after(self, work: StepWork, before: frozenset[str]) -> frozenset[str]:
        work.seen["before"] = sorted(before)
        return self.changed(before, frozenset(work.step.settings["tags"]))


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
    found = [each for each in form.fields if _suits(each, named)]
    return found[0] if len(found) == 1 else None


def _suits(field: FieldDefinition, named: str | None) -> bool:
    """A list of choices has to be named: it is nobody's only tags field by chance."""
    return field.type == "tags" if named is None else field.has_side and field.key == named


def _held(
    work: StepWork, form: str, field: FieldDefinition, records: Sequence[int]
) -> dict[int, frozenset[str]]:
    """The tags that records have; nobody else changes them until this is done."""
    tables = catalog_of(work.uow).tables[form]
    for some in chunks(sorted(records)) if work.uow.dialect == "postgresql" else ():
        rows = sa.select(tables.main.c.id).where(tables.main.c.id.in_(some))
        work.uow.execute(rows.order_by(tables.main.c.id).with_for_update(key_share=True)).all()
    return load_tags(work.uow, tables, records).get(field.key, {})
