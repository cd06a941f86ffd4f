"""Calling addresses that people typed in, without being led into our own network.

The name is resolved once, every address it has is looked at, and the connection goes to the very
address that was checked. Redirects are not followed; size and time are bounded. A shop may allow
single hosts of its own network by name.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import logging
import queue
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

PORTS = frozenset({80, 443, 8080, 8443})
TIMEOUT_SECONDS = 10.0
MOST_BYTES = 64 * 1024
MOST_CHARACTERS = 2000
_SHOWN = 100  # characters of a refused host in the log

log = logging.getLogger(__name__)

Resolve = Callable[..., list[tuple[Any, ...]]]
# These carry IPv4 addresses inside.
_WRAPPING = ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
_NEVER = tuple(ipaddress.ip_network(each) for each in _WRAPPING)


class AddressRefused(Exception):
    """We do not call this; ``code`` has words at ``problems.<code>``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NoAnswer(Exception):
    """Nobody answered in time, or not in HTTP. Whether the call arrived is not known, unless it is
    `NotReached`."""


class NotReached(NoAnswer):
    """The call did not arrive anywhere: no name, no connection, no trusted certificate."""


@dataclass(frozen=True)
class Answer:
    """What came back; at most `MOST_BYTES` of the body. Names of headers are in lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Door:
    """Which addresses may be called. ``local_hosts`` are allowed by name, whatever they are."""

    local_hosts: frozenset[str] = frozenset()
    resolve: Resolve = socket.getaddrinfo
    timeout: float = TIMEOUT_SECONDS

    def check(self, url: str) -> SplitResult:
        """The parts of an address that may be called by its looks; AddressRefused otherwise."""
        if len(url) > MOST_CHARACTERS or any(ord(each) <= 0x20 for each in url) or "\\" in url:
            raise AddressRefused("not-an-address")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise AddressRefused("not-an-address") from None
        if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
            raise AddressRefused("not-an-address")
        if parts.username is not None or parts.password is not None:
            raise AddressRefused("address-with-password")
        if not self._is_local(parts) and _port(parts) not in PORTS:
            raise AddressRefused("address-with-odd-port")
        return parts

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Call an address. Raises AddressRefused (and logs it) or NoAnswer."""
        try:
            parts = self.check(url)
            address = self._address(parts)
        except AddressRefused as refused:
            log.warning("Refused to call %r: %s.", _named(url), refused.code)
            raise
        try:
            sock = socket.create_connection((address, _port(parts)), self.timeout)
        except OSError as error:
            raise NotReached(str(error)) from error
        # the head and the body are two packets: the second must not wait for an acknowledgement
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line, late = [sock], threading.Event()
        watch = threading.Timer(self.timeout, _cut, [line, late])
        watch.daemon = True
        watch.start()
        try:
            answer = _ask(line, parts, body, headers)
        except NotReached:
            raise
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NoAnswer(f"{type(error).__name__}: {error}") from error
        finally:
            watch.cancel()
            line[0].close()
        if late.is_set():  # what was cut off looks like a short answer
            raise NoAnswer("It took too long.")
        return answer

    def connect(self, host: str, port: int) -> socket.socket:
        """A connection to a host by name. Raises AddressRefused or NotReached."""
        parts = urlsplit(f"//{host}:{port}")
        try:
            address = self._address(parts)
        except AddressRefused as refused:
            log.warning("Refused to call %r: %s.", host[:_SHOWN], refused.code)
            raise
        try:
            return socket.create_connection((address, port), self.timeout)
        except OSError as error:
            raise NotReached(str(error)) from error

    def _address(self, parts: SplitResult) -> str:
        """The one address that is called; every one the name has must be allowed."""
        try:
            found = resolved(str(parts.hostname), _port(parts), self.timeout, self.resolve)
        except (OSError, UnicodeError) as error:
            raise NotReached(str(error)) from error
        addresses = [str(entry[4][0]) for entry in found]
        if not addresses:
            raise NotReached("The name has no address.")
        if not self._is_local(parts) and not all(map(is_public, addresses)):
            raise AddressRefused("address-not-public")
        return addresses[0]

    def _is_local(self, parts: SplitResult) -> bool:
        return (parts.hostname or "").casefold() in self.local_hosts


def resolved(
    host: str, port: int, timeout: float, resolve: Resolve = socket.getaddrinfo
) -> list[tuple[Any, ...]]:
    """What a name means; asking takes no longer than ``timeout`` seconds. OSError otherwise.

    The system's resolver knows no time limit of ours, so it is left behind in its thread.
    """
    answer: queue.SimpleQueue[list[tuple[Any, ...]] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = resolve(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            answer.put(error)
        else:
            answer.put(found)

    threading.Thread(target=ask, daemon=True).start()
    try:
        found = answer.get(timeout=timeout)
    except queue.Empty:
        raise TimeoutError("The name could not be resolved in time.") from None
    if isinstance(found, (OSError, UnicodeError)):
        raise found
    return found


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, whatever it is wrapped in."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return is_public(str(found.ipv4_mapped))
        if any(found in network for network in _NEVER):
            return False
    return found.is_global and not found.is_multicast


def _named(url: str) -> str:
    """The scheme and host of an address: paths and words in it may be secret."""
    try:
        parts = urlsplit(url[:MOST_CHARACTERS])
        return f"{parts.scheme}://{parts.hostname}"[:_SHOWN]
    except ValueError:
        return ""


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _ask(
    line: list[socket.socket], parts: SplitResult, body: bytes, headers: Mapping[str, str]
) -> Answer:
    host = str(parts.hostname)
    connection = http.client.HTTPConnection(host, _port(parts))
    if parts.scheme == "https":
        tls = ssl.create_default_context()
        safe = tls.wrap_socket(line[0], server_hostname=host, do_handshake_on_connect=False)
        line[0] = safe
        try:
            safe.do_handshake()
        except OSError as error:
            raise NotReached(f"{type(error).__name__}: {error}") from error
    connection.sock = line[0]
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    default = {"http": 80, "https": 443}[parts.scheme]
    shown = f"[{host}]" if ":" in host else host
    named = shown if _port(parts) == default else f"{shown}:{_port(parts)}"
    connection.request("POST", path, body, {"Host": named, **headers})
    answer = connection.getresponse()
    given = {name.lower(): value for name, value in answer.getheaders()}
    return Answer(answer.status, answer.read(MOST_BYTES), given)


def _cut(line: list[socket.socket], late: threading.Event) -> None:
    """The time is up, however busily the other side drips."""
    late.set()
    with contextlib.suppress(OSError):
        line[0].shutdown(socket.SHUT_RDWR)
