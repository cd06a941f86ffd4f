"""A wire between us and PostgreSQL that can be cut at the worst moment.

It runs on a thread of its own and listens on a socket that looks like the server's. Armed, it
passes a COMMIT on to the server, swallows the server's answer and cuts the line.
"""

import asyncio
import contextlib
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = ".s.PGSQL.5432"
CHUNK = 65536


class LossyProxy:
    """``folder`` is what a client connects to instead of the server's own."""

    def __init__(self, server: str, folder: Path) -> None:
        self.folder = folder
        self._server = server
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end = asyncio.Event()
        self._lines: list[_Line] = []
        self._commits_left = 0
        self.lost = 0

    def lose_reply_of_commit(self, number: int) -> None:
        """Cut the line after the ``number``-th COMMIT from now on has reached the server."""
        self._commits_left = number

    def run(self, ready: threading.Event) -> None:
        """Serve until `stop`."""
        asyncio.run(self._serve(ready))

    def stop(self) -> None:
        """Hang up everywhere and end the thread that runs."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._end.set)

    async def _serve(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_unix_server(self._carry, str(self.folder / NAME))
        ready.set()
        await self._end.wait()
        server.close()
        for line in self._lines:
            line.close()
        for line in self._lines:
            await line.closed()

    async def _carry(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_unix_connection(f"{self._server}/{NAME}")
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
def lossy_proxy(server: str) -> Iterator[LossyProxy]:
    """A proxy in front of the server whose socket lies in the folder ``server``."""
    with tempfile.TemporaryDirectory(prefix="rg-wire-") as folder:
        proxy, ready = LossyProxy(server, Path(folder)), threading.Event()
        thread = threading.Thread(target=proxy.run, args=(ready,), daemon=True)
        thread.start()
        ready.wait(10)
        try:
            yield proxy
        finally:
            proxy.stop()
            thread.join(10)
