"""Making and changing a record by hand. A refused form comes back as it was typed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from functools import partial
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.definition import LINKED, FieldDefinition, FormDefinition
from regulars.form_builder.field_rights import catalog_for, writable_form
from regulars.form_builder.field_types.base import Reading, field_types
from regulars.form_builder.flow.entering import without_locked
from regulars.form_builder.history import history_of, seen_entries
from regulars.form_builder.logic.trying import Wish
from regulars.form_builder.origin import PAGE
from regulars.form_builder.people.correcting import correct_person
from regulars.form_builder.querying import Record
from regulars.form_builder.records import create_record, get_record, update_record
from regulars.form_builder.web import row_steps
from regulars.form_builder.web.blueprints import records
from regulars.form_builder.web.entries import Asking, Entry, EntryForm, offered
from regulars.form_builder.web.history_words import EntryWords, history_words
from regulars.form_builder.web.live import live_of, read_fields
from regulars.form_builder.web.posted import (
    Answers,
    answers_from_post,
    answers_from_values,
    first_answers,
    values_of,
)
from regulars.form_builder.web.values import target_of
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid, VersionConflict
from regulars.platform.problems import Problem
from regulars.platform.web.flash import flash
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.htmx import go_to
from regulars.platform.web.rendering import render

_STEPS = frozenset(("_rows", "_find", "_page", "_look"))
"""What a button of the form asks for that saves nothing yet."""


@dataclass(frozen=True)
class EntryPage:
    """What an entry page shows; ``record`` is None for a new one."""

    form: FormDefinition
    answers: Answers
    record: Record | None = None
    problems: Sequence[Problem] = ()
    before: Answers = dataclass_field(default_factory=dict)  # what stood there when it was opened
    version: int | None = None  # of the record when it was opened
    theirs: Sequence[EntryWords] = ()  # what others saved in between
    moved: frozenset[str] | None = frozenset()  # as in `logic.trying.Wish`


@records.get("/records/new")
@workspace_page("create_records")
def new(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """An empty entry form; ``?customer=12`` fills an input in."""
    form = _filled_in(uow, access, form_key)
    answers = {**first_answers(form, _reading(uow, access)), **_own_unit(form, access)}
    for key, given in request.args.items():
        field = form.find(key)
        if field is not None and field_types.get(field.type).writable:
            answers[key] = _given(field, given)
    return _page(uow, access, EntryPage(form, answers, moved=None))


@records.post("/records/new")
@workspace_page("create_records")
def create(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Save a new record, or show what is wrong beside each field."""
    form = _filled_in(uow, access, form_key)
    answers = answers_from_post(form, request.form)
    page = EntryPage(form, answers)
    if not _STEPS.isdisjoint(request.form):
        return _again(uow, access, page)
    values = values_of(form, answers, _reading(uow, access))
    try:
        record = create_record(uow, access, form_key, values, origin=PAGE, texts=True)
    except Invalid as invalid:
        return _page(uow, access, replace(page, problems=invalid.problems), 422)
    flash("records.created", title=record.title)
    if request.form.get("_then") == "another":
        return go_to(url_for("records.new", form_key=form_key))
    return go_to(url_for("records.show", form_key=form_key, record_id=record.id))


