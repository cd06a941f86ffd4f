"""What the supervisor promises when something is killed."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from regulars.platform import redis_server
from tests.support.processes import is_alive, running, wait_for


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    arguments = ("supervise", str(tmp_path))
    with running("tests.support.small_supervisor", *arguments, log=tmp_path / "log") as process:
        wait_for((tmp_path / "ready.pid").exists, "the supervisor and its parts")
        yield process


def family_of(process: "subprocess.Popen[bytes]") -> list[int]:
    return [each.pid for each in psutil.Process(process.pid).children(recursive=True)]


def pid_of(folder: Path, name: str) -> int:
    return int((folder / f"{name}.pid").read_text(encoding="ascii"))


def test_killing_the_supervisor_leaves_no_orphan(
    supervisor: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    wait_for(redis_server.socket_path(tmp_path).exists, "Valkey")
    family = family_of(supervisor)
    assert len(family) == 4  # two parts, Valkey and the leash that holds it

    supervisor.kill()
    supervisor.wait()

    wait_for(lambda: not any(map(is_alive, family)), "the end of every child")


def test_killing_the_leash_takes_the_server_along(
    supervisor: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    wait_for(redis_server.socket_path(tmp_path).exists, "Valkey")
    leash = next(
        each
        for each in psutil.Process(supervisor.pid).children()
        if "regulars.platform.leash" in each.cmdline()
    )
    (server,) = leash.children()

    leash.kill()

    wait_for(lambda: not is_alive(server.pid), "the end of Valkey")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_part_that_ends_is_started_again(
    supervisor: "subprocess.Popen[bytes]", tmp_path: Path, how: signal.Signals
) -> None:
    before, bystander = pid_of(tmp_path, "one"), pid_of(tmp_path, "two")

    psutil.Process(before).send_signal(how)

    wait_for(lambda: pid_of(tmp_path, "one") != before, "a new process")
    assert is_alive(bystander)
    assert pid_of(tmp_path, "two") == bystander


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_asking_it_to_stop_ends_everything(
    supervisor: "subprocess.Popen[bytes]", tmp_path: Path, how: signal.Signals
) -> None:
    family = family_of(supervisor)

    supervisor.send_signal(how)

    assert supervisor.wait(timeout=60) == 0
    assert not any(map(is_alive, family))
    assert "Stopping" in (tmp_path / "log").read_text(encoding="utf-8")


def test_the_server_keeps_what_it_was_told_over_its_own_death(
    supervisor: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    url = f"unix://{redis_server.socket_path(tmp_path)}"
    assert redis_server.wait_until_ready(url, 30)
    client = redis_server.client(url)
    client.set("kept", "yes")
    # Written to the append-only file at once, fsynced within a second: SIGKILL loses nothing.
    server = next(
        each
        for each in psutil.Process(supervisor.pid).children(recursive=True)
        if each.name().startswith(("valkey", "redis"))
    )

    server.kill()
    wait_for(lambda: not is_alive(server.pid), "the end of Valkey")

    assert redis_server.wait_until_ready(url, 30)
    assert client.get("kept") == b"yes"
    client.close()
