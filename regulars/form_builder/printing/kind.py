"""Print layouts as a kind of definition: what their JSON may say, and what it must not."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from regulars.form_builder.catalog import FormCatalog, catalog_from
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.definitions_seen import teller
from regulars.form_builder.field_types.file import FILE_TYPES
from regulars.form_builder.printing.definition import ALWAYS, Block, PrintLayout
from regulars.platform.definitions.kinds import DefinitionKind
from regulars.platform.definitions.snapshot import Snapshot
from regulars.platform.json_schema import packaged, shape_problems, validator
from regulars.platform.problems import Problem

KIND = "print"
PICTURES = FILE_TYPES
"""The types whose values a block of the kind picture can show."""


@cache
def print_schema() -> dict[str, Any]:
    """The JSON Schema of a print layout."""
    return packaged("regulars.form_builder.printing", "print.schema.json")


@cache
def _validator() -> Any:
    return validator(print_schema())


def print_problems(raw: Any) -> list[Problem]:
    """Every way a layout's JSON departs from its schema."""
    return shape_problems(_validator(), raw)


def print_kind() -> DefinitionKind:
    """The kind ``print``; ask only once every field type is registered."""
    return DefinitionKind(
        KIND,
        print_schema(),
        print_problems,
        PrintLayout.from_json,
        check_print,
        tell=teller(print_problems, PrintLayout.from_json, check_print),
    )


def check_print(layout: PrintLayout, after: Snapshot) -> list[Problem]:
    """Everything that a layout names and its form does not have."""
    catalog = catalog_from(after)
    form = catalog.forms.get(layout.form)
    if form is None:
        return [Problem("form", "unknown-form", {"form": layout.form})]
    found = []
    for position, block in enumerate(layout.blocks):
        problems = _block_problems(block, form, catalog)
        found += [problem.under(f"blocks/{position}") for problem in problems]
    return found


def _block_problems(block: Block, form: FormDefinition, catalog: FormCatalog) -> Iterator[Problem]:
    if block.kind == "table":
        yield from _table_problems(block, form, catalog)
        return
    for position, path in enumerate(block.fields):
        if not _is_known(path, form, catalog):
            yield _unknown(f"fields/{position}", path)
    if block.field:
        field = form.find(block.field)
        if field is None or field.type not in PICTURES:
            yield Problem("field", "not-a-picture-field", {"field": block.field})
    for path in block.paths:
        fresh = path not in block.fields and path != block.field and path not in ALWAYS
        if fresh and not _is_known(path, form, catalog):
            yield _unknown("text", path)


def _table_problems(block: Block, form: FormDefinition, catalog: FormCatalog) -> Iterator[Problem]:
    field = form.find(block.rows)
    inner = None if field is None else rows_of(form, field, catalog)
    if inner is None:
        yield Problem("rows", "holds-no-rows", {"field": block.rows})
        return
    for position, key in enumerate(block.fields):
        if inner.find(key) is None and not _is_known(key, inner, catalog):
            yield _unknown(f"fields/{position}", key)
    for position, key in enumerate(block.total):
        if key not in block.fields:
            yield Problem(f"total/{position}", "total-not-shown", {"field": key})


def rows_of(
    form: FormDefinition, field: FieldDefinition, catalog: FormCatalog
) -> FormDefinition | None:
    """The form of the rows that a field holds or leads to; None for a field without rows."""
    if field.type == "related":
        return catalog.forms.get(str(field.settings.get("from")))
    return catalog.get_form(f"{form.key}.{field.key}") if field.has_rows else None


def _is_known(path: str, form: FormDefinition, catalog: FormCatalog) -> bool:
    if "." not in path and path in form.by_key:
        return True
    return not catalog.shown_path(form.key, path)[1]


def _unknown(place: str, path: str) -> Problem:
    return Problem(place, "unknown-field", {"field": path})
