"""How large a tree may be once the formula fields in it are written out.

Formula fields are computed where they are read, so a chain of fields that use each other twice
doubles at every step. The limits hold for the whole, as it is compiled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from regulars.platform.expressions.tree import (
    MAX_DEPTH,
    MAX_NODES,
    Aggregate,
    Node,
    Path,
    children,
)

if TYPE_CHECKING:
    from regulars.platform.expressions.check import Checker

MAX_EXPANDED = 4 * MAX_NODES
MAX_AGGREGATES = 3  # inside each other: each one multiplies the rows that are looked at
Size = tuple[int, int, int]  # depth, nodes, aggregates inside each other


def check_size(checker: Checker, tree: Node) -> None:
    """Note a problem when the tree is too deep or too large to compile."""
    depth, nodes, aggregates = _size(tree, {})
    if depth > MAX_DEPTH or nodes > MAX_EXPANDED:
        checker.problem(tree, "formula-too-large", depth=MAX_DEPTH, size=MAX_EXPANDED)
    elif aggregates > MAX_AGGREGATES:
        checker.problem(tree, "aggregates-too-deep", limit=MAX_AGGREGATES)


def _size(node: Node, known: dict[int, Size]) -> Size:
    """The size of a tree no deeper than the parser lets through; each formula counted once."""
    parts = [_size(child, known) for child in children(node)]
    if isinstance(node, Aggregate) and node.order is not None and node.by is None:
        parts.append(_size(node.order, known))
    if isinstance(node, Path):
        for hop in node.hops:
            formula = hop.field.formula
            if formula is not None:
                if id(formula) not in known:
                    known[id(formula)] = _size(formula, known)
                parts.append(known[id(formula)])
    depth = 1 + max((part[0] for part in parts), default=0)
    nodes = 1 + sum(part[1] for part in parts)
    inside = max((part[2] for part in parts), default=0)
    return depth, nodes, inside + isinstance(node, Aggregate)
