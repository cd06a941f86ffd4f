"""A real Valkey for the session; every test that asks for it finds it empty."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from regulars.platform import redis_server
from regulars.platform.config import Config
from regulars.platform.supervisor import on_leash


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running server."""
    folder = tmp_path_factory.mktemp("valkey")
    process, url = start_valkey(folder)
    yield url
    process.terminate()
    process.wait(timeout=30)


@pytest.fixture
def valkey(valkey_url: str) -> Iterator[redis.Redis]:
    """A client of the session's server, which has just been emptied."""
    connection = redis_server.client(valkey_url, patience=10)
    connection.flushall()
    yield connection
    connection.close()


def start_valkey(folder: Path) -> tuple["subprocess.Popen[bytes]", str]:
    """Start a server of one's own (to kill or to stop) below ``folder``."""
    program = redis_server.find_program(Config(data_dir=folder))
    assert program is not None, redis_server.CURE
    command = redis_server.start_command(program, folder)
    process = subprocess.Popen(on_leash(command))
    url = f"unix://{redis_server.socket_path(folder)}"
    assert redis_server.wait_until_ready(url, 30)
    return process, url
