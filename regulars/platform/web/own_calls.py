"""Refusing what one of our own rules has sent, wherever it comes in."""

from __future__ import annotations

from flask import Flask, request

from regulars.platform import own_calls
from regulars.platform.errors import Forbidden
from regulars.platform.web.installation import installation


def refuse_own_calls(app: Flask) -> None:
    """Answer 403 to a call that this installation made itself, and name the rules."""

    @app.before_request
    def check() -> None:
        note = request.headers.get(own_calls.HEADER)
        chain = own_calls.chain_in(installation().seal, note) if note else None
        if chain is not None:
            refused = Forbidden(own_calls.CODE, chain=chain)
            refused.details = {"chain": chain}
            raise refused
