"""The other programs of a chaos run: one tells repeats apart, and a provider of short messages
does not. Both behave badly as long as they are told to, and keep in mind what they accepted."""

from __future__ import annotations

import json
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HANG_SECONDS = 12.0  # longer than a call is waited for
SCRIPT = ("hang", "reset", "broken", "slow-down", "garbage", "slow")


@dataclass
class Ledger:
    """What was accepted: how often each call and each short message, and each call's number."""

    chance: random.Random
    is_bad: bool = True
    calls: Counter[str] = field(default_factory=Counter)
    numbers: dict[str, int] = field(default_factory=dict)
    texts: Counter[str] = field(default_factory=Counter)
    played: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def turn(self) -> str:
        """How the next call is met."""
        with self.lock:
            if not self.is_bad or self.chance.random() > 0.1:
                return "well"
            turn = self.chance.choice(SCRIPT)
            self.played[turn] += 1
            return turn

    def accept(self, path: str, key: str, body: Any) -> None:
        """Note one that was taken in."""
        with self.lock:
            if path == "/sms":
                self.texts[str(body["id"])] += 1
                return
            self.calls[key] += 1
            self.numbers[key] = int(float(body["data"]["values"]["number"]))


@contextmanager
def sink(ledger: Ledger) -> Iterator[int]:
    """Both programs behind one port of this machine, ``/calls`` and ``/sms``."""

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            turn = ledger.turn()
            if turn == "slow-down":  # not accepted, and says so
                _answer(self, 429, b"{}", ("Retry-After", "1"))
                return
            ledger.accept(self.path, str(self.headers["webhook-id"]), body)
            with suppress(OSError):
                _play(self, turn)

        def log_message(self, *_words: Any) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_args: Any) -> None:
            """Callers that are killed in the middle of a call are part of the play."""

    server = Quiet(("127.0.0.1", 0), Taking)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


def _play(handler: BaseHTTPRequestHandler, turn: str) -> None:
    """What the caller gets to see of a call that was accepted."""
    if turn == "reset":
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        handler.connection.close()
        return
    if turn in ("hang", "slow"):
        time.sleep(HANG_SECONDS if turn == "hang" else 3)
    if turn == "broken":
        _answer(handler, 500, b"accepted, and then it fell over")
    else:
        _answer(handler, 200, b"<html>well</html>" if turn == "garbage" else b'{"id": "1"}')


def _answer(
    handler: BaseHTTPRequestHandler, status: int, body: bytes, *headers: tuple[str, str]
) -> None:
    handler.send_response(status)
    for name, value in (*headers, ("Content-Length", str(len(body)))):
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
