"""What a forked part of the product inherits, and what it gives back."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from regulars.platform import forking

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="elsewhere parts are never forked"
)


def raising(error: BaseException) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


ENDINGS: dict[str, tuple[Callable[[], object], int]] = {
    "nothing": (lambda: None, 0),
    "a number": (lambda: 7, 7),
    "a polite end": (raising(SystemExit(3)), 3),
    "an end without a number": (raising(SystemExit()), 0),
    "an end with words": (raising(SystemExit("no")), 1),
    "Ctrl-C": (raising(KeyboardInterrupt()), 130),
    "a mistake": (raising(ValueError("x")), 1),
    "a signal": (lambda: os.kill(os.getpid(), signal.SIGTERM), -signal.SIGTERM),
}


def ending_of(work: Callable[[], object]) -> int:
    spare, closing = os.pipe()
    child = forking.fork(work, {"REGULARS_TRIED": "yes"}, closing)
    os.close(spare)
    os.close(closing)
    return child.wait(60)


@pytest.mark.parametrize("name", ENDINGS)
def test_how_a_part_ends_is_told(name: str) -> None:
    work, code = ENDINGS[name]
    assert ending_of(work) == code


def test_a_part_has_its_own_session_and_environment_and_no_more_than_it_should() -> None:
    spare, closing = os.pipe()
    me = os.getpid()

    def work() -> int:
        try:
            os.fstat(closing)
        except OSError:
            alone = os.getsid(0) == os.getpid() != me
            told = os.environ["REGULARS_TRIED"] == "yes" and os.read(0, 1) == b""
            return 0 if alone and told and os.fstat(spare) else 1
        return 2

    child = forking.fork(work, {"REGULARS_TRIED": "yes"}, closing)
    os.close(spare)
    os.close(closing)
    assert child.wait(60) == 0
    assert "REGULARS_TRIED" not in os.environ


def test_who_does_not_end_in_time_is_still_there() -> None:
    spare, closing = os.pipe()
    child = forking.fork(lambda: os.read(spare, 1), {}, closing)
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.05)
    child.send_signal(signal.SIGTERM)
    assert child.wait(60) == -signal.SIGTERM
    child.send_signal(signal.SIGTERM)  # nobody there any more: nothing happens
    os.close(spare)
    os.close(closing)
