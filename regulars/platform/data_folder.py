"""The one folder that holds an installation: private, with its secret, used by one at a time."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from regulars.platform import secret_keys

SECRET_FILE = secret_keys.FILE
LOCK_FILE = "running"
LEAST_FREE = 200 * 1024**2  # bytes


class FolderBusy(RuntimeError):
    """Another supervisor already runs on this data folder; the text says which process."""


def prepare(data_dir: Path) -> None:
    """Make the folder (readable by its owner only) and, once, the secret that signs sessions."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = data_dir / SECRET_FILE
    if not path.exists():
        write_private(path, secret_keys.new_key() + "\n")


def shortage(data_dir: Path) -> str:
    """A sentence when the disk under the folder is nearly full, else nothing."""
    free = shutil.disk_usage(data_dir).free
    if free >= LEAST_FREE:
        return ""
    return (
        f"The disk that holds {data_dir} is nearly full ({free // 1024**2} MB free). Make room: "
        "else nothing can be saved. Backups may go to another disk: REGULARS_BACKUP_DIR."
    )


def write_private(path: Path, text: str) -> None:
    """Write a new file that only its owner can read; FileExistsError when it is there already."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


@contextmanager
def claimed(data_dir: Path) -> Iterator[None]:
    """Hold the folder for one supervisor; FolderBusy when another one has it.

    The lock is the system's, so it ends with the process in whatever way that ends.
    """
    with (data_dir / LOCK_FILE).open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise FolderBusy(
                f"Regulars already runs on {data_dir} (process {file.read().strip()}). "
                "Stop it first, or choose another folder with REGULARS_DATA_DIR."
            ) from None
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield
