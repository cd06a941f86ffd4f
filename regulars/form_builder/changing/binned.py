"""What lies in the recycle bin while a field changes its type: converted when it comes back.

A record in the bin holds its values as JSON of the types its fields had. Each change of type that
was finished since then is done to them, in order, as it was to the others. What the new type has
no room for is not lost: the record's history names the old value.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from regulars.form_builder.changing.conversions import EMPTY, can_convert, convert
from regulars.form_builder.changing.retypes import Retype, retype_of
from regulars.form_builder.changing.tables import form_retype
from regulars.form_builder.changing.terms import terms_of
from regulars.form_builder.field_types.base import BadValue, Reading, field_types
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork

Body = Mapping[str, Any]


def brought_up(
    uow: UnitOfWork, access: Access, form: str, body: Body, since: datetime
) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """The body of a record in the bin in today's types, and what of it was lost or changed.

    The second is ``{field: [old, new]}`` in JSON, for the record's history.
    """
    made: dict[str, Any] = copy.deepcopy(dict(body))
    told: dict[str, list[Any]] = {}
    for job in _changes_since(uow, form, since):
        head, _dot, tail = job.field.partition(".")
        owners = made.get("rows", {}).get(head, []) if tail else [made["values"]]
        for owner in owners:
            key = tail or head
            if owner.get(key) in (None, [], ""):
                continue
            old = owner[key]
            owner[key], whole = _one(uow, access, job, old)
            if not whole and not tail:
                told[key] = [told.get(key, [old])[0], owner[key]]
    return made, told


def _changes_since(uow: UnitOfWork, form: str, since: datetime) -> Iterator[Retype]:
    rows = uow.execute(
        form_retype.select()
        .where(
            form_retype.c.form == form,
            form_retype.c.state == "done",
            form_retype.c.finished_at >= since,
        )
        .order_by(form_retype.c.finished_at, form_retype.c.id)
    )
    return (retype_of(row) for row in rows.all())


def _one(uow: UnitOfWork, access: Access, job: Retype, old: Any) -> tuple[Any, bool]:
    """One value as JSON of the new type, and whether all of it came along."""
    before, after = job.old_field, job.new_field
    reading = Reading(uow.workspace.tz, uow.workspace.currency, uow.now)
    nothing: Any = [] if after.has_side else None
    try:
        value = field_types.get(before.type).convert(before, old, reading)
    except BadValue:
        return old, True  # of another type already, or never right
    if not can_convert(before.type, after.type):
        return nothing, False
    found = convert(terms_of(uow, access, job, ([value], [])), value)
    if found.value in EMPTY:
        return nothing, False
    return field_types.get(after.type).to_json(after, found.value), not found.code
