"""Comparing two records side by side, merging them, and taking that back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.people.blueprints import pages
from regulars.form_builder.people.choosing import FieldChoice
from regulars.form_builder.people.likeness import compare as compare_sketches
from regulars.form_builder.people.merging import MergePlan, MergeWish, merge_people, try_merge
from regulars.form_builder.people.parting import undo_merge
from regulars.form_builder.people.person_forms import person_form
from regulars.form_builder.web.values import Cell, cells_of
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem
from regulars.platform.web.flash import flash
from regulars.platform.web.htmx import go_to
from regulars.platform.web.preferences import current_locale
from regulars.platform.web.rendering import render


@dataclass(frozen=True)
class Line:
    """One field of both records on the page."""

    choice: FieldChoice
    keep: Cell
    drop: Cell


@pages.app_template_filter("problem_words")
def problem_words(problem: Problem) -> str:
    """A problem in the reader's words."""
    return problem.message(current_locale())


@pages.get("/merge")
@workspace_page("merge_records", writes=True)
def compare(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Both records side by side; ``?keep=1&drop=2``. A trial says whether it would go well."""
    wish = MergeWish(form_key, _id("keep"), _id("drop"))
    return _page(uow, access, wish)


@pages.post("/merge")
@workspace_page("merge_records")
def merge(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Merge with the values that were chosen."""
    chosen = {
        name.removeprefix("side."): side
        for name, side in request.form.items()
        if name.startswith("side.")
    }
    wish = MergeWish(form_key, _id("keep"), _id("drop"), chosen)
    try:
        with uow.savepoint():
            merged = merge_people(uow, access, wish)
    except Invalid:
        return _page(uow, access, wish, 422)
    flash("people.merged", id=merged.drop)
    return go_to(url_for("records.show", form_key=form_key, record_id=merged.keep))


@pages.post("/merge/<int:record_id>/undo")
@workspace_page("merge_records")
def undo(uow: UnitOfWork, access: Access, form_key: str, record_id: int) -> ResponseReturnValue:
    """Make two records of them again."""
    record = undo_merge(uow, access, form_key, record_id)
    flash("people.parted", title=record.title)
    return go_to(url_for("records.show", form_key=form_key, record_id=record.id))


def _page(
    uow: UnitOfWork, access: Access, wish: MergeWish, status: int = 200
) -> ResponseReturnValue:
    plan = try_merge(uow, access, wish)
    catalog = catalog_for(uow, access)
    people = person_form(catalog, wish.form)
    likeness = compare_sketches(
        people.sketch(plan.keep.id, plan.keep.values),
        people.sketch(plan.drop.id, plan.drop.values),
    )
    lines = list(_lines(catalog, plan, wish))
    return render(
        "people/merge.html",
        status,
        form=people.form,
        plan=plan,
        differing=[line for line in lines if line.choice.differs],
        same=[line for line in lines if not line.choice.differs],
        likeness=likeness,
    )


def _lines(catalog: FormCatalog, plan: MergePlan, wish: MergeWish) -> Iterator[Line]:
    form = catalog.get_form(wish.form)
    keys = [each.field.key for each in plan.choices if each.field.key in form.by_key]
    ours, theirs = (
        {cell.field.key: cell for cell in cells_of(record, form, catalog, keys)}
        for record in (plan.keep, plan.drop)
    )
    for each in plan.choices:
        key = each.field.key
        if key in ours and not (ours[key].is_empty and theirs[key].is_empty):
            yield Line(each, ours[key], theirs[key])


def _id(name: str) -> int:
    """A record's id of the address or the post; 0, which nobody has, when it is none."""
    given = request.values.get(name, "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 19 else 0
