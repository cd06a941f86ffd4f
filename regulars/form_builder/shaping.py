"""Forms as expressions see them: the types of their fields, derived values as trees. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import field_types
from regulars.platform.expressions.check import check
from regulars.platform.expressions.formula import parse_formula
from regulars.platform.expressions.problems import FormulaError
from regulars.platform.expressions.shapes import FieldShape, FormShape, Shapes
from regulars.platform.expressions.tree import Node, Path
from regulars.platform.expressions.types import DATETIME, Kind, ValueType, number
from regulars.platform.problems import Problem

DERIVED_TYPES = ("formula", "lookup", "created_at", "created_by", "updated_at", "updated_by")
_SYSTEM_SHAPES = (
    FieldShape("id", number(0), label={"en": "Number", "zh-Hans": "编号"}),
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
    """The shapes of all forms and the problems of their formulas (``forms/<key>/fields/<n>/…``).

    A derived field with a problem keeps its declared type and has no tree.
    """
    wanted = list(forms)
    plain: dict[str, FormShape] = {shape.key: shape for shape in system}
    for form in wanted:
        plain[form.key] = _plain_shape(form)
        for rows in form.subforms():
            plain[rows.key] = _plain_shape(rows)
    shapes = _with_lookups(wanted, Shapes(plain))
    return _with_formulas(wanted, shapes)


def _plain_shape(form: FormDefinition) -> FormShape:
    fields = {} if form.parent else {shape.key: shape for shape in _SYSTEM_SHAPES}
    if form.parent:
        fields["id"] = FieldShape("id", number(0))
        fields["parent"] = FieldShape("parent", ValueType(Kind.LINK, form=form.parent))
        fields["position"] = FieldShape("position", number(0))
    for each in form.fields:
        fields[each.key] = _field_shape(form, each)
    return FormShape(form.key, fields, form.label, form.person is not None)


def _field_shape(form: FormDefinition, field: FieldDefinition) -> FieldShape:
    kind = field_types.get(field.type)
    shape = FieldShape(field.key, kind.value_type(field), exact=field.exact, label=field.name)
    if field.type == "related":
        order = str(field.settings.get("order", ""))
        return replace(shape, via=str(field.settings["via"]), order=(order,) if order else ())
    if field.type == "subform":
        rows = ValueType(Kind.ROWS, form=f"{form.key}.{field.key}")
        return replace(shape, type=rows, via="parent", order=("position",))
    if field.type in ("created_at", "created_by", "updated_at", "updated_by"):
        return replace(shape, formula=Path((field.type,)))
    return shape


def _with_lookups(forms: Iterable[FormDefinition], shapes: Shapes) -> Shapes:
    """Lookups take the type of what their path ends at; a path through lookups takes turns."""
    for _turn in range(3):
        for form in forms:
            for each in form.fields:
                if each.type == "lookup":
                    shapes = _with_tree(shapes, form.key, each, _lookup_tree(each), [])
    return shapes


def _lookup_tree(field: FieldDefinition) -> Node:
    return Path(tuple(str(field.settings["path"]).split(".")))


def _with_formulas(
    forms: Iterable[FormDefinition], shapes: Shapes
) -> tuple[Shapes, list[Problem]]:
    problems: list[Problem] = []
    wanted = list(forms)
    for form in wanted:
        for owner in (form, *form.subforms()):
            for position, each in _derived(owner):
                found: list[Problem] = []
                shapes = _with_tree(shapes, owner.key, each, _tree_of(each, found), found)
                prefix = _place(form, owner, position)
                problems += [problem.under(prefix) for problem in found]
    return shapes, problems


def _derived(form: FormDefinition) -> Iterator[tuple[int, FieldDefinition]]:
    for position, each in enumerate(form.fields):
        if each.type in DERIVED_TYPES:
            yield position, each


def _place(form: FormDefinition, owner: FormDefinition, position: int) -> str:
    if owner.parent is None:
        return f"{form.key}/fields/{position}"
    key = owner.key.partition(".")[2]
    outer = next(n for n, each in enumerate(form.fields) if each.key == key)
    return f"{form.key}/fields/{outer}/fields/{position}"


def _tree_of(field: FieldDefinition, problems: list[Problem]) -> Node | None:
    if field.type == "lookup":
        return _lookup_tree(field)
    if field.type != "formula":
        return Path((field.type,))
    try:
        return parse_formula(str(field.settings["formula"]), place="formula")
    except FormulaError as error:
        problems.append(error.problem.under("formula"))
        return None


def _with_tree(
    shapes: Shapes, form_key: str, field: FieldDefinition, tree: Node | None,
    problems: list[Problem],
) -> Shapes:  # fmt: skip
    """The shapes with this derived field's checked tree in place."""
    form = shapes.forms[form_key]
    if tree is None:
        return shapes
    checked, found = check(tree, shapes, form_key)
    problems += found
    if found or checked.type is None:
        return shapes
    shape = form.fields[field.key]
    declared = shape.type
    if field.type != "formula":
        declared = checked.type
    elif checked.type.kind not in (declared.kind, Kind.MISSING):
        params = {"result": declared.kind.value, "actual": checked.type.kind.value}
        problems.append(Problem("result", "formula-result-differs", params))
        return shapes
    fresh = replace(shape, type=declared, formula=None if field.freeze else checked)
    fields: Mapping[str, FieldShape] = {**form.fields, field.key: fresh}
    return Shapes({**shapes.forms, form_key: replace(form, fields=fields)})
