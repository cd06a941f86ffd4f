"""What a bulk edit would make of some records: their drafts, looked at or on their way in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from regulars.form_builder import expressing, writing
from regulars.form_builder.batch import Writing
from regulars.form_builder.bulk.wishes import Change
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.converting import RowDraft, convert_row
from regulars.form_builder.field_rights import writable_form
from regulars.form_builder.field_types.base import BadValue, Reading, field_types
from regulars.form_builder.linking import chunks
from regulars.form_builder.origin import Origin
from regulars.form_builder.querying import scope_conditions
from regulars.form_builder.records import require_verb
from regulars.form_builder.storing import load_rows
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.problems import Problem

NOT_YOURS = Problem("", "bulk-not-yours")


@dataclass(frozen=True)
class Trial:
    """What would become of one record: its changes (field → before and after), or why not."""

    record: int
    version: int | None = None
    changes: Mapping[str, Sequence[Any]] | None = None
    problems: Sequence[Problem] = ()

    @property
    def outcome(self) -> str:
        """As the table of records keeps it."""
        if NOT_YOURS in self.problems:
            return "not-allowed"
        if self.problems:
            return "refused"
        return "ready" if self.changes else "unchanged"


def drafts_of(
    uow: UnitOfWork, access: Access, form_key: str, ids: Sequence[int], changes: Sequence[Change]
) -> list[RowDraft]:
    """The drafts of these records with their new values, from what is stored now."""
    catalog = catalog_of(uow)
    form = catalog.get_form(form_key)
    stored = load_rows(uow, form, catalog.tables[form_key], ids)
    worked_out = _worked_out(uow, access, form_key, ids, changes)
    drafts: list[RowDraft] = []
    for record in ids:
        current = stored.get(record)
        if current is None:
            continue
        values = {
            each.key: each.applied(current, worked_out.get(record, {}).get(each.key))
            for each in changes
            if not (each.do == "increase" and current.get(each.key) is None)
        }
        draft = RowDraft(len(drafts), values, id=record)
        _hold_against_fields(uow, access, draft, changes)
        drafts.append(draft)
    return drafts


def _hold_against_fields(
    uow: UnitOfWork, access: Access, draft: RowDraft, changes: Sequence[Change]
) -> None:
    """Note a problem where what was worked out is not a value that its field takes."""
    place = uow.workspace
    reading = Reading(place.tz, place.currency, uow.now, access.locale)
    for each in changes:
        value = draft.values.get(each.key)
        if each.do not in ("add", "increase", "formula") or value is None:
            continue
        kind = field_types.get(each.field.type)
        try:
            draft.values[each.key] = kind.convert(
                each.field, kind.to_json(each.field, value), reading
            )
        except BadValue as bad:
            draft.refuse(each.key, bad.code, field=each.field.name, **bad.params)


def drafts_back(
    uow: UnitOfWork, access: Access, form_key: str, before: Mapping[int, Mapping[str, Any]],
    asked: Collection[str],
) -> list[RowDraft]:  # fmt: skip
    """The drafts that give records their values from before, as history keeps them.

    Fields that were ``asked`` for go back if the actor may still write them; what the form's
    logic set beside them goes back with them, whoever may write it.
    """
    form, place = catalog_of(uow).get_form(form_key), uow.workspace
    own = writable_form(access, catalog_of(uow), form_key, is_new=False)
    reading = Reading(place.tz, place.currency, uow.now, access.locale)
    drafts = []
    for index, (record, values) in enumerate(before.items()):
        kept = {
            key: value
            for key, value in values.items()
            if field_types.get(form.by_key[key].type).writable
        }
        draft = convert_row(form, kept, reading, index=index, texts=False)
        draft.id, draft.by_logic = record, frozenset(kept) - frozenset(asked)
        for key in kept:
            if key in asked and own.find(key) is None:
                draft.refuse(key, "read-only-field", field=form.by_key[key].name)
        drafts.append(draft)
    return drafts


def try_changes(
    uow: UnitOfWork, access: Access, form_key: str, ids: Sequence[int], changes: Sequence[Change]
) -> list[Trial]:
    """The write path without its last step, for each of the records."""
    require_verb(access, form_key, "update")
    catalog = catalog_of(uow)
    work = Writing(
        uow, access, catalog, catalog.get_form(form_key), Origin("api"), only_looks=True
    )
    allowed = _allowed(uow, access, form_key, ids)
    drafts = drafts_of(uow, access, form_key, [i for i in ids if i in allowed], changes)
    writing.prepare(work, drafts)
    found = {draft.id: draft for draft in drafts}
    return [_trial(work, record, found.get(record)) for record in ids]


def _trial(work: Writing, record: int, draft: RowDraft | None) -> Trial:
    if draft is None or draft.current is None:
        return Trial(record, problems=(NOT_YOURS,))
    version = int(draft.current["version"])
    if draft.problems:
        return Trial(record, version, problems=tuple(draft.problems))
    return Trial(record, version, writing.changes_of(work, draft, {}))


def _allowed(uow: UnitOfWork, access: Access, form_key: str, ids: Sequence[int]) -> set[int]:
    """The records that may be read and changed."""
    catalog = catalog_of(uow)
    table = catalog.tables[form_key].main
    limits = [
        limit
        for verb in ("read", "update")
        for limit in scope_conditions(uow, access, catalog, form_key, table, verb)
    ]
    found: set[int] = set()
    for some in chunks(sorted(ids)):
        found.update(
            uow.execute(sa.select(table.c.id).where(table.c.id.in_(some), *limits)).scalars()
        )
    return found


def _worked_out(
    uow: UnitOfWork, access: Access, form_key: str, ids: Sequence[int], changes: Sequence[Change]
) -> dict[int, dict[str, Any]]:
    """What the formulas come to, record by record, as their fields keep it."""
    asked = [each for each in changes if each.tree is not None]
    if not asked:
        return {}
    catalog = catalog_of(uow)
    table, moment = catalog.tables[form_key].main, expressing.moment_of(uow, access)
    values = [
        expressing.value_sql(uow, catalog, each.tree, table, access) for each in asked if each.tree
    ]
    found: dict[int, dict[str, Any]] = {}
    for some in chunks(sorted(ids)):
        for row in uow.execute(sa.select(table.c.id, *values).where(table.c.id.in_(some))):
            found[row[0]] = {
                each.key: expressing.fitted(
                    value, field_types.get(each.field.type).value_type(each.field), moment
                )
                for each, value in zip(asked, row[1:], strict=True)
            }
    return found
