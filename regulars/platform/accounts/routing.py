"""The doors: every page and API route says here who may enter, and gets its transaction.

A guarded view is called inside one transaction of the workspace, as ``view(uow, access, …)``. It
commits when the answer is a success and rolls back when the answer is an error (status 400 up).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any

from flask import g, make_response, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from regulars.platform.accounts import audit, looking, members, sessions, tokens, users, visits
from regulars.platform.accounts.access import Access, system_access
from regulars.platform.accounts.looking import OnlyLooking, Sight
from regulars.platform.accounts.role_book import roles_of
from regulars.platform.accounts.users import User
from regulars.platform.db import UnitOfWork, Workspace
from regulars.platform.definitions import watching
from regulars.platform.definitions.damage import DamagedDraft, naming_the_damaged
from regulars.platform.definitions.store import DraftClash
from regulars.platform.definitions.watching import WouldBreak
from regulars.platform.errors import Conflict, Forbidden, Invalid, NotFound, NotSignedIn
from regulars.platform.faultpoint import faultpoint
from regulars.platform.problems import Problem
from regulars.platform.retrying import in_transaction
from regulars.platform.web import preferences, rate_limit, shell
from regulars.platform.web.api_route import route_of
from regulars.platform.web.breaks import breaks_page
from regulars.platform.web.clashes import clash_page
from regulars.platform.web.damaged import damaged_page
from regulars.platform.web.idempotency import one_at_a_time, replayed_or_new
from regulars.platform.web.installation import installation, request_now
from regulars.platform.web.permissions import Permission, declare
from regulars.platform.web.shell import Shell
from regulars.platform.web.visit import fingerprint, lengthen_visit, visit_id

View = Callable[..., ResponseReturnValue]

_READING = {"GET", "HEAD", "OPTIONS"}
_LOGGED = ("grant-too-high", "grant-outside-units", "own-role", "owner-by-hand", "last-owner")


def workspace_page(
    capability: str,
    *,
    writes: bool | None = None,
    max_body: int | None = None,
    at_rest: bool = False,
) -> Callable[[View], View]:
    """A page at ``/w/<workspace>/…`` for members who hold ``capability``.

    The transaction writes unless the method only reads; ``writes=False`` is for a POST that only
    looks (a preview); ``max_body`` in bytes is for uploads; ``at_rest`` is for what may be done
    to an archived workspace. The view is called without the ``workspace`` argument.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(workspace: str, **arguments: Any) -> Response:
            person, places = _require_person()
            place = next((each for each in places if each.key == workspace), None)
            if place is None:
                raise NotFound("no-workspace", key=workspace)
            preferences.set_locale(person.locale)

            def answer(uow: UnitOfWork) -> Response:
                access = members.access_of(uow, person.id)
                if access is None:
                    raise NotFound("no-workspace", key=workspace)
                visits.require_second_factor(current_session(), uow.workspace, access)
                sight = looking.sight_of(uow, access, current_session())
                access = access if sight is None else sight.access
                _furnish(uow, access, person, places, sight)
                if sight is not None and request.method not in _READING:
                    raise OnlyLooking()
                access.require(capability)
                _mind_rest(place, access, at_rest)
                if watching.FIELD in request.form:
                    watching.accept(uow)
                return _page(uow, access, view, arguments)

            with _noting_refusals(place, lambda uow: members.access_of(uow, person.id)):
                return _in_transaction(place, answer, writes)

        return declare(guarded, Permission("workspace", capability, max_body=max_body))

    return decorate


def _page(uow: UnitOfWork, access: Access, view: View, arguments: dict[str, Any]) -> Response:
    """The page, or the one that says what stands in its way and how to go on."""
    try:
        with naming_the_damaged(uow, access):
            return make_response(view(uow, access, **arguments))
    except DraftClash as clash:
        return clash_page(clash, access.name)
    except WouldBreak as found:
        return breaks_page(found)
    except DamagedDraft as damaged:
        return damaged_page(damaged)


