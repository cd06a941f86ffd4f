import signal
import subprocess
import sys

import pytest

from regulars.platform import faultpoint
from regulars.platform.faultpoint import InjectedFault

PASS_THREE_TIMES = """
from regulars.platform.faultpoint import faultpoint
for turn in range(3):
    print(turn, flush=True)
    faultpoint("I1")
"""


def test_it_does_nothing_unless_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(faultpoint.VARIABLE, raising=False)
    faultpoint.faultpoint("K1")
    monkeypatch.setenv(faultpoint.VARIABLE, "K2:raise")
    faultpoint.faultpoint("K1")


def test_it_raises_where_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(faultpoint.VARIABLE, "K1:raise")
    with pytest.raises(InjectedFault, match="K1"):
        faultpoint.faultpoint("K1")


def test_it_kills_its_process_at_the_wanted_passing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PASS_THREE_TIMES],
        env={faultpoint.VARIABLE: "I1@2:kill"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert done.stdout.split() == ["0", "1"]
