"""What a signed-in visit still owes: a new id after a change of rights, a second factor."""

from __future__ import annotations

from dataclasses import replace

from flask import request

from regulars.platform.accounts import sessions, strictness
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.sessions import Session
from regulars.platform.db import Workspace
from regulars.platform.errors import SecondFactorNeeded
from regulars.platform.web.htmx import is_htmx
from regulars.platform.web.installation import installation, request_now
from regulars.platform.web.visit import fingerprint, renew_visit


def may_move() -> bool:
    """Only a whole new page can learn the new CSRF token that comes with a new id."""
    return request.method == "GET" and not is_htmx()


def move(session: Session) -> Session:
    """Go on under a new visit id."""
    fresh = fingerprint(renew_visit())
    with installation().database.main_tx() as connection:
        sessions.move_session(connection, session.visit_hash, fresh, now=request_now())
    return replace(session, visit_hash=fresh, is_outdated=False)


def require_second_factor(session: Session | None, workspace: Workspace, access: Access) -> None:
    """Send an owner to set one up where the workspace asks owners for it."""
    if access.role != "owner" or session is None or session.has_second_factor:
        return
    with installation().database.main_tx(write=False) as connection:
        if strictness.is_strict(connection, workspace):
            raise SecondFactorNeeded()