def workspace_api(
    capability: str,
    *,
    writes: bool | None = None,
    max_body: int | None = None,
    at_rest: bool = False,
) -> Callable[[View], View]:
    """A route at ``/api/v1/…`` for bearers of a token whose role holds ``capability``.

    A POST with an ``Idempotency-Key`` is done once; its first answer is given again.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(**arguments: Any) -> Response:
            place, token = api_token()
            _refuse_unasked(view)

            def answer(uow: UnitOfWork) -> Response:
                access = _seeing(uow, _token_access(uow, token), writes)
                access.require(capability)
                _mind_rest(place, access, at_rest)
                if request.headers.get(watching.HEADER) == "true":
                    watching.accept(uow)

                def work() -> Response:
                    with naming_the_damaged(uow, access):
                        return make_response(view(uow, access, **arguments))

                return work() if writes is False else replayed_or_new(uow, access.actor, work)

            with (
                one_at_a_time(place, f"token:{token.id}"),
                _noting_refusals(place, lambda uow: _token_access(uow, token)),
            ):
                response = _in_transaction(place, answer, writes)
                faultpoint("W3")
                return response

        return declare(guarded, Permission("api", capability, csrf=False, max_body=max_body))

    return decorate


def signed_in_page(view: View) -> View:
    """A page outside any workspace for whoever is signed in; called as ``view(person, …)``."""

    @wraps(view)
    def guarded(**arguments: Any) -> Response:
        person, places = _require_person()
        preferences.set_locale(person.locale)
        shell.enter(_shell_outside(person, places))
        return make_response(view(person, **arguments))

    return declare(guarded, Permission("signed_in"))


def _shell_outside(person: User, places: Sequence[Workspace]) -> Shell:
    return Shell(person.name, person.email, workspaces=places, may_open=person.admin)


def current_person() -> User | None:
    """Who is signed in, or None; looked up once per request."""
    found = _session()
    return found[0].user if found else None


def current_session() -> sessions.Session | None:
    """The session of whoever is signed in, or None."""
    found = _session()
    return found[0] if found else None


def current_places() -> Sequence[Workspace]:
    """The workspaces of whoever is signed in."""
    found = _session()
    return found[1] if found else ()


INSIDE = "regulars.inside"
"""The workspace of a call that never left this process. No header of a request gets this name."""


def api_token() -> tuple[Workspace, tokens.Token]:
    """The workspace and token of this request's ``Authorization: Bearer …``; NotSignedIn else.

    A cookie opens nothing here, so no foreign page can use the API in a member's name. What the
    command line asks within its own process needs no token.
    """
    if (inside := request.environ.get(INSIDE)) is not None:
        return inside, tokens.OF_THE_COMMAND_LINE
    secret = request.authorization.token if request.authorization else None
    if request.authorization is None or request.authorization.type != "bearer" or not secret:
        raise NotSignedIn("no-token")
    database, now = installation().database, request_now()
    with database.main_tx(write=False) as connection:
        found = tokens.find_bearer(connection, secret)
    if found is None:
        rate_limit.spend_wrong_key()
        raise NotSignedIn("bad-token")
    token, place = found
    if "allowance" not in g:
        rate_limit.spend_request(secret)
    if tokens.needs_touch(token, now=now):
        with database.main_tx() as connection:
            tokens.touch_token(connection, token.id, now=now)
    return place, token


def api_access(uow: UnitOfWork) -> Access:
    """What this request's token may do in the workspace of ``uow``."""
    place, token = api_token()
    if place.id != uow.workspace.id:
        raise NotSignedIn("bad-token")
    return _token_access(uow, token)


def _token_access(uow: UnitOfWork, token: tokens.Token) -> Access:
    bound = members.expand_units(uow, token.unit_ids)
    locale = preferences.asked_locale() or uow.workspace.locale
    preferences.set_locale(locale)
    if token is tokens.OF_THE_COMMAND_LINE:
        return system_access(locale)
    return Access(
        None, token.name, token.role, locale, bound, "token", token.id,
        assigned_ids=token.unit_ids, roles=roles_of(uow),
    )  # fmt: skip


