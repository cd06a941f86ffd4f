"""An installation as the first revision left it, with records, runs in flight and a bin.

The statements in ``tests/golden/first_release`` were written by that code (sqlite3's own dump, and
``pg_dump --inserts``) and are never made anew.
"""

import gzip
import itertools
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from regulars.platform.db import Database
from tests.support.clocks import MovableClock
from tests.support.databases import administer, url_of

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "first_release"
_number = itertools.count(1)


@pytest.fixture
def golden_store(
    database_kind: str, request: pytest.FixtureRequest, tmp_path: Path, clock: MovableClock
) -> Iterator[Database]:
    """The stores of the first revision, not yet opened by the code of today."""
    data = tmp_path / "golden"
    (data / "workspaces").mkdir(parents=True)
    clock.forward(days=3)
    if database_kind == "sqlite":
        _fill_file(data / "main.db", "sqlite_main")
        _fill_file(data / "workspaces" / "w_1.db", "sqlite_w_1")
        old = Database("", data, clock=clock)
        yield old
        old.close()
        return
    server = request.getfixturevalue("postgres")
    name = f"golden_{next(_number)}_{tmp_path.parent.name.replace('-', '_')}"
    administer(server, "CREATE DATABASE {} STRATEGY file_copy", name)
    with psycopg.connect(f"host={server} user=postgres dbname={name}") as connection:
        statements: Any = _statements("postgresql")
        connection.execute(statements)
    old = Database(url_of(request.getfixturevalue("postgres_front"), name), data, clock=clock)
    yield old
    old.close()
    administer(server, "DROP DATABASE {} WITH (FORCE)", name)


def _fill_file(path: Path, name: str) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(_statements(name))
    connection.close()


def _statements(name: str) -> str:
    return gzip.decompress((FOLDER / f"{name}.sql.gz").read_bytes()).decode()
