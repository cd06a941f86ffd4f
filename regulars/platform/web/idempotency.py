"""``Idempotency-Key``: the same key with the same body is done once and answered alike.

The answer is kept in the transaction that did the work, so a lost reply loses nothing. Refusals
are not kept: they changed nothing, and the caller may mend the body and try again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa
from flask import Response as FlaskResponse
from flask import request
from sqlalchemy.dialects import postgresql, sqlite
from werkzeug.wrappers import Response

from regulars.platform import columns
from regulars.platform.db import UnitOfWork, workspace_metadata
from regulars.platform.errors import Conflict, RegularsError

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)
_LONGEST = 200
_FIRST_ERROR = 400

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
    sqlite_strict=True,
)


def replayed_or_new(uow: UnitOfWork, actor: str, work: Callable[[], Response]) -> Response:
    """The kept answer of this key, or that of ``work``, done now and kept."""
    key = request.headers.get(HEADER, "")
    if request.method != "POST" or not key:
        return work()
    if len(key) > _LONGEST or not key.isprintable():
        raise RegularsError("bad-idempotency-key")
    asked = _hash_of_request()
    if not _claim(uow, actor, key, asked):
        return _kept(uow, actor, key, asked)
    response = work()
    if response.status_code < _FIRST_ERROR:
        uow.execute(
            answer.update()
            .where(_is(actor, key))
            .values(
                status=response.status_code,
                media_type=response.content_type or "",
                body=response.get_data(as_text=True),
            )
        )
    return response


def _claim(uow: UnitOfWork, actor: str, key: str, asked: str) -> bool:
    """Insert first: a twin request waits here until the first one has committed or failed."""
    uow.execute(answer.delete().where(answer.c.at < uow.now - KEPT))
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


def _kept(uow: UnitOfWork, actor: str, key: str, asked: str) -> Response:
    row = uow.execute(answer.select().where(_is(actor, key))).one()
    if row.asked_hash != asked:
        raise Conflict("idempotency-key-reused")
    response = FlaskResponse(row.body, status=row.status, content_type=row.media_type)
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _is(actor: str, key: str) -> sa.ColumnElement[bool]:
    return sa.and_(answer.c.actor == actor, answer.c.key == key)


def _hash_of_request() -> str:
    digest = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    digest.update(request.get_data(cache=True))
    return digest.hexdigest()
