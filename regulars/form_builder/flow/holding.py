"""States in the one write path: no way of writing moves a record where it may not go.

Pages, API, imports, rules, merges and undos all pass here. A new record begins at the start; one
that moves takes a way that exists, that is its writer's to go and whose conditions are met; and
what a state keeps from being edited stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from regulars.form_builder import defaults
from regulars.form_builder.batch import Writing
from regulars.form_builder.converting import RowDraft
from regulars.form_builder.definition import LINKED
from regulars.form_builder.flow.definition import State, Transition, Workflow
from regulars.form_builder.flow.legal import targets, ways_for, ways_from
from regulars.form_builder.flow.moving import mover_of
from regulars.form_builder.flow.naming import state_name, way_name
from regulars.form_builder.flow.signers import asked_for
from regulars.form_builder.locks import locks_of
from regulars.form_builder.logic.ruling import Case
from regulars.form_builder.storing import load_subform_rows
from regulars.form_builder.written import rows_differ

NOTHING: tuple[Any, ...] = (None, frozenset())


def begin(writing: Writing, drafts: Iterable[RowDraft]) -> None:
    """New records that name no state are at the start."""
    flow = writing.form.workflow
    for draft in drafts if flow is not None else ():
        if flow is not None and draft.values.get(flow.field) is None:
            draft.values[flow.field] = flow.start


def hold(writing: Writing, drafts: Sequence[RowDraft], cases: Sequence[Case]) -> None:
    """Note a problem at each value that a state does not let be, or that moves unlawfully."""
    flow = writing.form.workflow
    if flow is None:
        return
    given_by_rules = {id(case.draft): case.put_in for case in cases}
    for draft in drafts:
        if any(problem.path == flow.field for problem in draft.problems):
            continue
        if draft.is_new:
            _hold_new(writing, flow, draft)
        else:
            _hold_stored(writing, flow, draft, given_by_rules.get(id(draft), set()))


def moved_to(flow: Workflow, draft: RowDraft) -> str | None:
    """The state a draft moves its stored record to; None when it stays where it is."""
    before = (draft.current or {}).get(flow.field)
    after = draft.values.get(flow.field, before)
    same = after == before or (before is None and after == flow.start)
    return None if same or after is None else str(after)


def _hold_new(writing: Writing, flow: Workflow, draft: RowDraft) -> None:
    value = draft.values.get(flow.field)
    if value != flow.start and writing.origin.kind != "pack":
        start = state_name(writing.form, flow.start)
        draft.refuse(flow.field, "state-not-start", state=start)
    elif flow.at(flow.start).approval is not None and not writing.origin.is_historic:
        _hold_signers(writing, flow, draft, flow.start)


def _hold_stored(writing: Writing, flow: Workflow, draft: RowDraft, by_rules: set[str]) -> None:
    stored = draft.current or {}
    here, way = flow.at(stored.get(flow.field)), None
    before = stored.get(flow.field)
    if before is not None and draft.values.get(flow.field, before) is None:
        draft.refuse(flow.field, "required", field=writing.form.by_key[flow.field].name)
        return
    target = moved_to(flow, draft)
    if target is not None and not _decided(writing, here, target):
        way = next((each for each in ways_from(flow, here) if each.to == target), None)
        _hold_way(writing, flow, draft, (here, target, way))
    if target is not None and flow.at(target).approval is not None:
        _hold_signers(writing, flow, draft, target)
    free = {flow.field, *by_rules, *(way.require if way is not None else ())}
    _hold_values(writing, here, draft, free)


def _decided(writing: Writing, here: State, target: str) -> bool:
    """Whether an approval came to its end in this very transaction and leads there."""
    return writing.origin.decides and target in targets(here)


def _hold_way(
    writing: Writing, flow: Workflow, draft: RowDraft, move: tuple[State, str, Transition | None]
) -> None:
    here, target, way = move
    mover = mover_of(
        writing.uow, writing.access, writing.form, writing.tables, draft.current or {},
        writing.origin.kind,
    )  # fmt: skip
    words = {"before": state_name(writing.form, here.value),
             "after": state_name(writing.form, target)}  # fmt: skip
    if way is None or not mover.fits(way.who):
        allowed = [state_name(writing.form, each.to) for each in ways_for(flow, here, mover)]
        code = "move-not-allowed" if allowed else "move-none-left"
        if not allowed and here.approval is not None:
            code = "move-awaits-approval"
        draft.refuse(flow.field, code, **words, allowed=allowed)
        return
    _hold_conditions(writing, flow, draft, way)


def _hold_conditions(writing: Writing, flow: Workflow, draft: RowDraft, way: Transition) -> None:
    name = way_name(writing.form, way)
    if way.when is not None:
        tree, problems = writing.catalog.condition(writing.form.key, way.when)
        if problems or defaults.evaluate(writing, tree, draft) is not True:
            draft.refuse(flow.field, "move-condition", way=name)
    if way.comment and not (writing.origin.note or "").strip():
        draft.refuse("comment", "move-needs-comment", way=name)
    for key in missing(writing, draft, way):
        if not any(problem.path == key for problem in draft.problems):
            draft.refuse(key, "required", field=writing.form.by_key[key].name)


def _hold_signers(writing: Writing, flow: Workflow, draft: RowDraft, target: str) -> None:
    """Nobody is asked to wait for a signature that nobody could give."""
    approval = flow.at(target).approval
    assert approval is not None
    unit = defaults.unit_of(writing, draft)
    if unit is None:
        unit = (draft.current or {}).get("unit")
    if asked_for(writing.uow, approval, unit, partial(_named_in, writing, draft)) is None:
        words = {"state": state_name(writing.form, target)}
        draft.refuse(flow.field, "approval-without-signer", **words)


def _named_in(writing: Writing, draft: RowDraft, key: str) -> list[int]:
    """The members that a field will hold."""
    if writing.form.by_key[key].has_rows:
        rows = draft.rows.get(key)
        if rows is not None:
            return [row.values[LINKED] for row in rows]
        return [row[LINKED] for row in _stored_rows(writing, draft, key)]
    value = draft.seen().get(key)
    return [] if value is None else [int(value)]


def missing(writing: Writing, draft: RowDraft, way: Transition) -> list[str]:
    """The fields that a way asks for and that would hold nothing."""
    after = draft.seen()
    return [key for key in way.require if _is_empty(writing, draft, after, key)]


def _is_empty(writing: Writing, draft: RowDraft, after: Mapping[str, Any], key: str) -> bool:
    if not writing.form.by_key[key].has_rows:
        return after.get(key) in NOTHING
    if key in draft.rows:
        return not draft.rows[key]
    return not _stored_rows(writing, draft, key)


def _hold_values(writing: Writing, here: State, draft: RowDraft, free: set[str]) -> None:
    """What a state locks stays; values that a mirror rule keeps are not edited by anybody."""
    if not writing.origin.by_hand:
        free |= {lock.field for lock in locks_of(writing.uow) if lock.form == writing.form.key}
    name = state_name(writing.form, here.value)
    for key in [*draft.values, *draft.rows]:
        if key not in free and here.locks(key) and _differs(writing, draft, key):
            field = writing.form.by_key[key].name
            draft.refuse(key, "locked-in-state", field=field, state=name)


def _differs(writing: Writing, draft: RowDraft, key: str) -> bool:
    if key not in draft.rows:
        return bool(draft.values[key] != (draft.current or {}).get(key))
    return rows_differ([row.values for row in draft.rows[key]], _stored_rows(writing, draft, key))


def _stored_rows(writing: Writing, draft: RowDraft, key: str) -> Sequence[dict[str, Any]]:
    rows = load_subform_rows(
        writing.uow, writing.form, writing.tables, key, [draft.id] if draft.id else []
    )
    return rows.get(draft.id or 0, [])
