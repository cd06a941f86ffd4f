"""Keeping what a list shows as a view: for oneself, for everybody, or for some roles."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from regulars.form_builder import service, view_edits
from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.list_settings import keep_settings
from regulars.form_builder.own_views import keeping
from regulars.form_builder.own_views.keeping import is_own
from regulars.form_builder.web import filters
from regulars.form_builder.web.blueprints import records
from regulars.form_builder.web.list_layout import own_layout
from regulars.form_builder.web.list_shapes import TABLE, Shape, offered_shapes, shape_of
from regulars.form_builder.web.list_state import ListState
from regulars.form_builder.web.list_views import list_form
from regulars.form_builder.web.view_menu import SHARE
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.routing import workspace_page
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid, NotFound
from regulars.platform.problems import Problem, under
from regulars.platform.web.flash import flash
from regulars.platform.web.htmx import go_to
from regulars.platform.web.rendering import label as label_of


@records.post("/views")
@workspace_page("read_records")
def save_view(uow: UnitOfWork, access: Access, form_key: str) -> ResponseReturnValue:
    """Keep columns, filter and order under a name: a tab above one's own list, or everybody's."""
    form, state = _list(uow, access, form_key)
    view = {**_seen(uow, access, form, state), "label": _label(), **_roles(access)}
    if request.form.get("for") == "me":
        made = keeping.add_own(uow, access, form_key, view)
        flash("records.view-saved", name=view["label"])
        return _open(form_key, made.key)
    return _share(uow, access, form_key, lambda raw: view_edits.add_view(raw, view), view["label"])


@records.post("/views/<view_key>/change")
@workspace_page("read_records")
def change_view(
    uow: UnitOfWork, access: Access, form_key: str, view_key: str
) -> ResponseReturnValue:
    """Let a view show what the list shows now; ``label`` gives it another name."""
    form, state = _list(uow, access, form_key)
    known = _view(form, view_key)
    view = {**known, **_seen(uow, access, form, state)}
    view = {name: value for name, value in view.items() if name not in ("is_own", "left_out")}
    if "label" in request.form:
        view["label"] = _label()
    keep_settings(uow, access, form_key, view_key, {})  # it is the view's own from now on
    name = label_of(view["label"]) if "label" in view else view_key
    if is_own(view_key):
        keeping.change_own(uow, access, form_key, view_key, view)
        flash("records.view-saved", name=name)
        return _open(form_key, view_key)
    return _share(
        uow, access, form_key, lambda raw: view_edits.replace_view(raw, view), name, view_key
    )


@records.post("/views/<view_key>/share")
@workspace_page(SHARE)
def share_view(
    uow: UnitOfWork, access: Access, form_key: str, view_key: str
) -> ResponseReturnValue:
    """Turn one's own view into one for everybody, or for some roles."""
    view = {**keeping.remove_own(uow, access, form_key, view_key).view, **_roles(access)}
    name = label_of(view["label"])
    return _share(uow, access, form_key, lambda raw: view_edits.add_view(raw, view), name)


@records.post("/views/<view_key>/remove")
@workspace_page("read_records")
def remove_view(
    uow: UnitOfWork, access: Access, form_key: str, view_key: str
) -> ResponseReturnValue:
    """Take a saved view away; the records stay."""
    if is_own(view_key):
        keeping.remove_own(uow, access, form_key, view_key)
        flash("records.view-removed", name=view_key)
        return _open(form_key, None)
    published = _publish(uow, access, form_key, lambda raw: view_edits.remove_view(raw, view_key))
    flash("records.view-removed" if published else "records.view-waits")
    return _open(form_key, None)


@records.post("/views/<view_key>/start")
@workspace_page("read_records")
def start_view(
    uow: UnitOfWork, access: Access, form_key: str, view_key: str
) -> ResponseReturnValue:
    """Let the list open with this view for whoever asks; a second time: with everything again."""
    name = label_of(_view(list_form(uow, access, form_key), view_key).get("label", view_key))
    is_set = keeping.start_of(uow, access, form_key) == view_key
    keeping.set_start(uow, access, form_key, "" if is_set else view_key)
    flash("records.view-start-gone" if is_set else "records.view-start-set", name=name)
    return _open(form_key, view_key)


