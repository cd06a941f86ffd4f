"""Writing in a table's cell: the field's own input in place, and the one write path behind it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_rights import catalog_for, writable_form
from regulars.form_builder.field_types.base import Reading
from regulars.form_builder.history import history_of, seen_entries
from regulars.form_builder.logic.trying import Wish
from regulars.form_builder.origin import PAGE
from regulars.form_builder.querying import Record, RecordQuery
from regulars.form_builder.records import find_records, get_record, update_record
from regulars.form_builder.taking_back import take_back
from regulars.form_builder.web.blueprints import records
from regulars.form_builder.web.cell_rights import closed_columns
from regulars.form_builder.web.entries import Asking, Entry
from regulars.form_builder.web.history_words import EntryWords, history_words
from regulars.form_builder.web.list_colors import coloring_of
from regulars.form_builder.web.list_layout import own_layout
from regulars.form_builder.web.list_lines import columns_at, laid_columns, listing_lines, painted
from regulars.form_builder.web.list_state import ListState
from regulars.form_builder.web.list_views import list_form
from regulars.form_builder.web.live import live_of
from regulars.form_builder.web.posted import (
    Answers,
    answers_from_post,
    answers_from_values,
    values_of,
)
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid, NotFound, VersionConflict
from regulars.platform.problems import Problem
from regulars.platform.web.addresses import stored_id
from regulars.platform.web.form_errors import errors_by_field
from regulars.platform.web.rendering import label, render, translate

HERE = "/records/<int:record_id>/cell/<key>"


class _Closed(Exception):
    """This cell cannot be written in; the words say why."""


@dataclass(frozen=True)
class _Cell:
    """One field of one record as it is being changed."""

    uow: UnitOfWork
    access: Access
    form: FormDefinition  # with the fields that this person may fill in
    field: FieldDefinition
    record: Record

    @property
    def reading(self) -> Reading:
        """How what was typed is read."""
        place = self.uow.workspace
        return Reading(place.tz, place.currency, self.uow.now, self.access.locale)

    @property
    def stored(self) -> Answers:
        """What stands in every input of the record as it is stored."""
        return answers_from_values(self.form.fields, self.record.values, self.uow.workspace.tz)

    def entry(self, answers: Answers, errors: dict[str, list[str]]) -> Entry:
        """The input as logic and locks leave it; `_Closed` where they leave none."""
        typed = {**self.stored, **answers}
        values = values_of(self.form, typed, self.reading, self.stored)
        wish = Wish(values, self.record.id, texts=True, moved=frozenset())
        live = live_of(self.uow, self.access, self.form, wish)
        asking = Asking(self.uow, self.access, self.form, live)
        entry = asking.place(self.field.key, typed, errors, is_new=False)
        if entry.kept_by:
            raise _Closed(translate("records.kept-by-rule", rule=label(entry.kept_by)))
        if entry.slot is not None and entry.slot.mode != "input":
            raise _Closed(translate(f"grid.closed.{entry.slot.mode}"))
        return entry


@records.get(HERE)
@workspace_page("update_records")
def open_cell(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int, key: str
) -> ResponseReturnValue:
    """The input of one cell; 409 with the reason where it cannot be written in."""
    try:
        cell = _cell(uow, access, form_key, record_id, key)
        return _editor(cell, {key: cell.stored.get(key)})
    except _Closed as closed:
        return render("form_builder/_cell_closed.html", 409, why=str(closed))


@records.post(HERE)
@workspace_page("update_records")
def save_cell(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int, key: str
) -> ResponseReturnValue:
    """Save one value and answer with the record's row; 412 tells who saved what meanwhile."""
    try:
        cell = _cell(uow, access, form_key, record_id, key)
    except _Closed as closed:
        return render("form_builder/_cell_closed.html", 409, why=str(closed))
    given = answers_from_post(cell.form, request.form)
    answers = {key: given[key]} if key in given else {}
    values = values_of(cell.form, answers, cell.reading, {key: _before(cell)})
    opened = request.form.get("_version", type=stored_id)
    if not values:
        return _row(cell, form_key)
    try:
        saved = update_record(
            uow, access, form_key, record_id, values, origin=PAGE, expected_version=opened,
            texts=True,
        )  # fmt: skip
    except Invalid as invalid:
        return _editor(cell, answers, invalid.problems)
    except VersionConflict:
        return _clash(cell, answers, opened or 0)
    return _row(replace(cell, record=saved), form_key, saved=key)


