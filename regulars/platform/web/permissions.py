"""Every view says who may use it; a view that says nothing is closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from flask import Flask, current_app, request

from regulars.platform.errors import Forbidden

View = TypeVar("View", bound=Callable[..., Any])
Door = Literal["everyone", "signed_in", "workspace", "api"]

_MARK = "__regulars_permission__"


@dataclass(frozen=True)
class Permission:
    """Who may use a view. ``capability`` is None where being let in is enough.

    ``csrf`` is False for machines that prove themselves otherwise (bearer tokens, signed links).
    """

    door: Door
    capability: str | None = None
    csrf: bool = True


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
    """Refuse every request to a view that declares no permission."""

    @app.before_request
    def refuse_undeclared() -> None:
        if request.endpoint is not None and requested_permission() is None:
            raise Forbidden("undeclared-view")
