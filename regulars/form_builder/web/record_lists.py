"""The list of a form's records, its filters, and the search behind link fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as with_factory
from functools import partial

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.color_rules import ColorRule
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.field_types.file import ids_of
from regulars.form_builder.querying import RecordPage
from regulars.form_builder.records import find_records
from regulars.form_builder.web import filter_words, filters
from regulars.form_builder.web.blueprints import records
from regulars.form_builder.web.boards import Lane, lanes_of, with_ways
from regulars.form_builder.web.calendars import Month, month_of
from regulars.form_builder.web.entries import Choices, offered
from regulars.form_builder.web.list_colors import (
    Coloring,
    coloring_of,
    from_filters,
    with_rule,
)
from regulars.form_builder.web.list_layout import own_layout
from regulars.form_builder.web.list_lines import (
    Column,
    Line,
    columns_at,
    laid_columns,
    listing_lines,
    painted,
)
from regulars.form_builder.web.list_shapes import (
    ICONS,
    TABLE,
    Offered,
    Shape,
    cover_of,
    offered_shapes,
    shape_of,
)
from regulars.form_builder.web.list_state import PAGE_SIZE, ListState
from regulars.form_builder.web.list_sums import Footed, footed, group_choices, offered_sums
from regulars.form_builder.web.list_views import first_view, list_form
from regulars.form_builder.web.record_links import links_of_list
from regulars.form_builder.web.values import (
    field_at_path,
    is_listed,
    system_field,
    target_of,
)
from regulars.form_builder.web.view_menu import view_menu_of
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.i18n import translate
from regulars.platform.problems import Problem
from regulars.platform.web.htmx import vary_on_htmx, wants_partial
from regulars.platform.web.rendering import render

LISTED_SYSTEM = ("created_at", "updated_at", "created_by", "unit")


@dataclass(frozen=True)
class Listing:
    """Everything a list page shows."""

    form: FormDefinition
    state: ListState
    columns: list[Column]
    lines: list[Line]
    page: RecordPage
    problems: Sequence[Problem] = ()
    shape: Shape = TABLE
    offered: Offered = with_factory(default_factory=dict)
    lanes: Sequence[Lane] = ()
    month: Month | None = None
    cover: FieldDefinition | None = None
    coloring: Coloring = with_factory(default_factory=Coloring)
    sums: Footed | None = None
    may_edit: bool = False
    by_id: Mapping[int, Line] = with_factory(default_factory=dict)  # of a board or a calendar

    @property
    def covers(self) -> dict[int, int]:
        """Record → the picture on its card."""
        if self.cover is None:
            return {}
        given = ((line.record.id, line.record.values.get(self.cover.key)) for line in self.lines)
        files = ((number, ids_of(value)) for number, value in given if type(value) is str)
        return {number: found[0] for number, found in files if found}

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to be shown; a calendar shows its empty days."""
        if self.sums is not None and self.sums.groups:
            return False
        return not self.lines and not self.by_id and self.month is None

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-(self.page.total or 0) // PAGE_SIZE))

    @property
    def previous(self) -> str:
        """The address of the page before."""
        return self.state.url(page=self.state.page - 1) if self.state.page > 1 else ""

    @property
    def next(self) -> str:
        """The address of the page after."""
        return self.state.url(page=self.state.page + 1) if self.page.next else ""

    @property
    def is_own(self) -> bool:
        """Whether the reader sees something that could be kept as a view."""
        given = self.state
        changed = (given.filter, given.columns, given.sort, given.shape, given.group, given.own)
        return any(changed) or given.colors is not None

    @property
    def is_narrowed(self) -> bool:
        """Whether words or a filter hide records."""
        return bool(self.state.words or self.state.filter or self.state.is_viewed)

    def sort_url(self, column: Column) -> str:
        """The address of the list sorted by a column; a second click turns the order round."""
        ascending = self.state.sort_of(self.form)[:1] == (column.path,)
        return self.state.url(sort=f"-{column.path}" if ascending else column.path)


