"""What was decided about a record, for its timeline."""

from __future__ import annotations

from collections.abc import Iterator

from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.flow.entries import entries_of
from regulars.form_builder.flow.naming import state_name
from regulars.form_builder.timeline import Moment
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork

_LOOKS = {
    "moved": ("arrow-right", "blue"), "approved": ("check", "green"),
    "returned": ("undo-2", "orange"), "withdrawn": ("undo-2", "gray"),
    "stuck": ("triangle-alert", "red"), "escalated": ("clock", "orange"),
}  # fmt: skip


def flow_moments(uow: UnitOfWork, access: Access, form: str, record: int) -> Iterator[Moment]:
    """Each move and each decision with who and why; nothing where the state is hidden."""
    seen = catalog_for(uow, access).forms.get(form)
    flow = seen.workflow if seen is not None else None
    if seen is None or flow is None or seen.find(flow.field) is None:
        return
    for row in entries_of(uow, form, record):
        words = {"who": row.actor_name, "other": row.other or "",
                 "before": state_name(seen, row.before or ""),
                 "after": state_name(seen, row.after or "")}  # fmt: skip
        icon, tone = _LOOKS.get(row.action, ("circle-dot", "gray"))
        yield Moment(row.at, f"flow-{row.action}", words, icon, tone, row.note)
