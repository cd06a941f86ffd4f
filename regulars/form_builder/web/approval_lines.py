"""Approvals of records in the inbox: what each is about, and what its reader may do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.flow.asking import HOLDER
from regulars.form_builder.records import get_record
from regulars.form_builder.web.list_state import first_columns
from regulars.form_builder.web.state_panel import StatePanel, panel_of
from regulars.form_builder.web.values import Cell, cells_of
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import NotFound

FACTS = 4


@dataclass(frozen=True)
class ApprovalLine:
    """One approval: the first ``facts`` of its record, and its ``panel``; ``mine`` to decide."""

    facts: Sequence[Cell]
    panel: StatePanel
    mine: bool


def approval_lines(
    uow: UnitOfWork, access: Access, rows: Iterable[Any]
) -> dict[int, ApprovalLine]:
    """Task id → its approval, for those whose record this reader may see."""
    found = {}
    for row in rows:
        if row.held_by == HOLDER and row.state == "open":
            line = _line(uow, access, row)
            if line is not None:
                found[row.id] = line
    return found


def _line(uow: UnitOfWork, access: Access, row: Any) -> ApprovalLine | None:
    catalog = catalog_for(uow, access)
    if row.form not in catalog.forms or access.scope(row.form, "read") == "none":
        return None
    try:
        record = get_record(uow, access, row.form, row.record)
    except NotFound:
        return None
    panel = panel_of(uow, access, row.form, row.record)
    if panel is None:
        return None
    form, flow = catalog.get_form(row.form), panel.standing.form.workflow
    state = flow.field if flow is not None else ""
    keys = [key for key in first_columns(form) if key not in (state, *form.title_paths)]
    facts = [each for each in cells_of(record, form, catalog, keys) if not each.is_empty]
    mine = panel.standing.mine
    is_mine = mine is not None and mine.row.task == row.id
    return ApprovalLine(facts[:FACTS], panel, is_mine)
