"""What the product adds to a row: defaults, numbers, frozen formulas, the unit; and the checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing
from regulars.form_builder.batch import Writing
from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.converting import RowDraft
from regulars.form_builder.definition import FieldDefinition, row_form
from regulars.form_builder.field_types.base import BadValue, Reading, field_types
from regulars.form_builder.field_types.serial import render
from regulars.form_builder.rows import DraftRecords
from regulars.form_builder.serials import take_ids, take_serials
from regulars.form_builder.system_forms import system_forms
from regulars.platform.expressions.calls import FormulaError
from regulars.platform.expressions.constants import is_constant
from regulars.platform.expressions.types import Moment
from regulars.platform.problems import Problem

RowsBefore = Mapping[str, Mapping[int, Sequence[Mapping[str, Any]]]]
"""Rows as they are stored: field → record → rows."""


def fill(writing: Writing, drafts: Sequence[RowDraft]) -> None:
    """Give new records the default of every field nobody filled, and None to the rest."""
    reading = writing.reading
    waiting = [(draft, {problem.path for problem in draft.problems}) for draft in drafts]
    for field in writing.form.fields:
        key = field.key
        lacking = [d for d, wrong in waiting if key not in d.values and key not in wrong]
        if not lacking or field.has_rows or not field_types.get(field.type).writable:
            continue
        fixed = _fixed_default(writing, field)
        for draft in lacking:
            value = fixed if fixed is not _WORKED_OUT else _default(writing, field, draft, reading)
            draft.values[key] = value


_WORKED_OUT: Any = object()  # a default that each row has to be asked for


def _fixed_default(writing: Writing, field: FieldDefinition) -> Any:
    """The default that is the same for every row."""
    if field.default is None:
        return _empty(field)
    if isinstance(field.default, Mapping) and "formula" in field.default:
        if not _is_constant(writing.catalog, writing.form.key, str(field.default["formula"])):
            return _WORKED_OUT
        return _default(writing, field, RowDraft(0), writing.reading)
    return as_given(field, field.default, writing.reading)


def _is_constant(catalog: FormCatalog, form_key: str, text: str) -> bool:
    look = partial(is_constant, catalog.formula(form_key, text))
    return catalog.kept(("constant", form_key, text), look)


def fill_rows(writing: Writing, drafts: Sequence[RowDraft]) -> None:
    """Give new rows of subforms, also of records that are there, their columns' defaults."""
    reading = writing.reading
    for field in writing.form.fields:
        if field.type != "subform":
            continue
        inner = replace(writing, form=row_form(writing.form, field))
        columns = [
            (each, _fixed_default(inner, each))
            for each in field.fields
            if each.default is not None and field_types.get(each.type).writable
        ]
        if not columns:
            continue
        for draft in drafts:
            for child in draft.rows.get(field.key, ()):
                if child.id is None:
                    _fill_row(inner, child, columns, reading)


def freeze_rows(writing: Writing, drafts: Sequence[RowDraft], before: RowsBefore) -> None:
    """Frozen columns: computed for rows that are new, as they stood for rows that stay."""
    for field in writing.form.fields:
        frozen = [each for each in field.fields if each.freeze]
        if not frozen:
            continue
        inner = replace(writing, form=row_form(writing.form, field))
        for draft in drafts:
            stood = {row["id"]: row for row in before.get(field.key, {}).get(draft.id or 0, ())}
            for child in draft.rows.get(field.key, ()):
                known = stood.pop(child.id or 0, None)
                for each in frozen:
                    value = _frozen(inner, each, child) if known is None else known[each.key]
                    if value is not None:
                        child.values[each.key] = value


def _frozen(writing: Writing, field: FieldDefinition, draft: RowDraft) -> Any:
    return _computed(writing, field, str(field.settings["formula"]), draft)


def _fill_row(
    writing: Writing, row: RowDraft, columns: Sequence[tuple[FieldDefinition, Any]],
    reading: Reading,
) -> None:  # fmt: skip
    wrong = {problem.path for problem in row.problems}
    for column, fixed in columns:
        if column.key not in row.values and column.key not in wrong:
            value = _default(writing, column, row, reading) if fixed is _WORKED_OUT else fixed
            row.values[column.key] = value


