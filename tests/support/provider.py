"""A provider of messages that behaves as badly as it is told to, one scripted turn per call."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Turn:
    """What one call meets. ``kind``: answer, hang, reset, drip."""

    kind: str = "answer"
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)


HANG = Turn("hang")
RESET = Turn("reset")
GARBAGE = Turn(body=b"<html>all well</html>")
SLOW_DOWN = Turn(status=429, headers={"Retry-After": "120"})
BROKEN = Turn(status=500, body=b"oops")
AWAY = Turn(status=503, body=b"away")
DRIP = Turn("drip")


@dataclass
class FakeProvider:
    """Keeps what it accepted; ``turns`` are used up one by one, then ``usual`` for ever."""

    usual: Turn = field(default_factory=Turn)
    turns: list[Turn] = field(default_factory=list)
    seen: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""
    silence: float = 5  # seconds for which it says nothing before it hangs up
    over: threading.Event = field(default_factory=threading.Event)

    def next(self) -> Turn:
        """The next turn of the script."""
        return self.turns.pop(0) if self.turns else self.usual


@contextmanager
def fake_provider() -> Iterator[FakeProvider]:
    """Serve one on a free port of this machine."""
    fake = FakeProvider()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            given = {key.lower(): value for key, value in self.headers.items()}
            fake.seen.append((self.path, given, body))
            _play(self, fake.next(), fake)
            self.close_connection = True

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_args: Any) -> None:
            """Callers that leave early are part of the play."""

    with Quiet(("127.0.0.1", 0), Handler) as server:
        fake.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield fake
        fake.over.set()
        server.shutdown()
        thread.join()


def _play(handler: BaseHTTPRequestHandler, turn: Turn, fake: FakeProvider) -> None:
    if turn.kind == "hang":
        fake.over.wait(fake.silence)
        return
    if turn.kind == "reset":
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        handler.connection.close()
        return
    handler.send_response(turn.status)
    for name, value in turn.headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(10_000 if turn.kind == "drip" else len(turn.body)))
    handler.end_headers()
    if turn.kind != "drip":
        handler.wfile.write(turn.body)
        return
    while not fake.over.is_set():
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.02)
