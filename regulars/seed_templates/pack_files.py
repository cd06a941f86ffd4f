"""The files of a pack, from a folder or a zip, read within caps. Nothing is unpacked to disk.

Refused, all together: names that leave the pack, doubled names, links, locked or oversized
entries, anything that is not JSON (packs hold no scripts).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISLNK

from regulars.platform.errors import Invalid, NotFound
from regulars.platform.json_schema import set_of
from regulars.platform.problems import Problem

MAX_FILES = 500
MAX_FILE_BYTES = 1024 * 1024
MAX_TOTAL_BYTES = 8 * 1024 * 1024
_NAME = re.compile(r"^(?:[A-Za-z0-9][A-Za-z0-9_.-]{0,80}/){0,3}[A-Za-z0-9][A-Za-z0-9_.-]{0,80}$")
_ENCRYPTED = 0x1


@dataclass(frozen=True)
class PackFiles:
    """File contents by name inside the pack (``forms/orders.json``)."""

    contents: Mapping[str, bytes]


def read_pack_files(place: Path) -> PackFiles:
    """The pack in a folder or a zip; Invalid with every problem, NotFound without either."""
    if place.is_dir():
        return _from_folder(place)
    if place.is_file():
        return _from_zip(place)
    raise NotFound("no-pack", key=str(place))


def _from_folder(folder: Path) -> PackFiles:
    problems: list[Problem] = []
    contents: dict[str, bytes] = {}
    total = 0
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() and not path.is_symlink():
            continue
        found = list(_name_problems(name, is_link=path.is_symlink()))
        size = 0 if found else path.stat().st_size
        found += _size_problems(name, size, total, len(contents))
        problems += found
        if not found:
            contents[name] = path.read_bytes()
            total += size
    return _checked(contents, problems)


def _from_zip(place: Path) -> PackFiles:
    try:
        with zipfile.ZipFile(place) as archive:
            return _from_archive(archive)
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise Invalid([Problem("", "pack-not-a-zip")]) from error


def _from_archive(archive: zipfile.ZipFile) -> PackFiles:
    problems: list[Problem] = []
    contents: dict[str, bytes] = {}
    seen: set[str] = set()
    total = 0
    for entry in archive.infolist():
        if entry.is_dir():
            continue
        name = entry.filename
        found = list(_name_problems(name, is_link=S_ISLNK(entry.external_attr >> 16)))
        if entry.flag_bits & _ENCRYPTED:
            found.append(Problem(name[:120], "pack-file-locked"))
        if name.casefold() in seen:
            found.append(Problem(name[:120], "pack-file-doubled"))
        seen.add(name.casefold())
        found += _size_problems(name, entry.file_size, total, len(contents))
        if not found:
            body = _unpacked(archive, entry)
            found += _size_problems(name, len(body), total, len(contents))
            contents[name] = body
            total += len(body)
        problems += found
    return _checked(contents, problems)


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Never more than a byte past the cap, whatever the entry claims to hold."""
    with archive.open(entry) as stream:
        return stream.read(MAX_FILE_BYTES + 1)


def _name_problems(name: str, *, is_link: bool) -> Iterator[Problem]:
    if is_link:
        yield Problem(name[:120], "pack-file-is-link")
    elif not _NAME.match(name) or ".." in name:
        yield Problem(name[:120], "pack-file-name")
    elif not name.endswith(".json"):
        yield Problem(name[:120], "pack-file-not-json")


def _size_problems(name: str, size: int, total: int, count: int) -> list[Problem]:
    if size > MAX_FILE_BYTES:
        return [Problem(name[:120], "pack-file-too-large", {"limit": MAX_FILE_BYTES // 1024})]
    if total + size > MAX_TOTAL_BYTES:
        return [Problem("", "pack-too-large", {"limit": MAX_TOTAL_BYTES // 1024 // 1024})]
    if count >= MAX_FILES:
        return [Problem("", "pack-too-many-files", {"limit": MAX_FILES})]
    return []


def _checked(contents: dict[str, bytes], problems: list[Problem]) -> PackFiles:
    if problems:
        raise Invalid(set_of(problems))
    return PackFiles(contents)
