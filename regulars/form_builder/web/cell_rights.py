"""Which columns of a table can be written in, and in plain words why the others cannot."""

from __future__ import annotations

from regulars.form_builder.catalog import catalog_of
from regulars.form_builder.definition import VALUELESS_TYPES, FieldDefinition, FormDefinition
from regulars.form_builder.field_rights import catalog_for, writable_form
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.field_types.file import FILE_TYPES
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork

CLOSED_FAR = "far"
"""Of a column behind a link, or one that the product keeps itself."""
ON_ITS_PAGE = (*FILE_TYPES, *VALUELESS_TYPES, "subform", "long_text", "rich_text", "json")


def closed_columns(uow: UnitOfWork, access: Access, form: FormDefinition) -> dict[str, str]:
    """Field → why its cells are closed: role, masked, worked-out, page; "" where they are open."""
    if access.scope(form.key, "update") == "none" or not access.can("update_records"):
        return dict.fromkeys(form.by_key, "role")
    writable = writable_form(access, catalog_of(uow), form.key, is_new=False)
    masks = catalog_for(uow, access)
    return {
        each.key: _closed(
            each, is_masked=bool(masks.mask_of(form.key, each.key)),
            is_writable=writable.find(each.key) is not None,
        )
        for each in form.fields
    }  # fmt: skip


def _closed(field: FieldDefinition, *, is_masked: bool, is_writable: bool) -> str:
    if not field_types.get(field.type).writable:
        return "worked-out"
    if is_masked:
        return "masked"
    if not is_writable:
        return "role"
    return "page" if field.type in ON_ITS_PAGE else ""
