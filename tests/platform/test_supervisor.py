import itertools
import os
import signal
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from regulars.platform.supervisor import Child, Part, Pipe
from tests.support.processes import wait_for

ENDS_AT_ONCE = (sys.executable, "-c", "raise SystemExit(3)")
STAYS = (sys.executable, "-c", "import time; time.sleep(600)")
DEAF = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(); time.sleep(600)",
)

unheard: list[str] = []


class Hands:
    """The supervisor's watch, moved by the test."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Hands:
    hands = Hands()
    monkeypatch.setattr(time, "monotonic", hands)
    return hands


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    both = Pipe(*os.pipe())
    yield both
    both.close()


def starts_of(child: Child, watch: Hands, said: list[str]) -> list[float]:
    """Let a child that always ends be looked after; answers the pauses between its starts."""
    starts: list[float] = []
    while len(starts) < 10:
        was_running = child._process is not None
        child.look_after(said.append)
        if child._process is not None and not was_running:
            starts.append(watch.now)
            child._process.wait()
        elif child._process is None:
            watch.now += 0.5
    return [later - earlier for earlier, later in itertools.pairwise(starts)]


def test_a_part_that_keeps_ending_is_started_after_growing_pauses(
    watch: Hands, pipe: Pipe
) -> None:
    said: list[str] = []
    pauses = starts_of(Child(Part("web", ENDS_AT_ONCE), pipe), watch, said)
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    assert said[0] == "web ended (exit 3) and is started again."


def test_a_part_that_lived_long_is_started_again_at_once(watch: Hands, pipe: Pipe) -> None:
    said: list[str] = []
    child = Child(Part("web", STAYS), pipe)
    child.look_after(said.append)
    watch.now += 3600
    child.send(signal.SIGKILL)
    assert child._process is not None
    child._process.wait()

    child.look_after(said.append)
    child.look_after(said.append)

    assert child.is_running
    assert said == ["web ended (signal 9) and is started again."]
    child.send(signal.SIGKILL)
    child.wait_until(watch.now)


def test_a_part_that_waits_starts_when_it_is_released(watch: Hands, pipe: Pipe) -> None:
    child = Child(Part("worker", STAYS, waits=True), pipe)
    child.look_after(unheard.append)
    assert not child.is_running
    child.release()
    child.look_after(unheard.append)
    assert child.is_running
    child.send(signal.SIGKILL)
    child.wait_until(watch.now)


def test_releasing_does_not_shorten_a_pause(watch: Hands, pipe: Pipe) -> None:
    child = Child(Part("worker", ENDS_AT_ONCE, waits=True), pipe)
    child.release()
    child.look_after(unheard.append)
    assert child._process is not None
    child._process.wait()
    child.look_after(unheard.append)
    child.release()
    child.look_after(unheard.append)
    assert child._process is None


def test_a_part_that_does_not_listen_is_killed_after_the_grace(pipe: Pipe) -> None:
    child = Child(Part("deaf", DEAF), pipe)
    child.look_after(unheard.append)
    assert child._process is not None
    process = psutil.Process(child._process.pid)
    wait_for(lambda: ignores_sigterm(process), "the part to stop listening")
    child.send(signal.SIGTERM)
    child.wait_until(0.0)
    assert child._process.returncode == -signal.SIGKILL


def ignores_sigterm(process: psutil.Process) -> bool:
    """Read from /proc where there is one; elsewhere give it the time to start."""
    status = f"/proc/{process.pid}/status"
    if not os.path.exists(status):
        return process.cpu_times().user > 0.01
    with open(status, encoding="ascii") as lines:
        mask = next(line.split()[1] for line in lines if line.startswith("SigIgn"))
    return bool(int(mask, 16) & (1 << (signal.SIGTERM - 1)))