@records.get("/records")
@workspace_page("read_records")
def index(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """The list, or only its records when htmx asks for that."""
    catalog = catalog_for(uow, access)
    form = list_form(uow, access, form_key)
    state = ListState.from_args(form, request.args)
    if not request.args:
        state = replace(state, view=first_view(uow, access, form))
    row = filter_words.FilterRow.from_args(request.args)
    if row.paint and state.filter and not row.field:
        painted = from_filters(catalog, form, state, row.paint)
        return redirect(painted.url(), code=303)
    if row.op and row.field:
        added = _with_row(form, catalog, state, row)
        if added is not None:
            return redirect(added.url(), code=303)
    return vary_on_htmx(list_page(uow, access, form, state, row))


def list_page(
    uow: UnitOfWork, access: Access, form: FormDefinition, state: ListState,
    row: filter_words.FilterRow = filter_words.NO_ROW, problems: Sequence[Problem] = (),
) -> Response:  # fmt: skip
    """The list, or only its records when htmx asks for that; ``problems`` of what was tried."""
    catalog = catalog_for(uow, access)
    state = own_layout(uow, access, form, state)
    listing = _listing(uow, access, form, state)
    groups = group_choices(form, catalog, listable(form))
    context = {
        "listing": listing,
        "form": form,
        "refused": problems,
        "chips": filter_words.chips(uow, access, form, state),
        "row": row,
        "row_field": field_at_path(form, row.field, catalog) if row.field else None,
        "choices": _row_choices(uow, access, form, catalog, row),
        "fields": filterable(form, catalog),
        "all_columns": [Column(key, field) for key, field in listable(form)],
        "laid": state.laid_out(form, catalog),
        "group_choices": groups,
        "groupable": {address.partition(":")[0] for address, _words in groups},
        "offered_sums": partial(offered_sums, form, catalog),
        "links": links_of_list(uow, access, form.key, state.kept()),
        "shape_icons": ICONS,
        "views": view_menu_of(uow, access, form, state),
    }
    status = 422 if problems else 200
    if wants_partial():
        return render("form_builder/_records.html", status, **context)
    return render("form_builder/record_list.html", status, **context)


@records.get("/pick/<path>")
@workspace_page("read_records")
def pick(uow: UnitOfWork, access: Access, form_key: str, path: str) -> ResponseReturnValue:
    """Records to link to that hold the words in ``q``: the options of a search box."""
    form = catalog_for(uow, access).get_form(form_key)
    head, _dot, tail = path.partition(".")
    field = form.find(head)
    if tail and field is not None:
        field = next((each for each in field.fields if each.key == tail), None)
    if field is None or not target_of(field):
        raise NotFound()
    words = request.args.get("q", "").strip()
    where = filters.from_address(request.args.get("where", ""))
    found = offered(uow, access, target_of(field), words, where)
    return render("form_builder/_pick_options.html", choices=found, path=path)


def filterable(form: FormDefinition, catalog: FormCatalog) -> list[tuple[str, FieldDefinition]]:
    """The fields a list can be filtered by."""
    return [
        (key, field)
        for key, field in listable(form)
        if filters.offered_ops(field) and not catalog.mask_of(form.key, key)
    ]


def listable(form: FormDefinition) -> list[tuple[str, FieldDefinition]]:
    """The fields that can be columns, system fields after the owner's."""
    own = [(each.key, each) for each in form.fields if is_listed(each)]
    system = [(key, system_field(key)) for key in LISTED_SYSTEM if key not in form.by_key]
    return [*own, *((key, each) for key, each in system if each is not None)]


def _listing(uow: UnitOfWork, access: Access, form: FormDefinition, state: ListState) -> Listing:
    """The page that is asked for; a filter that makes no sense shows its problems instead."""
    catalog = catalog_for(uow, access)
    columns = columns_at(form, catalog, state.columns_of(form, catalog))
    offered = offered_shapes(form, catalog)
    shape = shape_of(state, form, offered)
    coloring = coloring_of(uow, access, form, state)
    made = Listing(
        form, state, columns, [], RecordPage([], None, 0), shape=shape, offered=offered,
        cover=cover_of(state, form), coloring=coloring,
    )  # fmt: skip
    try:
        if shape.by is not None:
            return _placed(uow, access, made, shape.by)
        if shape == TABLE:
            made = _as_table(uow, access, made)
        if made.sums is not None and made.sums.groups:
            return replace(made, page=RecordPage([], None, made.sums.count))
        page = find_records(uow, access, form.key, coloring.marking(state.query(form)))
    except Invalid as invalid:
        return replace(made, problems=invalid.problems)
    lines = listing_lines(uow, access, form, columns, page.records)
    return replace(made, lines=painted(made.coloring, columns, lines), page=page)


def _as_table(uow: UnitOfWork, access: Access, made: Listing) -> Listing:
    """The table's columns as they are laid out, its groups and its foot."""
    catalog, form, state = catalog_for(uow, access), made.form, made.state
    columns = laid_columns(uow, access, form, made.columns, state)
    sums = footed(uow, access, catalog, form, state, [each.path for each in columns])
    may_edit = any(not each.closed for each in columns)
    return replace(made, columns=columns, sums=sums, may_edit=may_edit)


def _placed(uow: UnitOfWork, access: Access, made: Listing, by: FieldDefinition) -> Listing:
    """A board or a calendar: its records are asked for by where ``by`` says that they stand."""
    form, state = made.form, made.state
    find, query = (
        partial(find_records, uow, access, form.key),
        made.coloring.marking(state.query(form)),
    )
    columns = [column for column in made.columns if column.path != by.key]
    if made.shape.kind == "kanban":
        lanes = lanes_of(
            by, query, access.locale, translate("records.no-option", access.locale), find
        )
        lanes = with_ways(lanes, form.workflow, by.key, access.role)
        groups, month = [lane.records for lane in lanes], None
    else:
        lanes, zone = [], uow.workspace.tz
        month = month_of(by, state.month, query, uow.now, zone, find)
        groups = [[each for week in month.weeks for day in week for each in day.records]]
    lines = [line for some in groups for line in listing_lines(uow, access, form, columns, some)]
    by_id = {line.record.id: line for line in painted(made.coloring, columns, lines)}
    return replace(made, columns=columns, lanes=lanes, month=month, by_id=by_id)


def _with_row(
    form: FormDefinition, catalog: FormCatalog, state: ListState, row: filter_words.FilterRow
) -> ListState | None:
    """The list with one more filter; None while its value is missing."""
    field = field_at_path(form, row.field, catalog)
    if field is None or row.op not in filters.offered_ops(field):
        return None
    try:
        leaf = filters.leaf_of(filters.Typed(row.field, row.op, row.values), field)
    except filters.MissingValue:
        return None
    if row.paint:
        rule = ColorRule(leaf, row.paint, row.field if row.spot else "")
        return with_rule(catalog, form, state, rule)
    leaves = [*filters.leaves_of(state.filter), leaf]
    return ListState(**{**vars(state), "filter": filters.joined(leaves), "page": 1})


def _row_choices(
    uow: UnitOfWork, access: Access, form: FormDefinition, catalog: FormCatalog,
    row: filter_words.FilterRow,
) -> Choices:  # fmt: skip
    field = field_at_path(form, row.field, catalog) if row.field else None
    target = target_of(field) if field is not None else ""
    if field is not None and field.has_links:
        target = str(field.settings["to"])
    return offered(uow, access, target) if target else []