def _default(writing: Writing, field: FieldDefinition, draft: RowDraft, reading: Reading) -> Any:
    computed = _computed(writing, field, str(field.default["formula"]), draft)
    return _in_its_rules(field, computed, reading)


def _computed(writing: Writing, field: FieldDefinition, text: str, draft: RowDraft) -> Any:
    """What a formula gives to a field, as the field keeps it."""
    tree = writing.catalog.formula(writing.form.key, text)
    wanted = field_types.get(field.type).value_type(field)
    moment = expressing.moment_of(writing.uow, writing.access)
    return expressing.fitted(evaluate(writing, tree, draft), wanted, moment)


def as_given(field: FieldDefinition, raw: Any, reading: Reading) -> Any:
    """A value of the definition as the field holds it; what breaks its rules is left out."""
    try:
        found = field_types.get(field.type).convert(field, raw, reading)
    except BadValue:
        return _empty(field)
    return _empty(field) if found is None else found


def as_kept(field: FieldDefinition, value: Any, reading: Reading, moment: Moment) -> Any:
    """A computed value as the field holds it; what breaks the field's own rules is left out."""
    wanted = field_types.get(field.type).value_type(field)
    return _in_its_rules(field, expressing.fitted(value, wanted, moment), reading)


def _in_its_rules(field: FieldDefinition, value: Any, reading: Reading) -> Any:
    if value is None:
        return _empty(field)
    return as_given(field, field_types.get(field.type).to_json(field, value), reading)


def _empty(field: FieldDefinition) -> Any:
    return frozenset() if field.has_side else None


def evaluate(writing: Writing, tree: Any, draft: RowDraft) -> Any:
    """The value of an expression on a row that is not stored yet."""
    records = DraftRecords(writing.uow, writing.catalog, writing.form.key, draft)
    context = expressing.context(writing.uow, writing.access, records)
    row = {**draft.seen(), "id": draft.id or 0}
    try:
        return writing.catalog.closure(tree)(row, context)
    except FormulaError as error:  # it looked at more records than one save may
        draft.problems.append(error.problem())
        return None


def give_numbers(writing: Writing, drafts: Sequence[RowDraft]) -> None:
    """Ids, serial numbers and frozen formulas of new records."""
    ids = take_ids(writing.uow, writing.tables.main, len(drafts))
    for draft, record_id in zip(drafts, ids, strict=True):
        draft.id = record_id
    for field in writing.form.fields:
        if field.type == "serial":
            _give_serials(writing, field, drafts)
        elif field.freeze:
            for draft in drafts:
                draft.values[field.key] = _frozen(writing, field, draft)


def _give_serials(writing: Writing, field: FieldDefinition, drafts: Sequence[RowDraft]) -> None:
    at = writing.origin.at or writing.uow.now
    day = at.astimezone(writing.uow.workspace.tz).date()
    units = [unit_of(writing, draft) for draft in drafts]
    codes = _unit_codes(writing, {unit for unit in units if unit is not None})
    counts = take_serials(writing.uow, writing.form.key, field, day, units)
    for draft, count, unit in zip(drafts, counts, units, strict=True):
        draft.values[field.key] = render(field, count, day, codes.get(unit or 0, ""))


def _unit_codes(writing: Writing, ids: set[int]) -> dict[int, str]:
    units = system_forms.find("sys_units")
    if units is None or not ids:
        return {}
    table = units.table
    rows = writing.uow.execute(sa.select(table.c.id, table.c.code).where(table.c.id.in_(ids)))
    return {row.id: row.code for row in rows}


def unit_of(writing: Writing, draft: RowDraft) -> int | None:
    """The unit a record belongs to: its own unit field's, else the writer's home unit when new."""
    for key in writing.unit_keys:
        value = draft.values.get(key, (draft.current or {}).get(key))
        if value is not None:
            return int(value)
    if draft.is_new and writing.access.unit_ids:
        return writing.access.unit_ids[0]
    return None


def run_checks(writing: Writing, drafts: Sequence[RowDraft]) -> None:
    """Hold each row against the form's own checks."""
    for position, (check, tree) in enumerate(writing.catalog.checks(writing.form.key)):
        for draft in drafts:
            if not evaluate(writing, tree, draft):
                place = check.at or f"checks/{position}"
                draft.problems.append(Problem(place, "check-failed", {}, check.message))
