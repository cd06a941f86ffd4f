"""Watching real processes from outside."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import psutil

Found = TypeVar("Found")
PATIENCE = 120.0  # seconds; a bound for broken code, never a measure: a busy machine is slow


def wait_for(look: Callable[[], Found], what: str) -> Found:
    """The first truthy answer of ``look``; an AssertionError naming ``what`` if none comes."""
    until = time.monotonic() + PATIENCE
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie that nobody has collected yet does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextmanager
def running(
    module: str, *arguments: str, log: Path, environ: Mapping[str, str] | None = None,
    files: int = 0,
) -> Iterator["subprocess.Popen[bytes]"]:  # fmt: skip
    """A Python module as a process of its own; its whole family is gone afterwards.

    ``environ`` is added to this process's; ``files`` is how many files it may open at most.
    """

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdout=output,
            stderr=output,
            env={**os.environ, **(environ or {})},
            preexec_fn=limit if files else None,
        )
    try:
        yield process
    finally:
        end_family(process)


def end_family(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process and everything it started."""
    family: list[psutil.Process] = []
    with suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    for each in family:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    process.wait()
