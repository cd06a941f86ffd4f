"""Uploaded files, kept in pieces in the workspace's own store.

So every host can work on them, they move and are backed up with the workspace, and they go when
they are no longer needed: a file is somebody's customer list.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.importing import csv_files
from regulars.form_builder.importing.guessing import SAMPLE_LINES, guess_columns
from regulars.form_builder.importing.limits import MAX_UPLOAD_BYTES, MIB, BadFile
from regulars.form_builder.importing.reading import FileShape, Table, find_shape, open_table
from regulars.form_builder.importing.tables import import_batch, import_file, import_part
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import NotFound

PIECE = 256 * 1024
KEPT_DAYS = 30
DAY_LAST_CURRENCIES = frozenset({"USD"})  # where 3/4 is the fourth of March


@dataclass(frozen=True)
class StoredFile:
    """What is known of an uploaded file without opening it again."""

    id: int
    name: str
    size: int
    sha256: str
    shape: FileShape
    columns: tuple[str, ...]
    guesses: tuple[Mapping[str, Any], ...]
    created_at: datetime
    forgotten: bool
    actor: str | None = None


def store_file(
    uow: UnitOfWork, path: Path, name: str, wanted: Mapping[str, Any], actor: str | None = None
) -> StoredFile:
    """Look at a file and keep it; ``wanted`` as in `find_shape`. Raises BadFile."""
    size = path.stat().st_size
    if size > MAX_UPLOAD_BYTES:
        raise BadFile("file-too-large", limit=MAX_UPLOAD_BYTES // MIB)
    with TemporaryDirectory(prefix="regulars-import-") as folder:
        plain = csv_files.unpack(path, Path(folder) / "plain")
        seen = _look(plain, wanted, uow)
    file_id = uow.execute(
        import_file.insert().values(
            name=_clean_name(name),
            size=size,
            sha256=_digest(path),
            created_at=uow.now,
            actor=actor,
            **seen,
        )
    ).inserted_primary_key
    assert file_id is not None
    _write_pieces(uow, file_id[0], path)
    return get_file(uow, file_id[0])


def look_again(uow: UnitOfWork, file_id: int, wanted: Mapping[str, Any]) -> StoredFile:
    """Read a kept file another way (encoding, delimiter, sheet, heading)."""
    with opened(uow, file_id) as path:
        seen = _look(path, wanted, uow)
    uow.execute(import_file.update().where(import_file.c.id == file_id).values(**seen))
    return get_file(uow, file_id)


def get_file(uow: UnitOfWork, file_id: int) -> StoredFile:
    """A file's description; NotFound otherwise."""
    row = uow.execute(import_file.select().where(import_file.c.id == file_id)).first()
    if row is None:
        raise NotFound()
    return StoredFile(
        row.id, row.name, row.size, row.sha256, FileShape.from_json(row.shape),
        tuple(row.columns), tuple(row.guesses), row.created_at, row.forgotten_at is not None,
        row.actor,
    )  # fmt: skip


@contextmanager
def opened(uow: UnitOfWork, file_id: int) -> Iterator[Path]:
    """A kept file on disk, unpacked, for as long as the block lasts."""
    with TemporaryDirectory(prefix="regulars-import-") as folder:
        yield fetch(uow, file_id, Path(folder))


def fetch(uow: UnitOfWork, file_id: int, folder: Path) -> Path:
    """Write a kept file into ``folder``, unpacked; BadFile when it is no longer kept."""
    packed = folder / "packed"
    statement = (
        sa.select(import_part.c.body)
        .where(import_part.c.file == file_id)
        .order_by(import_part.c.position)
    )
    with packed.open("wb") as stream:
        for body in uow.execute(statement.execution_options(yield_per=16)).scalars():
            stream.write(body)
    if not packed.stat().st_size:
        raise BadFile("file-forgotten", days=KEPT_DAYS)
    return csv_files.unpack(packed, folder / "plain")


def table_of(path: Path, file: StoredFile) -> Table:
    """The kept file as a table with the columns it was stored with."""
    return Table(path, file.shape, file.columns)


def sample_lines(table: Table) -> list[Sequence[str]]:
    """The first lines of a table, for guesses and previews."""
    return [cells for _number, cells in islice(table.lines(), SAMPLE_LINES)]


def forget_file(uow: UnitOfWork, file_id: int) -> None:
    """Let a file's content go; its name and columns stay."""
    uow.execute(import_part.delete().where(import_part.c.file == file_id))
    uow.execute(
        import_file.update().where(import_file.c.id == file_id).values(forgotten_at=uow.now)
    )


def forget_old_files(uow: UnitOfWork) -> int:
    """Let go of what nobody has asked for in a month and no running batch needs; how many."""
    needed = sa.select(import_batch.c.file).where(import_batch.c.due_at.is_not(None))
    old = uow.execute(
        sa.select(import_file.c.id).where(
            import_file.c.forgotten_at.is_(None),
            import_file.c.created_at < uow.now - timedelta(days=KEPT_DAYS),
            import_file.c.id.not_in(needed),
        )
    ).scalars()
    gone = list(old)
    for file_id in gone:
        forget_file(uow, file_id)
    return len(gone)


def _look(path: Path, wanted: Mapping[str, Any], uow: UnitOfWork) -> dict[str, Any]:
    shape = find_shape(path, wanted)
    table = open_table(path, shape)
    day_first = uow.workspace.currency not in DAY_LAST_CURRENCIES
    guesses = guess_columns(table.columns, sample_lines(table), day_first=day_first)
    return {
        "shape": shape.as_json(),
        "columns": list(table.columns),
        "guesses": [each.as_json() for each in guesses],
    }


def _write_pieces(uow: UnitOfWork, file_id: int, path: Path) -> None:
    with path.open("rb") as stream:
        position = 0
        while body := stream.read(PIECE):
            uow.execute(import_part.insert().values(file=file_id, position=position, body=body))
            position += 1


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _clean_name(name: str) -> str:
    """A file's name to show; it never becomes a path."""
    bare = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(character for character in bare if character.isprintable())
    return shown[-120:] or "file"
