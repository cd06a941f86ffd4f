"""Forms as expressions see them: the types of their fields, derived values as trees. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from regulars.form_builder.definition import (
    LINKED,
    VALUELESS_TYPES,
    FieldDefinition,
    FormDefinition,
)
from regulars.form_builder.field_types.base import field_types
from regulars.platform.expressions.calls import FormulaError
from regulars.platform.expressions.dependencies import resolve_formulas
from regulars.platform.expressions.formula import parse_formula
from regulars.platform.expressions.shapes import FieldShape, FormShape, Shapes
from regulars.platform.expressions.tree import Node, Path
from regulars.platform.expressions.types import DATETIME, Kind, ValueType, number
from regulars.platform.problems import Problem

DERIVED_TYPES = ("formula", "lookup", "created_at", "created_by", "updated_at", "updated_by")
_SYSTEM_SHAPES = (
    FieldShape("version", number(0), label={"en": "Version", "zh-Hans": "版本"}),
    FieldShape("created_at", DATETIME, label={"en": "Created", "zh-Hans": "创建时间"}),
    FieldShape(
        "created_by", ValueType(Kind.LINK, form="sys_members"),
        label={"en": "Created by", "zh-Hans": "创建人"},
    ),
    FieldShape("updated_at", DATETIME, label={"en": "Changed", "zh-Hans": "修改时间"}),
    FieldShape(
        "updated_by", ValueType(Kind.LINK, form="sys_members"),
        label={"en": "Changed by", "zh-Hans": "修改人"},
    ),
    FieldShape(
        "unit", ValueType(Kind.LINK, form="sys_units"), label={"en": "Store", "zh-Hans": "门店"},
    ),
    FieldShape(
        "owner", ValueType(Kind.LINK, form="sys_members"),
        label={"en": "Owner", "zh-Hans": "负责人"},
    ),
    FieldShape("batch", number(0), label={"en": "Import", "zh-Hans": "导入批次"}),
)  # fmt: skip


def shape_forms(
    forms: Iterable[FormDefinition], system: Iterable[FormShape]
) -> tuple[Shapes, list[Problem]]:
    """The shapes of all forms, derived fields resolved, and the problems of their formulas.

    Paths of problems start with the form's key: ``orders/fields/3/formula``.
    """
    wanted = list(forms)
    unread: list[Problem] = []
    plain: dict[str, FormShape] = {shape.key: shape for shape in system}
    by_key = {form.key: form for form in wanted}
    for form in wanted:
        for owner in (form, *form.subforms()):
            plain[owner.key] = _plain_shape(form, owner, unread, by_key)
    shapes, found = resolve_formulas(Shapes(plain))
    return shapes, [*unread, *_placed(wanted, found)]


def _plain_shape(
    form: FormDefinition, owner: FormDefinition, unread: list[Problem],
    forms: Mapping[str, FormDefinition],
) -> FormShape:  # fmt: skip
    """One form before its derived fields are resolved; formulas nobody can read are noted."""
    fields = {} if owner.parent else {shape.key: shape for shape in _SYSTEM_SHAPES}
    if owner.parent:
        fields["parent"] = FieldShape("parent", ValueType(Kind.LINK, form=owner.parent))
        fields["position"] = FieldShape("position", number(0))
    for position, each in enumerate(owner.fields):
        if each.type in VALUELESS_TYPES:
            continue
        try:
            fields[each.key] = _field_shape(owner, each, forms)
        except FormulaError as error:
            place = _place(form, owner, position)
            unread.append(error.problem("formula").under(place))
    return FormShape(owner.key, fields, owner.label, owner.person is not None)


def _field_shape(
    form: FormDefinition, field: FieldDefinition, forms: Mapping[str, FormDefinition]
) -> FieldShape:
    kind = field_types.get(field.type)
    labels = {code: each.get("label") for code, each in field.options.items()}
    shape = FieldShape(
        field.key,
        kind.value_type(field),
        exact=field.exact,
        unique=field.unique or field.type == "serial",
        spell=kind.spelling(field),
        say=kind.saying(field),
        label=field.name,
        option_labels={value: label for value, label in labels.items() if label},
    )
    if field.type == "related":
        order = str(field.settings.get("order", ""))
        source, via = str(field.settings["from"]), str(field.settings["via"])
        by = forms[source].find(via) if source in forms else None
        if by is not None and by.has_links:
            rows = ValueType(Kind.ROWS, form=f"{source}.{via}")
            return replace(
                shape, type=rows, via=LINKED, through="parent", order=(order,) if order else ()
            )
        return replace(shape, via=str(field.settings["via"]), order=(order,) if order else ())
    if field.has_rows:
        rows = ValueType(Kind.ROWS, form=f"{form.key}.{field.key}")
        through = LINKED if field.has_links else ""
        return replace(shape, type=rows, via="parent", order=("position",), through=through)
    if field.type in DERIVED_TYPES and not field.freeze:
        return replace(shape, formula=_tree_of(field))
    return shape


def _tree_of(field: FieldDefinition) -> Node:
    if field.type == "lookup":
        return Path(tuple(str(field.settings["path"]).split(".")), place="path")
    if field.type != "formula":
        return Path((field.type,))
    return parse_formula(str(field.settings["formula"]), place="formula")


def _placed(
    forms: Iterable[FormDefinition], found: Mapping[tuple[str, str], list[Problem]]
) -> Iterator[Problem]:
    for form in forms:
        for owner in (form, *form.subforms()):
            for position, each in enumerate(owner.fields):
                for problem in found.get((owner.key, each.key), ()):
                    inside = problem if problem.path else problem.under(_setting(each))
                    yield inside.under(_place(form, owner, position))


def _setting(field: FieldDefinition) -> str:
    """The setting that a problem of a whole expression is about."""
    return "path" if field.type == "lookup" else "formula"


def _place(form: FormDefinition, owner: FormDefinition, position: int) -> str:
    if owner.parent is None:
        return f"{form.key}/fields/{position}"
    key = owner.key.partition(".")[2]
    outer = next(n for n, each in enumerate(form.fields) if each.key == key)
    return f"{form.key}/fields/{outer}/fields/{position}"
