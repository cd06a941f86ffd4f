"""What a writer may not do, found before anything is stored: one guard for every way of writing.

Creating, changing, importing, merging, taking back and restoring all pass here: fields they may
not set, records that would leave their reach, links to records they could not open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from regulars.form_builder import defaults, expressing
from regulars.form_builder.batch import Writing
from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.converting import RowDraft
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.link_limits import LinkLimits, may_use
from regulars.form_builder.masking import looks_masked
from regulars.form_builder.rows import DraftRecords
from regulars.form_builder.storing import load_subform_rows
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.roles import ByCondition, FieldRight
from regulars.platform.errors import Forbidden


def sees_people_whole(access: Access, form: FormDefinition) -> bool:
    """Whether an actor sees every field by which people are told apart."""
    return all(may_use(access, form.key, key) for key in (form.person or {}).values())


def sees_whole(access: Access, form: FormDefinition) -> bool:
    """Whether an actor reads a form's records with nothing hidden or masked in them."""
    rights = access.held.rights(form.key).fields.values()
    shown = access.scope(form.key, "read") != "none"
    return shown and all(right in ("write", "read_only") for right in rights)


def require_whole_people(access: Access, form: FormDefinition) -> None:
    """Forbidden for whoever would see in a comparison what is hidden or masked for them."""
    if not sees_people_whole(access, form):
        raise Forbidden("people-not-whole", form=form.label)


def link_limits(writing: Writing) -> LinkLimits:
    """The limits of this batch's writer."""
    reader = expressing.reader_of(writing.uow, writing.catalog, writing.access)
    return LinkLimits(reader, holds=not writing.only_looks)


def refuse_fields(writing: Writing, drafts: Sequence[RowDraft]) -> None:
    """Note a problem at each given field that the writer may not set."""
    if not writing.access.held.rights(writing.form.key).fields:
        return
    for draft in drafts:
        _refuse_values(writing, writing.form.key, draft, draft.current)
    for field in writing.form.fields:
        if field.has_rows:
            _guard_rows(writing, field, [d for d in drafts if field.key in d.rows])


def refuse_masks(access: Access, form_key: str, raw: Mapping[str, Any], draft: RowDraft) -> None:
    """Note a problem where somebody sends back what they were shown of a masked field."""
    for key, value in raw.items() if access.held.narrows_fields else ():
        if access.field_right(form_key, key) == "masked" and looks_masked(value):
            draft.problems = [each for each in draft.problems if each.path != key]
            draft.refuse(key, "mask-text", field=key)


def refuse_outside(writing: Writing, drafts: Sequence[RowDraft]) -> None:
    """Note a problem at each record that its writer would not reach afterwards."""
    for draft in drafts:
        verb = "create" if draft.is_new else "update"
        if writing.access.scope(writing.form.key, verb) == "all":
            continue
        if not reaches(writing, verb, as_stored(writing, draft), draft):
            draft.refuse(_place(writing, draft), "outside-your-reach")


def reaches(writing: Writing, verb: str, row: Mapping[str, Any], draft: RowDraft) -> bool:
    """Whether a record with these values lies within the writer's reach."""
    access, key = writing.access, writing.form.key
    scope = access.scope(key, verb)
    if isinstance(scope, ByCondition):
        return _meets(writing, scope, row, draft)
    if scope in ("unit", "unit_tree"):
        units = access.own_unit_ids if scope == "unit" else access.unit_ids
        return row.get("unit") is None or row["unit"] in units
    if scope == "own":
        return access.member_id is not None and row.get("owner") == access.member_id
    return scope == "all"


def as_stored(writing: Writing, draft: RowDraft) -> dict[str, Any]:
    """The record as it will be, with the values that the product gives."""
    blank: dict[str, Any] = {each.key: None for each in writing.form.fields}
    blank.update(dict.fromkeys(writing.catalog.zero_columns(writing.form.key), 0))
    who, at = writing.access.member_id, writing.origin.at or writing.uow.now
    fresh = {"owner": who, "created_by": who, "created_at": at, "unit": None, "version": 1}
    system = {**fresh, "updated_by": who, "updated_at": at, "batch": writing.origin.batch}
    row = {**blank, **system, **draft.seen(), "id": draft.id or 0}
    unit = defaults.unit_of(writing, draft)
    return {**row, "unit": row["unit"] if unit is None else unit}


def _meets(writing: Writing, scope: ByCondition, row: Mapping[str, Any], draft: RowDraft) -> bool:
    tree, problems = writing.catalog.condition(writing.form.key, scope.condition)
    if problems:
        return False
    records = DraftRecords(writing.uow, writing.catalog, writing.form.key, draft)
    context = expressing.context(writing.uow, writing.access, records)
    return writing.catalog.closure(tree)(row, context) is True


def _place(writing: Writing, draft: RowDraft) -> str:
    """The field that says which store, where there is one that was given."""
    fields = (f.key for f in writing.form.fields if field_types.get(f.type).uses_unit())
    return next((key for key in fields if key in draft.values), "unit")


def _refuse_values(
    writing: Writing, form_key: str, draft: RowDraft, before: Mapping[str, Any] | None
) -> None:
    for key in [*draft.values, *draft.rows]:
        right = writing.access.field_right(form_key, key)
        if right == "write" or key not in writing.catalog.get_form(form_key).by_key:
            continue
        if key in draft.by_logic:
            continue
        name = writing.catalog.get_form(form_key).by_key[key].name
        code = _problem(right, draft.values.get(key), before, key)
        if code == "unknown-field":
            name = key
        if code and not any(problem.path == key for problem in draft.problems):
            draft.refuse(key, code, field=name)


def _problem(
    right: FieldRight, value: Any, before: Mapping[str, Any] | None, key: str
) -> str | None:
    if right == "hidden":
        return "unknown-field"
    if right == "masked":
        if before is not None:
            return "masked-field"
        return "mask-text" if looks_masked(value) else None
    unchanged = before is not None and before.get(key) == value
    return None if unchanged else "read-only-field"


def _guard_rows(writing: Writing, field: FieldDefinition, drafts: Sequence[RowDraft]) -> None:
    """Rows that stay keep what their writer may not change; new ones may not set it."""
    key = f"{writing.form.key}.{field.key}"
    ids = [draft.id for draft in drafts if draft.id is not None and not draft.is_new]
    stored = load_subform_rows(writing.uow, writing.form, writing.tables, field.key, ids)
    closed = [
        column.key
        for column in field.fields
        if writing.access.field_right(key, column.key) != "write"
    ]
    for draft in drafts:
        known = {row["id"]: row for row in stored.get(draft.id or 0, ())}
        for child in draft.rows[field.key]:
            before = known.get(child.id or 0)
            noted = len(child.problems)
            _refuse_values(writing, key, child, before)
            fresh = child.problems[noted:]
            draft.problems += [p.under(f"{field.key}/{child.index}") for p in fresh]
            for column in closed if before is not None else ():
                child.values.setdefault(column, before.get(column) if before else None)


def sees_title(catalog: FormCatalog, form_key: str) -> bool:
    """Whether a kept title shows nothing that this reader may not see."""
    form = catalog.whole.get_form(form_key)
    return not any(catalog.path(form_key, path)[1] for path in form.title_paths if path != "id")
