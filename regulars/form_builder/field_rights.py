"""The forms as a role sees them: without its hidden fields, and knowing which are masked.

Everything that reads for a person asks the catalog made here. A hidden field is not in it, so that
no list, filter, sort, report, formula, lookup, export or error text can tell that it is there. It
is made once per role and set of definitions; with a role that sees everything it is the catalog
itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from regulars.form_builder.catalog import FormCatalog, catalog_of
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.layout import only
from regulars.form_builder.masking import mask_kind
from regulars.platform.accounts.access import Access
from regulars.platform.accounts.roles import FieldRight, Role
from regulars.platform.db import UnitOfWork
from regulars.platform.expressions.shapes import FieldShape, FormShape, Shapes
from regulars.platform.expressions.types import Kind


def catalog_for(uow: UnitOfWork, access: Access) -> FormCatalog:
    """The published forms as this reader sees them."""
    return seen_by(catalog_of(uow), access.held)


def seen_by(whole: FormCatalog, role: Role) -> FormCatalog:
    """The forms as a role sees them; computed once and kept with the catalog."""
    whole = whole.whole
    return whole.kept(("seen by", role), lambda: _seen_by(whole, role))


def _seen_by(whole: FormCatalog, role: Role) -> FormCatalog:
    if not role.narrows_fields and _reads_all(whole, role):
        return whole
    return _narrowed(whole, role)


def usable_by(whole: FormCatalog, role: Role) -> FormCatalog:
    """The forms with only the fields that a role sees whole; what is masked is not there."""
    whole = whole.whole
    if seen_by(whole, role) is whole:
        return whole
    return whole.kept(("usable by", role), lambda: _narrowed(whole, _without_masked(role)))


def known_by(whole: FormCatalog, role: Role) -> FormCatalog:
    """The forms with every field whose name a role knows; what is masked is there like others."""
    seen = seen_by(whole, role)
    if not seen.masks:
        return seen
    name = ("known by", role)
    return whole.whole.kept(name, lambda: replace(seen, masks={}, _trees={}))


def _without_masked(role: Role) -> Role:
    rights = {
        form: replace(
            each,
            fields={k: "hidden" if r == "masked" else r for k, r in each.fields.items()},
        )
        for form, each in role.forms.items()
    }
    return replace(role, forms=rights)


def writable_form(
    access: Access, catalog: FormCatalog, key: str, *, is_new: bool
) -> FormDefinition:
    """The form with only the fields that this person may fill in."""

    def fits(form_key: str, field: FieldDefinition) -> bool:
        return may_write(access.field_right(form_key, field.key), is_new=is_new)

    return _trimmed(catalog.whole.get_form(key), fits)


def forms_to_fill(
    access: Access, catalog: FormCatalog, key: str
) -> tuple[FormDefinition, Mapping[str, FormDefinition]]:
    """What somebody may import into a form, and the forms by whose fields they name records."""
    seen = seen_by(catalog, access.held)

    def names(form_key: str, field: FieldDefinition) -> bool:
        return access.field_right(form_key, field.key) in ("write", "read_only")

    forms = {each.key: _trimmed(each, names) for each in seen.forms.values()}
    return writable_form(access, catalog, key, is_new=True), forms


def may_write(right: FieldRight, *, is_new: bool) -> bool:
    """Whether a field may be given; one that is seen masked, only on a new record."""
    return right == "write" or (right == "masked" and is_new)


def _reads_all(whole: FormCatalog, role: Role) -> bool:
    return all(_reads(role, key) for key in whole.forms)


def _reads(role: Role, form_key: str) -> bool:
    return form_key.startswith("sys_") or (role.scope(form_key, "read", has_units=True) != "none")


def _narrowed(whole: FormCatalog, role: Role) -> FormCatalog:
    shapes = Shapes({key: _shape(shape, role) for key, shape in whole.shapes.forms.items()})
    forms = {key: _form(form, role) for key, form in whole.forms.items()}
    seen = replace(
        whole, forms=forms, shapes=shapes, masks=dict(_masks(whole, role)), origin=whole, _trees={}
    )
    usable = {key: _with_usable_views(seen, form) for key, form in forms.items()}
    return replace(seen, forms=usable, _trees={})


def _shape(shape: FormShape, role: Role) -> FormShape:
    if not _reads(role, shape.key):
        return replace(shape, fields={})
    fields = {
        key: field
        for key, field in shape.fields.items()
        if role.field_right(shape.key, key) != "hidden" and not _leads_nowhere(field, role)
    }
    return replace(shape, fields=fields)


def _leads_nowhere(field: FieldShape, role: Role) -> bool:
    """Records of a form that the role does not read cannot be counted either.

    Nor can those that point here by a link which is not shown: that would show it.
    """
    if field.type.kind is not Kind.ROWS:
        return False
    source = str(field.type.form)
    own = field.via == "parent"
    return not _reads(role, source) or not (own or shows_link(role, source, str(field.via)))


def shows_link(role: Role, form_key: str, via: str) -> bool:
    """Whether the role sees where a link leads: the records there may then list who points."""
    return role.field_right(form_key, via) in ("write", "read_only")


def _form(form: FormDefinition, role: Role) -> FormDefinition:
    def fits(form_key: str, field: FieldDefinition) -> bool:
        if field.type == "related":
            source, via = str(field.settings["from"]), str(field.settings["via"])
            if not (_reads(role, source) and shows_link(role, source, via)):
                return False
        return role.field_right(form_key, field.key) != "hidden"

    return _trimmed(form, fits)


def _trimmed(form: FormDefinition, fits: Any) -> FormDefinition:
    """The form without the fields that do not fit, in its sections, too."""
    fields = tuple(
        replace(each, fields=tuple(c for c in each.fields if fits(f"{form.key}.{each.key}", c)))
        if each.fields
        else each
        for each in form.fields
        if fits(form.key, each)
    )
    by_key = {each.key: each for each in fields}
    return replace(form, fields=fields, by_key=by_key, layout=only(form.layout, by_key))


def _masks(whole: FormCatalog, role: Role) -> Iterator[tuple[str, Mapping[str, str]]]:
    for form in whole.forms.values():
        for owner in (form, *form.subforms()):
            found = {
                field.key: mask_kind(form, field)
                for field in owner.fields
                if role.field_right(owner.key, field.key) == "masked"
            }
            shape = whole.shapes.find(owner.key)
            for key in shape.fields if shape else ():
                if key not in owner.by_key and role.field_right(owner.key, key) == "masked":
                    found[key] = "all"
            if found:
                yield owner.key, found


def _with_usable_views(seen: FormCatalog, form: FormDefinition) -> FormDefinition:
    """The saved views that filter and sort by nothing this role may not use."""
    views = tuple(view for view in form.views if _is_usable(seen, form.key, view))
    return replace(form, views=views)


def _is_usable(seen: FormCatalog, form_key: str, view: Mapping[str, Any]) -> bool:
    if view.get("where") and seen.condition(form_key, view["where"])[1]:
        return False
    return not any(seen.path(form_key, key.removeprefix("-"))[1] for key in view.get("sort", ()))
