"""The process's door: who is let in, who works, and what happens when there are too many.

Threads, connections and open files are all limited. When every thread is busy for so long that a
reader would give up, one more thread does nothing but say so (`turn_away_late`). When every place
for a connection is taken, the one that has been silent longest is closed. When the system gives no
more files, nobody new is let in for a moment.
"""

from __future__ import annotations

import errno
import logging
import resource
import threading
import time
from typing import Any

from flask import Flask, request
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import MultiSocketServer, TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher, WSGITask

from regulars.platform.config import Config
from regulars.platform.errors import Busy
from regulars.platform.forking import settle
from regulars.platform.web.errors import RETRY_AFTER

THREADS = 8
PATIENCE = 5.0  # seconds a request waits for a thread before it is turned away
MOST_CONNECTIONS = 1000
MOST_FILES = 65_536
_FEWEST_CONNECTIONS = 8
_FILES_FOR_EACH = 4  # a connection's share of the files a process may open; the stores need theirs
_LOOK_EVERY = 0.25  # seconds
_REST = 0.2  # seconds without newcomers when the system has no room for them
_SILENCE = 1.0  # seconds after which a connection without a request may have to make room
_NO_ROOM = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_OVERDUE = "regulars.overdue"
_ALIVE = "health.healthz"  # busy is not dead

log = logging.getLogger(__name__)


def serve(app: Any, config: Config) -> None:
    """Answer requests until SIGTERM or Ctrl-C."""
    limit = _room_for_connections(raise_file_limit())
    door = make_server(app, config.host, config.port, limit)
    settle()
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # all busy for a moment is no news
    door.run()


def turn_away_late(app: Flask) -> None:
    """Answer 503 to whoever has waited for a thread so long that the work is hardly wanted."""

    @app.before_request
    def refuse() -> None:
        if request.environ.get(_OVERDUE) is True and request.endpoint != _ALIVE:
            raise Busy(retry_after=RETRY_AFTER)


def raise_file_limit() -> int:
    """Take as many files as this process may have without asking; how many that are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError):  # macOS names a limit it does not grant
            return soft
        return wanted
    return wanted if soft == resource.RLIM_INFINITY else soft


def make_server(app: Any, host: str, port: int, connections: int) -> Any:
    """A server that listens; ``run`` serves until the process is told to end."""
    adjustments = Adjustments(
        host=host,
        port=port,
        threads=THREADS,
        ident=None,
        clear_untrusted_proxy_headers=False,
        connection_limit=connections,
        asyncore_use_poll=True,  # select() knows no file beyond the 1,024th
    )
    crew = _Crew()
    crew.set_thread_count(THREADS)
    crew.start()
    sockets: dict[int, Any] = {}
    for place in adjustments.listen:
        _Door(app, sockets, dispatcher=crew, adj=adjustments, sockinfo=place)
    return MultiSocketServer(sockets, adjustments, [], crew)


def _room_for_connections(files: int) -> int:
    return max(_FEWEST_CONNECTIONS, min(MOST_CONNECTIONS, files // _FILES_FOR_EACH))


class _Task(WSGITask):  # type: ignore[misc]  # waitress has no types
    """One request; the application is told when it comes too late."""

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ[_OVERDUE] = self.channel.is_overdue()
        return environ


class _Channel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    """One connection; it knows since when its request waits for a thread."""

    task_class = _Task
    waits_since = 0.0

    def is_overdue(self) -> bool:
        return time.monotonic() - self.waits_since > PATIENCE


class _Crew(ThreadedTaskDispatcher):  # type: ignore[misc]  # waitress has no types
    """The threads that work, and the one that turns away whom they did not get to."""

    def start(self) -> None:
        threading.Thread(target=self._turn_away, name="turning-away", daemon=True).start()

    def add_task(self, task: _Channel) -> None:
        task.waits_since = time.monotonic()
        super().add_task(task)

    def _turn_away(self) -> None:
        while True:
            late = self._take_overdue()
            if late is None:
                time.sleep(_LOOK_EVERY)
                continue
            try:
                late.service()
            except Exception:
                log.exception("A request could not be turned away.")

    def _take_overdue(self) -> _Channel | None:
        """The first in the queue, when it has waited too long."""
        with self.lock:
            if self.queue and self.queue[0].is_overdue():
                taken: _Channel = self.queue.popleft()
                return taken
        return None


class _Door(TcpWSGIServer):  # type: ignore[misc]  # waitress has no types
    """Where connections come in."""

    channel_class = _Channel
    next_channel_cleanup: float = 0.0
    _rests_until = 0.0

    def readable(self) -> bool:
        """Whether newcomers are let in; also the server's regular look at its connections."""
        now = time.time()
        if now >= self.next_channel_cleanup:
            self.next_channel_cleanup = now + self.adj.cleanup_interval
            self.maintenance(now)
        if not self.accepting or time.monotonic() < self._rests_until:
            return False
        if len(self._map) < self.adj.connection_limit:
            return True
        self._make_room()
        return False

    def accept(self) -> Any:
        """The next connection, or None when the system has no room for it now."""
        try:
            return super().accept()
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            log.warning("No room for another connection: %s", error.strerror)
            self._rests_until = time.monotonic() + _REST
            self._make_room()
            return None

    def _make_room(self) -> None:
        """Close the connection that has been silent longest and that nobody works for."""
        before = time.time() - _SILENCE
        silent = [
            each
            for each in list(self.active_channels.values())
            if not (each.requests or each.total_outbufs_len or each.last_activity > before)
        ]
        if silent:
            min(silent, key=lambda each: each.last_activity).will_close = True
