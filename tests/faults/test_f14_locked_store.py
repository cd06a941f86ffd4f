"""F12, F14: a store that is locked or drops its connection costs an answer, never half a save."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from regulars.form_builder import records
from regulars.form_builder.origin import API
from regulars.form_builder.querying import RecordQuery
from regulars.platform import beginning, db
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, UnitOfWork, Workspace
from regulars.platform.errors import Busy
from regulars.platform.retrying import in_transaction
from regulars.wiring import wire
from tests.support.rule_faults import promises_kept
from tests.support.shop_forms import publish_forms
from tests.support.site import Site

ACCESS = system_access("en")
URL = "/api/v1/forms/customers/records"


@pytest.fixture(autouse=True)
def shop(database: Database, workspace: Workspace) -> None:
    wire()
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow)


def how_many(database: Database, workspace: Workspace) -> int:
    with database.workspace_tx(workspace, write=False) as uow:
        return len(records.find_records(uow, ACCESS, "customers", RecordQuery()).records)


@contextmanager
def in_trouble(database: Database, workspace: Workspace) -> Iterator[None]:
    """SQLite: another program keeps the file to itself. PostgreSQL: connections are cut."""
    if database.is_sqlite:
        other = sqlite3.connect(database.path_of(workspace.store), isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")
        other.close()
        return
    stop = threading.Event()
    cutter = threading.Thread(target=cut_all, args=(database, stop))
    cutter.start()
    yield
    stop.set()
    cutter.join()


def cut_once(database: Database) -> None:
    """End every connection of this database that is inside a transaction."""
    engine = sa.create_engine(database.url)
    with engine.connect() as connection:
        assert connection.execute(_ending_of_all_at_work()).all()
    engine.dispose()


def cut_all(database: Database, stop: threading.Event) -> None:
    """The same over and over."""
    engine = sa.create_engine(database.url)
    while not stop.is_set():
        with engine.connect() as connection:
            connection.execute(_ending_of_all_at_work()).all()
    engine.dispose()


def _ending_of_all_at_work() -> sa.Select[tuple[bool]]:
    names = ("pid", "state", "datname")
    about = sa.table("pg_stat_activity", *(sa.column(name) for name in names))
    return sa.select(sa.func.pg_terminate_backend(about.c.pid)).where(
        about.c.datname == sa.func.current_database(),  # others have tests of their own
        about.c.state.like("%in transaction%"),
        about.c.pid != sa.func.pg_backend_pid(),
    )


def test_f14_a_store_in_trouble_is_answered_with_busy_and_nothing_is_saved(
    site: Site, database: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.close()
    for module in (db, beginning):
        monkeypatch.setattr(module, "BUSY_TIMEOUT_MS", 100)
    client, headers = site.app.test_client(), site.token()
    answers = []
    with in_trouble(database, workspace):
        while not answers or (answers[-1].status_code == 201 and len(answers) < 500):
            answers.append(client.post(URL, json={"name": "王芳"}, headers=headers))
    saved = [each for each in answers if each.status_code == 201]
    refused = answers[-1]
    assert refused.status_code == 503
    assert refused.headers["Retry-After"]
    assert refused.json is not None
    assert refused.json["code"] == "busy"
    assert how_many(database, workspace) == min(len(saved), 50)
    assert client.post(URL, json={"name": "王芳"}, headers=headers).status_code == 201
    promises_kept(database, workspace)


def test_f14_threads_of_one_process_wait_their_turn_and_give_up_in_the_end(
    database: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (db, beginning):
        monkeypatch.setattr(module, "BUSY_TIMEOUT_MS", 100)
    begun, done = threading.Event(), threading.Event()

    def long_work() -> None:
        with database.workspace_tx(workspace):
            begun.set()
            done.wait(5)

    writer = threading.Thread(target=long_work)
    writer.start()
    begun.wait(5)
    if database.is_sqlite:  # the other has many writers at once
        with pytest.raises(Busy), database.workspace_tx(workspace):
            pass
    assert how_many(database, workspace) == 0  # reading goes on meanwhile
    done.set()
    writer.join()
    with database.workspace_tx(workspace) as uow:
        records.create_record(uow, ACCESS, "customers", {"name": "A"}, origin=API)
    promises_kept(database, workspace)


def test_f12_a_connection_that_is_cut_rolls_back_and_the_next_request_goes_through(
    database: Database, workspace: Workspace
) -> None:
    def cut(uow: UnitOfWork) -> None:
        records.create_record(uow, ACCESS, "customers", {"name": "lost"}, origin=API)
        if database.is_sqlite:  # there is none to be cut; any error of the driver will do
            uow.execute(sa.select(sa.column("nowhere")))
        mine = uow.scalar(sa.select(sa.func.pg_backend_pid()))
        with database.main_tx() as other:
            other.execute(sa.select(sa.func.pg_terminate_backend(mine)))
        uow.scalar(sa.select(1))

    with pytest.raises(DBAPIError) as caught:
        in_transaction(database, workspace, cut)
    assert caught.value.connection_invalidated != database.is_sqlite
    assert how_many(database, workspace) == 0
    with database.workspace_tx(workspace) as uow:
        records.create_record(uow, ACCESS, "customers", {"name": "kept"}, origin=API)
    assert how_many(database, workspace) == 1
    promises_kept(database, workspace)


def test_f12_connections_cut_while_they_rest_are_replaced_unseen(
    database: Database, workspace: Workspace
) -> None:
    with ExitStack() as several:
        for _ in range(3):
            several.enter_context(database.workspace_tx(workspace, write=False))
    if not database.is_sqlite:  # there nobody can cut one
        about = sa.table("pg_stat_activity", sa.column("pid"), sa.column("datname"))
        others = about.c.pid != sa.func.pg_backend_pid()
        here = about.c.datname == sa.func.current_database()
        cut = sa.select(sa.func.pg_terminate_backend(about.c.pid)).where(here, others)
        with database.main_tx() as connection:
            assert len(connection.execute(cut).all()) >= 2
    for _ in range(3):
        assert how_many(database, workspace) == 0
