"""Taking a report out of use."""

from __future__ import annotations

from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions import store
from regulars.platform.errors import Conflict


def archive_report(uow: UnitOfWork, access: Access, key: str) -> None:
    """Put a report away; Conflict while it stands on a dashboard, also on an unpublished one."""
    used = [
        draft.raw.get("label") or draft.key
        for draft in store.list_drafts(uow, "dashboard")
        if key in {card.get("report") for card in draft.raw.get("cards", ())}
    ]
    if used:
        raise Conflict("report-in-use", n=len(used), dashboards=used)
    store.archive(uow, access, "report", key)
