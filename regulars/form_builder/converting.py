"""Input to plain values, all problems of a row together. Pure.

A row comes as JSON (API, rules) or as texts (spreadsheets, plain form posts).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from regulars.form_builder.definition import LINKED, FieldDefinition, FormDefinition, row_form
from regulars.form_builder.field_types.base import BadValue, Reading, field_types
from regulars.form_builder.logic.effects import UNRULED, Effects
from regulars.form_builder.origin import Chain
from regulars.platform.problems import Problem


@dataclass(slots=True)
class RowDraft:
    """One row on its way into a form.

    ``values`` holds plain values of the given fields only; ``rows`` the rows of given subforms.
    ``current`` is the stored record when the row changes one; ``ref`` is the source that history
    names where the rows of one batch have different ones, ``chain`` the rules that caused this row
    where not all have the same; ``effects`` what the form's rules say. Values of the fields
    ``by_logic`` are not the writer's own: whoever may write those fields does not matter.
    """

    index: int
    values: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, list[RowDraft]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    id: int | None = None
    current: dict[str, Any] | None = None
    expected_version: int | None = None
    refused_by: Exception | None = None
    ref: str | None = None
    chain: Chain | None = None
    effects: Effects = UNRULED
    by_logic: frozenset[str] = frozenset()

    @property
    def is_new(self) -> bool:
        """Whether the row makes a record."""
        return self.current is None

    def seen(self) -> dict[str, Any]:
        """The record as it will be: stored values below the given ones."""
        return {**(self.current or {}), **self.values}

    def refuse(self, path: str, code: str, **params: Any) -> None:
        """Note a problem."""
        self.problems.append(Problem(path, code, params))


def rounds_of(drafts: Sequence[RowDraft]) -> list[list[RowDraft]]:
    """The rows in as few rounds as let each see what an earlier row made of the same record."""
    rounds: list[list[RowDraft]] = []
    met: Counter[int] = Counter()
    for draft in drafts:
        turn = met[draft.id] if draft.id is not None else 0
        if draft.id is not None:
            met[draft.id] += 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(draft)
    return rounds


def convert_row(
    form: FormDefinition, raw: Mapping[str, Any], reading: Reading, *, index: int, texts: bool
) -> RowDraft:
    """The row's plain values and every problem of its cells."""
    draft = RowDraft(index)
    for key, value in raw.items():
        found = form.find(key)
        if found is None:
            draft.refuse(str(key)[:60], "unknown-field", field=str(key)[:60])
        elif found.type == "subform":
            _convert_subform(draft, form, found, value, reading)
        elif found.has_links:
            _convert_links(draft, found, value, reading, texts)
        else:
            _convert_cell(draft, found, value, reading, texts)
    return draft


def _convert_cell(
    draft: RowDraft, field: FieldDefinition, raw: Any, reading: Reading, texts: bool
) -> None:
    kind = field_types.get(field.type)
    try:
        if texts and isinstance(raw, str) and kind.writable:
            draft.values[field.key] = kind.parse_text(field, raw, reading)
        else:
            draft.values[field.key] = kind.convert(field, raw, reading)
    except BadValue as bad:
        draft.refuse(field.key, bad.code, field=field.name, **bad.params)


def _convert_subform(
    draft: RowDraft, form: FormDefinition, field: FieldDefinition, raw: Any, reading: Reading
) -> None:
    try:
        rows = field_types.get("subform").convert(field, raw, reading)
    except BadValue as bad:
        draft.refuse(field.key, bad.code, field=field.name, **bad.params)
        return
    inner = row_form(form, field)
    made = []
    for position, row in enumerate(rows):
        row_id = row.pop("id", None)
        child = convert_row(inner, row, reading, index=position, texts=False)
        child.id = row_id if isinstance(row_id, int) and not isinstance(row_id, bool) else None
        draft.problems += [each.under(f"{field.key}/{position}") for each in child.problems]
        made.append(child)
    draft.rows[field.key] = made


def _convert_links(
    draft: RowDraft, field: FieldDefinition, raw: Any, reading: Reading, texts: bool
) -> None:
    kind = field_types.get(field.type)
    read = kind.parse_text if texts and isinstance(raw, str) else kind.convert
    try:
        found = read(field, raw, reading)
    except BadValue as bad:
        draft.refuse(field.key, bad.code, field=field.name, **bad.params)
        return
    draft.rows[field.key] = [RowDraft(n, {LINKED: each}) for n, each in enumerate(found)]


def missing_required(form: FormDefinition, draft: RowDraft) -> None:
    """Note each required field that would stay empty."""
    after, effects = draft.seen(), draft.effects
    unruled = effects is UNRULED  # most forms: nothing is asked there
    for each in form.fields:
        needed = each.required if unruled else effects.requires(each.key, usually=each.required)
        if not needed or any(problem.path == each.key for problem in draft.problems):
            continue
        if each.has_rows:
            empty = not draft.rows.get(each.key) and (draft.is_new or each.key in draft.rows)
        else:
            empty = after.get(each.key) in (None, frozenset())
        if empty and field_types.get(each.type).writable:
            draft.refuse(each.key, "required", field=each.name)
    for each in form.fields:
        if each.key in draft.rows and any(column.required for column in each.fields):
            inner = row_form(form, each)
            for child in draft.rows[each.key]:
                missing_required(inner, child)
                prefix = f"{each.key}/{child.index}"
                draft.problems += [p.under(prefix) for p in child.problems if p.code == "required"]
