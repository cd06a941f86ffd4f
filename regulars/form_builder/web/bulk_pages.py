"""Changing many records on pages: choose fields, look at the outcome, do it, put it back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.bulk import keeping, telling
from regulars.form_builder.bulk.keeping import BulkEdit
from regulars.form_builder.bulk.wishes import deeds_for
from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_rights import catalog_for, writable_form
from regulars.form_builder.field_types.base import Reading
from regulars.form_builder.origin import AUTOMATION
from regulars.form_builder.records import find_records
from regulars.form_builder.web.blueprints import records
from regulars.form_builder.web.entries import Asking, Entry
from regulars.form_builder.web.history_words import history_words
from regulars.form_builder.web.list_state import ListState
from regulars.form_builder.web.list_views import list_form
from regulars.form_builder.web.posted import answers_from_post, values_of
from regulars.form_builder.web.record_links import RecordLink
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem
from regulars.platform.web.htmx import go_to
from regulars.platform.web.rendering import render

HERE = "/records/bulk/<int:number>"


@dataclass(frozen=True)
class Wish:
    """One field as it is asked for: its input, what can be done, what is chosen and typed."""

    entry: Entry
    deeds: Sequence[str]
    do: str
    by: str
    formula: str
    messages: Sequence[str]

    @property
    def field(self) -> FieldDefinition:
        """The field itself."""
        return self.entry.field


def bulk_link(
    uow: UnitOfWork, access: Access, form_key: str, arguments: Mapping[str, str]
) -> Iterator[RecordLink]:
    """The line of a list's menu that changes everything it shows."""
    if access.can("update_records") and access.scope(form_key, "update") != "none":
        url = url_for("records.choose_bulk", form_key=form_key, **dict[str, Any](arguments))
        yield RecordLink(url, "grid.change-many", "square-pen")


