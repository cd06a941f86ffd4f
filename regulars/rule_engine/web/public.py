"""What people meet who got a message: the way of its links, and the page that ends messages."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue

from regulars.platform.db import UnitOfWork, Workspace
from regulars.platform.errors import NotFound
from regulars.platform.web import preferences
from regulars.platform.web.installation import installation, request_now
from regulars.platform.web.permissions import Permission, declare
from regulars.platform.web.rendering import render
from regulars.platform.workspaces import list_workspaces
from regulars.rule_engine import links
from regulars.rule_engine.links import OptOut

public = Blueprint("message_links", __name__)

_PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


def _for_readers(view: View) -> View:
    """The address is the key, whoever holds it: mail programs send no CSRF token either."""
    return declare(view, Permission("everyone", csrf=False, secret_address=True))


@public.get("/r/<token>")
@_for_readers
def follow(token: str) -> ResponseReturnValue:
    """Lead on to where a link points; only looking (HEAD) is no click."""
    with _place_of(token, write=request.method != "HEAD") as uow:
        if request.method == "HEAD":
            return ""
        return redirect(links.follow(uow, token), 302)


@public.get("/p/<token>")
@_for_readers
def note_opening(token: str) -> ResponseReturnValue:
    """An invisible picture; only fetching it says something, looking (HEAD) does not."""
    if request.method != "HEAD":
        with _place_of(token, write=True) as uow:
            links.note_opening(uow, token)
    return Response(_PIXEL, content_type="image/gif")


@public.get("/o/<token>")
@_for_readers
def show_opt_out(token: str) -> ResponseReturnValue:
    """Ask whether messages shall end; mail scanners open this page, and nothing happens."""
    with _place_of(token, write=False) as uow:
        return _page(token, uow.workspace, links.read_opt_out(uow, token))


@public.post("/o/<token>")
@_for_readers
def opt_out(token: str) -> ResponseReturnValue:
    """End messages of this kind; also what a mail program's own button calls."""
    extent: links.Extent = "all" if request.form.get("extent") == "all" else "channel"
    with _place_of(token, write=True) as uow:
        return _page(token, uow.workspace, links.opt_out(uow, token, extent))


def _page(token: str, shop: Workspace, asked: OptOut) -> ResponseReturnValue:
    preferences.set_locale(asked.locale)
    return render("rule_engine/opt_out.html", token=token, shop=shop, asked=asked)


@contextmanager
def _place_of(token: str, *, write: bool) -> Iterator[UnitOfWork]:
    """A transaction in the workspace a link belongs to."""
    database, wanted = installation().database, links.workspace_id_of(token)
    place = next((each for each in list_workspaces(database) if each.id == wanted), None)
    if place is None:
        raise NotFound("dead-link")
    with database.workspace_tx(place, write=write, now=request_now()) as uow:
        yield uow
