"""The last look for somebody who is erased: every text of every table of the workspace.

Numbers and addresses lead to one person, so they are blotted out wherever they stand: in the note
of another customer, in a column whose field was put away. Rows that only serve for a while (kept
answers of the API, refused lines of an import) go whole when they name the person at all.

It goes from table to table, so many rows at a time; `sweeps` says when, and how far it has come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.importing import files
from regulars.form_builder.importing.tables import import_error, import_file
from regulars.form_builder.people.tables import erasure_sweep
from regulars.form_builder.people.traces import Traces
from regulars.form_builder.searching.marking import mark_texts
from regulars.platform import columns
from regulars.platform.db import UnitOfWork, workspace_metadata
from regulars.platform.privacy.suppressions import suppression
from regulars.platform.web.idempotency import answer

WINDOW = 10_000  # rows looked through at a time
STAGES = 10  # tables that are come to the end of at a time

_PASSING = {answer.name: answer.c.body, import_error.name: import_error.c.problems}
_LEFT_ALONE = frozenset(
    {suppression.name, erasure_sweep.name, "consent_entry", "definition", "definition_version"}
)
_FORMS = "f_"
_FILES = "1 files"
_COUNTABLE = (sa.Integer, sa.Text, sa.String)

Key = Sequence[Any]


@dataclass(frozen=True)
class Place:
    """How far a sweep has come: in this stage, behind the row of this primary key."""

    stage: str
    after: Key | None = None


def sweep_part(
    uow: UnitOfWork, traces: Traces, place: Place | None
) -> tuple[dict[str, int], Place | None]:
    """Go on from a place (None: the beginning): how many rows of which table held something,
    and the place to go on from (None: this was the end)."""
    names = _stages(uow, traces)
    here = _first(names, place)
    found: dict[str, int] = {}
    for _stage in range(STAGES):
        if here is None:
            return found, None
        table, n, last = _sweep_stage(uow, traces, here)
        if n:
            found[table] = found.get(table, 0) + n
        if last is not None:
            return found, Place(here.stage, last)
        here = _following(names, here.stage)
    return found, here


def _stages(uow: UnitOfWork, traces: Traces) -> list[str]:
    """What is looked through, in this order, now and after an interruption."""
    found = [*(f"0 {name}" for name in _PASSING), _FILES]
    if traces.contacts:
        inspector = sa.inspect(uow.connection)
        forms = (name for name in inspector.get_table_names() if name.startswith(_FORMS))
        known = set(workspace_metadata.tables) - _LEFT_ALONE
        found += [f"2 {name}" for name in known.union(forms)]
    return sorted(found)


def _first(names: Sequence[str], place: Place | None) -> Place | None:
    if place is None:
        return Place(names[0])
    return place if place.stage in names else _following(names, place.stage)


def _following(names: Sequence[str], stage: str) -> Place | None:
    return next((Place(name) for name in names if name > stage), None)


def _sweep_stage(uow: UnitOfWork, traces: Traces, place: Place) -> tuple[str, int, Key | None]:
    """The table, how many of its rows held something, and where to go on in it."""
    if place.stage == _FILES:
        return (import_file.name, *_forget_file(uow, traces, place.after))
    kind, _space, name = place.stage.partition(" ")
    table = _table(uow, name)
    rows = _Rows.of(uow, table, place.after)
    if rows is None:
        return name, 0, None
    if kind == "0":
        gone = table.delete().where(*rows.within, _holds(_PASSING[name], traces.all))
        return name, uow.execute(gone).rowcount, rows.last
    return name, _blot(uow, table, rows.within, traces), rows.last


def _table(uow: UnitOfWork, name: str) -> sa.Table:
    """One of the product, or what physically is there of a form: put away columns, too."""
    known = workspace_metadata.tables.get(name)
    if known is not None:
        return known
    return sa.Table(name, sa.MetaData(), autoload_with=uow.connection)


@dataclass(frozen=True)
class _Rows:
    """The next rows of a table by primary key; ``last`` is None when they reach its end."""

    within: Sequence[sa.ColumnElement[bool]]
    last: Key | None

    @classmethod
    def of(cls, uow: UnitOfWork, table: sa.Table, after: Key | None) -> _Rows | None:
        """None for a table without a primary key, in which nothing is looked for."""
        keys = list(table.primary_key.columns)
        if not keys:
            return None
        if not all(isinstance(key.type, _COUNTABLE) for key in keys):
            return cls((), None)
        behind = [] if after is None else [_place_of(keys) > _at(keys, after)]
        last = uow.execute(
            sa.select(*keys).where(*behind).order_by(*keys).offset(WINDOW - 1).limit(1)
        ).first()
        if last is None:
            return cls(behind, None)
        return cls([*behind, _place_of(keys) <= _at(keys, last)], list(last))


def _place_of(keys: Sequence[Any]) -> Any:
    return keys[0] if len(keys) == 1 else sa.tuple_(*keys)


def _at(keys: Sequence[Any], values: Key) -> Any:
    given = [sa.literal(value, key.type) for key, value in zip(keys, values, strict=True)]
    return given[0] if len(given) == 1 else sa.tuple_(*given)


def _holds(column: Any, said: Iterable[str]) -> Any:
    text = sa.type_coerce(column, sa.Text())
    return sa.or_(sa.false(), *[text.icontains(each, autoescape=True) for each in said])


def _blot(uow: UnitOfWork, table: sa.Table, within: Iterable[Any], traces: Traces) -> int:
    texts = [column for column in table.columns if _is_text(column)]
    if not texts:
        return 0
    keys = list(table.primary_key.columns)
    matching = sa.or_(*[_holds(column, traces.contacts) for column in texts])
    rows = uow.execute(sa.select(*keys, *texts).where(*within, matching)).mappings().all()
    for row in rows:
        changed = dict(_without(row, table, texts, traces))
        if changed:
            same = sa.and_(*[key == row[key] for key in keys])
            uow.execute(table.update().where(same).values(changed))
            if "id" in table.c:
                mark_texts(uow, table, [row[table.c.id]], changed)
    return len(rows)


def _without(
    row: Mapping[Any, Any], table: sa.Table, texts: Iterable[Any], traces: Traces
) -> Iterator[tuple[str, Any]]:
    for column in texts:
        fresh = traces.without_contacts(row[column])
        if fresh != row[table.c[column.name]]:
            yield column.name, fresh


def _is_text(column: Any) -> bool:
    kind = column.type
    return not column.primary_key and isinstance(kind, (sa.Text, sa.String, columns.Json))


def _forget_file(uow: UnitOfWork, traces: Traces, after: Key | None) -> tuple[int, Key | None]:
    """Let the next uploaded file go if it names the person."""
    behind = [] if after is None else [import_file.c.id > after[0]]
    kept = sa.select(import_file.c.id).where(import_file.c.forgotten_at.is_(None), *behind)
    found = uow.scalar(kept.order_by(import_file.c.id).limit(1))
    if found is None:
        return 0, None
    file_id = int(found)
    if not _names(uow, file_id, traces):
        return 0, [file_id]
    files.forget_file(uow, file_id)
    uow.execute(import_file.update().where(import_file.c.id == file_id).values(guesses=[]))
    return 1, [file_id]


def _names(uow: UnitOfWork, file_id: int, traces: Traces) -> bool:
    file = files.get_file(uow, file_id)
    with files.opened(uow, file_id) as path:
        lines = files.table_of(path, file).lines()
        return any(traces.in_text("\t".join(cells)) for _number, cells in lines)
