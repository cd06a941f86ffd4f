"""An empty installation per test, on SQLite and on PostgreSQL.

Each session makes a template with the main store and one workspace, ``shop``; each test gets a
copy (a folder, or ``CREATE DATABASE … TEMPLATE``), so that tests never see each other.
"""

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from regulars.platform.clock import Clock
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.privacy import suppressions
from regulars.platform.workspaces import create_workspace, get_workspace
from tests.support.clocks import MovableClock
from tests.support.options import databases_for

MakeDatabase = Callable[..., Database]
SECRET = "a long random-looking secret that is only good for tests"
_number = itertools.count(1)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_kind" in metafunc.fixturenames:
        metafunc.parametrize("database_kind", databases_for(metafunc))


@pytest.fixture
def database(
    database_kind: str, request: pytest.FixtureRequest, tmp_path: Path, clock: MovableClock
) -> Iterator[Database]:
    """A fresh installation with one workspace, once per database; its clock is `clock`."""
    with copied(request, database_kind, tmp_path / "data", clock) as fresh:
        suppressions.install((SECRET,))
        yield fresh
        fresh.close()


@pytest.fixture
def workspace(database: Database) -> Workspace:
    """The one workspace of `database`: Shanghai, CNY, Chinese, weeks from Monday."""
    return get_workspace(database, "shop")


@pytest.fixture
def uow(database: Database, workspace: Workspace) -> Iterator[UnitOfWork]:
    """A write transaction in `workspace` that commits at the end of the test."""
    with database.workspace_tx(workspace) as work:
        yield work


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder to copy."""
    folder = tmp_path_factory.mktemp("template")
    _fill(Database("", folder, clock=MovableClock()))
    return folder


@pytest.fixture(scope="session")
def postgres_template(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database to clone; one per worker, because a clone wants it unused."""
    name = f"template_{next(_number)}_{tmp_path_factory.getbasetemp().name.replace('-', '_')}"
    administer(postgres, "CREATE DATABASE {}", name)
    folder = tmp_path_factory.mktemp("template")
    _fill(Database(url_of(postgres, name), folder, clock=MovableClock()))
    return name


def _fill(database: Database) -> None:
    database.create_stores()
    create_workspace(database, "shop", "回头客小店")
    database.close()


@contextmanager
def copied(
    request: pytest.FixtureRequest, kind: str, data: Path, clock: Clock, template: str = ""
) -> Iterator[Database]:
    """A copy of the session's template, or of another: a folder, or the name of a database."""
    if kind == "sqlite":
        shutil.copytree(template or request.getfixturevalue("sqlite_template"), data)
        yield Database("", data, clock=clock)
        return
    server = request.getfixturevalue("postgres")
    source = template or request.getfixturevalue("postgres_template")
    name = f"{request.getfixturevalue('postgres_template')}_{next(_number)}"
    if template:  # it was filled through the front door
        end_sessions(server, source)
    administer(server, "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, source)
    data.mkdir(exist_ok=True)
    front = request.getfixturevalue("postgres_front")
    yield Database(url_of(front, name), data, clock=clock)
    administer(server, "DROP DATABASE {} WITH (FORCE)", name)


@contextmanager
def new_installation(
    request: pytest.FixtureRequest, kind: str, data: Path, clock: Clock
) -> Iterator[Database]:
    """A second installation beside `database`, without any workspace."""
    data.mkdir()
    if kind == "sqlite":
        fresh = Database("", data, clock=clock)
        fresh.create_stores()
        yield fresh
        fresh.close()
        return
    server = request.getfixturevalue("postgres")
    name = f"second_{next(_number)}_{data.parent.parent.name.replace('-', '_')}"
    administer(server, "CREATE DATABASE {} STRATEGY file_copy", name)
    front = request.getfixturevalue("postgres_front")
    fresh = Database(url_of(front, name), data, clock=clock)
    fresh.create_stores()
    yield fresh
    fresh.close()
    administer(server, "DROP DATABASE {} WITH (FORCE)", name)


def administer(server: str, command: str, *names: str) -> None:
    """One command to the server, with quoted names."""
    where = f"host={server} user=postgres dbname=postgres"
    with psycopg.connect(where, autocommit=True) as connection:
        connection.execute(sql.SQL(command).format(*map(sql.Identifier, names)))


def end_sessions(server: str, name: str) -> None:
    """A database is cloned only while nobody is in it, and a pooler stays a little longer."""
    where = f"host={server} user=postgres dbname=postgres"
    with psycopg.connect(where, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s",
            (name,),
        )


def url_of(server: str, name: str) -> str:
    """The address of a database on the session's server."""
    return f"postgresql+psycopg://postgres@/{name}?host={server}"
