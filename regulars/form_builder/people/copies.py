"""Which fields are about a person: those marked so, and those that a formula fills from such.

An order whose field takes over the customer's name when it is made holds a copy of that name. When
the customer is forgotten, the copy goes as the name does, whether anybody thought of marking it.
"""

from __future__ import annotations

from collections.abc import Iterator

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.checks import is_formula
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.platform.expressions.dependencies import Place, dependencies
from regulars.platform.expressions.types import Kind

_COPIED = (Kind.TEXT, Kind.DATE)  # a name, a number, a birthday; a sum that they led to is none


def personal_keys(catalog: FormCatalog, form_key: str) -> frozenset[str]:
    """The fields of a form, or of rows (``orders.items``), that are about a person."""
    return catalog.kept(
        ("personal", form_key), lambda: frozenset(_personal(catalog, catalog.get_form(form_key)))
    )


def _personal(catalog: FormCatalog, form: FormDefinition) -> Iterator[str]:
    about = catalog.kept(("about people",), lambda: frozenset(_about_people(catalog)))
    for field in form.fields:
        if field.personal or _copies(catalog, form, field, about):
            yield field.key


def _about_people(catalog: FormCatalog) -> Iterator[Place]:
    for form in catalog.forms.values():
        yield from ((form.key, key) for key in (form.person or {}).values())
        yield from ((form.key, field.key) for field in form.fields if field.personal)


def _copies(
    catalog: FormCatalog, form: FormDefinition, field: FieldDefinition, about: frozenset[Place]
) -> bool:
    """Whether the value is written by a formula that reads what tells people apart."""
    text = field.settings.get("formula") if field.freeze else None
    if text is None and is_formula(field.default):
        text = field.default["formula"]
    if text is None:
        return False
    tree, problems = catalog.read_formula(form.key, str(text))
    if problems or tree.type is None or tree.type.kind not in _COPIED:
        return False
    return not about.isdisjoint(dependencies(tree, catalog.shapes).fields)
