"""F33: the resolver is slow or dead; a call ends in its time and nobody else waits for it."""

import socket
import threading
from typing import Any

import pytest

from regulars.platform.safe_http import Door, NoAnswer


def dead(*_asked: Any, **_more: Any) -> list[tuple[Any, ...]]:
    raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


def test_f33_a_dead_resolver_is_no_answer() -> None:
    with pytest.raises(NoAnswer, match="Temporary failure"):
        Door(resolve=dead).post("https://till.example/in", b"{}", {})


def test_f33_a_slow_resolver_is_not_waited_for_longer_than_a_call() -> None:
    never = threading.Event()

    def slow(*_asked: Any, **_more: Any) -> list[tuple[Any, ...]]:
        never.wait(30)
        return []

    with pytest.raises(NoAnswer, match="in time"):
        Door(resolve=slow, timeout=0.05).post("https://till.example/in", b"{}", {})
    assert not never.is_set()
    never.set()  # the thread that still waits may go