@records.get("/records/<int:record_id>/edit")
@workspace_page("update_records")
def edit(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> ResponseReturnValue:
    """The entry form with what the record holds."""
    record = get_record(uow, access, form_key, record_id, verb="update")
    form = _filled_in(uow, access, form_key, record)
    stored = _stored(uow, form, record)
    return _page(uow, access, EntryPage(form, stored, record, (), stored, record.version))


@records.post("/records/<int:record_id>/edit")
@workspace_page("update_records")
def update(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> ResponseReturnValue:
    """Save what was changed; what nobody touched stays as it is."""
    record = get_record(uow, access, form_key, record_id, verb="update")
    form = _filled_in(uow, access, form_key, record)
    stored = _stored(uow, form, record)
    before = _opened_with(stored)
    answers = answers_from_post(form, request.form)
    page = EntryPage(form, answers, record, (), before, _version())
    if not _STEPS.isdisjoint(request.form):
        return _again(uow, access, page)
    values = values_of(form, answers, _reading(uow, access), before)
    try:
        saved = _save(form)(
            uow, access, form_key, record_id, values, expected_version=page.version, texts=True
        )
    except Invalid as invalid:
        return _page(uow, access, replace(page, problems=invalid.problems), 422)
    except VersionConflict:
        # read again: what was read above may be older than what stood in the way
        now = get_record(uow, access, form_key, record_id, verb="update")
        return _page(uow, access, _merged(uow, access, page, now, _stored(uow, form, now)), 412)
    flash("records.saved", title=saved.title)
    return go_to(url_for("records.show", form_key=form_key, record_id=record_id))


def _filled_in(
    uow: UnitOfWork, access: Access, form_key: str, record: Record | None = None
) -> FormDefinition:
    """The form with what this person may fill in, on this record."""
    form = writable_form(access, catalog_of(uow), form_key, is_new=record is None)
    return without_locked(form, None if record is None else record.values)


def _save(form: FormDefinition) -> Callable[..., Record]:
    """A plain change, or (``?correction=1``) one that somebody asked for; it starts nothing."""
    if form.person and request.args.get("correction"):
        return partial(correct_person, kind="page")
    return partial(update_record, origin=PAGE)


def _again(uow: UnitOfWork, access: Access, page: EntryPage) -> ResponseReturnValue:
    """The same page after a row was added, moved or removed, or a linked record searched for."""
    step = request.form.get("_rows", "")
    answers = row_steps.after_step(page.answers, step) if step else page.answers
    moved = None if page.record is None else frozenset(_moved(page))
    return _page(uow, access, replace(page, answers=answers, moved=moved))


def _moved(page: EntryPage) -> list[str]:
    """Without a script: what stands otherwise than when the page was opened."""
    return [key for key, answer in page.answers.items() if answer != page.before.get(key)]


def _page(
    uow: UnitOfWork, access: Access, page: EntryPage, status: int = 200
) -> ResponseReturnValue:
    live = live_of(uow, access, page.form, _wish(uow, access, page))
    drawn = [key for key in page.form.by_key if live is None or live.trial.shows(key)]
    known = [*drawn, *_row_places(page)]
    errors = errors_by_field([_at_its_input(page.form, each) for each in page.problems], known)
    answers = page.answers if live is None else live.answers(page.answers)
    asked = Asking(uow, access, page.form, live).entry_form(
        answers, errors, is_new=page.record is None
    )
    return render(
        "form_builder/entry.html",
        status,
        form=page.form,
        record=page.record,
        entry_form=_with_found(uow, access, asked).opened(_page_number()),
        live_attrs={} if live is None else _live_attrs(uow, page),
        version=page.version,
        before=json.dumps(page.before, ensure_ascii=False),
        theirs=page.theirs,
        correcting=bool(page.record and page.form.person and request.args.get("correction")),
        back=_back(page),
    )


def _wish(uow: UnitOfWork, access: Access, page: EntryPage) -> Wish:
    """The record as the page stands."""
    stored = None if page.record is None else _stored(uow, page.form, page.record)
    values = values_of(page.form, page.answers, _reading(uow, access), stored)
    record = None if page.record is None else page.record.id
    return Wish(values, record, texts=True, moved=page.moved)


def _live_attrs(uow: UnitOfWork, page: EntryPage) -> dict[str, str]:
    """What the page needs to ask while somebody types."""
    key = page.form.key
    if page.record is None:
        url = url_for("records.live_new", form_key=key)
    else:
        url = url_for("records.live_change", form_key=key, record_id=page.record.id)
    return {"data-live": url, "data-reads": " ".join(sorted(read_fields(catalog_of(uow), key)))}


@records.post("/records/live")
@workspace_page("create_records", writes=False)
def live_new(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """The places of a new record's page that change with what was typed."""
    form = _filled_in(uow, access, form_key)
    return _live(uow, access, EntryPage(form, answers_from_post(form, request.form)))


@records.post("/records/<int:record_id>/live")
@workspace_page("update_records", writes=False)
def live_change(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int
) -> ResponseReturnValue:
    """The places of a record's page that change with what was typed."""
    record = get_record(uow, access, form_key, record_id, verb="update")
    form = _filled_in(uow, access, form_key, record)
    return _live(uow, access, EntryPage(form, answers_from_post(form, request.form), record))


def _live(uow: UnitOfWork, access: Access, page: EntryPage) -> ResponseReturnValue:
    page = replace(page, moved=frozenset(request.form.getlist("_moved")))
    live = live_of(uow, access, page.form, _wish(uow, access, page))
    if live is None:
        return ""
    asking, answers = Asking(uow, access, page.form, live), live.answers(page.answers)
    changed = [
        asking.place(key, answers, {}, is_new=page.record is None)
        for key in live.changed(_posted_json("_tokens"), page.answers)
    ]
    return render("form_builder/_live.html", entries=changed)


def _merged(
    uow: UnitOfWork, access: Access, page: EntryPage, record: Record, stored: Answers
) -> EntryPage:
    """What this person changed, on top of what others have saved meanwhile."""
    mine = {key: v for key, v in page.answers.items() if v != page.before.get(key)}
    catalog = catalog_for(uow, access)
    entries = history_of(uow, page.form.key, record.id)
    seen = seen_entries(access, catalog, page.form.key, entries)
    theirs = [entry for entry in seen if entry.version > (page.version or 0)]
    return replace(
        page,
        answers={**stored, **mine},
        before=stored,
        version=record.version,
        theirs=history_words(uow, access, catalog, page.form, theirs),
    )


def _opened_with(stored: Answers) -> Answers:
    """What stood in the inputs when the page was opened; the page hands it back."""
    return _posted_json("_before") or stored


def _posted_json(name: str) -> dict[str, Any]:
    """What the page sends along as a JSON object; empty when it is none."""
    try:
        found = json.loads(request.form.get(name, ""))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _with_found(uow: UnitOfWork, access: Access, asked: EntryForm) -> EntryForm:
    """Where the search button of a link was pressed, its select offers what was found."""
    name = request.form.get("_find", "")
    if not name:
        return asked
    words = request.form.get(f"{name}~find", "").strip()

    def looked_up(entry: Entry) -> Entry:
        if entry.rows:
            rows = tuple(tuple(looked_up(cell) for cell in row) for row in entry.rows)
            return replace(entry, rows=rows)
        if entry.name != name:
            return entry
        chosen = [choice for choice in entry.choices if choice[0] == entry.answer]
        found = offered(uow, access, target_of(entry.field), words)
        return replace(entry, choices=[*chosen, *(c for c in found if c not in chosen)])

    return replace(asked, entries={key: looked_up(each) for key, each in asked.entries.items()})


def _given(field: FieldDefinition, text: str) -> Any:
    """A value of the address as it stands in the field's input."""
    if field.has_links:
        return [{LINKED: text}]
    return [text] if field.has_side else text


def _at_its_input(form: FormDefinition, problem: Problem) -> Problem:
    """A problem of one of several links (``courses/1``) at the input that holds it."""
    head, _slash, rest = problem.path.partition("/")
    field = form.find(head)
    if field is None or not field.has_links or not rest:
        return problem
    return Problem(f"{problem.path}/{LINKED}", problem.code, problem.params, problem.text)


def _row_places(page: EntryPage) -> list[str]:
    """``items/0/price`` for every input of every row, where a problem can be shown."""
    return [
        f"{field.key}/{number}/{column.key}"
        for field in page.form.fields
        if field.has_rows
        for number in range(len(page.answers.get(field.key) or ()))
        for column in field.fields
    ]


def _back(page: EntryPage) -> str:
    if page.record is None:
        return url_for("records.index", form_key=page.form.key)
    return url_for("records.show", form_key=page.form.key, record_id=page.record.id)


def _stored(uow: UnitOfWork, form: FormDefinition, record: Record) -> Answers:
    return answers_from_values(form.fields, record.values, uow.workspace.tz)


def _page_number() -> int:
    """The page of the form that was asked for, else the one that was open."""
    given = request.form.get("_page") or request.form.get("_at") or ""
    return int(given) if given.isdecimal() and len(given) < 4 else 1


def _version() -> int | None:
    given = request.form.get("_version", "")
    return int(given) if given.isdecimal() else None


def _reading(uow: UnitOfWork, access: Access) -> Reading:
    place = uow.workspace
    return Reading(place.tz, place.currency, uow.now, access.locale)


def _own_unit(form: FormDefinition, access: Access) -> dict[str, Any]:
    """A member's home store stands in the store field already."""
    if not access.unit_ids:
        return {}
    return {f.key: str(access.unit_ids[0]) for f in form.fields if f.type == "unit"}
