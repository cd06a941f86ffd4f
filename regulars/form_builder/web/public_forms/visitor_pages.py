"""The pages of whoever opens a link: fill in, send, be thanked, confirm from a message."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from flask import make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.field_types.file import FILE_TYPES
from regulars.form_builder.public_forms import opting_in, tickets
from regulars.form_builder.public_forms.definition import PublicForm
from regulars.form_builder.public_forms.links import Door, find_door
from regulars.form_builder.public_forms.submitting import (
    AlreadySent,
    Full,
    Sent,
    outcome_of,
    require_open,
    standing,
    submit,
)
from regulars.form_builder.public_forms.tickets import LATEST, SOONEST, Ticket
from regulars.form_builder.web.live import read_fields
from regulars.form_builder.web.posted import Answers
from regulars.form_builder.web.public_forms import doors
from regulars.form_builder.web.public_forms.asked import CONSENT, TICKET, TRAP, Visit, keys
from regulars.form_builder.web.public_forms.blueprints import visits
from regulars.form_builder.web.public_forms.doors import FORM, for_strangers, inside, require_type
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.ids import new_token
from regulars.platform.problems import Problem
from regulars.platform.web import preferences
from regulars.platform.web.installation import installation, request_now
from regulars.platform.web.preferences import current_locale
from regulars.platform.web.rendering import render

DEVICE = "regulars_device"
_YEAR = 365 * 24 * 3600


@visits.get("/f/<token>")
@for_strangers
def show(token: str) -> ResponseReturnValue:
    """The form, ready to be filled in; ``?name=…`` fills in what the owner has listed."""

    def work(uow: UnitOfWork) -> ResponseReturnValue:
        door = find_door(uow, token)
        if (closed := _closed(uow, door)) is not None:
            return closed
        visit = Visit.of(uow, door)
        ticket = tickets.new_ticket(keys(), token, request_now())
        return _page(visit, ticket, visit.first())

    return inside(token, work, write=False)


@visits.post("/f/<token>")
@for_strangers
def send(token: str) -> ResponseReturnValue:
    """Take in what was sent; whatever is wrong is said at once, beside each input."""
    require_type(FORM)
    doors.spend(doors.SENDS, "send", token)
    doors.spend(doors.SENDS_OF_ALL, "all", token, by_address=False)
    with doors.paced():
        return inside(token, partial(_take, token), write=True)


@visits.post("/f/<token>/live")
@for_strangers
def live(token: str) -> ResponseReturnValue:
    """The places of the page that change with what was typed."""
    require_type(FORM)
    doors.spend(doors.LOOKS, "live", token)

    def work(uow: UnitOfWork) -> ResponseReturnValue:
        door = find_door(uow, token)
        require_open(uow, door)
        visit = Visit.of(uow, door)
        ticket = tickets.read_ticket(keys(), token, request.form.get(TICKET, ""))
        if ticket is None:
            raise Invalid([Problem("", "page-not-ours")])
        answers = visit.posted(request.form)
        moved = frozenset(request.form.getlist("_moved"))
        seen = visit.live(visit.values(answers, ticket), moved)
        if seen is None:
            return ""
        shown, _errors = visit.entries(answers, (), seen, _uploads(token, ticket))
        changed = set(seen.changed(_tokens(), answers))
        return render(
            "form_builder/_live.html", entries=[e for e in shown if e.field.key in changed]
        )

    return inside(token, work, write=False)


@visits.get("/f/<token>/done/<receipt>")
@for_strangers
def done(token: str, receipt: str) -> ResponseReturnValue:
    """The thanks, for who has sent the form."""

    def work(uow: UnitOfWork) -> ResponseReturnValue:
        door = find_door(uow, token)
        nonce = tickets.read_receipt(keys(), token, receipt)
        found = None if nonce is None else outcome_of(uow, door, nonce)
        if found is None:
            raise NotFound("dead-public-link")
        _outcome, record = found
        waits = door.public.opt_in is not None
        shown = record is not None and not waits
        card = opting_in.card_of(uow, door.public, record) if shown and record else ""
        return render(
            "public_forms/done.html", door=door, shop=uow.workspace, card_number=card, waits=waits
        )

    return inside(token, work, write=False)


@visits.get("/f/yes/<token>")
@for_strangers
def ask_again(token: str) -> ResponseReturnValue:
    """The page with the button that confirms; opening it changes nothing."""
    return inside(token, partial(_confirmation, token), write=False)


@visits.post("/f/yes/<token>")
@for_strangers
def say_yes(token: str) -> ResponseReturnValue:
    """Confirm what was agreed to."""
    require_type(FORM)
    doors.spend(doors.SENDS, "yes", token)

    def work(uow: UnitOfWork) -> ResponseReturnValue:
        opting_in.confirm(uow, token)
        return _confirmation(token, uow)

    return inside(token, work, write=True)


def _confirmation(token: str, uow: UnitOfWork) -> ResponseReturnValue:
    asked = opting_in.find_pending(uow, token)
    if doors.LANGUAGE not in request.values:
        preferences.set_locale(asked.locale)
    card = opting_in.card_of(uow, asked.public, asked.record) if asked.is_done else ""
    return render(
        "public_forms/confirm.html",
        token=token,
        asked=asked,
        shop=uow.workspace,
        card_number=card,
    )


def _take(token: str, uow: UnitOfWork) -> ResponseReturnValue:
    door = find_door(uow, token, hold=True)
    if (closed := _closed(uow, door)) is not None:
        return closed
    visit = Visit.of(uow, door)
    ticket = tickets.read_ticket(keys(), token, request.form.get(TICKET, ""))
    fresh = ticket or tickets.new_ticket(keys(), token, request_now())
    answers = visit.posted(request.form)
    device = request.cookies.get(DEVICE) or new_token(16)
    try:
        _refuse_machines(ticket)
        values = visit.values(answers, fresh)
        sent = Sent(
            fresh, values, _ticked(door.public), current_locale(),
            device if door.public.limits.per_device else None,
            (*_changed_boxes(door.public), *visit.lacking(values)),
        )  # fmt: skip
        submit(uow, door, sent, keys())
    except Invalid as invalid:
        if ticket is not None and ticket.age(request_now()) > LATEST:
            fresh = tickets.new_ticket(keys(), token, request_now())
        return _page(visit, fresh, answers, invalid.problems)
    except (AlreadySent, Full) as refused:
        return _said(door, uow, refused.code, 409)
    return _thanked(token, fresh, device if door.public.limits.per_device else "")


def _thanked(token: str, ticket: Ticket, device: str) -> ResponseReturnValue:
    receipt = tickets.receipt(keys(), token, ticket.nonce)
    chosen = doors.LANGUAGE in request.values
    values: dict[str, Any] = {doors.LANGUAGE: current_locale()} if chosen else {}
    to = url_for("public_visits.done", token=token, receipt=receipt, **values)
    answer = make_response(redirect(to, 303))
    if device:
        answer.set_cookie(
            DEVICE, device, max_age=_YEAR, path="/f/", httponly=True, samesite="Lax",
            secure=installation().config.is_https,
        )  # fmt: skip
    return answer


def _refuse_machines(ticket: Ticket | None) -> None:
    """What a page of ours, filled in by a person, never does."""
    if request.form.get(f"_{TRAP}", ""):
        raise Invalid([Problem("", "trap-filled-in")])
    if ticket is None:
        raise Invalid([Problem("", "page-not-ours")])
    age = ticket.age(request_now())
    if age < SOONEST:
        raise Invalid([Problem("", "sent-too-fast")])
    if age > LATEST:
        raise Invalid([Problem("", "page-too-old")])


def _closed(uow: UnitOfWork, door: Door) -> ResponseReturnValue | None:
    """The page that says why nothing can be sent now; None while the form is open."""
    state = standing(uow, door)
    if state == "open":
        return None
    return _said(door, uow, f"public-form-{state}", 200 if request.method == "GET" else 409)


def _said(door: Door, uow: UnitOfWork, code: str, status: int) -> ResponseReturnValue:
    return render("public_forms/closed.html", status, door=door, shop=uow.workspace, code=code)


def _page(
    visit: Visit, ticket: Ticket, answers: Answers, problems: Sequence[Problem] = ()
) -> ResponseReturnValue:
    token, public = visit.door.link.token, visit.door.public
    try:
        values = visit.values(answers, ticket)
    except Invalid:
        answers = {k: v for k, v in answers.items() if visit.form.by_key[k].type not in FILE_TYPES}
        values = visit.values(answers, ticket)
    seen = visit.live(values, None)
    shown = {k: v for k, v in answers.items() if visit.form.by_key[k].type != "signature"}
    entries, errors = visit.entries(shown, problems, seen, _uploads(token, ticket))
    return render(
        "public_forms/visit.html", 422 if problems else 200,
        public=public, form=visit.form, shop=visit.uow.workspace, store=visit.door.link.store,
        entries=entries, errors=errors, ticket=ticket.text, token=token, ticked=_ticked(public),
        live_attrs={} if seen is None else _live_attrs(visit), trap=TRAP,
        purposes=_purposes(visit),
    )  # fmt: skip


def _live_attrs(visit: Visit) -> dict[str, str]:
    reads = sorted(read_fields(catalog_of(visit.uow), visit.form.key))
    url = url_for("public_visits.live", token=visit.door.link.token)
    return {"data-live": url, "data-reads": " ".join(reads)}


def _purposes(visit: Visit) -> dict[str, list[str]]:
    """What each personal field on the page is asked for: purpose → names of fields."""
    found: dict[str, list[str]] = {}
    for field in visit.form.fields:
        purpose = visit.door.public.purpose_of(field)
        if purpose:
            found.setdefault(purpose, []).append(field.key)
    return found


def _uploads(token: str, ticket: Ticket) -> str:
    return url_for("public_visits.upload", token=token, ticket=ticket.text)


def _ticked(public: PublicForm) -> tuple[int, ...]:
    given = set(request.form.getlist(CONSENT))
    return tuple(n for n, box in enumerate(public.consents) if box.mark in given)


def _changed_boxes(public: PublicForm) -> tuple[Problem, ...]:
    """Nobody agrees to words that they have not read: those of their page may be others now."""
    known = {each.mark for each in public.consents}
    is_changed = not known.issuperset(request.form.getlist(CONSENT))
    return (Problem("", "consents-changed"),) if is_changed else ()


def _tokens() -> dict[str, str]:
    try:
        found = json.loads(request.form.get("_tokens", ""))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
