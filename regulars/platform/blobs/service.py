"""Files of a workspace: taken in, given to a record, handed out, collected in the end."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, BinaryIO

import sqlalchemy as sa

from regulars.platform.accounts.access import Access
from regulars.platform.blobs.folder import folder_of
from regulars.platform.blobs.looking import MOST_PIXELS, Look, look_at
from regulars.platform.blobs.tables import blob
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid, NotFound, TooLarge
from regulars.platform.problems import Problem

LARGEST = 25 * 1024 * 1024
KEPT_LOOSE = timedelta(days=1)
THUMB = ".thumb"


@dataclass(frozen=True)
class Blob:
    """One file. ``name`` is what people call it; ``form``, ``record``, ``field`` whose it is."""

    id: int
    key: str
    name: str
    media_type: str
    size: int
    width: int | None
    height: int | None
    has_thumbnail: bool
    form: str | None
    record: int | None
    field: str | None
    actor: str
    at: datetime

    @property
    def is_picture(self) -> bool:
        """Whether it can be shown on a page."""
        return self.has_thumbnail


def take_in(
    uow: UnitOfWork, access: Access, name: str, stream: IO[bytes], *, only_picture: bool = False
) -> Blob:
    """Keep what somebody handed in; it is loose until a record takes it.

    TooLarge above `LARGEST`, Invalid for an empty file and, with ``only_picture``, for what cannot
    be shown as a picture.
    """
    content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise TooLarge("upload-too-large", limit=LARGEST // 1024 // 1024)
    if not content:
        raise Invalid([Problem("file", "file-empty")])
    look = look_at(content)
    if only_picture:
        _must_be_shown(look)
    key, store = secrets.token_hex(16), folder_of(uow)
    store.put(key, look.content)
    if look.thumbnail is not None:
        store.put(key + THUMB, look.thumbnail)
    values = {
        "key": key, "name": clean_name(name), "media_type": look.media_type,
        "size": len(look.content), "sha256": hashlib.sha256(look.content).hexdigest(),
        "width": look.width, "height": look.height,
        "has_thumbnail": look.thumbnail is not None, "actor": access.actor, "at": uow.now,
        "loose_at": uow.now,
    }  # fmt: skip
    made = uow.execute(blob.insert().values(**values).returning(blob.c.id)).scalar_one()
    return get_blobs(uow, [made])[made]


def _must_be_shown(look: Look) -> None:
    if look.why_not:
        raise Invalid([Problem("file", look.why_not, {"limit": MOST_PIXELS // 1_000_000})])


def clean_name(name: str) -> str:
    """The name people see: no folders, no control or direction marks, at most 120 characters."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(c for c in last if unicodedata.category(c)[0] != "C").strip(" .")
    head, dot, tail = shown.rpartition(".")
    if len(shown) <= 120:
        return shown or "file"
    return f"{head[: 119 - len(tail[:20])]}{dot}{tail[:20]}" if dot else shown[:120]


def get_blobs(uow: UnitOfWork, ids: Iterable[int]) -> dict[int, Blob]:
    """The files of these ids that there are."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    names = [column for column in blob.c if column.name not in ("sha256", "loose_at")]
    rows = uow.execute(sa.select(*names).where(blob.c.id.in_(wanted))).mappings()
    return {row["id"]: Blob(**row) for row in rows}


def find_blob(uow: UnitOfWork, number: int) -> Blob:
    """One file; NotFound otherwise. Who may have it is the caller's question."""
    found = get_blobs(uow, [number]).get(number)
    if found is None:
        raise NotFound("no-attachment")
    return found


def open_blob(uow: UnitOfWork, found: Blob, *, small: bool = False) -> BinaryIO:
    """The bytes, or those of the thumbnail."""
    return folder_of(uow).open(found.key + THUMB if small and found.has_thumbnail else found.key)


def give_to(uow: UnitOfWork, place: tuple[str, int, str], ids: Sequence[int]) -> None:
    """Let (form, record, field) hold these files."""
    form, record, field = place
    if ids:
        uow.execute(
            blob.update()
            .where(blob.c.id.in_(list(ids)))
            .values(form=form, record=record, field=field, loose_at=None)
        )


def let_go(uow: UnitOfWork, ids: Sequence[int]) -> None:
    """Nobody holds these files any more; they are collected after a day."""
    if ids:
        uow.execute(blob.update().where(blob.c.id.in_(list(ids))).values(loose_at=uow.now))


def forget_record(uow: UnitOfWork, form: str, record: int) -> int:
    """Delete the files of a record at once, for good; how many there were."""
    rows = uow.execute(
        sa.select(blob.c.id, blob.c.key).where(blob.c.form == form, blob.c.record == record)
    ).all()
    _delete(uow, [(row.id, row.key) for row in rows])
    return len(rows)


def collect(uow: UnitOfWork) -> int:
    """Delete files that have been loose for a day, and what lies in the folder without a row."""
    due = uow.execute(
        sa.select(blob.c.id, blob.c.key).where(blob.c.loose_at <= uow.now - KEPT_LOOSE).limit(1000)
    ).all()
    _delete(uow, [(row.id, row.key) for row in due])
    known = set(uow.execute(sa.select(blob.c.key)).scalars())
    store, old = folder_of(uow), (uow.now - KEPT_LOOSE).timestamp()
    stray = [name for name, at in store.listing() if name[:32] not in known and at < old]

    def sweep() -> None:
        for name in stray:
            store.sweep(name)

    uow.after_commit(sweep)
    return len(due)


def _delete(uow: UnitOfWork, rows: Sequence[tuple[int, str]]) -> None:
    """Rows now, bytes once that is committed; bytes that stay are strays for `collect`."""
    if not rows:
        return
    uow.execute(blob.delete().where(blob.c.id.in_([number for number, _key in rows])))
    store = folder_of(uow)

    def away() -> None:
        for _number, key in rows:
            store.remove(key)
            store.remove(key + THUMB)

    uow.after_commit(away)
