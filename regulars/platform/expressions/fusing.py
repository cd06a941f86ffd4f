"""Deep computations as one call into Python, for SQLite.

SQLite's parser takes only some twenty calls inside each other, and every call costs. A computation
that is deeper than that of usual formulas is therefore cut at its fields, aggregates and constants
("parts"); what is between them becomes formula text over ``a0``, ``a1`` …, which one SQL function
computes with the very closures of Python. Formula fields of the same record are written out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any

from regulars.platform.expressions.constants import is_constant
from regulars.platform.expressions.formula_writer import formula_text
from regulars.platform.expressions.shapes import Shapes
from regulars.platform.expressions.tree import (
    Aggregate,
    AllOf,
    AnyOf,
    Arithmetic,
    Call,
    Compare,
    Consent,
    Formula,
    LinkKey,
    Literal,
    LocalDay,
    Many,
    Node,
    Not,
    Path,
    children,
)
from regulars.platform.expressions.types import DATE, Kind, ValueType, number

MOST_PARTS = 90  # SQLite takes about a hundred arguments
SHALLOW = 3  # so many calls inside each other are left as they are
COMPUTED = (Arithmetic, Call)
_INSIDE = (Arithmetic, Call, Compare, AllOf, AnyOf, Not, Formula, LocalDay, Many)
_OUTSIDE_OPS = frozenset({"within", "older_than", "is_me", "in_my_units"})  # these need the moment


@dataclass(frozen=True)
class Fused:
    """``text`` over the fields ``a0`` …, and the parts that stand for them."""

    text: str
    parts: tuple[Node, ...]


def computed_depth(node: Node, shapes: Shapes | None) -> int:
    """How many computations stand inside each other down to the parts."""
    if isinstance(node, Path):
        formula = own_formula(node, shapes)
        return 0 if formula is None else computed_depth(formula, shapes)
    if not isinstance(node, _INSIDE):
        return 0
    below = max((computed_depth(child, shapes) for child in children(node)), default=0)
    return below + (not isinstance(node, (Formula, Many)))


def own_formula(node: Path, shapes: Shapes | None) -> Node | None:
    """The formula behind a path that stays in the record, or None."""
    if len(node.hops) != 1 or shapes is None:
        return None
    form = shapes.find(node.hops[0].form)
    shape = form.field(node.hops[0].field.key) if form else None
    return shape.formula if shape else None


def fuse(node: Node, shapes: Shapes) -> Fused | None:
    """The computation as text over its parts, or None when there are too many of them."""
    cutter = _Cutter(shapes)
    text = formula_text(cutter.cut(node))
    if len(cutter.parts) > MOST_PARTS:
        return None
    return Fused(text, tuple(cutter.parts))


class _Cutter:
    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self.parts: list[Node] = []

    def cut(self, node: Node) -> Node:
        """The node over ``a0`` …; parts are noted in order."""
        if isinstance(node, Literal) or (is_constant(node) and not isinstance(node, Many)):
            return self._constant(node)
        if isinstance(node, Path):
            formula = own_formula(node, self.shapes)
            if formula is not None and formula.type is not None:
                return self._rescaled(self.cut(formula), formula.type, self._declared(node))
            return self._part(node)
        if isinstance(node, (Aggregate, Consent, LinkKey)) or _needs_moment(node):
            return self._part(node)
        if isinstance(node, (Formula, LocalDay)):
            return self.cut(node.body if isinstance(node, Formula) else node.item)
        if isinstance(node, Call):
            return self._call(node)
        return _with_children(node, self)

    def _declared(self, node: Path) -> ValueType:
        form = self.shapes.find(node.hops[0].form)
        shape = form.field(node.hops[0].field.key) if form else None
        return (shape or node.hops[0].field).type

    def _rescaled(self, node: Node, found: ValueType, wanted: ValueType) -> Node:
        if wanted.kind is not Kind.NUMBER or found.scale == wanted.scale:
            return node
        return Call("RESCALE", (node, Literal(Decimal(wanted.scale))))

    def _call(self, node: Call) -> Node:
        if node.name == "DAYS_SINCE":
            today = self._part(Call("TODAY", (), type=DATE))
            return Call("DAYS_BETWEEN", (self.cut(node.args[0]), today))
        return _with_children(node, self)

    def _constant(self, node: Node) -> Node:
        """Plain numbers and words stay in the text: some functions want them written."""
        value = node.value if isinstance(node, Literal) else None
        if isinstance(value, (Decimal, str, bool)) or (
            isinstance(node, Literal) and value is None
        ):
            return node
        return self._part(node)

    def _part(self, node: Node) -> Node:
        if node not in self.parts:
            self.parts.append(node)
        return Path((f"a{self.parts.index(node)}",))


def _needs_moment(node: Node) -> bool:
    if not isinstance(node, Compare):
        return False
    tags = node.left.type is not None and node.left.type.kind is Kind.TAGS
    return tags or node.op in _OUTSIDE_OPS


def _with_children(node: Node, cutter: _Cutter) -> Node:
    changed: dict[str, Any] = {}
    for each in fields(node):
        value = getattr(node, each.name)
        if isinstance(value, Node):
            changed[each.name] = cutter.cut(value)
        elif isinstance(value, tuple) and value and isinstance(value[0], Node):
            changed[each.name] = tuple(cutter.cut(item) for item in value)
    return replace(node, **changed)


def type_of_part(node: Node) -> ValueType:
    """The type a part has in the text."""
    return replace(node.type or number(), options=())


def part_types(parts: Sequence[Node]) -> list[ValueType]:
    """The types of all parts."""
    return [type_of_part(part) for part in parts]
