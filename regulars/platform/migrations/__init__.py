"""The schema's history, one line of revisions for the main store and one for each workspace's.

Revisions are written by ``python -m tools.revision`` and never changed once released.
"""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

LINES = ("main", "workspace")


def config_for(line: str, connection: Connection | None = None) -> Config:
    """Alembic's configuration for one line of revisions."""
    config = Config()
    config.set_main_option("script_location", f"regulars.platform.migrations:{line}")
    config.attributes["connection"] = connection
    return config


def head(line: str) -> str | None:
    """The newest revision of a line."""
    return ScriptDirectory.from_config(config_for(line)).get_current_head()


def upgrade(connection: Connection, line: str) -> bool:
    """Bring a store to the newest revision inside its transaction; False when it was there."""
    known = MigrationContext.configure(connection).get_current_revision()
    if known == head(line):
        return False
    command.upgrade(config_for(line, connection), "head")
    return True
