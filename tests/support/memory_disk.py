"""Temporary files of a test run live in memory where the machine has room for them.

A test makes an installation and throws it away; on a disk, PostgreSQL alone spends ten times as
long on the hundreds of files of a fresh database as it does in memory.
"""

import os
import tempfile
from pathlib import Path

import psutil
import pytest

FOLDER = Path("/dev/shm")  # noqa: S108 - shared memory, where Linux has it
ROOM = 4 * 1024**3


@pytest.hookimpl(tryfirst=True)
def pytest_configure() -> None:
    """Before anything asks for a temporary folder; an explicit ``TMPDIR`` stays."""
    if "TMPDIR" not in os.environ and _has_room(FOLDER):
        os.environ["TMPDIR"] = str(FOLDER)  # what we start asks the environment
        tempfile.tempdir = str(FOLDER)


def _has_room(folder: Path) -> bool:
    """Whether files and programs may be put there without running out of memory."""
    if not os.access(folder, os.W_OK):
        return False
    disk = os.statvfs(folder)
    room = min(disk.f_bavail * disk.f_frsize, psutil.virtual_memory().available)
    return room >= ROOM and not disk.f_flag & os.ST_NOEXEC
