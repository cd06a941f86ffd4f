"""What follows from a save once it is stored: a line in the log, and who is asked to sign."""

from __future__ import annotations

from collections.abc import Sequence

from regulars.form_builder.batch import Writing
from regulars.form_builder.converting import RowDraft
from regulars.form_builder.flow.asking import cancel_open, open_request
from regulars.form_builder.flow.entries import note_down
from regulars.form_builder.flow.holding import moved_to
from regulars.form_builder.storing import load_rows


def follow(writing: Writing, drafts: Sequence[RowDraft]) -> None:
    """Note every move and open what the new states ask for; old history asks nobody."""
    flow = writing.form.workflow
    if flow is None:
        return
    moves = {
        draft.id: target for draft in drafts
        if draft.id is not None and not draft.is_new
        and (target := moved_to(flow, draft)) is not None
    }  # fmt: skip
    if moves:
        cancel_open(writing.uow, writing.form.key, list(moves), "cancelled")
    for draft in drafts:
        if draft.id in moves:
            before = flow.at((draft.current or {}).get(flow.field)).value
            note_down(
                writing.uow, writing.access, (writing.form.key, draft.id or 0), "moved",
                before=before, after=moves[draft.id], note=writing.origin.note,
            )  # fmt: skip
    if writing.origin.is_historic:
        return
    fresh = [d.id for d in drafts if d.is_new and d.id is not None]
    _ask(writing, {**moves, **dict.fromkeys(_new(writing, fresh), flow.start)})


def _new(writing: Writing, ids: Sequence[int]) -> Sequence[int]:
    flow = writing.form.workflow
    return ids if flow is not None and flow.at(flow.start).approval is not None else ()


def _ask(writing: Writing, moves: dict[int, str]) -> None:
    flow = writing.form.workflow
    assert flow is not None
    wanted = {record: flow.at(state) for record, state in moves.items()}
    asking = {record: state for record, state in wanted.items() if state.approval is not None}
    stored = load_rows(writing.uow, writing.form, writing.tables, asking)
    for record, state in asking.items():
        open_request(
            writing.uow, writing.access, writing.form, writing.tables, stored[record], state
        )
