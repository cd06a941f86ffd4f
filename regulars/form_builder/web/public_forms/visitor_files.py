"""Files of visitors: handed in beside the page, and named only by the page that did it."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from regulars.form_builder.field_types.file import FILE_TYPES
from regulars.form_builder.public_forms import tickets
from regulars.form_builder.public_forms.links import find_door
from regulars.form_builder.public_forms.submitting import require_open
from regulars.form_builder.public_forms.tickets import LATEST, Ticket
from regulars.form_builder.web.public_forms import doors
from regulars.form_builder.web.public_forms.asked import Visit, keys
from regulars.form_builder.web.public_forms.blueprints import visits
from regulars.form_builder.web.public_forms.doors import PARTS, for_strangers, inside, require_type
from regulars.platform.blobs import service
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.problems import Problem
from regulars.platform.web.installation import request_now
from regulars.platform.web.rendering import render

LARGEST = 8 * 1024 * 1024
"""A photo of a phone; more has no place in a form for strangers."""
_MOST_SHOWN = 20


def _for_files(view: doors.View) -> doors.View:
    return for_strangers(view, max_body=LARGEST + 64 * 1024)


@visits.post("/f/<token>/files/<ticket>")
@_for_files
def upload(token: str, ticket: str) -> ResponseReturnValue:
    """Hand in a file for a page that is being filled in; answers with its line."""
    require_type(PARTS)
    doors.spend(doors.UPLOADS, "file", token)

    def work(uow: UnitOfWork) -> ResponseReturnValue:
        door = find_door(uow, token)
        require_open(uow, door)
        visit, page = Visit.of(uow, door), _page_of(token, ticket)
        if not any(each.type in FILE_TYPES for each in visit.form.fields):
            raise NotFound("dead-public-link")
        given = request.files.get("file")
        if given is None:
            raise Invalid([Problem("file", "required")])
        only = request.form.get("only") == "picture"
        made = service.take_in(
            uow, visit.access, given.filename or "", given.stream, only_picture=only
        )
        return render("public_forms/_file.html", 201, lines=[_line(page, made)])

    return inside(token, work, write=True)


@visits.get("/f/<token>/files/<ticket>/lines")
@for_strangers
def lines(token: str, ticket: str) -> ResponseReturnValue:
    """The lines of the files ``?ids=`` that this page has handed in."""

    def work(uow: UnitOfWork) -> ResponseReturnValue:
        find_door(uow, token)
        page = _page_of(token, ticket)
        asked = request.args.get("ids", "")[:2000].split(",")[:_MOST_SHOWN]
        numbers = [tickets.signed(keys(), page, each) for each in asked]
        known = service.get_blobs(uow, [int(each) for each in numbers if each])
        shown = [known[int(each)] for each in numbers if each and int(each) in known]
        return render("public_forms/_file.html", lines=[_line(page, each) for each in shown])

    return inside(token, work, write=False)


def _page_of(token: str, text: str) -> Ticket:
    found = tickets.read_ticket(keys(), token, text)
    if found is None or found.age(request_now()) > LATEST:
        raise NotFound("dead-public-link")
    return found


def _line(page: Ticket, made: service.Blob) -> tuple[str, service.Blob]:
    return tickets.sign(keys(), page, str(made.id)), made
