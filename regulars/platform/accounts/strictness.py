"""What a workspace asks of its owners: a second factor, or the password alone."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from regulars.platform import columns
from regulars.platform.accounts.tables import workspace_security
from regulars.platform.db import Workspace

_YES = sa.literal(True, columns.Flag)


def strict_workspaces(connection: Connection) -> frozenset[int]:
    """The ids of the workspaces whose owners need a second factor."""
    strict = sa.select(workspace_security.c.workspace_id).where(
        workspace_security.c.owners_need_second_factor == _YES
    )
    return frozenset(connection.execute(strict).scalars())


def is_strict(connection: Connection, workspace: Workspace) -> bool:
    """Whether owners of this workspace need a second factor."""
    return workspace.id in strict_workspaces(connection)


def set_strict(connection: Connection, workspace: Workspace, strict: bool) -> None:
    """Ask owners for a second factor from their next page on, or no longer."""
    build = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    values = {"owners_need_second_factor": strict}
    statement = build(workspace_security).values(workspace_id=workspace.id, **values)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[workspace_security.c.workspace_id], set_=values
        )
    )
