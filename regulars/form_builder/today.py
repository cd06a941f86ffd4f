"""The first page's tasks: those about a person say whom to call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.masking import mask_kind, masked
from regulars.form_builder.titles import titles_of
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.tasks.service import TasksWanted, list_tasks
from regulars.platform.today import Call, Person, Reason, ReportLine, Sent, TaskLine, Trouble

_MEMO = "today.tasks"


class TasksToday:
    """Open tasks and approvals for this reader."""

    def calls(self, uow: UnitOfWork, access: Access) -> Iterable[Call]:
        for row, person in _tasks(uow, access):
            if person is not None and row.kind == "task":
                yield Call(person, [Reason(row.title, "task", row.due_at, row.id)])

    def tasks(self, uow: UnitOfWork, access: Access) -> Iterable[TaskLine]:
        for row, person in _tasks(uow, access):
            if person is None or row.kind != "task":
                late = row.due_at is not None and row.due_at < uow.now
                held = row.held_by is not None
                yield TaskLine(row.id, row.title, row.kind, row.due_at, late, person, held)

    def troubles(self, uow: UnitOfWork, access: Access) -> Iterable[Trouble]:
        late = [row for row, _person in _tasks(uow, access) if row.due_at and row.due_at < uow.now]
        if late:
            yield Trouble("tasks-late", "orange", {"n": len(late)}, "tasks.index")

    def sent(self, uow: UnitOfWork, access: Access) -> Sent | None:
        return None

    def reports(self, uow: UnitOfWork, access: Access) -> Iterable[ReportLine]:
        return ()


def people_of(
    uow: UnitOfWork, access: Access, wanted: Mapping[str, Iterable[int]]
) -> dict[tuple[str, int], Person]:
    """The people among some records whom this reader may see, with a number to call."""
    catalog = catalog_of(uow)
    forms = {key: set(ids) for key, ids in wanted.items() if key in catalog.forms}
    known = {
        key: ids
        for key, ids in forms.items()
        if catalog.forms[key].person is not None and access.scope(key, "read") != "none"
    }
    titles = titles_of(uow, access, catalog_for(uow, access), known)
    phones = {key: _phones(uow, access, key, ids) for key, ids in known.items()}
    return {
        (form, record): Person(form, record, title, phones[form].get(record))
        for (form, record), title in titles.items()
    }


def _phones(uow: UnitOfWork, access: Access, form_key: str, ids: Iterable[int]) -> dict[int, str]:
    catalog = catalog_of(uow)
    form = catalog.forms[form_key]
    field = form.find((form.person or {}).get("mobile", ""))
    right = "hidden" if field is None else access.field_right(form_key, field.key)
    if field is None or right == "hidden":
        return {}
    main = catalog.tables[form_key].main
    told = uow.execute(sa.select(main.c.id, main.c[field.key]).where(main.c.id.in_(set(ids))))
    plain = {row[0]: str(row[1]) for row in told if row[1]}
    if right != "masked":
        return plain
    kind = mask_kind(form, field)
    return {record: str(masked(kind, number) or "") for record, number in plain.items()}


def _tasks(uow: UnitOfWork, access: Access) -> Sequence[tuple[Any, Person | None]]:
    """Open tasks for this reader, those due first; asked once per page."""
    name = f"{_MEMO}.{access.actor}"
    found: list[tuple[Any, Person | None]] | None = uow.memo.get(name)
    if found is None:
        rows = list_tasks(uow, access, TasksWanted(mine=True))
        about: dict[str, set[int]] = {}
        for row in rows:
            if row.form is not None:
                about.setdefault(row.form, set()).add(row.record)
        people = people_of(uow, access, about)
        found = [(row, people.get((row.form, row.record))) for row in rows]
        uow.memo[name] = found
    return found
