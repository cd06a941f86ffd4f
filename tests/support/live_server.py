"""The whole application on a free port of this machine, for tests with a browser or a client."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from regulars import wiring
from regulars.app import create_app
from regulars.platform.config import Config
from regulars.platform.db import Database

SECRET = "only good for tests, but long enough to be taken"


@dataclass(frozen=True)
class LiveServer:
    """A running application; tests prepare what it shows through ``database``."""

    url: str
    database: Database
    app: Flask


@pytest.fixture
def live_server(database: Database, tmp_path: Path) -> Iterator[LiveServer]:
    """The application over the test's own `database`, in a thread of this process."""
    wiring.wire()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        config = Config(data_dir=tmp_path, secret_key=SECRET, base_url=url, port=port)
        app = create_app(config, database)
        server = make_server("127.0.0.1", port, app, threaded=True, fd=listener.fileno())
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield LiveServer(url, database, app)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
