"""The columns and the order of an export: those of a list, or those that are asked for by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.exporting import Shown
from regulars.form_builder.field_rights import catalog_for
from regulars.form_builder.web.list_state import ListState, first_columns
from regulars.form_builder.web.values import field_at_path
from regulars.platform.accounts.access import Access
from regulars.platform.db import UnitOfWork
from regulars.platform.errors import Invalid
from regulars.platform.problems import Problem


def shown_by(uow: UnitOfWork, access: Access, form: FormDefinition, state: ListState) -> Shown:
    """The columns and the order of a list; what is grouped together stays together."""
    catalog = catalog_for(uow, access)
    fields = [
        (path, field_at_path(form, path, catalog)) for path in state.columns_of(form, catalog)
    ]
    sort = state.sort_of(form)
    groups = [each.field for each in state.laid_out(form, catalog).group]
    first = [path for path in groups if path not in {each.removeprefix("-") for each in sort}]
    return Shown([(path, each) for path, each in fields if each is not None], (*first, *sort))


def shown_as_asked(
    uow: UnitOfWork, access: Access, form_key: str, asked: Mapping[str, Any]
) -> Shown | None:
    """Of ``columns`` and ``sort``, paths with commas; None where neither is given.

    Invalid for columns that are not there.
    """
    paths, sort = (_listed(str(asked.get(name) or "")) for name in ("columns", "sort"))
    if not paths and not sort:
        return None
    catalog = catalog_for(uow, access)
    form = catalog.get_form(form_key)
    found = {path: field_at_path(form, path, catalog) for path in paths or first_columns(form)}
    missing = [path for path, field in found.items() if field is None]
    if missing:
        raise Invalid([Problem("columns", "unknown-field", {"field": path}) for path in missing])
    return Shown([(path, field) for path, field in found.items() if field is not None], sort)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
