"""How large a tree may be once the formula fields in it are written out.

Formula fields are computed where they are read, so a chain of fields that use each other twice
doubles at every step. The limits hold for the whole, as it is compiled: what they let through fits
Python's stack while it is compiled, and SQLite's parser, which takes a hundred open brackets and
words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from regulars.platform.expressions.tree import (
    MAX_DEPTH,
    MAX_NODES,
    Aggregate,
    AllOf,
    AnyOf,
    Arithmetic,
    Call,
    Compare,
    Formula,
    LocalDay,
    Many,
    Node,
    Not,
    Path,
    children,
)

if TYPE_CHECKING:
    from regulars.platform.expressions.check import Checker

MAX_EXPANDED = 4 * MAX_NODES
MAX_AGGREGATES = 3  # inside each other: each one multiplies the rows that are looked at
MAX_OPEN = 90
_CALLS_APART = 4  # deeper computations become one call (see `fusing`)
_COMPUTED = (Arithmetic, Call, LocalDay)
_OPEN: dict[type[Node], int] = {
    AllOf: 2, AnyOf: 2, Not: 2, Compare: 5, Aggregate: 11, Formula: 0, Many: 0,
    Arithmetic: 5, Call: 5, LocalDay: 5,
}  # fmt: skip
_OPEN_BY_LINK = 11


@dataclass(frozen=True)
class Size:
    """``open`` is what SQLite's parser holds at the deepest place; ``calls`` in a row above it."""

    depth: int = 0
    nodes: int = 0
    aggregates: int = 0
    open: int = 0
    calls: int = 0


def check_size(checker: Checker, tree: Node) -> None:
    """Note a problem when the tree is too deep or too large to compile."""
    size = _size(tree, {})
    if size.depth > MAX_DEPTH or size.nodes > MAX_EXPANDED or size.open > MAX_OPEN:
        checker.problem(tree, "formula-too-large", depth=MAX_DEPTH, size=MAX_EXPANDED)
    elif size.aggregates > MAX_AGGREGATES:
        checker.problem(tree, "aggregates-too-deep", limit=MAX_AGGREGATES)


def _size(node: Node, known: dict[int, Size]) -> Size:
    """The size of a tree no deeper than the parser lets through; each formula counted once."""
    parts = [_size(child, known) for child in children(node)]
    if isinstance(node, Aggregate) and node.order is not None and node.by is None:
        parts.append(_size(node.order, known))
    if isinstance(node, Path):
        parts += [_size_of_formula(hop.field.formula, known) for hop in node.hops]
    deepest = max(parts, key=lambda part: part.open, default=Size())
    calls = deepest.calls + 1 if isinstance(node, _COMPUTED) else 0
    return Size(
        depth=1 + max((part.depth for part in parts), default=0),
        nodes=1 + sum(part.nodes for part in parts),
        aggregates=max((part.aggregates for part in parts), default=0)
        + isinstance(node, Aggregate),
        open=deepest.open + _opened(node, calls),
        calls=min(calls, _CALLS_APART) if not isinstance(node, Path) else deepest.calls,
    )


def _opened(node: Node, calls: int) -> int:
    if isinstance(node, Path):
        return _OPEN_BY_LINK if len(node.hops) > 1 else 0
    return 0 if calls > _CALLS_APART else _OPEN.get(type(node), 0)


def _size_of_formula(formula: Node | None, known: dict[int, Size]) -> Size:
    if formula is None:
        return Size()
    if id(formula) not in known:
        known[id(formula)] = _size(formula, known)
    return known[id(formula)]
