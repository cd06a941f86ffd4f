"""What the records of a list can be shown as: a table, a board, a calendar, a gallery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.checks import COVERS, VIEW_TYPES
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.web.list_state import SHAPES, ListState
from regulars.form_builder.web.values import system_field

ICONS: Mapping[str, str] = {
    "table": "table", "kanban": "columns-3", "calendar": "calendar-days", "gallery": "layout-grid",
}  # fmt: skip
_STAMPS = ("created_at",)


@dataclass(frozen=True)
class Shape:
    """What a list is shown as, and the field that says where a record stands in it."""

    kind: str
    by: FieldDefinition | None = None


TABLE = Shape("table")
Offered = Mapping[str, list[FieldDefinition]]


def offered_shapes(form: FormDefinition, catalog: FormCatalog) -> Offered:
    """Each shape that this form allows, with the fields it can go by; a table goes by none.

    Fields that this reader sees masked are none to go by.
    """
    fields: dict[str, list[FieldDefinition]] = {"table": []}
    for kind, types in VIEW_TYPES.items():
        usable = [each for each in form.fields if each.type in types]
        usable = [each for each in usable if not catalog.path(form.key, each.key)[1]]
        if kind == "calendar":
            stamps = [system_field(key) for key in _STAMPS if key not in form.by_key]
            usable += [each for each in stamps if each is not None]
        if usable:
            fields[kind] = usable
    fields["gallery"] = []
    return {kind: fields[kind] for kind in SHAPES if kind in fields}


def shape_of(state: ListState, form: FormDefinition, offered: Offered) -> Shape:
    """The shape that is asked for, else the view's, else a table."""
    view = state.view_of(form)
    kind = state.shape or str(view.get("type", "table"))
    if kind not in offered:
        return TABLE
    if kind not in VIEW_TYPES:
        return Shape(kind)
    wanted = state.by or (view.get("by") if kind == view.get("type") else None)
    known = {each.key: each for each in offered[kind]}
    return Shape(kind, known.get(str(wanted), offered[kind][0]))


def cover_of(state: ListState, form: FormDefinition) -> FieldDefinition | None:
    """The field whose picture stands on the cards of a gallery: the view's, else the first."""
    wanted = form.find(str(state.view_of(form).get("cover")))
    pictures = (each for each in form.fields if each.type in COVERS)
    return wanted or next(pictures, None)
