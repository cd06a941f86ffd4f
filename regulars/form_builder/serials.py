"""Numbers that are given once: record ids and serial numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from regulars.form_builder.definition import FieldDefinition
from regulars.form_builder.field_types.serial import counter_name
from regulars.platform.db import UnitOfWork
from regulars.platform.definitions.snapshot import workspace_counter
from regulars.platform.prepared import Prepared

_RAISED = Prepared(
    workspace_counter.update()
    .where(workspace_counter.c.name == sa.bindparam("counter"))
    .values(value=workspace_counter.c.value + sa.bindparam("n"))
    .returning(workspace_counter.c.value)
)
_NEXT = Prepared(
    sa.select(sa.func.nextval(sa.bindparam("sequence", type_=sa.Text))).select_from(
        sa.func.generate_series(1, sa.bindparam("n", type_=sa.Integer)).table_valued("position")
    )
)


def take(uow: UnitOfWork, name: str, n: int) -> range:
    """The next ``n`` numbers of a counter, starting at 1; safe under parallel writers.

    The counter's row stays locked until this transaction ends, so numbers have no gaps but for
    transactions that roll back together with their numbers.
    """
    wanted = {"counter": name, "n": n}
    last = _RAISED.scalar(uow.connection, wanted)
    if last is None:
        insert = _insert_if_absent(uow, name)
        uow.execute(insert)
        last = _RAISED.scalar(uow.connection, wanted)
    return range(last - n + 1, last + 1)


def take_ids(uow: UnitOfWork, table: sa.Table, n: int) -> list[int]:
    """``n`` fresh record ids of a table; never one that was used before."""
    if uow.dialect == "postgresql":
        wanted = {"sequence": f"{table.name}_id_seq", "n": n}
        return [int(value) for (value,) in _NEXT.rows(uow.connection, wanted)]
    return list(take(uow, f"id:{table.name}", n))


def go_on_counting(uow: UnitOfWork, table: sa.Table, last: int) -> None:
    """Let record ids go on behind ``last`` and behind every id there is, wherever they came from.

    A store may come from the other database: this one counts in a sequence, that one in a row.
    """
    name = f"id:{table.name}"
    counted = sa.select(workspace_counter.c.value).where(workspace_counter.c.name == name)
    highest = uow.scalar(sa.select(sa.func.max(table.c.id)))
    last = max(last, highest or 0, uow.scalar(counted) or 0)
    if not last:
        return
    if uow.dialect == "postgresql":
        uow.execute(sa.select(sa.func.setval(f"{table.name}_id_seq", last)))
        return
    uow.execute(_insert_if_absent(uow, name))
    uow.execute(
        workspace_counter.update().where(workspace_counter.c.name == name).values(value=last)
    )


def counts_now(uow: UnitOfWork) -> dict[str, int]:
    """How far every counter of the workspace is, the ids of records included."""
    rows = uow.execute(sa.select(workspace_counter))
    found = {row.name: row.value for row in rows if row.name != "definitions"}
    if uow.dialect == "postgresql":
        for table in sa.inspect(uow.connection).get_table_names():
            if table.startswith("f_"):
                found |= _sequence_now(uow, table)
    return found


def raise_counts(uow: UnitOfWork, known: Mapping[str, int]) -> None:
    """Let no counter stand lower than ``known``."""
    for name, value in known.items():
        uow.execute(_insert_if_absent(uow, name))
        uow.execute(
            workspace_counter.update()
            .where(workspace_counter.c.name == name, workspace_counter.c.value < value)
            .values(value=value)
        )


def _sequence_now(uow: UnitOfWork, table: str) -> dict[str, int]:
    sequence = sa.func.pg_get_serial_sequence(table, "id")
    if "id" not in {column["name"] for column in sa.inspect(uow.connection).get_columns(table)}:
        return {}
    last = uow.scalar(
        sa.select(sa.func.pg_sequence_last_value(sa.cast(sequence, postgresql.REGCLASS)))
    )
    return {} if last is None else {f"id:{table}": int(last)}


def take_serials(
    uow: UnitOfWork, form: str, field: FieldDefinition, day: date, units: list[int | None]
) -> list[int]:
    """One count per row, each from the counter of its day and unit."""
    given: list[int] = []
    queues: dict[str, list[int]] = {}
    names = [counter_name(form, field, day, unit) for unit in units]
    for name in sorted(set(names)):  # a fixed order, so that two writers never wait in a ring
        queues[name] = list(take(uow, name, names.count(name)))
    for name in names:
        given.append(queues[name].pop(0))
    return given


def _insert_if_absent(uow: UnitOfWork, name: str) -> sa.Executable:
    insert = postgresql.insert if uow.dialect == "postgresql" else sqlite.insert
    return insert(workspace_counter).values(name=name, value=0).on_conflict_do_nothing()
