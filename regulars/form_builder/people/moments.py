"""Merges on the timeline of whoever they made."""

from __future__ import annotations

from collections.abc import Iterable

from regulars.form_builder.people.pointers import merged_records
from regulars.form_builder.timeline import Moment
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork


def merge_moments(uow: UnitOfWork, access: Access, form: str, record: int) -> Iterable[Moment]:
    """That another record became part of this one."""
    for merge in merged_records(uow, form, record):
        params = {"id": merge.dropped, "who": merge.actor_name}
        yield Moment(merge.at, "merged", params, "merge", "purple")
