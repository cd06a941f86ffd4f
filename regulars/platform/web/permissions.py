"""Every view says who may use it; a view that says nothing is closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from flask import Flask, current_app, request

from regulars.platform.errors import Forbidden

View = TypeVar("View", bound=Callable[..., Any])
Door = Literal["everyone", "signed_in", "workspace", "api", "installation"]

_MARK = "__regulars_permission__"


@dataclass(frozen=True)
class Permission:
    """Who may use a view. ``capability`` is None where being let in is enough.

    ``csrf`` is False for machines that prove themselves otherwise (bearer tokens, signed links).
    ``max_body`` in bytes replaces the application's limit where files are taken.
    ``secret_address`` is for links that are keys: their pages send no Referer, and browsers then
    say ``Origin: null``.
    """

    door: Door
    capability: str | None = None
    csrf: bool = True
    max_body: int | None = None
    secret_address: bool = False


def declare(view: View, permission: Permission) -> View:
    """Write the permission on the view."""
    setattr(view, _MARK, permission)
    return view


def open_to_all(view: View) -> View:
    """A page for everybody, signed in or not; a form on it still needs its CSRF token."""
    return declare(view, Permission("everyone"))


def open_to_machines(view: View) -> View:
    """A public address that proves its caller by itself (a signed link, a webhook): no CSRF."""
    return declare(view, Permission("everyone", csrf=False))


def open_to_link_holders(view: View) -> View:
    """A page whose address is the key: it must not travel on, and opens no other door."""
    return declare(view, Permission("everyone", secret_address=True))


def permission_of(view: Callable[..., Any]) -> Permission | None:
    """What a view declares, or None."""
    found: Permission | None = getattr(view, _MARK, None)
    return found


def requested_permission() -> Permission | None:
    """The permission of the view this request goes to; None when no view matches."""
    if request.endpoint is None:
        return None
    return permission_of(current_app.view_functions[request.endpoint])


def close_undeclared(app: Flask) -> None:
    """Refuse every request to a view that declares no permission; let others send what they may.

    The size is set here because checking a form's CSRF token already reads the body.
    """

    @app.before_request
    def refuse_undeclared() -> None:
        permission = requested_permission()
        if request.endpoint is not None and permission is None:
            raise Forbidden("undeclared-view")
        if permission is not None and permission.max_body is not None:
            request.max_content_length = permission.max_body
