"""Refusing zero bytes in addresses and in what pages send: no store of ours can hold them."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask, request

from regulars.platform.errors import Invalid, NotFound
from regulars.platform.problems import Problem
from regulars.platform.web.permissions import requested_permission

ZERO = "\x00"
_SHOWN = 60  # letters of a name that is nobody's


def refuse_zero_bytes(app: Flask) -> None:
    """Answer 404 where one stands in a path, 422 with every parameter or input that has one.

    Bodies of JSON are read strictly elsewhere, and files may hold whatever they like.
    """

    @app.before_request
    def check() -> None:
        if any(ZERO in str(each) for each in (request.view_args or {}).values()):
            raise NotFound()
        sent = [*request.args.items(multi=True), *_inputs()]
        names = dict.fromkeys(name for name, text in sent if ZERO in name or ZERO in text)
        if names:
            raise Invalid([Problem(_readable(each), "not-text") for each in names])


def _inputs() -> Iterable[tuple[str, str]]:
    """Those of our pages; other bodies are left unread for the routes that know their limits."""
    permission = requested_permission()
    is_ours = permission is not None and permission.csrf
    return request.form.items(multi=True) if is_ours else ()


def _readable(name: str) -> str:
    return name.replace(ZERO, "")[:_SHOWN]
