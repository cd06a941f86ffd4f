"""The views above a list as one reader has them: those shared with them, then their own.

A shared view that a role may not use is not there for it. Of somebody's own views, whatever their
role no longer lets them use is left out, and the list says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.own_views.keeping import list_own, start_of
from regulars.form_builder.web import filters
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork

View = Mapping[str, Any]


def list_form(uow: UnitOfWork, access: Access, form_key: str) -> FormDefinition:
    """A form as this reader sees it, with the views that they have."""
    catalog = catalog_for(uow, access)
    form = catalog.get_form(form_key)
    shared = [view for view in form.views if is_shared_with(access, view)]
    own = [
        {**_usable(catalog, form_key, each.view), "key": each.key, "is_own": True}
        for each in list_own(uow, access, form_key)
    ]
    return replace(form, views=(*shared, *own))


def first_view(uow: UnitOfWork, access: Access, form: FormDefinition) -> str:
    """The view that this reader's list opens with, while there is such a view; else ""."""
    key = start_of(uow, access, form.key)
    return key if any(view["key"] == key for view in form.views) else ""


def is_shared_with(access: Access, view: View) -> bool:
    """Whether a shared view stands above this reader's list; who designs sees every one."""
    roles = view.get("roles")
    return not roles or access.role in roles or access.can("design_forms")


def _usable(catalog: FormCatalog, form_key: str, view: View) -> dict[str, Any]:
    """A view without the filters and orders that this reader cannot use (any more)."""
    made = dict(view)
    leaves = filters.leaves_of(view.get("where"))
    kept = [leaf for leaf in leaves if not catalog.condition(form_key, leaf)[1]]
    sort = list(view.get("sort", ()))
    sorts = [path for path in sort if not catalog.path(form_key, path.removeprefix("-"))[1]]
    left_out = len(leaves) - len(kept) + len(sort) - len(sorts)
    if left_out:
        made |= {"where": filters.joined(kept) or {}, "sort": sorts, "left_out": left_out}
    return made
