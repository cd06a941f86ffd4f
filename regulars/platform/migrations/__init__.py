"""The schema's history, one line of revisions for the main store and one for each workspace's.

Revisions are written by ``python -m tools.revision`` and never changed once released. They only
add, so that the release before goes on working on a store that has been brought up; one that
takes something away says in ``oldest_code`` which revision a release must know to work with it,
and the store remembers that (the note ``works-with``).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event
from sqlalchemy.engine import Connection

from regulars.platform import columns
from regulars.platform.errors import RegularsError
from regulars.platform.faultpoint import faultpoint

LINES = ("main", "workspace")
FIRST = "0001"
_one_at_a_time = threading.Lock()  # Alembic keeps what it works on in its module
_note = sa.table(
    "store_note",
    sa.column("name", columns.Text()),
    sa.column("value", columns.Json()),
    sa.column("at", columns.Instant()),
)


class StoreRefused(RegularsError):
    """A store that this release must not open; ``code`` has words that say what to do."""

    status, code = 503, "store-too-new"


def config_for(line: str, connection: Connection | None = None) -> Config:
    """Alembic's configuration for one line of revisions."""
    config = Config()
    config.set_main_option("script_location", f"regulars.platform.migrations:{line}")
    config.attributes["connection"] = connection
    return config


def head(line: str) -> str | None:
    """The newest revision of a line."""
    return _script(line).get_current_head()


def revisions(line: str) -> frozenset[str]:
    """Every revision of a line that this release knows."""
    return frozenset(each.revision for each in _script(line).walk_revisions())


def revision_of(connection: Connection) -> str | None:
    """The revision a store is at, None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(connection: Connection, line: str, target: str = "head") -> bool:
    """Bring a store to a revision inside its transaction; False when there was nothing to do.

    A store of a later release is left as it is where that release says we may work with it.
    """
    known, script = revision_of(connection), _script(line)
    newest = script.get_current_head() if target == "head" else target
    if known == newest:
        return False
    if known is None:
        _refuse_strangers(connection)
    revisions = {each.revision: each for each in script.walk_revisions()}
    if known is not None and known not in revisions:
        require_tolerance(connection, line)
        return False
    if newest not in revisions:
        raise StoreRefused(revision=newest)
    with _one_at_a_time, _watched(connection):
        command.upgrade(config_for(line, connection), target)
    faultpoint(f"migrated-{line}")
    _note_tolerance(connection, line, revisions.values())
    return True


@cache
def _script(line: str) -> ScriptDirectory:
    return ScriptDirectory.from_config(config_for(line))


def _refuse_strangers(connection: Connection) -> None:
    """Tables without a revision are not ours to change."""
    present = set(sa.inspect(connection).get_table_names()) - {"alembic_version"}
    if present:
        raise StoreRefused("store-unknown", tables=sorted(present)[:3])


def require_tolerance(connection: Connection, line: str) -> None:
    """Raise unless a store of a later release says that this one may work with it."""
    oldest, own = _read_tolerance(connection), str(head(line))
    if oldest is None or own < oldest:
        raise StoreRefused(revision=revision_of(connection))


@contextmanager
def _watched(connection: Connection) -> Iterator[None]:
    """Every statement that changes a schema is a place where a test may strike."""

    def strike(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().startswith(("CREATE", "ALTER", "DROP")):
            faultpoint("migrating")

    event.listen(connection, "before_cursor_execute", strike)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", strike)


def _read_tolerance(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table(_note.name):
        return None
    value = connection.execute(
        sa.select(_note.c.value).where(_note.c.name == "works-with")
    ).scalar()
    return None if value is None else str(value["oldest"])


def _note_tolerance(connection: Connection, line: str, revisions: Any) -> None:
    """Write down the oldest release that may work with the store as it is now."""
    if not sa.inspect(connection).has_table(_note.name):
        return
    oldest = max((getattr(each.module, "oldest_code", FIRST) for each in revisions), default=FIRST)
    connection.execute(sa.delete(_note).where(_note.c.name == "works-with"))
    at = columns.from_epoch_microseconds(0)
    connection.execute(sa.insert(_note).values(name="works-with", value={"oldest": oldest}, at=at))
