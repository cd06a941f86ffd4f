"""How strangers come in: by a link's secret, a few at a time, each answer after the same while."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from flask import Response, make_response, request
from flask.typing import ResponseReturnValue

from regulars.form_builder.public_forms.links import workspace_id_of
from regulars.platform.accounts.throttle import Limit, require_try
from regulars.platform.db import UnitOfWork, Workspace
from regulars.platform.errors import NotFound, RegularsError
from regulars.platform.i18n import LOCALES
from regulars.platform.ids import fingerprint
from regulars.platform.retrying import in_transaction
from regulars.platform.web import preferences
from regulars.platform.web.installation import installation, request_now
from regulars.platform.web.permissions import Permission, declare
from regulars.platform.workspaces import list_workspaces

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
LANGUAGE = "_lang"
MOST_TEXT = 512 * 1024
SENDS = Limit(60, timedelta(minutes=10))  # of one link from one address: a whole shop's network
SENDS_OF_ALL = Limit(600, timedelta(minutes=10))  # of one link
LOOKS = Limit(900, timedelta(minutes=10))  # what follows from what is being typed
UPLOADS = Limit(40, timedelta(hours=1))
WRONG_LINKS = Limit(60, timedelta(minutes=10))
LEAST = 0.3
"""Seconds that the answer to a page that was sent takes at least: who is known already, and who
is not, cannot be told apart by waiting."""


class WrongContentType(RegularsError):
    """The body is not what this address takes."""

    status, code = 415, "wrong-content-type"


def for_strangers(view: View, *, max_body: int | None = MOST_TEXT) -> View:
    """The address is the key, whoever holds it; what is sent carries a signed ticket instead of a
    CSRF token, since nobody is signed in here and no visit is kept."""
    door = Permission("everyone", csrf=False, max_body=max_body, secret_address=True)
    return declare(view, door)


def require_type(wanted: str) -> None:
    """Refuse any other body unread."""
    if request.mimetype != wanted:
        raise WrongContentType(wanted=wanted)


def spend(limit: Limit, what: str, token: str, *, by_address: bool = True) -> None:
    """Count one try; TooManyTries when it is one too many."""
    who = request.remote_addr if by_address else ""
    name = f"public:{what}:{fingerprint(token)[:24]}:{who}"
    require_try(installation().database, name, limit, now=request_now())


def inside(
    token: str, work: Callable[[UnitOfWork], ResponseReturnValue], *, write: bool
) -> Response:
    """``work`` in a transaction of the workspace that a token belongs to; NotFound for others."""
    _speak()
    database, wanted = installation().database, workspace_id_of(token)
    place: Workspace | None = next(
        (each for each in list_workspaces(database) if each.id == wanted), None
    )
    try:
        if place is None:
            raise NotFound("dead-public-link")
        answer = in_transaction(
            database, place, lambda uow: make_response(work(uow)), write=write, now=request_now(),
            again=_rewind,
        )  # fmt: skip
    except NotFound:
        spend(WRONG_LINKS, "wrong", "")
        raise
    answer.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return answer


@contextmanager
def paced() -> Iterator[None]:
    """Whatever is done inside takes as long for everybody."""
    started = time.monotonic()
    try:
        yield
    finally:
        time.sleep(max(0.0, LEAST - (time.monotonic() - started)))


def _speak() -> None:
    """The language chosen on the page, else the browser's."""
    chosen = request.values.get(LANGUAGE, "")
    if chosen in LOCALES:
        preferences.set_locale(chosen)


def _rewind() -> None:
    for _name, file in request.files.items(multi=True):
        file.stream.seek(0)
