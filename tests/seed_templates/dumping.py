"""Everything a workspace holds, for comparing before and after."""

from typing import Any

import sqlalchemy as sa

from regulars.platform.db import Database, Workspace


def dump(database: Database, workspace: Workspace) -> dict[str, list[Any]]:
    """Table → rows, sorted; every table that is there, whoever made it."""
    with database.workspace_tx(workspace, write=False) as uow:
        schema = None if database.is_sqlite else workspace.store
        found = sa.MetaData()
        found.reflect(uow.connection, schema=schema)
        return {
            table.name: sorted((tuple(row) for row in uow.execute(table.select())), key=repr)
            for table in found.tables.values()
        }
