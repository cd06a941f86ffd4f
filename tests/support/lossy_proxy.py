"""A wire between us and a server that can be cut, at the worst moment or for a while.

It runs on a thread of its own and listens on a socket that looks like the server's. Armed, it
passes a COMMIT on to PostgreSQL, swallows the server's answer and cuts the line.
"""

import asyncio
import contextlib
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = ".s.PGSQL.5432"
CHUNK = 65536


class LossyProxy:
    """``socket`` in ``folder`` is what a client connects to instead of the server's own."""

    def __init__(self, server: Path, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / server.name
        self._server = server
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end = asyncio.Event()
        self._lines: list[_Line] = []
        self._commits_left = 0
        self._is_cut = False
        self.lost = 0

    def lose_reply_of_commit(self, number: int) -> None:
        """Cut the line after the ``number``-th COMMIT from now on has reached the server."""
        self._commits_left = number

    def cut(self) -> None:
        """Hang up everywhere; who calls from now on is hung up on, too."""
        self._is_cut = True
        self._soon(self._hang_up)

    def mend(self) -> None:
        """Let callers through again."""
        self._is_cut = False

    def run(self, ready: threading.Event) -> None:
        """Serve until `stop`."""
        asyncio.run(self._serve(ready))

    def stop(self) -> None:
        """Hang up everywhere and end the thread that runs."""
        self._soon(self._end.set)

    def _soon(self, action: Callable[[], None]) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(action)

    def _hang_up(self) -> None:
        for line in self._lines:
            line.close()

    async def _serve(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_unix_server(self._carry, str(self.socket))
        ready.set()
        await self._end.wait()
        server.close()
        self._hang_up()
        for line in self._lines:
            await line.closed()

    async def _carry(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        if self._is_cut:
            to_client.close()
            return
        server, to_server = await asyncio.open_unix_connection(str(self._server))
        line = _Line(to_client, to_server)
        self._lines.append(line)
        await asyncio.gather(self._forth(client, line), self._back(server, line))

    async def _forth(self, client: asyncio.StreamReader, line: "_Line") -> None:
        while data := await _read(client):
            if b"COMMIT" in data and self._commits_left:
                self._commits_left -= 1
                line.is_doomed = self._commits_left == 0
            line.to_server.write(data)
        line.close()

    async def _back(self, server: asyncio.StreamReader, line: "_Line") -> None:
        while data := await _read(server):
            if line.is_doomed:  # the server has done it, and nobody will hear of it
                self.lost += 1
                break
            line.to_client.write(data)
        line.close()


class _Line:
    """Both ends of one connection."""

    def __init__(self, to_client: asyncio.StreamWriter, to_server: asyncio.StreamWriter) -> None:
        self.to_client, self.to_server = to_client, to_server
        self.is_doomed = False

    def close(self) -> None:
        """Hang up on both sides."""
        self.to_client.close()
        self.to_server.close()

    async def closed(self) -> None:
        """Until both are hung up."""
        for end in (self.to_client, self.to_server):
            with contextlib.suppress(ConnectionError):
                await end.wait_closed()


async def _read(stream: asyncio.StreamReader) -> bytes:
    try:
        return await stream.read(CHUNK)
    except ConnectionError:
        return b""


@contextmanager
def lossy_proxy(server: str | Path) -> Iterator[LossyProxy]:
    """A proxy in front of a socket, or of the PostgreSQL whose socket lies in a folder."""
    there = server if isinstance(server, Path) else Path(server) / NAME
    with tempfile.TemporaryDirectory(prefix="rg-wire-") as folder:
        proxy, ready = LossyProxy(there, Path(folder)), threading.Event()
        thread = threading.Thread(target=proxy.run, args=(ready,), daemon=True)
        thread.start()
        ready.wait(10)
        try:
            yield proxy
        finally:
            proxy.stop()
            thread.join(10)
