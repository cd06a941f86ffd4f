"""``Idempotency-Key``: the same key with the same body is done once and answered alike.

The answer is kept in the transaction that did the work, so a lost reply loses nothing. Refusals
are not kept: they changed nothing, and the caller may mend the body and try again. A twin that
comes while the first is at work is told to come back.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Response as FlaskResponse
from flask import request
from sqlalchemy.dialects import postgresql, sqlite
from werkzeug.wrappers import Response

from regulars.platform import columns
from regulars.platform.aging import AgingRows
from regulars.platform.db import Database, UnitOfWork, Workspace, workspace_metadata
from regulars.platform.errors import Conflict, RegularsError

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)
KEPT_HEADERS = ("Location", "ETag", "Content-Language")
COME_BACK = 1  # seconds
_LONGEST = 200
_FIRST_ERROR = 400
_GIVEN_ONCE = "regulars_given_once"

answer = sa.Table(
    "api_answer",
    workspace_metadata,
    sa.Column("actor", columns.Text, primary_key=True),
    sa.Column("key", columns.Text, primary_key=True),
    sa.Column("asked_hash", columns.Text, nullable=False),
    sa.Column("status", columns.BigInt, nullable=False),
    sa.Column("media_type", columns.Text, nullable=False),
    sa.Column("body", columns.Text, nullable=False),
    sa.Column("at", columns.Instant, nullable=False, index=True),
    sa.Column("headers", columns.Json),  # [[name, value]]; None for a secret that is not kept
    sqlite_strict=True,
)

_busy: set[tuple[str, str, str]] = set()
_busy_lock = threading.Lock()


class StillAtWork(Conflict):
    """The first request with this key has not been answered yet."""

    code = "idempotency-key-at-work"


@contextmanager
def one_at_a_time(place: Workspace, actor: str) -> Iterator[None]:
    """Refuse a twin of a request that this process is at work on; before the transaction opens.

    SQLite has one writer: the twin would only wait for the first one's transaction.
    """
    mine = (place.store, actor, _key())
    if not mine[2]:
        yield
        return
    with _busy_lock:
        if mine in _busy:
            raise StillAtWork(retry_after=COME_BACK)
        _busy.add(mine)
    try:
        yield
    finally:
        with _busy_lock:
            _busy.discard(mine)


def replayed_or_new(uow: UnitOfWork, actor: str, work: Callable[[], Response]) -> Response:
    """The kept answer of this key, or that of ``work``, done now and kept."""
    key = _key()
    if not key:
        return work()
    asked = _hash_of_request()
    _stand_alone(uow, actor, key)
    if not _claim(uow, actor, key, asked):
        return _kept(uow, actor, key, asked)
    response = work()
    if response.status_code < _FIRST_ERROR:
        _keep(uow, actor, key, response)
    return response


def keep_secret(response: FlaskResponse) -> FlaskResponse:
    """Mark an answer that holds a secret: it is given once and never stored."""
    setattr(response, _GIVEN_ONCE, True)
    response.headers["Cache-Control"] = "no-store"
    return response


class KeptAnswers(AgingRows):
    """The kept answers of every workspace, which are forgotten after a day."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, answer, KEPT)


def _key() -> str:
    """The key of this request; empty when there is none, or when it is no POST."""
    key = request.headers.get(HEADER, "") if request.method == "POST" else ""
    if len(key) > _LONGEST or not key.isprintable():
        raise RegularsError("bad-idempotency-key")
    return key


def _stand_alone(uow: UnitOfWork, actor: str, key: str) -> None:
    """On PostgreSQL other processes see a lock that ends with this transaction."""
    if uow.dialect != "postgresql":
        return
    number = int.from_bytes(hashlib.sha256(f"{actor}\n{key}".encode()).digest()[:4], "big")
    place = sa.func.hashtext(uow.workspace.store)
    mine = sa.func.pg_try_advisory_xact_lock(place, number - 2**31)
    if not uow.scalar(sa.select(mine)):
        raise StillAtWork(retry_after=COME_BACK)


def _claim(uow: UnitOfWork, actor: str, key: str, asked: str) -> bool:
    uow.execute(answer.delete().where(_is(actor, key), answer.c.at < uow.now - KEPT))
    insert = postgresql.insert if uow.dialect == "postgresql" else sqlite.insert
    done = uow.execute(
        insert(answer)
        .values(
            actor=actor, key=key, asked_hash=asked, status=0, media_type="", body="", at=uow.now
        )
        .on_conflict_do_nothing()
        .returning(answer.c.key)
    )
    return done.first() is not None


def _keep(uow: UnitOfWork, actor: str, key: str, response: Response) -> None:
    is_secret = getattr(response, _GIVEN_ONCE, False)
    headers = [[name, response.headers[name]] for name in KEPT_HEADERS if name in response.headers]
    values: dict[str, Any] = {
        "status": response.status_code,
        "media_type": response.content_type or "",
        "body": "" if is_secret else response.get_data(as_text=True),
        "headers": None if is_secret else headers,
    }
    uow.execute(answer.update().where(_is(actor, key)).values(**values))


def _kept(uow: UnitOfWork, actor: str, key: str, asked: str) -> Response:
    row = uow.execute(answer.select().where(_is(actor, key))).one()
    if row.asked_hash != asked:
        raise Conflict("idempotency-key-reused")
    if row.headers is None and not row.body:
        raise Conflict("idempotency-answer-secret")
    response = FlaskResponse(row.body, status=row.status, content_type=row.media_type)
    for name, value in row.headers or ():
        response.headers[name] = value
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _is(actor: str, key: str) -> sa.ColumnElement[bool]:
    return sa.and_(answer.c.actor == actor, answer.c.key == key)


def _hash_of_request() -> str:
    digest = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    if request.mimetype != "multipart/form-data":
        digest.update(request.get_data(cache=True))
        return digest.hexdigest()
    # A client that sends its parts again chooses another boundary: the parts are what counts.
    for name, value in sorted(request.form.items(multi=True), key=str):
        digest.update(f"{name}={len(value)}:{value}\n".encode())
    for name, part in sorted(request.files.items(multi=True), key=lambda each: str(each[0])):
        content = hashlib.file_digest(part.stream, "sha256").hexdigest()  # type: ignore[arg-type]
        part.stream.seek(0)
        digest.update(f"{name}={part.filename}:{content}\n".encode())
    return digest.hexdigest()
