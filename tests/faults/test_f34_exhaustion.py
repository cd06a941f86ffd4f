"""F34: every thread, connection, open file or line to the store is taken. Who comes then is told
so soon, nothing dies, and afterwards everything is as before."""

import http.client
import socket
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from regulars.form_builder import records
from regulars.form_builder.querying import RecordQuery
from regulars.platform import db
from regulars.platform.accounts.access import system_access
from regulars.platform.db import Database, Workspace
from regulars.platform.secret_keys import new_key
from regulars.platform.web import serving
from tests.faults.test_up import free_port
from tests.support.processes import running, wait_for
from tests.support.shop_forms import publish_forms
from tests.support.site import Site

ACCESS = system_access("en")
FILES = 64
GUESTS = 24
URL = "/api/v1/forms/customers/records"


@dataclass(frozen=True)
class Web:
    """A process that serves pages, and a key to its API."""

    process: "subprocess.Popen[bytes]"
    port: int
    headers: dict[str, str]

    def asks(self, method: str = "GET", url: str = URL, body: str | None = None) -> int:
        """The status of one request over a connection of its own."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as line:
            line.request(method, url, body, {**self.headers, "Content-Type": "application/json"})
            answer = line.getresponse()
            answer.read()
            return answer.status

    def lives(self) -> bool:
        try:
            return self.asks(url="/healthz") == 200
        except OSError:
            return False


StartWeb = Callable[..., Web]


@pytest.fixture
def start_web(
    site: Site, database: Database, workspace: Workspace, tmp_path: Path
) -> Iterator[StartWeb]:
    """Starts the pages as a process of their own over the test's database."""
    with database.workspace_tx(workspace) as uow:
        publish_forms(uow)

    with ExitStack() as started:

        def start(files: int = 0) -> Web:
            port = free_port()
            environ = {
                "REGULARS_DATA_DIR": str(database.data_dir),
                "REGULARS_DATABASE_URL": database.url,
                "REGULARS_REDIS_URL": "redis://127.0.0.1:1/0",
                "REGULARS_SECRET_KEY": new_key(),
                "REGULARS_PORT": str(port),
            }
            command = ("regulars.cli", "web")
            log = tmp_path / "web.log"
            process = running(*command, log=log, environ=environ, files=files)
            web = Web(started.enter_context(process), port, site.token())
            wait_for(web.lives, "the pages")
            return web

        yield start


@contextmanager
def idle_guests(web: Web, count: int) -> Iterator[None]:
    """So many connections on which nobody says anything."""
    with ExitStack() as held:
        for _ in range(count):
            held.enter_context(closing(socket.create_connection(("127.0.0.1", web.port))))
        yield


@contextmanager
def no_writing(database: Database, workspace: Workspace) -> Iterator[None]:
    """Somebody else keeps customers from being written; they can be read."""
    if database.is_sqlite:
        other = sqlite3.connect(database.path_of(workspace.store), isolation_level=None)
        with closing(other):
            other.execute("BEGIN IMMEDIATE")
            yield
        return
    plain = database.url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(plain) as line:
        line.execute(f"LOCK TABLE {workspace.store}.f_customers IN EXCLUSIVE MODE")
        yield


@pytest.mark.one_database
def test_f34_without_a_file_left_some_are_told_to_come_again_and_nothing_dies(
    start_web: StartWeb,
) -> None:
    web = start_web(files=FILES)
    customer = '{"name": "Ann"}'
    with idle_guests(web, GUESTS), ThreadPoolExecutor(GUESTS) as crowd:
        posted = [crowd.submit(web.asks, "POST", URL, customer) for _ in range(2 * GUESTS)]
        looked = [crowd.submit(web.asks) for _ in range(2 * GUESTS)]
        assert {each.result() for each in posted} <= {201, 503}
        assert {each.result() for each in looked} <= {200, 503}
    assert web.process.poll() is None
    assert web.asks("POST", URL, customer) == 201
    assert web.asks() == 200


@pytest.mark.one_database
def test_f34_when_every_thread_is_busy_others_are_told_so_before_one_is_free(
    start_web: StartWeb, database: Database, workspace: Workspace
) -> None:
    web = start_web()
    with ThreadPoolExecutor(serving.THREADS) as clerks, ThreadPoolExecutor(1) as watcher:
        with no_writing(database, workspace):
            saving = [
                clerks.submit(web.asks, "POST", URL, '{"name": "Ann"}')
                for _ in range(serving.THREADS)
            ]
            alive = watcher.submit(web.asks, "GET", "/healthz")
            wait_for(lambda: web.asks() == 503, "all threads to be busy")
            assert alive.result() == 200  # busy is not dead
        saved = [each.result() for each in saving]
    assert set(saved) <= {201, 503}
    with database.workspace_tx(workspace, write=False) as uow:
        found = records.find_records(uow, ACCESS, "customers", RecordQuery()).records
    assert len(found) == saved.count(201)
    assert web.asks("POST", URL, '{"name": "Bob"}') == 201


def test_f34_without_a_free_line_to_the_store_the_answer_is_busy(
    site: Site, database: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, few in (("POOL_PATIENCE", 0.05), ("POOL_SIZE", 2), ("POOL_OVERFLOW", 1)):
        monkeypatch.setattr(db, name, few)
    database.close()
    client, headers = site.visitor(), site.token()
    with ExitStack() as taken:
        for _ in range(3):
            taken.enter_context(database.workspace_tx(workspace, write=False))
        refused = client.get("/api/v1/units", headers=headers)
    assert refused.status_code == 503
    assert refused.json is not None
    assert refused.json["code"] == "busy"
    assert refused.headers["Retry-After"]
    assert client.get("/api/v1/units", headers=headers).status_code == 200
