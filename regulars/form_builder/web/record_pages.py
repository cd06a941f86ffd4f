"""One record: its page with tabs and history, deleting, and the recycle bin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.history import history_of, seen_entries
from regulars.form_builder.layout import Page, pages_of
from regulars.form_builder.logic.trying import hidden_fields
from regulars.form_builder.origin import PAGE
from regulars.form_builder.people.parting import restore_or_part
from regulars.form_builder.people.pointers import MergedInto
from regulars.form_builder.putting_back import put_back, version_of_form
from regulars.form_builder.querying import Record
from regulars.form_builder.records import (
    delete_record,
    get_record,
    list_bin,
    purge_record,
)
from regulars.form_builder.timeline import timeline_of
from regulars.form_builder.web.blueprints import records
from regulars.form_builder.web.button_cells import with_buttons
from regulars.form_builder.web.history_words import history_words
from regulars.form_builder.web.record_links import links_of
from regulars.form_builder.web.record_tabs import FIXED, files_of, related_of, related_tabs
from regulars.form_builder.web.state_panel import panel_of
from regulars.form_builder.web.task_pages import colleagues, record_tasks
from regulars.form_builder.web.values import Cell, cells_of
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem
from regulars.platform.web.addresses import stored_id
from regulars.platform.web.flash import flash
from regulars.platform.web.htmx import go_to
from regulars.platform.web.rendering import render

_NOT_IN_SECTIONS = ("related", "subform")


@records.get("/records/<int:record_id>")
@workspace_page("read_records")
def show(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> ResponseReturnValue:
    """The record's page; ``?tab=`` names a related list, ``tasks``, ``files`` or ``history``."""
    return record_page(uow, access, form_key, record_id)


def record_page(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int,
    problems: Sequence[Problem] = (),
) -> ResponseReturnValue:  # fmt: skip
    """The page of a record; ``problems`` say why its state could not be changed just now."""
    catalog = catalog_for(uow, access)
    form = catalog.get_form(form_key)
    try:
        record = get_record(uow, access, form_key, record_id)
    except MergedInto as merged:
        flash("people.was-merged", "info", id=record_id)
        url = url_for("records.show", form_key=form_key, record_id=merged.params["into"])
        return redirect(url, code=301)
    tabs = related_tabs(uow, access, catalog, form, record_id)
    tab = request.args.get("tab", "")
    chosen = next((each for each in tabs if each.key == tab), None)
    page = request.args.get("page", default=1, type=stored_id) or 1
    files = files_of(uow, access, form, record)
    entries = seen_entries(access, catalog, form_key, history_of(uow, form_key, record_id))
    return render(
        "form_builder/record.html",
        422 if problems else 200,
        form=form,
        record=record,
        **_details(uow, access, form, catalog, record),
        subforms=_subforms(form, catalog, record),
        tabs=tabs,
        tab=tab if chosen or tab in FIXED else "",
        related=None if chosen is None else related_of(uow, access, chosen, record, page),
        inbox=record_tasks(uow, access, form_key, record_id),
        people=colleagues(uow) if tab == "tasks" else (),
        files=files,
        history=history_words(uow, access, catalog, form, entries),
        made_with=version_of_form(uow, catalog, form_key, record_id),
        moments=timeline_of(uow, access, form_key, record_id),
        links=links_of(uow, access, form_key, record_id),
        panel=panel_of(uow, access, form_key, record_id),
        problems=[each.message(access.locale) for each in problems],
    )


@records.post("/records/<int:record_id>/history/<int:entry_id>/put-back")
@workspace_page("update_records")
def put_value_back(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int, entry_id: int
) -> ResponseReturnValue:
    """Give one field the value from before this line of the history."""
    field = request.form.get("field", "")
    try:
        with uow.savepoint():
            put_back(uow, access, form_key, record_id, entry_id, [field], origin=PAGE)
    except Invalid as invalid:
        flash("records.not-put-back", "danger", why=invalid.problems[0].message(access.locale))
    else:
        flash("records.put-back-done")
    return go_to(url_for("records.show", form_key=form_key, record_id=record_id, tab="history"))


@records.post("/records/<int:record_id>/delete")
@workspace_page("delete_records")
def delete(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> ResponseReturnValue:
    """Move the record to the recycle bin."""
    record = get_record(uow, access, form_key, record_id)
    delete_record(uow, access, form_key, record_id, origin=PAGE)
    flash("records.deleted", title=record.title)
    return go_to(url_for("records.index", form_key=form_key))


@records.get("/bin")
@workspace_page("delete_records")
def bin_page(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """What was deleted and can be had back."""
    form = catalog_for(uow, access).get_form(form_key)
    deleted = list_bin(uow, access, form_key)
    return render("form_builder/bin.html", form=form, deleted=deleted)


@records.post("/bin/<int:record_id>/restore")
@workspace_page("delete_records")
def restore(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> ResponseReturnValue:
    """Bring a record back."""
    record = restore_or_part(uow, access, form_key, record_id, origin=PAGE)
    flash("records.restored", title=record.title)
    return go_to(url_for("records.show", form_key=form_key, record_id=record_id))


@records.post("/bin/<int:record_id>/purge")
@workspace_page("delete_records")
def purge(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> ResponseReturnValue:
    """Take a record out of the bin for good."""
    flash("records.purged", title=purge_record(uow, access, form_key, record_id))
    return go_to(url_for("records.bin_page", form_key=form_key))


def _details(
    uow: UnitOfWork, access: Access, form: FormDefinition, catalog: FormCatalog, record: Record
) -> dict[str, Any]:
    """The pages of the form, and what stands in each field of them.

    A field that is not asked for on this record is left out unless it holds something.
    """
    keys = [each.key for each in form.fields if each.type not in _NOT_IN_SECTIONS]
    hidden = hidden_fields(uow, access, form.key, record.id)
    every = zip(keys, cells_of(record, form, catalog, keys), strict=True)
    cells = {key: cell for key, cell in every if not (cell.is_empty and key in hidden)}
    cells = with_buttons(uow, access, record, cells)
    pages: list[Page] = pages_of(form.layout, cells)
    return {"pages": pages, "cells": cells}


def _subforms(form: FormDefinition, catalog: FormCatalog, record: Record) -> list[Cell]:
    keys = [each.key for each in form.fields if each.type == "subform"]
    return cells_of(record, form, catalog, keys)
