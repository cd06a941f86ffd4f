"""A list on paper as it is shown: its columns, order, filters, groups, sums and colours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.records import find_records
from regulars.form_builder.web import filter_words
from regulars.form_builder.web.blueprints import records
from regulars.form_builder.web.list_colors import Drawn, coloring_of
from regulars.form_builder.web.list_layout import own_layout
from regulars.form_builder.web.list_lines import columns_at, listing_lines
from regulars.form_builder.web.list_state import ListState
from regulars.form_builder.web.list_sums import Footed, GroupRow, footed
from regulars.form_builder.web.list_views import list_form
from regulars.form_builder.web.printing.drawing import NoTypesetter, pdf_of_page, typesetter
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.web.rendering import render

MOST = 1000
_UPRIGHT = 5  # columns that fit on a page that stands upright


@records.get("/records/print")
@workspace_page("read_records")
def print_list(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """The list ready for the printer of this machine."""
    form = list_form(uow, access, form_key)
    state = own_layout(uow, access, form, ListState.from_args(form, request.args))
    return render(
        "printing/list.html", state=state, makes_pdf=typesetter() is not None,
        no_pdf=NoTypesetter.code, **_sheet(uow, access, form, state),
    )  # fmt: skip


@records.get("/records/print.pdf")
@workspace_page("read_records")
def print_list_pdf(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """The same as a file."""
    form = list_form(uow, access, form_key)
    state = own_layout(uow, access, form, ListState.from_args(form, request.args))
    html = render_template("printing/list_document.html", **_sheet(uow, access, form, state))
    answer = Response(pdf_of_page(html), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{form.key}.pdf"'
    return answer


@dataclass(frozen=True)
class Row:
    """One row of the sheet: a record, or the heading of a group, ``depth`` groups deep."""

    title: str
    drawn: Sequence[Drawn] = ()
    group: GroupRow | None = None
    depth: int = 0


class _Printer:
    """Makes the rows of one list for one reader, at most so many records."""

    def __init__(
        self, uow: UnitOfWork, access: Access, form: FormDefinition, state: ListState
    ) -> None:
        self.uow, self.access, self.form = uow, access, form
        self.catalog = catalog_for(uow, access)
        self.columns = columns_at(form, self.catalog, state.columns_of(form, self.catalog))
        self.paths = [column.path for column in self.columns]
        self.coloring = coloring_of(uow, access, form, state)
        self.room = MOST
        self.is_more = False

    def rows(self, state: ListState, sums: Footed | None, depth: int = 0) -> Iterator[Row]:
        """Group by group where the list has groups, else its records in their order."""
        if sums is None or not sums.groups:
            yield from self._records(state)
            return
        self.is_more = self.is_more or sums.is_more
        for group in sums.groups:
            if self.room <= 0:
                self.is_more = True
                return
            yield Row(group.name, group=group, depth=depth)
            yield from self.rows(group.state, self.sums(group.state), depth + 1)

    def sums(self, state: ListState) -> Footed | None:
        """The groups and the foot of a list."""
        return footed(self.uow, self.access, self.catalog, self.form, state, self.paths)

    def _records(self, state: ListState) -> Iterator[Row]:
        query = self.coloring.marking(state.query(self.form, max(1, self.room)))
        query = replace(query, offset=0, count=False)
        page = find_records(self.uow, self.access, self.form.key, query)
        lines = listing_lines(self.uow, self.access, self.form, self.columns, page.records)
        for line in lines:
            drawn = self.coloring.painted(line.record, self.paths, line.drawn)
            yield Row(line.record.title, drawn)
        self.room -= len(lines)
        self.is_more = self.is_more or page.next is not None


def _sheet(
    uow: UnitOfWork, access: Access, form: FormDefinition, state: ListState
) -> dict[str, Any]:
    """What stands on the sheet."""
    printer = _Printer(uow, access, form, state)
    sums = printer.sums(state)
    rows = list(printer.rows(state, sums))
    return {
        "form": form,
        "view": state.view_of(form).get("label"),
        "words": [each.text for each in filter_words.chips(uow, access, form, state)],
        "columns": printer.columns,
        "rows": rows,
        "n": MOST - printer.room,
        "foot": sums.foot if sums is not None and sums.has_foot else None,
        "legend": printer.coloring.legend,
        "now": uow.now,
        "is_more": printer.is_more,
        "paper": "a4" if len(printer.columns) <= _UPRIGHT else "a4_wide",
    }
