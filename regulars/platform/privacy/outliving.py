"""What an older main store must not take away: who was erased, and the key of digests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection

from regulars.platform.privacy.erasure_log import erasure
from regulars.platform.privacy.suppressions import sealed_key

Row = dict[str, Any]


@dataclass(frozen=True)
class Outliving:
    """Rows of the main store as they were before it was replaced."""

    erasures: list[Row]
    keys: list[Row]


def keep(connection: Connection) -> Outliving:
    """Read them, before the store is emptied."""
    return Outliving(
        [dict(row) for row in connection.execute(erasure.select()).mappings()],
        [dict(row) for row in connection.execute(sealed_key.select()).mappings()],
    )


def put_back(connection: Connection, kept: Outliving) -> None:
    """Add the erasures that the older store does not know, and let the newer keys stand."""
    known = {_name(dict(row)) for row in connection.execute(erasure.select()).mappings()}
    fresh = [
        {key: value for key, value in row.items() if key != "id"}
        for row in kept.erasures
        if _name(row) not in known
    ]
    if fresh:
        connection.execute(erasure.insert(), fresh)
    for row in kept.keys:
        connection.execute(sealed_key.delete().where(sealed_key.c.name == row["name"]))
        connection.execute(sealed_key.insert().values(row))


def _name(row: Row) -> tuple[Any, ...]:
    return (row["workspace_id"], row["form"], row["at"], str(sorted(row["born"].items())))
