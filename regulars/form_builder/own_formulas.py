"""Whether the formulas a form writes values with can be computed and kept: defaults, frozen ones.

Live formulas are checked where the shapes of all forms are made (`shaping`); these have a column
of their own, so that only the type of what they give matters. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from regulars.form_builder import expressing
from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.checks import is_formula
from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import field_types
from regulars.platform.expressions.check_leaves import kind_word
from regulars.platform.problems import Problem, under


def own_formula_problems(form: FormDefinition, catalog: FormCatalog) -> Iterator[Problem]:
    """Every problem of these formulas; paths are inside the form's definition."""
    rows = {each.key.partition(".")[2]: each for each in form.subforms()}
    for position, field in enumerate(form.fields):
        place = f"fields/{position}"
        yield from under(place, _of_field(form.key, field, catalog))
        inner = rows.get(field.key)
        for number, child in enumerate(inner.fields if inner is not None else ()):
            assert inner is not None
            yield from under(f"{place}/fields/{number}", _of_field(inner.key, child, catalog))


def _of_field(form_key: str, field: FieldDefinition, catalog: FormCatalog) -> Iterator[Problem]:
    if field.freeze:
        text = str(field.settings["formula"])
        yield from under("formula", _problems(form_key, field, text, catalog))
    elif is_formula(field.default) and field_types.get(field.type).writable:
        text = str(field.default["formula"])
        yield from under("default/formula", _problems(form_key, field, text, catalog))


def _problems(
    form_key: str, field: FieldDefinition, text: str, catalog: FormCatalog
) -> list[Problem]:
    tree, problems = catalog.read_formula(form_key, text)
    wanted = field_types.get(field.type).value_type(field)
    if problems or tree.type is None or expressing.fits(tree.type, wanted):
        return problems
    words = {"wanted": kind_word(wanted.kind), "found": kind_word(tree.type.kind)}
    return [Problem("", "wrong-kind", words)]