@records.post("/views/<view_key>/move")
@workspace_page("read_records")
def move_view(
    uow: UnitOfWork, access: Access, form_key: str, view_key: str
) -> ResponseReturnValue:
    """Put one's own view one place further to the front, or to the end."""
    by = 1 if request.form.get("to") == "end" else -1
    keeping.move_own(uow, access, form_key, view_key, by)
    return _open(form_key, view_key)


def view_of(
    state: ListState, form: FormDefinition, columns: list[str], shape: Shape
) -> dict[str, Any]:
    """What the list shows now, as a view without a name; None where nothing is said of a thing."""
    where = filters.both(state.view_of(form).get("where"), state.filter)
    laid = state.arrangement_of(form).as_json() if shape == TABLE else {}
    parts = ("widths", "pinned", "group", "summaries")
    return {
        "type": shape.kind,
        "columns": columns,
        "by": shape.by.key if shape.by is not None else None,
        "where": where or None,
        "sort": list(state.sort_of(form)) or None,
        "colors": [rule.as_json for rule in state.colors_of(form)] or None,
        **{name: laid.get(name) for name in parts},
    }


def _list(uow: UnitOfWork, access: Access, form_key: str) -> tuple[FormDefinition, ListState]:
    form = list_form(uow, access, form_key)
    return form, own_layout(uow, access, form, ListState.from_args(form, request.form))


def _seen(
    uow: UnitOfWork, access: Access, form: FormDefinition, state: ListState
) -> dict[str, Any]:
    """The view that is shown with whatever the reader has changed about it."""
    catalog = catalog_for(uow, access)
    shape = shape_of(state, form, offered_shapes(form, catalog))
    known = {**state.view_of(form)}
    for name in ("key", "label", "roles", "is_own", "left_out"):
        known.pop(name, None)
    made = {**known, **view_of(state, form, state.columns_of(form, catalog), shape)}
    problems = [
        *under("filter", _problems(catalog, form, made["where"])),
        *(p for each in state.colors_of(form) for p in _problems(catalog, form, each.when)),
        *(p for path in made["sort"] or () for p in catalog.path(form.key, path.lstrip("-"))[1]),
    ]
    if problems:
        raise Invalid(problems)
    return {name: value for name, value in made.items() if value is not None}


def _problems(catalog: FormCatalog, form: FormDefinition, condition: Any) -> list[Problem]:
    return catalog.condition(form.key, condition)[1] if condition else []


def _label() -> str:
    words = request.form.get("label", "").strip()[:60]
    if not words:
        raise Invalid([Problem("label", "required")])
    return words


def _roles(access: Access) -> dict[str, list[str]]:
    """Whom a shared view is for, when it is not for everybody."""
    wanted = request.form.getlist("role") if request.form.get("for") == "roles" else []
    if request.form.get("for") == "roles" and not wanted:
        raise Invalid([Problem("role", "required")])
    if any(each not in access.roles for each in wanted):
        raise Invalid([Problem("role", "unknown-role", {"role": ", ".join(wanted)[:60]})])
    return {"roles": wanted} if wanted else {}


def _view(form: FormDefinition, key: str) -> dict[str, Any]:
    found = next((view for view in form.views if view["key"] == key), None)
    if found is None:
        raise NotFound()
    return dict(found)


def _publish(uow: UnitOfWork, access: Access, form_key: str, step: service.Step) -> bool:
    access.require(SHARE)
    return service.change_views(uow, access, form_key, step)


def _share(
    uow: UnitOfWork,
    access: Access,
    form_key: str,
    step: service.Step,
    name: str,
    key: str | None = None,
) -> ResponseReturnValue:
    """Change the views for everybody, and open the one that is meant, else the newest."""
    if not _publish(uow, access, form_key, step):
        flash("records.view-waits", "info")
        return _open(form_key, None)
    flash("records.view-saved", name=name)
    views = catalog_of(uow).get_form(form_key).views
    return _open(form_key, key or (views[-1]["key"] if views else None))


def _open(form_key: str, view: str | None) -> ResponseReturnValue:
    return go_to(url_for("records.index", form_key=form_key, view=view))
