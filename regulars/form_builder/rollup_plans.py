"""Rollup fields as plans: which aggregate, over which rows, through which link. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from regulars.form_builder.definition import FieldDefinition, FormDefinition
from regulars.form_builder.field_types.base import field_types
from regulars.platform.expressions.check import check
from regulars.platform.expressions.condition import parse_condition
from regulars.platform.expressions.dependencies import Dependencies, dependencies
from regulars.platform.expressions.functions import MOMENT_FUNCTIONS
from regulars.platform.expressions.shapes import FieldShape, Shapes
from regulars.platform.expressions.tree import (
    Aggregate,
    Call,
    Compare,
    Literal,
    Node,
    Path,
    Relative,
    Window,
    walk,
)
from regulars.platform.expressions.types import Kind
from regulars.platform.problems import Problem

Place = tuple[str, str]  # (form key, field key)


@dataclass(frozen=True)
class Joint:
    """The rows of a links field, where a rollup goes through them from one side to the other."""

    form: str  # their form (``pupils.courses``)
    parent: str  # their field that points to the record with the rollup
    rows: str  # their field that points to the records that are added up


@dataclass(frozen=True)
class RollupPlan:
    """How one rollup field is computed and which changes of which rows concern it."""

    form: str  # the parent
    field: str
    rows: str  # the form of the rows (``orders`` or ``orders.items``)
    via: str  # the rows' field that points to the parent; "" where there is a joint
    tree: Node
    uses: frozenset[str]  # fields of the rows that the value depends on
    joint: Joint | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """The forms and row forms whose changes may change the value."""
        return (self.rows,) if self.joint is None else (self.rows, self.joint.form)


def plan_rollups(
    forms: Iterable[FormDefinition], shapes: Shapes
) -> tuple[list[RollupPlan], list[Problem]]:
    """A plan per rollup field and the problems of those that have none."""
    plans: list[RollupPlan] = []
    problems: list[Problem] = []
    places: dict[Place, str] = {}
    for form in forms:
        for position, each in enumerate(form.fields):
            if each.type != "rollup":
                continue
            plan, found = _plan(form, each, shapes)
            problems += [problem.under(f"{form.key}/fields/{position}") for problem in found]
            if plan is not None:
                plans.append(plan)
                places[form.key, each.key] = f"{form.key}/fields/{position}"
    circling = _circling(plans)
    for plan in circling:
        named = {"field": plan.field, "form": plan.form}
        problems.append(Problem(places[plan.form, plan.field], "rollup-cycle", named))
    return [plan for plan in plans if plan not in circling], problems


def _circling(plans: Sequence[RollupPlan]) -> list[RollupPlan]:
    """Plans that build on themselves, be it by way of others: they would never come to rest."""
    feeds = {
        (plan.form, plan.field): [(plan.rows, key) for key in sorted(plan.uses)] for plan in plans
    }

    def reaches_itself(start: Place) -> bool:
        waiting, seen = list(feeds[start]), set()
        while waiting:
            place = waiting.pop()
            if place == start:
                return True
            if place in feeds and place not in seen:
                seen.add(place)
                waiting.extend(feeds[place])
        return False

    return [plan for plan in plans if reaches_itself((plan.form, plan.field))]


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
    rows, joint = _joint(relation, shapes)
    reads = _reads(checked, shapes)
    unkept = [*_beyond(reads, rows), *_moving(checked, shapes)]
    if unkept:
        return None, unkept
    uses = frozenset(key for _owner, key in reads.fields)
    via = "" if joint else relation.via
    return RollupPlan(form.key, field.key, rows, via, checked, uses, joint), []


def _joint(relation: FieldShape, shapes: Shapes) -> tuple[str, Joint | None]:
    """The form of the records that are added up, and the rows that lead there, if any do."""
    rows = str(relation.type.form)
    if not relation.through:
        return rows, None
    target = shapes.forms[rows].fields[relation.through].type.form
    return str(target), Joint(rows, str(relation.via), relation.through)


def _reads(checked: Node, shapes: Shapes) -> Dependencies:
    """What is read of the rows: not the way that leads to them."""
    parts = [
        part
        for node in walk(checked)
        if isinstance(node, Aggregate)
        for part in (node.value, node.where)
        if part is not None
    ]
    found = [dependencies(part, shapes) for part in parts]
    return Dependencies(
        frozenset().union(*(each.fields for each in found)),
        frozenset().union(*(each.relations for each in found)),
        frozenset().union(*(each.consents for each in found)),
    )


def _beyond(reads: Dependencies, rows: str) -> Iterator[Problem]:
    """Values of other records: when those change, nothing would bring the sum up to date."""
    elsewhere = {(owner, key) for owner, key in reads.fields if owner != rows} | reads.relations
    for _owner, key in sorted(elsewhere)[:1]:
        yield Problem("", "rollup-reads-elsewhere", {"field": key})
    if reads.consents and not elsewhere:
        yield Problem("", "rollup-reads-consents")


def _moving(tree: Node, shapes: Shapes) -> Iterator[Problem]:
    """What changes as time goes by, without anybody saving anything."""
    parts = [tree, *_formulas(tree, shapes)]
    if any(_depends_on_time(node) for part in parts for node in walk(part)):
        yield Problem("", "rollup-moves-with-time")


def _formulas(tree: Node, shapes: Shapes) -> Iterator[Node]:
    for owner, key in dependencies(tree, shapes).fields:
        form = shapes.find(owner)
        found = form.field(key) if form is not None else None
        if found is not None and found.formula is not None:
            yield found.formula


def _depends_on_time(node: Node) -> bool:
    if isinstance(node, Call):
        return node.name in MOMENT_FUNCTIONS
    if isinstance(node, Window):
        return node.kind != "range"
    return isinstance(node, Relative) or (isinstance(node, Compare) and node.op == "older_than")


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
