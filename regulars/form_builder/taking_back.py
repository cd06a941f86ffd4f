"""Putting back what a change made of records: the values before it, where nobody wrote since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import putting_back
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.history import history, history_of
from regulars.form_builder.linking import chunks
from regulars.form_builder.origin import Origin
from regulars.form_builder.querying import Record
from regulars.form_builder.records import update_record
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import NotFound

CHANGED, GONE = "changed-since", "gone"
Marks = dict[int, str]  # record → what became of it, "" when it may be put back


def untouched(uow: UnitOfWork, form: str, versions: Mapping[int, int]) -> Marks:
    """ "" for a record that still is as the change left it, else why it is not; they are held."""
    table = catalog_of(uow).tables[form].main
    now: dict[int, int] = {}
    for some in chunks(sorted(versions)):
        statement = sa.select(table.c.id, table.c.version).where(table.c.id.in_(some))
        now.update({row.id: row.version for row in uow.execute(statement.with_for_update())})
    return {
        record: GONE if record not in now else ("" if now[record] == version else CHANGED)
        for record, version in versions.items()
    }


def values_before(
    uow: UnitOfWork, form: str, ids: Sequence[int], *which: sa.ColumnElement[bool]
) -> dict[int, dict[str, Any]]:
    """What each record held before the changes that ``which`` finds in the history."""
    known = catalog_of(uow).get_form(form)
    found: dict[int, dict[str, Any]] = {}
    for some in chunks(ids):
        rows = uow.execute(
            sa.select(history.c.record, history.c.changes)
            .where(
                history.c.form == form,
                history.c.record.in_(some),
                history.c.action == "updated",
                *which,
            )
            .order_by(history.c.id)
        )
        for row in rows:
            values = found.setdefault(row.record, {})
            for key, (before, _after) in _known(known.find, row.changes):
                values.setdefault(key, before)
    return found


def _known(find: Any, changes: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """The changes of fields that the form still has."""
    return [(key, pair) for key, pair in changes.items() if find(key) is not None]


def take_back(uow: UnitOfWork, access: Access, form: str, record: int, version: int) -> Record:
    """Undo this person's own change that made ``version``; VersionConflict once it is older."""
    mine = (
        each
        for each in history_of(uow, form, record)
        if (each.version, each.actor, each.action) == (version, access.actor, "updated")
    )
    entry = next(mine, None)
    fields = putting_back.fields_to_put_back(uow, access, form)
    before = {} if entry is None else dict(putting_back.values_before(fields, entry))
    if not before:
        raise NotFound("nothing-to-take-back")
    origin = Origin("page", restores=True)
    return update_record(
        uow, access, form, record, before, origin=origin, expected_version=version
    )