def _seeing(uow: UnitOfWork, access: Access, writes: bool | None) -> Access:
    """The access of this request, or with ``See-As`` that of a role or member, for reading."""
    named = request.headers.get("See-As", "")
    if not named:
        return access
    if request.method not in _READING and writes is not False:
        raise OnlyLooking()
    return looking.borrow(uow, access, looking.named_eyes(uow, named)).access


def _require_person() -> tuple[User, Sequence[Workspace]]:
    person = current_person()
    if person is None:
        raise NotSignedIn()
    return person, current_places()


def _session() -> tuple[sessions.Session, list[Workspace]] | None:
    if "session" in g:
        found: tuple[sessions.Session, list[Workspace]] | None = g.session
        return found
    database, now = installation().database, request_now()
    g.session = None
    with database.main_tx(write=False) as connection:
        session = sessions.find_session(connection, fingerprint(visit_id()), now=now)
        if session is not None:
            g.session = session, users.workspaces_of(connection, session.user.id)
    if session is not None and session.is_outdated and visits.may_move():
        session = visits.move(session)
        g.session = session, g.session[1]
    if session is not None and session.is_stale:
        with database.main_tx() as connection:
            sessions.touch_session(connection, session.visit_hash, now=now)
        lengthen_visit()
    return _session()


def _furnish(
    uow: UnitOfWork, access: Access, person: User, places: Sequence[Workspace], sight: Sight | None
) -> None:
    """Put the navigation, the workspace and the person around this page."""
    g.workspace = uow.workspace
    shell.enter(
        Shell(
            person=person.name,
            email=person.email,
            workspace=uow.workspace,
            access=access,
            workspaces=places,
            load_nav=lambda: shell.nav_items(uow, access),
            load_notices=lambda: shell.notices(uow, access),
            may_open=person.admin,
            sight=sight,
        )
    )


def _mind_rest(place: Workspace, access: Access, at_rest: bool) -> None:
    """An archived workspace is there for its owners to read, and for nothing else."""
    if place.archived_at is None:
        return
    if not access.can("manage_workspace"):
        raise Forbidden("workspace-at-rest")
    if not at_rest and request.method not in _READING:
        raise Conflict("workspace-archived", name=place.name)


def _refuse_unasked(view: View) -> None:
    """A parameter that the route does not know is a mistake, never ignored."""
    route = route_of(view)
    silent = route is not None and not route.query  # others read theirs, with all problems
    unknown = sorted(request.args) if silent else []
    if unknown:
        raise Invalid([Problem(key[:60], "unknown-key", {"key": key[:60]}) for key in unknown])


class _Refused(Exception):
    def __init__(self, answer: Response) -> None:
        super().__init__(answer.status)
        self.answer = answer


def _in_transaction(
    place: Workspace, answer: Callable[[UnitOfWork], Response], writes: bool | None
) -> Response:
    write = request.method not in _READING if writes is None else writes

    def work(uow: UnitOfWork) -> Response:
        response = answer(uow)
        if response.status_code >= 400:
            raise _Refused(response)
        faultpoint("W1")
        return response

    faultpoint("W0")
    try:
        return in_transaction(
            installation().database, place, work,
            write=write, now=request_now(), again=_rewind_uploads,
        )  # fmt: skip
    except _Refused as refused:
        return refused.answer


@contextmanager
def _noting_refusals(
    place: Workspace, who: Callable[[UnitOfWork], Access | None]
) -> Iterator[None]:
    """A try to give or take more than one holds stands in the log although nothing came of it."""
    try:
        yield
    except (Forbidden, Conflict) as refused:
        if refused.code in _LOGGED:
            with installation().database.workspace_tx(place, now=request_now()) as uow:
                access = who(uow)
                told = {"reason": refused.code, "method": request.method}
                if access is not None:
                    audit.note(uow, access, "refused", request.path, after=told)
        raise


def _rewind_uploads() -> None:
    for _name, file in request.files.items(multi=True):
        file.stream.seek(0)
