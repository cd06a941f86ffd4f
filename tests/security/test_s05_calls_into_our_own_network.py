"""S05: an address that somebody typed in must not lead us into our own network."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from regulars.platform.safe_http import (
    MOST_BYTES,
    AddressRefused,
    Door,
    NoAnswer,
    is_public,
)

REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def listener(talk: Callable[[socket.socket], None]) -> Iterator[tuple[int, list[bytes]]]:
    """A server on loopback that notes the head of each call and then talks as told."""
    heads: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    line, _peer = server.accept()
                except TimeoutError:
                    continue
                with line:
                    line.settimeout(5)
                    heads.append(line.recv(65536))
                    with suppress(OSError):
                        talk(line)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1], heads
        finally:
            over.set()
            thread.join()


def say(*parts: bytes) -> Callable[[socket.socket], None]:
    return lambda line: [line.sendall(part) for part in parts] and None


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "2130706433", "0x7f.1", "017700000001", "①②⑦.0.0.1", "localhost",
        "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "0.0.0.0", "[::]",
        "10.0.0.1", "192.168.1.1", "172.16.0.1", "100.64.0.1", "169.254.169.254", "224.0.0.1",
        "[fe80::1]", "[fc00::1]", "255.255.255.255",
    ],
)  # fmt: skip
def test_s05_our_own_addresses_are_refused_however_they_are_written(
    host: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises((AddressRefused, NoAnswer)) as caught:
        Door(timeout=0.5).post(f"http://{host}/s3cret?key=s3cret", b"{}", {})
    if isinstance(caught.value, AddressRefused):
        assert caught.value.code in ("address-not-public", "not-an-address")
        (line,) = [each.getMessage() for each in caplog.records if each.name == Door.__module__]
        assert line.endswith(f": {caught.value.code}.")
        assert "s3cret" not in line


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("file:///etc/passwd", "not-an-address"), ("gopher://shop.example/", "not-an-address"),
        ("//shop.example/", "not-an-address"), ("http:///x", "not-an-address"),
        ("http://shop.example:6379/", "address-with-odd-port"),
        ("http://shop.example:0/", "not-an-address"),
        ("http://user@shop.example/", "address-with-password"),
        ("http://shop.example@127.0.0.1/", "address-with-password"),
        ("http://shop.example\\@evil.example/", "not-an-address"),
        ("http://shop.example/\r\nHost: evil", "not-an-address"),
        ("http://shop.example:99999/", "not-an-address"), ("x" * 3000, "not-an-address"),
    ],
)  # fmt: skip
def test_s05_odd_addresses_are_refused_by_their_looks(url: str, code: str) -> None:
    with pytest.raises(AddressRefused) as caught:
        Door().check(url)
    assert caught.value.code == code


def test_s05_every_address_of_a_name_must_be_public_and_it_is_asked_once() -> None:
    asked: list[str] = []

    def resolve(host: str, port: int, **_more: Any) -> list[tuple[Any, ...]]:
        asked.append(host)
        both = ("93.184.215.14", "127.0.0.1")
        return [(socket.AF_INET, 1, 6, "", (address, port)) for address in both]

    with pytest.raises(AddressRefused):
        Door(resolve=resolve).post("http://two-faced.example/", b"", {})
    assert asked == ["two-faced.example"]


def test_s05_the_connection_goes_to_the_address_that_was_checked() -> None:
    with listener(say(REPLY)) as (port, heads):
        answers = [("127.0.0.1", port), ("203.0.113.9", port)]

        def resolve(_host: str, _port: int, **_more: Any) -> list[tuple[Any, ...]]:
            return [(socket.AF_INET, 1, 6, "", answers.pop(0))]

        door = Door(frozenset({"till.shop.example"}), resolve)
        answer = door.post(f"http://till.shop.example:{port}/in?x=1", b"{}", {"X-A": "b"})
    assert (answer.status, answer.body, len(answers)) == (200, b"ok", 1)
    assert heads[0].startswith(b"POST /in?x=1 HTTP/1.1\r\n")
    assert f"Host: till.shop.example:{port}".encode() in heads[0]


def test_s05_a_host_of_our_own_must_be_allowed_by_name() -> None:
    with listener(say(REPLY)) as (port, heads):
        url = f"http://127.0.0.1:{port}/"
        with pytest.raises(AddressRefused):
            Door(frozenset({"other.example"})).post(url, b"", {})
        assert heads == []
        assert Door(frozenset({"127.0.0.1"})).post(url, b"", {}).status == 200


def test_s05_redirects_are_not_followed() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    with listener(say(moved)) as (port, heads):
        answer = Door(frozenset({"127.0.0.1"})).post(f"http://127.0.0.1:{port}/", b"", {})
    assert (answer.status, len(heads)) == (302, 1)


def test_s05_an_answer_that_never_ends_is_cut() -> None:
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n" + b"x" * (2 * MOST_BYTES)
    with listener(say(endless)) as (port, _heads):
        answer = Door(frozenset({"127.0.0.1"})).post(f"http://127.0.0.1:{port}/", b"", {})
    assert len(answer.body) == MOST_BYTES


def test_s05_an_answer_that_drips_is_given_up_in_time() -> None:
    def drip(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\n")
        for _ in range(100):
            line.sendall(b"X: y\r\n")
            threading.Event().wait(0.1)

    with listener(drip) as (port, _heads), pytest.raises(NoAnswer):
        Door(frozenset({"127.0.0.1"}), timeout=0.6).post(f"http://127.0.0.1:{port}/", b"", {})


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_ordinary_addresses_are_public(address: str) -> None:
    assert is_public(address)
