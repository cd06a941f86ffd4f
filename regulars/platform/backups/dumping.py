"""One store into an archive, as of one moment, while others go on writing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from regulars.platform.backups.archive import ArchiveWriter
from regulars.platform.backups.kinds import to_archive
from regulars.platform.backups.shapes import TableShape, shape_json

CHUNK_ROWS = 5_000
CHUNK_BYTES = 8 * 1024 * 1024

Progress = Callable[[int, int], None]
"""Told how many rows are done, of how many."""


@dataclass(frozen=True)
class Dump:
    """What goes into the archive: a store's tables, without the rows of ``empty`` ones."""

    store: str
    about: Mapping[str, Any]  # its revision, its settings
    shapes: Sequence[TableShape]
    empty: frozenset[str] = frozenset()

    def count(self, connection: Connection) -> dict[str, int]:
        """The rows of each table."""
        return {
            shape.name: 0 if shape.name in self.empty else _count(connection, shape)
            for shape in self.shapes
        }


def dump_store(
    connection: Connection, writer: ArchiveWriter, dump: Dump, progress: Progress
) -> dict[str, int]:
    """Write every row of the snapshot that ``connection`` reads; the rows of each table."""
    counts = dump.count(connection)
    shapes = [shape_json(shape) for shape in dump.shapes]
    about = {**dump.about, "tables": shapes, "rows": counts}
    writer.add_json(f"stores/{dump.store}/tables.json", about)
    done, total = 0, sum(counts.values())
    for shape in dump.shapes:
        if not counts[shape.name]:
            continue
        for number, (rows, content) in enumerate(_chunks(_rows(connection, shape))):
            writer.add(f"stores/{dump.store}/rows/{shape.name}/{number:06d}.jsonl", content)
            done += rows
            progress(done, total)
    return counts


def _count(connection: Connection, shape: TableShape) -> int:
    counted = sa.select(sa.func.count()).select_from(shape.plain_table())
    return int(connection.execute(counted).scalar_one())


def _rows(connection: Connection, shape: TableShape) -> Iterator[Sequence[Any]]:
    """Every row, as stored, in the order of its key."""
    table = shape.plain_table()
    keys = sorted((c for c in shape.columns if c.key), key=lambda column: column.key)
    statement = sa.select(table).order_by(*[table.c[column.name] for column in keys])
    return iter(connection.execute(statement, execution_options={"yield_per": CHUNK_ROWS}))


def _chunks(rows: Iterable[Sequence[Any]]) -> Iterator[tuple[int, bytes]]:
    """Lines of JSON in pieces that fit into memory."""
    lines: list[bytes] = []
    size = 0
    for row in rows:
        values = [to_archive(value) for value in row]
        line = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        lines.append(line)
        size += len(line)
        if len(lines) >= CHUNK_ROWS or size >= CHUNK_BYTES:
            yield len(lines), b"".join(lines)
            lines, size = [], 0
    if lines:
        yield len(lines), b"".join(lines)
