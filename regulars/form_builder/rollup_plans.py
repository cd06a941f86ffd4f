"""Rollup fields as plans: which aggregate, over which rows, through which link. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import field_types
from regulars.form_builder.rollups import RollupPlan
from regulars.platform.expressions.check import check
from regulars.platform.expressions.condition import parse_condition
from regulars.platform.expressions.dependencies import dependencies
from regulars.platform.expressions.shapes import Shapes
from regulars.platform.expressions.tree import Aggregate, Call, Literal, Node, Path
from regulars.platform.expressions.types import Kind
from regulars.platform.problems import Problem


def plan_rollups(
    forms: Iterable[FormDefinition], shapes: Shapes
) -> tuple[list[RollupPlan], list[Problem]]:
    """A plan per rollup field and the problems of those that have none."""
    plans, problems = [], []
    for form in forms:
        for position, each in enumerate(form.fields):
            if each.type != "rollup":
                continue
            plan, found = _plan(form, each, shapes)
            problems += [problem.under(f"{form.key}/fields/{position}") for problem in found]
            if plan is not None:
                plans.append(plan)
    return plans, problems


def _plan(
    form: FormDefinition, field: FieldDefinition, shapes: Shapes
) -> tuple[RollupPlan | None, list[Problem]]:
    of = str(field.settings["of"])
    relation = shapes.forms[form.key].fields.get(of)
    if relation is None or relation.type.form is None or relation.via is None:
        return None, []  # the field type's own check names this
    where, problems = (
        parse_condition(field.settings["where"]) if "where" in field.settings else (None, [])
    )
    wanted = field.settings.get("field")
    tree = Aggregate(
        str(field.settings["aggregate"]),
        Path((of,)),
        Path((str(wanted),)) if wanted else None,
        where=where,
    )
    checked, found = _in_the_column(tree, form, field, shapes)
    problems = [*[p.under("where") for p in problems], *found]
    if problems:
        return None, problems
    rows = relation.type.form
    read = dependencies(checked, shapes).fields
    uses = frozenset(key for owner, key in read if owner == rows)
    return RollupPlan(form.key, field.key, rows, relation.via, checked, uses), []


def _in_the_column(
    tree: Node, form: FormDefinition, field: FieldDefinition, shapes: Shapes
) -> tuple[Node, list[Problem]]:
    """The checked aggregate as the field stores it: a number rounded to the field's places."""
    wanted = field_types.get(field.type).value_type(field)
    checked, problems = check(tree, shapes, form.key, expect=wanted)
    if problems or checked.type is None or checked.type.kind is not Kind.NUMBER:
        return checked, problems
    if checked.type.scale == wanted.scale:
        return checked, []
    rounded = Call("ROUND", (tree, Literal(Decimal(wanted.scale))))
    return check(rounded, shapes, form.key, expect=wanted)
