"""The list of erasures, in the main store, so that restoring a workspace does not undo them.

It holds record ids and when the records were made, nothing that was known of anybody. A line is
written just before the workspace commits and marked done after it; a line that is not done is
carried out again by `regulars.form_builder.people.erasing.reapply_erasures`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from regulars.platform import columns
from regulars.platform.db import UnitOfWork, main_metadata

erasure = sa.Table(
    "erasure",
    main_metadata,
    sa.Column("id", columns.BigInt, primary_key=True),
    sa.Column("workspace_id", columns.BigInt, nullable=False, index=True),
    sa.Column("form", columns.Text, nullable=False),
    sa.Column("born", columns.Json, nullable=False),  # {record id: when it was made}
    sa.Column("relations", columns.Json, nullable=False),  # {link: delete, anonymise, keep}
    sa.Column("actor", columns.Text, nullable=False),
    sa.Column("at", columns.Instant, nullable=False),
    sa.Column("done_at", columns.Instant),
    sqlite_strict=True,
)


@dataclass(frozen=True)
class Erasure:
    """One line: whom (records with the instant each was made), and what became of links."""

    id: int
    form: str
    born: Mapping[int, datetime]
    relations: Mapping[str, str]
    done: bool


def log_erasure(
    uow: UnitOfWork, actor: str, form: str, born: Mapping[int, datetime],
    relations: Mapping[str, str],
) -> None:  # fmt: skip
    """Write a line now, and mark it done when the workspace's transaction has committed."""
    database = uow.database
    with database.main_tx() as connection:
        made = connection.execute(
            erasure.insert().values(
                workspace_id=uow.workspace.id, form=form, actor=actor, at=uow.now,
                born={str(i): at.isoformat() for i, at in born.items()},
                relations=dict(relations),
            )
        ).inserted_primary_key  # fmt: skip
    assert made is not None
    line = int(made[0])

    def mark() -> None:
        with database.main_tx() as connection:
            connection.execute(
                erasure.update().where(erasure.c.id == line).values(done_at=database.clock())
            )

    uow.after_commit(mark)


def erasures_of(uow: UnitOfWork, *, anywhere: bool = False) -> list[Erasure]:
    """Every erasure of this workspace, oldest first; with ``anywhere`` those of all workspaces.

    A backup may be brought back under another name: its people are told by when they were made.
    """
    statement = erasure.select().order_by(erasure.c.id)
    if not anywhere:
        statement = statement.where(erasure.c.workspace_id == uow.workspace.id)
    with uow.database.main_tx(write=False) as connection:
        return [_line(row) for row in connection.execute(statement)]


def mark_all_done(uow: UnitOfWork) -> None:
    """Everything on the list holds in this workspace."""
    with uow.database.main_tx() as connection:
        connection.execute(
            erasure.update()
            .where(erasure.c.workspace_id == uow.workspace.id, erasure.c.done_at.is_(None))
            .values(done_at=uow.now)
        )


def _line(row: Any) -> Erasure:
    born = {int(i): datetime.fromisoformat(at) for i, at in row.born.items()}
    return Erasure(row.id, row.form, born, row.relations, row.done_at is not None)