@records.get("/records/bulk")
@workspace_page("update_records")
def choose_bulk(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Which fields shall be changed, and how."""
    return _choice(uow, access, form_key)


@records.post("/records/bulk")
@workspace_page("update_records")
def prepare_bulk(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Look at what would happen; ``_add`` only asks for one more field."""
    if "_add" in request.form:
        return _choice(uow, access, form_key)
    form, state = _list(uow, access, form_key)
    picked = _picked()
    chosen: Any = picked or state.query(form)
    try:
        changes = list(_changes(uow, access, form_key))
        bulk = keeping.create(uow, access, form_key, chosen, changes, origin="page")
    except Invalid as invalid:
        return _choice(uow, access, form_key, invalid.problems)
    return go_to(url_for("records.show_bulk", form_key=form_key, number=bulk.id))


@records.get(HERE)
@workspace_page("update_records")
def show_bulk(uow: UnitOfWork, access: Access, form_key: str, number: int) -> ResponseReturnValue:
    """What would happen, how far it is, or what happened."""
    bulk = keeping.get(uow, access, form_key, number)
    return _shown(uow, access, bulk, "form_builder/bulk.html")


@records.get(f"{HERE}/progress")
@workspace_page("update_records")
def follow_bulk(
    uow: UnitOfWork, access: Access, form_key: str, number: int
) -> ResponseReturnValue:
    """The same without the page around it, asked for again and again while it is worked on."""
    bulk = keeping.get(uow, access, form_key, number)
    if not bulk.is_working:
        return go_to(url_for("records.show_bulk", form_key=form_key, number=number))
    return _shown(uow, access, bulk, "form_builder/_bulk.html")


@records.post(f"{HERE}/<do>")
@workspace_page("update_records")
def act_on_bulk(
    uow: UnitOfWork, access: Access, form_key: str, number: int, do: str
) -> ResponseReturnValue:
    """``apply``, ``undo`` or ``discard`` it."""
    if do == "discard":
        keeping.discard(uow, access, form_key, number)
        return go_to(url_for("records.index", form_key=form_key))
    if do == "undo":
        keeping.undo(uow, access, form_key, number)
    elif do == "apply":
        how = request.form.get("automation", "none")
        if how not in AUTOMATION:
            raise Invalid([Problem("automation", "unknown-automation")])
        keeping.apply(uow, access, form_key, number, automation=how)
    else:
        raise Invalid([Problem("do", "unknown-key", {"key": do[:60]})])
    return go_to(url_for("records.show_bulk", form_key=form_key, number=number))


def _choice(
    uow: UnitOfWork, access: Access, form_key: str, problems: Sequence[Problem] = ()
) -> ResponseReturnValue:
    form, state = _list(uow, access, form_key)
    writable = writable_form(access, catalog_of(uow), form_key, is_new=False)
    asking = Asking(uow, access, writable)
    keys = _keys(writable)
    said = _messages(problems, access.locale)
    answers = answers_from_post(writable, request.form)
    wishes = [
        Wish(
            asking.entry(writable.by_key[key], key, answers.get(key, ""), {}),
            deeds_for(writable.by_key[key]), request.form.get(f"do:{key}", ""),
            request.form.get(f"by:{key}", ""), request.form.get(f"formula:{key}", ""),
            said.get(str(n), ()),
        )
        for n, key in enumerate(keys)
    ]  # fmt: skip
    picked = _picked()
    page = None if picked else find_records(uow, access, form_key, state.query(form, limit=1))
    offered = [each for each in writable.fields if deeds_for(each) and each.key not in keys]
    return render(
        "form_builder/bulk_choice.html", 422 if problems else 200, form=form, state=state,
        wishes=wishes, offered=offered, picked=picked, page=page, general=said.get("", ()),
    )  # fmt: skip


def _changes(uow: UnitOfWork, access: Access, form_key: str) -> Iterator[dict[str, Any]]:
    """What was asked for, field by field."""
    writable = writable_form(access, catalog_of(uow), form_key, is_new=False)
    place = uow.workspace
    reading = Reading(place.tz, place.currency, uow.now, access.locale)
    answers = answers_from_post(writable, request.form)
    for key in _keys(writable):
        do = request.form.get(f"do:{key}", "")
        change: dict[str, Any] = {"field": key, "do": do}
        if do in ("set", "add", "remove"):
            typed = values_of(writable, {key: answers.get(key, "")}, reading)
            change |= {"value": typed.get(key), "text": True}
        elif do in ("increase", "formula"):
            named = "by" if do == "increase" else "formula"
            change["value"] = request.form.get(f"{named}:{key}", "").strip()
        yield change


def _keys(writable: FormDefinition) -> list[str]:
    given = [*request.values.getlist("field"), request.values.get("add", "")]
    keys = [key for key in dict.fromkeys(given) if key in writable.by_key]
    return [key for key in keys if deeds_for(writable.by_key[key])]


def _messages(problems: Sequence[Problem], locale: str) -> dict[str, list[str]]:
    """What is wrong with each wish by its number; "" is what is wrong with the whole."""
    found: dict[str, list[str]] = {}
    for each in problems:
        head, _slash, rest = each.path.partition("/")
        number = rest.partition("/")[0] if head == "changes" else ""
        found.setdefault(number, []).append(each.message(locale))
    return found


def _picked() -> list[int]:
    """The records that were ticked; none means all that the list finds."""
    given = request.values.getlist("record")
    return [int(each) for each in given if each.isdecimal() and len(each) < 19]


def _shown(uow: UnitOfWork, access: Access, bulk: BulkEdit, template: str) -> ResponseReturnValue:
    catalog = catalog_for(uow, access)
    form = catalog.get_form(bulk.form)
    samples = telling.samples_of(uow, access, bulk) if bulk.state == "checked" else []
    told = history_words(uow, access, catalog, form, [entry for _title, entry in samples])
    counts = telling.counts_of(uow, bulk)
    waiting = {"checking": "waiting", "running": "ready", "undoing": "changed"}.get(bulk.state, "")
    return render(
        template, form=form, bulk=bulk, counts=counts, waiting=counts.get(waiting, 0),
        reasons=telling.reasons_of(uow, access, bulk),
        samples=list(zip((title for title, _entry in samples), told, strict=True)),
        left=telling.listed(uow, access, bulk, ("changed-since", "changed-after")),
        fields=[form.find(each["field"]) for each in bulk.changes],
    )  # fmt: skip


def _list(uow: UnitOfWork, access: Access, form_key: str) -> tuple[FormDefinition, ListState]:
    form = list_form(uow, access, form_key)
    return form, ListState.from_args(form, request.args)
