"""No test talks to the outside: sockets only to this machine."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

HERE = ("127.", "::1", "localhost", "0.0.0.0")


class OutsideCallError(AssertionError):
    """A test tried to reach another machine."""


@pytest.fixture(autouse=True, scope="session")
def only_loopback() -> Iterator[None]:
    """Refuse every connection that leaves this machine (and every look-up of a foreign name)."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family != getattr(socket, "AF_UNIX", None):
            _refuse_foreign(address[0])
        return connect(self, address)

    def guarded_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        _refuse_foreign(host)
        return look_up(host, *args, **kwargs)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", guarded_connect)
    patch.setattr(socket, "getaddrinfo", guarded_look_up)
    yield
    patch.undo()


def _refuse_foreign(host: Any) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name and not str(name).startswith(HERE):
        raise OutsideCallError(f"a test wanted to reach {name}")
