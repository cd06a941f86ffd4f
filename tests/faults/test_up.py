"""The real command: everything starts, stays up, and leaves nothing behind."""

import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil
import pytest

from regulars.platform import data_folder
from tests.support.processes import is_alive, running, wait_for


@dataclass(frozen=True)
class Up:
    """A running ``regulars up`` with its log."""

    process: "subprocess.Popen[bytes]"
    url: str
    data: Path
    log: Path

    def says(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, ConnectionError, TimeoutError):
            return False

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def part(self, word: str) -> psutil.Process:
        return next(each for each in self.family() if word in " ".join(each.cmdline()).split())


PARTS = 6  # the server (elsewhere than on Linux with its leash), web, three workers, ticker


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(folder: Path) -> Iterator[Up]:
    """``regulars up`` on a new data folder, with pages that answer and every part started."""
    data, log, port = folder / "data", folder / "log", free_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REGULARS_DATA_DIR", str(data))
        with running("regulars.cli", "up", "--port", str(port), log=log) as process:
            found = Up(process, f"http://127.0.0.1:{port}", data, log)
            wait_for(lambda: "is running" in found.says() and found.answers(), "the pages")
            wait_for(lambda: len(found.family()) >= PARTS, "every part")
            yield found


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """One that no test stops."""
    with started(tmp_path_factory.mktemp("up")) as found:
        yield found


def test_an_empty_start_prints_a_code_for_the_owner(up: Up) -> None:
    assert re.search(rf"{up.url}/setup with this one-time code: [A-Z0-9]+", up.says())
    assert (up.data / data_folder.SECRET_FILE).is_file()


def test_a_second_supervisor_is_refused_the_same_folder(
    up: Up, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_DATA_DIR", str(up.data))
    with running("regulars.cli", "up", "--port", str(free_port()), log=tmp_path / "2") as second:
        assert second.wait(timeout=60) == 1
    assert "already runs" in (tmp_path / "2").read_text(encoding="utf-8")


def test_killing_the_supervisor_leaves_no_orphan(tmp_path: Path) -> None:
    with started(tmp_path) as up:
        family = up.family()
        up.process.kill()
        up.process.wait()
        wait_for(lambda: not any(is_alive(each.pid) for each in family), "the end of every part")


def test_the_pages_come_back_after_their_process_was_killed(up: Up) -> None:
    up.part("web").kill()
    wait_for(lambda: "Web ended (signal 9)" in up.says(), "the supervisor to notice")
    wait_for(up.answers, "the pages")


def test_ctrl_c_stops_everything_and_the_folder_is_free(tmp_path: Path) -> None:
    with started(tmp_path) as up:
        family = up.family()
        up.process.send_signal(signal.SIGINT)
        assert up.process.wait(timeout=60) == 0
        assert not any(is_alive(each.pid) for each in family)
        with data_folder.claimed(up.data):
            assert "Stopping" in up.says()


def test_a_taken_port_is_named_with_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_DATA_DIR", str(tmp_path / "data"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with running("regulars.cli", "up", "--port", str(port), log=tmp_path / "log") as process:
            assert process.wait(timeout=60) == 1
    assert f"127.0.0.1:{port} cannot be used" in (tmp_path / "log").read_text(encoding="utf-8")
