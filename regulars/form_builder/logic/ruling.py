"""The rules of a form at work on a batch of drafts: values first, then what may stand where.

Every way of writing comes through here, and so does whoever only looks what a record would be.
Values that rules give are put into the drafts; what a draft holds against a rule is a problem of
that draft. A form without rules is not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from regulars.form_builder import defaults, expressing, guarding
from regulars.form_builder.batch import Writing
from regulars.form_builder.converting import RowDraft
from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.logic.compiled import FormLogic, Setting, Target
from regulars.form_builder.logic.compiling import logic_of
from regulars.form_builder.logic.effects import UNRULED, Effects
from regulars.form_builder.rows import DraftRecords, StoredRecords
from regulars.form_builder.storing import load_subform_rows
from regulars.form_builder.written import rows_differ
from regulars.platform.expressions.calls import FormulaError
from regulars.platform.expressions.evaluate import Context
from regulars.platform.expressions.tree import Node

NOTHING: tuple[Any, ...] = (None, frozenset())


@dataclass
class Case:
    """One draft under the rules. ``row`` is the record as it will be, values of rules included.

    ``touched`` are the fields this write changes by itself, ``given`` those of them that it does
    not just empty; ``base`` is what rules give, ``put_in`` where they gave it. While somebody
    types, ``since`` are the fields that changed since the last look: only what follows from those
    moves then.
    """

    draft: RowDraft
    row: dict[str, Any]
    context: Context
    touched: frozenset[str]
    given: frozenset[str]
    base: dict[str, Any] = field(default_factory=dict)
    put_in: set[str] = field(default_factory=set)
    truths: list[bool | None] = field(default_factory=list)
    effects: Effects = UNRULED
    since: frozenset[str] | None = None

    def moved(self, key: str) -> bool:
        """Whether a field will be another than it was."""
        if self.since is not None:
            return key in self.since or key in self.put_in
        if key in self.draft.rows:
            return key in self.touched
        return self.draft.is_new or self.row.get(key) != (self.draft.current or {}).get(key)


Touched = Mapping[int, frozenset[str]]


def touched_by(writing: Writing, drafts: Sequence[RowDraft]) -> Touched | None:
    """Which fields each draft changes by itself, before anything is filled in; None: no rules."""
    if logic_of(writing.catalog, writing.form.key) is None:
        return None
    found = {}
    for draft in drafts:
        before = draft.current or {}
        keys = [
            key for key, value in draft.values.items()
            if (value not in NOTHING if draft.is_new else before.get(key) != value)
        ]  # fmt: skip
        keys += [key for key in draft.rows if _rows_differ(writing, draft, key)]
        found[draft.index] = frozenset(keys)
    return found


def rule_over(writing: Writing, drafts: Sequence[RowDraft], touched: Touched) -> list[Case]:
    """Give the drafts their values by rules and note every problem; what holds for each."""
    logic = logic_of(writing.catalog, writing.form.key)
    assert logic is not None
    shared = _looked_up(writing, logic, drafts)
    fixed = {
        id(setting): defaults.as_given(target.field, setting.value, writing.reading)
        for target in logic.targets
        for setting in target.settings
        if setting.tree is None
    }
    cases = []
    for draft in drafts:
        case = case_of(writing, draft, touched.get(draft.index, frozenset()), shared)
        case.truths = [None] * len(logic.whens)
        if not writing.origin.restores:
            _give_values(writing, logic, case, fixed)
        truths = tuple(_holds(writing, logic, case, n) for n in range(len(logic.whens)))
        case.effects = draft.effects = logic.effects(truths)
        cases.append(case)
    return cases


def case_of(
    writing: Writing, draft: RowDraft, touched: frozenset[str], shared: StoredRecords | None
) -> Case:
    """The draft as formulas see it, sums over its own rows made anew."""
    records = DraftRecords(writing.uow, writing.catalog, writing.form.key, draft, shared)
    context = expressing.context(writing.uow, writing.access, records)
    given = frozenset(
        key for key in touched
        if draft.rows.get(key) or draft.values.get(key) not in NOTHING
    )  # fmt: skip
    if writing.moved is not None:
        given &= writing.moved
    row = guarding.as_stored(writing, draft)
    case = Case(draft, row, context, touched, given, since=writing.moved)
    for plan in writing.catalog.rollups if draft.rows else ():
        head, _dot, rows = plan.rows.partition(".")
        if plan.form == head == writing.form.key and rows in draft.rows:
            case.row[plan.field] = value_of(writing, case, plan.tree)
    return case


def value_of(writing: Writing, case: Case, tree: Node) -> Any:
    """What a checked tree gives for the record as it will be; None with a problem noted."""
    try:
        return writing.catalog.closure(tree)(case.row, case.context)
    except FormulaError as error:  # it looked at more records than one save may
        case.draft.problems.append(error.problem())
        return None


def _holds(writing: Writing, logic: FormLogic, case: Case, number: int) -> bool:
    known = case.truths[number]
    if known is None:
        when = logic.whens[number]
        known = when is None or value_of(writing, case, when) is True
        case.truths[number] = known
    return known


def _give_values(writing: Writing, logic: FormLogic, case: Case, fixed: Mapping[int, Any]) -> None:
    """Each field in turn: the last rule that holds counts, once something it reads has moved."""
    wrong = {problem.path for problem in case.draft.problems}
    for target in logic.targets:
        key = target.field.key
        fresh = case.draft.is_new and case.since is None
        if key in wrong or not (fresh or any(map(case.moved, target.reads))):
            continue
        setting = _counting(writing, logic, case, target)
        held = key not in case.given and case.row.get(key) not in NOTHING
        if setting is None or (setting.if_empty and held):
            continue
        value = _result(writing, case, target.field, setting, fixed)
        if fresh and value in NOTHING:
            continue  # whatever stands there by itself stays
        case.base[key] = value
        if key not in case.given:
            case.draft.values[key] = case.row[key] = value
            case.put_in.add(key)


def _counting(writing: Writing, logic: FormLogic, case: Case, target: Target) -> Setting | None:
    holding = (s for s in reversed(target.settings) if _holds(writing, logic, case, s.rule))
    return next(holding, None)


def _result(
    writing: Writing, case: Case, target: FieldDefinition, setting: Setting,
    fixed: Mapping[int, Any],
) -> Any:  # fmt: skip
    if setting.tree is None:
        return fixed[id(setting)]
    found = value_of(writing, case, setting.tree)
    moment = expressing.moment_of(writing.uow, writing.access)
    return defaults.as_kept(target, found, writing.reading, moment)


def _looked_up(
    writing: Writing, logic: FormLogic, drafts: Sequence[RowDraft]
) -> StoredRecords | None:
    """The records that rules look at behind links, of the whole batch at once."""
    if not logic.links or len(drafts) < 2:
        return None
    shared = StoredRecords(writing.uow, writing.catalog)
    for key, form in logic.links:
        seen = (draft.seen().get(key) for draft in drafts)
        shared.preload(form, {value for value in seen if isinstance(value, int)})
    return shared


def _rows_differ(writing: Writing, draft: RowDraft, key: str) -> bool:
    """Whether the rows given are others than those that are stored."""
    if draft.is_new:
        return bool(draft.rows[key])
    stored = load_subform_rows(
        writing.uow, writing.form, writing.tables, key, [draft.id] if draft.id else []
    )
    return rows_differ([row.values for row in draft.rows[key]], stored.get(draft.id or 0, []))
