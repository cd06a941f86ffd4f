"""Where the bytes lie: one file per blob under a random name, never a name that people chose.

One interface for a folder on disk and, later, for object storage: put, open, remove, list.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from regulars.platform.db import UnitOfWork
from regulars.platform.errors import NotFound

_KEY = re.compile(r"[0-9a-f]{32}(\.thumb)?")


class BlobStore(Protocol):
    """Bytes by key."""

    def put(self, key: str, content: bytes) -> None:
        """Keep the bytes; they are on disk when this returns."""

    def open(self, key: str) -> BinaryIO:
        """The bytes; NotFound when they are gone."""

    def remove(self, key: str) -> None:
        """Forget the bytes; fine when they are gone already."""

    def listing(self) -> Iterator[tuple[str, float]]:
        """Every key with the time it was put, in seconds since 1970."""


class BlobFolder:
    """The files of one workspace under ``blobs/<workspace>/<two letters>/<key>``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, content: bytes) -> None:
        """Write beside, then rename: nobody ever sees half a file."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(os.open(beside, flags, 0o600), "wb") as target:
            target.write(content)
            target.flush()
            os.fsync(target.fileno())
        beside.replace(path)

    def open(self, key: str) -> BinaryIO:
        """The file itself; a link that somebody laid in its place is not followed."""
        try:
            return os.fdopen(os.open(self._path(key), os.O_RDONLY | os.O_NOFOLLOW), "rb")
        except OSError:
            raise NotFound("no-attachment") from None

    def remove(self, key: str) -> None:
        """Delete the file."""
        self._path(key).unlink(missing_ok=True)

    def listing(self) -> Iterator[tuple[str, float]]:
        """Every file there is, those half written included."""
        for path in sorted(self.root.glob("??/*")):
            if path.is_file() and not path.is_symlink():
                yield path.name, path.stat().st_mtime

    def sweep(self, name: str) -> None:
        """Delete a file that `listing` named, whatever it is called."""
        (self.root / name[:2] / Path(name).name).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise NotFound("no-attachment")
        return self.root / key[:2] / key


def folder_of(uow: UnitOfWork) -> BlobFolder:
    """The files of this transaction's workspace."""
    return BlobFolder(uow.database.data_dir / "blobs" / uow.workspace.store)
