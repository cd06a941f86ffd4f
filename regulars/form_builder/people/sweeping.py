"""The last look for somebody who is erased: every text of every table of the workspace.

Numbers and addresses lead to one person, so they are blotted out wherever they stand: in the note
of another customer, in a column whose field was put away. Rows that only serve for a while (kept
answers of the API, refused lines of an import) go whole when they name the person at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.importing import files
from regulars.form_builder.importing.tables import import_error, import_file
from regulars.form_builder.people.traces import Traces
from regulars.form_builder.searching.marking import mark_texts
from regulars.platform import columns
from regulars.platform.db import UnitOfWork, workspace_metadata
from regulars.platform.privacy.suppressions import suppression
from regulars.platform.web.idempotency import answer

_PASSING = ((answer, answer.c.body), (import_error, import_error.c.problems))
_LEFT_ALONE = frozenset({suppression.name, "consent_entry", "definition", "definition_version"})
_FORMS = "f_"


def sweep(uow: UnitOfWork, traces: Traces) -> dict[str, int]:
    """Blot the person out everywhere; table → how many rows held something."""
    found: dict[str, int] = {}
    for table, column in _PASSING:
        gone = uow.execute(table.delete().where(_holds(column, traces.all))).rowcount
        _add(found, table.name, gone)
    _add(found, import_file.name, _forget_files(uow, traces))
    if traces.contacts:
        for table in _tables(uow):
            _add(found, table.name, _blot(uow, table, traces))
    return found


def _add(found: dict[str, int], name: str, n: int) -> None:
    if n:
        found[name] = found.get(name, 0) + n


def _holds(column: Any, said: Iterable[str]) -> Any:
    text = sa.type_coerce(column, sa.Text())
    return sa.or_(sa.false(), *[text.icontains(each, autoescape=True) for each in said])


def _tables(uow: UnitOfWork) -> Iterator[sa.Table]:
    """The product's tables, and what physically is there of the forms: put away columns, too."""
    yield from (t for name, t in workspace_metadata.tables.items() if name not in _LEFT_ALONE)
    inspector, known = sa.inspect(uow.connection), sa.MetaData()
    for name in inspector.get_table_names():
        if name.startswith(_FORMS):
            yield sa.Table(name, known, autoload_with=uow.connection)


def _blot(uow: UnitOfWork, table: sa.Table, traces: Traces) -> int:
    texts = [column for column in table.columns if _is_text(column)]
    keys = list(table.primary_key.columns)
    if not texts or not keys:
        return 0
    matching = sa.or_(*[_holds(column, traces.contacts) for column in texts])
    rows = uow.execute(sa.select(*keys, *texts).where(matching)).mappings().all()
    for row in rows:
        same = sa.and_(*[key == row[key] for key in keys])
        fresh = {column.name: traces.without_contacts(row[column]) for column in texts}
        changed = {name: value for name, value in fresh.items() if value != row[table.c[name]]}
        if changed:
            uow.execute(table.update().where(same).values(changed))
            if "id" in table.c:
                mark_texts(uow, table, [row[table.c.id]], changed)
    return len(rows)


def _is_text(column: Any) -> bool:
    kind = column.type
    return not column.primary_key and isinstance(kind, (sa.Text, sa.String, columns.Json))


def _forget_files(uow: UnitOfWork, traces: Traces) -> int:
    """Let uploaded files go that name the person."""
    kept = sa.select(import_file.c.id).where(import_file.c.forgotten_at.is_(None))
    naming = [one for one in uow.execute(kept).scalars().all() if _names(uow, one, traces)]
    for file_id in naming:
        files.forget_file(uow, file_id)
        uow.execute(import_file.update().where(import_file.c.id == file_id).values(guesses=[]))
    return len(naming)


def _names(uow: UnitOfWork, file_id: int, traces: Traces) -> bool:
    file = files.get_file(uow, file_id)
    with files.opened(uow, file_id) as path:
        lines = files.table_of(path, file).lines()
        return any(traces.in_text("\t".join(cells)) for _number, cells in lines)