@records.post("/records/<int:record_id>/cell-undo")
@workspace_page("update_records")
def undo_cell(
    uow: UnitOfWork, access: Access, form_key: str, record_id: int
) -> ResponseReturnValue:
    """Take back this person's own last change of a record, and answer with its row."""
    version = request.form.get("version", type=stored_id)
    form = writable_form(access, catalog_of(uow), form_key, is_new=False)
    try:
        record = take_back(uow, access, form_key, record_id, version or 0)
    except Invalid as invalid:
        said = " ".join(each.message(access.locale) for each in invalid.problems)
        return render("form_builder/_cell_closed.html", 422, why=said)
    except (VersionConflict, NotFound):
        return render("form_builder/_cell_closed.html", 409, why=translate("grid.undo-too-late"))
    return _row(_Cell(uow, access, form, form.fields[0], record), form_key)


def _cell(uow: UnitOfWork, access: Access, form_key: str, record_id: int, key: str) -> _Cell:
    seen = catalog_for(uow, access).get_form(form_key)
    if seen.find(key) is None:
        raise NotFound()
    why = closed_columns(uow, access, seen)[key]
    if why:
        raise _Closed(translate(f"grid.closed.{why}"))
    form = writable_form(access, catalog_of(uow), form_key, is_new=False)
    try:
        record = get_record(uow, access, form_key, record_id, verb="update")
    except NotFound:
        raise _Closed(translate("grid.closed.record")) from None
    return _Cell(uow, access, form, form.by_key[key], record)


def _editor(
    cell: _Cell, answers: Answers, problems: Sequence[Problem] = (), status: int = 200,
    theirs: Sequence[EntryWords] = (),
) -> ResponseReturnValue:  # fmt: skip
    key = cell.field.key
    errors = errors_by_field(problems, [key])
    try:
        entry = cell.entry(answers, errors)
    except _Closed as closed:
        return render("form_builder/_cell_closed.html", 409, why=str(closed))
    return render(
        "form_builder/_cell_editor.html",
        422 if problems else status,
        form=cell.form,
        record=cell.record,
        entry=entry,
        elsewhere=errors.get("", []),
        before=json.dumps(cell.stored.get(key), ensure_ascii=False),
        theirs=theirs,
    )


def _clash(cell: _Cell, answers: Answers, opened: int) -> ResponseReturnValue:
    """The input again with what was typed, and who saved what in between."""
    uow, access, form = cell.uow, cell.access, cell.form
    # read again: what was read above may be older than what stood in the way
    now = get_record(uow, access, form.key, cell.record.id, verb="update")
    catalog = catalog_for(uow, access)
    entries = seen_entries(access, catalog, form.key, history_of(uow, form.key, now.id))
    between = [each for each in entries if each.version > opened]
    theirs = history_words(uow, access, catalog, catalog.get_form(form.key), between)
    return _editor(replace(cell, record=now), answers, (), 412, theirs)


def _row(cell: _Cell, form_key: str, saved: str = "") -> ResponseReturnValue:
    """The record's row of the list that the address names."""
    uow, access = cell.uow, cell.access
    catalog = catalog_for(uow, access)
    form = list_form(uow, access, form_key)
    state = own_layout(uow, access, form, ListState.from_args(form, request.args))
    columns = columns_at(form, catalog, state.columns_of(form, catalog))
    columns = laid_columns(uow, access, form, columns, state)
    coloring = coloring_of(uow, access, form, state)
    this = {"field": "id", "op": "is", "value": cell.record.id}
    query = coloring.marking(RecordQuery(filter=this, limit=1))
    found = find_records(uow, access, form_key, query).records or [cell.record]
    [line] = painted(coloring, columns, listing_lines(uow, access, form, columns, found))
    return render(
        "form_builder/_saved_row.html", line=line, columns=columns, saved=saved, may_edit=True
    )


def _before(cell: _Cell) -> Any:
    """What stood in the input when it was opened; the editor hands it back."""
    try:
        return json.loads(request.form.get("_before", ""))
    except (ValueError, RecursionError):
        return cell.stored.get(cell.field.key)
