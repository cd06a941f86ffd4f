"""The archive file: a tar.gz that is written and read in one pass, never unpacked to disk.

First comes ``manifest.json`` (what it is), last ``checksums.json`` (the SHA-256 of every member),
so that a file that was cut short is known as such. See ``docs/operations/backup.md``.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from regulars.platform.errors import RegularsError

FORMAT = 1
MANIFEST, CHECKSUMS = "manifest.json", "checksums.json"
LARGEST_MEMBER = 512 * 1024 * 1024
LARGEST_RATIO = 200  # unpacked to packed; more is a bomb, not a shop
_BROKEN = (tarfile.TarError, EOFError, OSError, ValueError, zlib.error)
_SPARE = 16 * 1024 * 1024
_NAME = re.compile(r"^(?!.*(?:^|/)\.\.?(?:/|$))[A-Za-z0-9_][A-Za-z0-9_./-]{0,250}$")


class BadArchive(RegularsError):
    """Not an archive of ours, or damaged: it cannot be restored."""

    status, code = 422, "backup-damaged"


@dataclass
class ArchiveWriter:
    """Adds members one after the other; `written_archive` closes it."""

    tar: tarfile.TarFile
    checksums: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, content: bytes) -> None:
        """One member."""
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(content), 0o600
        self.tar.addfile(info, io.BytesIO(content))
        self.checksums[name] = hashlib.sha256(content).hexdigest()

    def add_json(self, name: str, value: Any) -> None:
        """One member of JSON."""
        self.add(name, json.dumps(value, ensure_ascii=False, indent=1).encode())

    def add_file(self, name: str, path: Path) -> None:
        """One member from a file, read in pieces."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            info = tarfile.TarInfo(name)
            info.size, info.mode = file.tell(), 0o600
            file.seek(0)
            self.tar.addfile(info, file)
        self.checksums[name] = digest


@contextmanager
def written_archive(path: Path, manifest: dict[str, Any]) -> Iterator[ArchiveWriter]:
    """A new archive, readable by its owner only; a failure leaves no file behind."""
    partial = path.with_name(path.name + ".partial")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with partial.open("wb") as file:
            partial.chmod(0o600)
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=3) as tar:
                writer = ArchiveWriter(tar)
                writer.add_json(MANIFEST, manifest)
                yield writer
                writer.add_json(CHECKSUMS, dict(writer.checksums))
            file.flush()
        partial.rename(path)
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()


@dataclass(frozen=True)
class Member:
    """One member while it is read; its content must be taken before the next one is."""

    name: str
    size: int
    file: IO[bytes]

    def read(self) -> bytes:
        """All of it."""
        return self.file.read()

    def json(self) -> Any:
        """All of it, as JSON."""
        try:
            return json.loads(self.read())
        except ValueError:
            raise BadArchive("backup-damaged", member=self.name) from None


def read_manifest(path: Path) -> dict[str, Any]:
    """What the archive says it is."""
    for member in read_members(path, whole=False):
        manifest = member.json()
        if isinstance(manifest, dict) and manifest.get("format") == FORMAT:
            return manifest
        break
    raise BadArchive("backup-unknown")


def read_members(path: Path, *, whole: bool = True) -> Iterator[Member]:
    """Each member in turn, the manifest first; BadArchive when anything is not as we write it.

    With ``whole`` the checksums are compared at the end, so nothing may be kept before the last
    member has been taken.
    """
    seen: dict[str, str] = {}
    budget = path.stat().st_size * LARGEST_RATIO + _SPARE
    try:
        with tarfile.open(path, mode="r|gz") as tar:
            for info in tar:
                budget -= info.size
                _check(info, budget, first=not seen)
                content = tar.extractfile(info)
                assert content is not None
                if info.name == CHECKSUMS:
                    _compare(Member(info.name, info.size, content).json(), seen)
                    return
                summed = _Summed(content)
                yield Member(info.name, info.size, summed)  # type: ignore[arg-type]
                seen[info.name] = summed.finish()
    except _BROKEN:
        raise BadArchive("backup-damaged", member=path.name) from None
    if whole:
        raise BadArchive("backup-incomplete")


def _check(info: tarfile.TarInfo, budget: int, *, first: bool) -> None:
    if not info.isreg() or not _NAME.match(info.name):
        raise BadArchive("backup-foreign", member=info.name[:80])
    if first and info.name != MANIFEST:
        raise BadArchive("backup-unknown")
    if info.size > LARGEST_MEMBER or budget < 0:
        raise BadArchive("backup-too-large")


def _compare(wanted: Any, seen: dict[str, str]) -> None:
    if wanted != seen:
        names = set(seen) ^ set(wanted) if isinstance(wanted, dict) else set()
        differs = [n for n in seen if isinstance(wanted, dict) and wanted.get(n) != seen[n]]
        raise BadArchive("backup-damaged", member=next(iter([*sorted(names), *differs]), ""))


class _Summed:
    """A member's content that is summed up while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._sum = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        try:
            piece = self._file.read(size)
        except _BROKEN:
            raise BadArchive("backup-incomplete") from None
        self._sum.update(piece)
        return piece

    def finish(self) -> str:
        while self.read(1 << 20):
            pass
        return self._sum.hexdigest()
