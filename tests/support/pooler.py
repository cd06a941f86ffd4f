"""PgBouncer in transaction mode between the tests and PostgreSQL: ``--database pgbouncer``.

A few server sessions serve all clients, and one that has just served somebody serves the next, so
that whatever leans on a session of its own fails. Its socket is called like the server's, in a
folder of its own: for clients only the folder differs.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

PORT = 5432
SETTINGS = """
[databases]
* = host={server} user=postgres
[pgbouncer]
listen_addr =
listen_port = {port}
unix_socket_dir = {folder}
auth_type = any
pool_mode = transaction
default_pool_size = 8
max_client_conn = 500
server_reset_query =
server_idle_timeout = 5
ignore_startup_parameters = extra_float_digits
logfile = {folder}/log
pidfile = {folder}/pid
"""


def find_pgbouncer() -> str | None:
    """The program, where the distribution has put it."""
    return shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")


@pytest.fixture(scope="session")
def postgres_front(request: pytest.FixtureRequest, postgres: str) -> Iterator[str]:
    """Where clients connect to: the server itself, or the pooler in front of it."""
    if request.config.getoption("--database") != "pgbouncer":
        yield postgres
        return
    program = find_pgbouncer()
    assert program is not None, "PgBouncer is missing: apt install pgbouncer"
    folder = Path(tempfile.mkdtemp(prefix="rg-pool-"))
    folder.chmod(0o777)
    settings = folder / "pgbouncer.ini"
    settings.write_text(SETTINGS.format(server=postgres, folder=folder, port=PORT))
    command = [program, "-q", str(settings)]
    if os.geteuid() == 0:
        command[1:1] = ["-u", "nobody"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_until_ready(folder, process)
        yield str(folder)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_ready(folder: Path, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(f"host={folder} user=postgres dbname=postgres").close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((folder / "log").read_text()) from None
            time.sleep(0.05)
        else:
            return
