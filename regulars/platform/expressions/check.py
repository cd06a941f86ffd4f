"""Types and meaning: resolves paths through links, gives every node its type, finds all problems.

`check` never stops at the first mistake. A node whose type could not be found keeps ``type``
None, and nothing above it complains again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from regulars.platform.expressions import check_functions, check_leaves, check_size, numbers
from regulars.platform.expressions.functions import ARITHMETIC, arithmetic_scale
from regulars.platform.expressions.numbers import MAX_EXPONENT, scale_of
from regulars.platform.expressions.operators import AGGREGATES
from regulars.platform.expressions.shapes import FieldShape, FormShape, Shapes
from regulars.platform.expressions.steps import is_connected, type_at
from regulars.platform.expressions.times import EXACT_UNITS
from regulars.platform.expressions.tree import (
    Aggregate,
    AllOf,
    AnyOf,
    Arithmetic,
    Call,
    Compare,
    Consent,
    Formula,
    Hop,
    LinkKey,
    Literal,
    LocalDay,
    Many,
    Node,
    Not,
    Path,
    Relative,
    is_kind,
)
from regulars.platform.expressions.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    MISSING,
    TEXT,
    Kind,
    ValueType,
    number,
)
from regulars.platform.problems import Problem

MAX_HOPS = 8
FindLink = Callable[[str, str, Any], int | None]  # (form, field, value) -> id of the record
_ORDERED = (Kind.NUMBER, Kind.DATE, Kind.DATETIME)
_SCALARS = (
    Kind.TEXT, Kind.NUMBER, Kind.BOOLEAN, Kind.DATE, Kind.DATETIME, Kind.CHOICE, Kind.LINK,
)  # fmt: skip


def check(
    tree: Node,
    shapes: Shapes,
    form: str,
    *,
    expect: ValueType | None = BOOLEAN,
    volatile: bool = False,
    find_link: FindLink | None = None,
) -> tuple[Node, list[Problem]]:
    """The typed tree and every problem of its meaning, for records of ``form``.

    ``expect`` is the type wanted (None: any); ``volatile`` allows RANDOM_CODE, which only values
    written once may use; with ``find_link`` records that a condition names by a unique field are
    looked up now, without it each time the tree is used.
    """
    checker = Checker(shapes, volatile=volatile, find_link=find_link)
    return checker.whole(tree, form, expect), checker.problems


class Checker:
    """One pass over one tree."""

    def __init__(
        self, shapes: Shapes, *, volatile: bool = False, find_link: FindLink | None = None
    ) -> None:
        self.shapes = shapes
        self.volatile = volatile
        self.find_link = find_link
        self.problems: list[Problem] = []
        self._place = ""

    def whole(self, tree: Node, form: str, expect: ValueType | None) -> Node:
        """A root: visited, and of the type wanted."""
        shape = self.shapes.find(form)
        if shape is None:
            self.problem(tree, "unknown-form", form=form)
            return tree
        found = self.visit(tree, shape, expect)
        if expect is not None and found.type is not None:
            found = self.as_kind(found, expect)
        if not self.problems:
            check_size.check_size(self, found)
        return found

    def visit(self, node: Node, form: FormShape, want: ValueType | None = None) -> Node:
        """``node`` with types; literals are read as ``want`` where that is given."""
        before = self._place
        self._place = node.place or before
        found = _VISITORS[type(node)](self, node, form, want)
        self._place = before
        return found

    def problem(self, node: Node, code: str, **params: Any) -> None:
        """Note a problem at ``node``."""
        if node.at >= 0:
            params["column"] = node.at + 1
        self.problems.append(Problem(node.place or self._place, code, params))

    def condition(self, node: Node, form: FormShape) -> Node:
        """``node`` as something that holds or does not."""
        return self.as_kind(self.visit(node, form, BOOLEAN), BOOLEAN)

    def as_kind(self, node: Node, want: ValueType) -> Node:
        """``node`` if it is of the kind of ``want``; an instant becomes its day if wanted."""
        found = node.type
        if found is None or found.kind is want.kind or found.kind is Kind.MISSING:
            if found is not None and found.kind is Kind.LINK and found.form != want.form:
                self.problem(node, "link-to-other-form", form=want.form, found=found.form)
            return node
        if want.kind is Kind.DATE and found.kind is Kind.DATETIME:
            return LocalDay(node, type=DATE, at=node.at, place=node.place)
        if {want.kind, found.kind} == {Kind.TEXT, Kind.CHOICE}:
            return node
        self.problem(node, "wrong-kind", wanted=kind_word(want.kind), found=kind_word(found.kind))
        return replace(node, type=None)

    def field_of(self, form: FormShape, key: str) -> FieldShape | None:
        """The field ``key`` of ``form``; ``id`` is there even if the shape does not say so."""
        found = form.field(key)
        if found is None and key == "id":
            return FieldShape("id", ValueType(Kind.LINK, form=form.key))
        return found

    def path(self, node: Path, form: FormShape) -> tuple[Path, FormShape | None]:
        """The resolved path and the form it ends in, when it ends in a link or in rows."""
        hops: list[Hop] = []
        here: FormShape | None = form
        if len(node.steps) > MAX_HOPS:
            self.problem(node, "path-too-long", limit=MAX_HOPS)
            return node, None
        for step in node.steps:
            if here is None:
                self.problem(
                    node, "path-ends-early", field=hops[-1].field.key, path=".".join(node.steps)
                )
                return node, None
            field = self.field_of(here, step)
            if field is None:
                self.problem(node, "unknown-field", field=step, form=here.label or here.key)
                return node, None
            hops.append(Hop(here.key, field))
            here = self._target(node, field)
            if field.through and here is not None:
                hops.append(self._through(here, field))
                here = self._target(node, hops[-1].field)
        return replace(node, hops=tuple(hops), type=type_at(hops)), here

    def _through(self, rows: FormShape, field: FieldShape) -> Hop:
        """The step from rows that only connect to the records that are meant."""
        link = rows.fields[field.through]
        order = field.order if field.through == "parent" else ()
        return Hop(rows.key, replace(link, label=field.label, order=order))

    def _target(self, node: Node, field: FieldShape) -> FormShape | None:
        if field.type.kind not in (Kind.LINK, Kind.ROWS) or not field.type.form:
            return None
        return self.shapes.find(field.type.form)

    def literal(self, node: Literal, want: ValueType | None) -> Node:
        """A literal, read as ``want`` when it can be."""
        read = check_leaves.read_literal(node, want) if want is not None else None
        found = read or replace(node, type=_natural_type(node.value))
        if isinstance(found.value, Decimal) and not check_leaves.is_storable(found):
            self.problem(node, "literal-too-large", limit=numbers.MAX_SCALE)
        return found

    def values(self, node: Path, form: FormShape) -> Node:
        """A path used as a value: it may pass links, not rows."""
        if not node.steps:
            return node
        found, _ = self.path(node, form)
        passed = found.hops[:-2] if is_connected(found.hops) else found.hops[:-1]
        if any(hop.field.type.kind is Kind.ROWS for hop in passed):
            self.problem(node, "path-through-rows", path=".".join(node.steps))
            return replace(found, type=None)
        return found


def kind_word(kind: Kind) -> dict[str, str]:
    """What people call a kind, in every language."""
    return check_leaves.kind_word(kind)


def _natural_type(value: Any) -> ValueType:
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, (Decimal, int)):
        return number(scale_of(Decimal(value)))
    if isinstance(value, datetime):
        return DATETIME
    return DATE if isinstance(value, date) else TEXT


def _path(checker: Checker, node: Path, form: FormShape, want: ValueType | None) -> Node:
    return checker.values(node, form)


def _literal(checker: Checker, node: Literal, form: FormShape, want: ValueType | None) -> Node:
    return checker.literal(node, want)


def _link_key(checker: Checker, node: LinkKey, form: FormShape, want: ValueType | None) -> Node:
    if want is None or want.kind is not Kind.LINK or want.form is None:
        checker.problem(node, "unknown-value-shape")
        return node
    if checker.find_link is None:
        return check_leaves.named_record(checker, node, want)
    found = checker.find_link(want.form, node.key, node.value)
    if found is None:
        checker.problem(node, "nothing-under-key", field=node.key, value=str(node.value)[:60])
        return node
    return Literal(found, type=want, place=node.place)


def _group(checker: Checker, node: Any, form: FormShape, want: ValueType | None) -> Node:
    items = tuple(checker.condition(item, form) for item in node.items)
    return replace(node, items=items, type=BOOLEAN)  # type: ignore[no-any-return]


def _not(checker: Checker, node: Not, form: FormShape, want: ValueType | None) -> Node:
    return replace(node, item=checker.condition(node.item, form), type=BOOLEAN)


def _formula(checker: Checker, node: Formula, form: FormShape, want: ValueType | None) -> Node:
    body = checker.visit(node.body, form, want)
    return replace(node, body=body, type=body.type)


def _relative(checker: Checker, node: Relative, form: FormShape, want: ValueType | None) -> Node:
    return replace(node, type=DATETIME if node.unit in EXACT_UNITS else DATE)


def _local_day(checker: Checker, node: LocalDay, form: FormShape, want: ValueType | None) -> Node:
    return replace(node, item=checker.visit(node.item, form), type=DATE)


def _many(checker: Checker, node: Many, form: FormShape, want: ValueType | None) -> Node:
    return replace(node, items=tuple(checker.visit(item, form, want) for item in node.items))


def _arithmetic(
    checker: Checker, node: Arithmetic, form: FormShape, want: ValueType | None
) -> Node:
    sides = []
    for side in (node.left, node.right):
        sides.append(checker.as_kind(checker.visit(side, form, number()), number()))
    left, right = sides
    if left.type is None or right.type is None:
        return replace(node, left=left, right=right, type=None)
    if Kind.MISSING in (left.type.kind, right.type.kind):
        return replace(node, left=left, right=right, type=number())
    exponent = _exponent(checker, node, right) if node.op == "^" else 1
    assert node.op in ARITHMETIC
    scale = arithmetic_scale(node.op, left.type, right.type, exponent)
    return replace(node, left=left, right=right, type=number(scale))


def _exponent(checker: Checker, node: Node, right: Node) -> int:
    value = right.value if isinstance(right, Literal) else None
    if isinstance(value, Decimal) and value == int(value) and 0 <= value <= MAX_EXPONENT:
        return int(value)
    checker.problem(node, "bad-exponent", limit=MAX_EXPONENT)
    return 1


def _consent(checker: Checker, node: Consent, form: FormShape, want: ValueType | None) -> Node:
    target: FormShape | None = form
    of = node.of
    if of.steps:
        of, target = checker.path(of, form)
        if any(hop.field.type.kind is not Kind.LINK for hop in of.hops):
            checker.problem(node, "path-through-rows", path=".".join(of.steps))
            target = None
        elif of.hops and target is None:
            checker.problem(node, "not-a-person", form=of.steps[-1])
    if target is not None and not target.is_person:
        checker.problem(node, "not-a-person", form=target.label or target.key)
    return replace(node, of=of, form=target.key if target else "", type=BOOLEAN)


def _aggregate(checker: Checker, node: Aggregate, form: FormShape, want: ValueType | None) -> Node:
    of, rows = checker.path(node.of, form)
    if node.name not in AGGREGATES:
        checker.problem(node, "unknown-aggregate", name=node.name)
        return node
    if of.hops and (rows is None or of.type is None or of.type.kind is not Kind.ROWS):
        checker.problem(node, "aggregate-of-no-rows", field=".".join(of.steps))
        return replace(node, of=of)
    if rows is None:
        return replace(node, of=of)
    value = checker.visit(node.value, rows) if node.value is not None else None
    by = checker.visit(node.by, rows) if node.by is not None else None
    where = checker.condition(node.where, rows) if node.where is not None else None
    if value is None and node.name in ("first", "last"):
        value = checker.visit(Path(("id",), at=node.at), rows)
    found = replace(node, of=of, value=value, by=by, where=where)
    return _typed_aggregate(checker, found, rows)


def _typed_aggregate(checker: Checker, node: Aggregate, rows: FormShape) -> Node:
    value = node.value
    if value is None and node.name != "count":
        checker.problem(node, "aggregate-needs-field", name=node.name)
        return node
    if value is not None and value.type is None:
        return node
    if value is not None and not _fits_aggregate(node.name, value):
        assert value.type is not None
        checker.problem(
            value, "wrong-kind-for-aggregate", name=node.name, found=kind_word(value.type.kind)
        )
        return node
    order = None
    if node.name in ("first", "last"):
        order = _order(checker, node, rows)
    return replace(node, order=order, type=_aggregate_type(node))


def _fits_aggregate(name: str, value: Node) -> bool:
    kinds: tuple[Kind, ...] = _SCALARS
    if name in ("sum", "avg"):
        kinds = (Kind.NUMBER,)
    elif name in ("min", "max"):
        kinds = _ORDERED
    return value.type is not None and value.type.kind in kinds


def _aggregate_type(node: Aggregate) -> ValueType:
    value = node.value.type if node.value is not None else None
    if node.name in ("count", "count_distinct") or value is None:
        return number(0)
    return number(6) if node.name == "avg" else value


def _order(checker: Checker, node: Aggregate, rows: FormShape) -> Node | None:
    """What first and last go by: BY, the relation's declared order, a date itself, or the id."""
    if node.by is not None:
        if node.by.type is not None and node.by.type.kind not in _ORDERED:
            checker.problem(node.by, "cannot-order-by", found=kind_word(node.by.type.kind))
            return None
        return node.by
    for key in node.of.hops[-1].field.order:
        name = key.removeprefix("-")
        field = checker.field_of(rows, name)
        if field is not None and field.type.kind in _ORDERED:
            return checker.values(Path((name,)), rows)
    value = node.value
    return value if value is not None and is_kind(value, Kind.DATE, Kind.DATETIME) else None


_VISITORS: dict[type[Node], Callable[[Checker, Any, FormShape, ValueType | None], Node]] = {
    Literal: _literal,
    LinkKey: _link_key,
    Path: _path,
    AllOf: _group,
    AnyOf: _group,
    Not: _not,
    Formula: _formula,
    Relative: _relative,
    LocalDay: _local_day,
    Many: _many,
    Arithmetic: _arithmetic,
    Consent: _consent,
    Aggregate: _aggregate,
    Compare: check_leaves.check_compare,
    Call: check_functions.check_call,
}
