"""A tree as condition JSON; what JSON has no shape for becomes ``{"formula": …}``."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from regulars.platform.expressions.formula_writer import formula_text
from regulars.platform.expressions.tree import (
    Aggregate,
    AllOf,
    AnyOf,
    Compare,
    Consent,
    LinkKey,
    Literal,
    LocalDay,
    Many,
    Node,
    Not,
    Path,
    Relative,
    Span,
    Window,
)


def condition_json(tree: Node) -> dict[str, Any]:
    """The JSON of a condition. Reading it gives the same tree again."""
    if isinstance(tree, AllOf):
        return {"all": [condition_json(item) for item in tree.items]}
    if isinstance(tree, AnyOf):
        return {"any": [condition_json(item) for item in tree.items]}
    if isinstance(tree, Not):
        return {"not": condition_json(tree.item)}
    if isinstance(tree, Compare):
        leaf = _leaf(tree)
        if leaf is not None:
            return leaf
    if isinstance(tree, Consent):
        return {"consent": _consent(tree), "op": "is", "value": True}
    return {"formula": formula_text(tree)}


def _leaf(node: Compare) -> dict[str, Any] | None:
    left = _left(node.left)
    if left is None:
        return None
    left["op"] = node.op
    if node.right is not None:
        left["value"] = _value(node.right)
    if node.if_none:
        left["if_none"] = True
    return left


def _left(node: Node) -> dict[str, Any] | None:
    if isinstance(node, LocalDay):
        return _left(node.item)
    if isinstance(node, Path):
        return {"field": ".".join(node.steps)}
    if isinstance(node, Consent):
        return {"consent": _consent(node)}
    if isinstance(node, Aggregate):
        return _aggregate(node)
    return None


def _consent(node: Consent) -> dict[str, str]:
    made = {"purpose": node.purpose, "channel": node.channel}
    return {**made, "of": ".".join(node.of.steps)} if node.of.steps else made


def _aggregate(node: Aggregate) -> dict[str, Any]:
    made: dict[str, Any] = {"aggregate": node.name, "of": ".".join(node.of.steps)}
    if node.value is not None:
        made["field"] = _operand(node.value)
    if node.by is not None:
        made["by"] = _operand(node.by)
    where, window = _split(node.where)
    if where is not None:
        made["where"] = condition_json(where)
    if window is not None:
        made["within"] = _window(window.right)
        made["on"] = ".".join(window.left.steps) if isinstance(window.left, Path) else ""
    return made


def _split(where: Node | None) -> tuple[Node | None, Compare | None]:
    """The condition and, apart, the window it ends with."""
    if _is_window(where):
        return None, where  # type: ignore[return-value]
    if isinstance(where, AllOf) and len(where.items) > 1 and _is_window(where.items[-1]):
        rest = where.items[:-1]
        kept = rest[0] if len(rest) == 1 and not isinstance(rest[0], AllOf) else AllOf(rest)
        return kept, where.items[-1]  # type: ignore[return-value]
    return where, None


def _is_window(node: Node | None) -> bool:
    return (
        isinstance(node, Compare)
        and node.op == "within"
        and isinstance(node.left, Path)
        and not node.if_none
    )


def _operand(node: Node) -> Any:
    if isinstance(node, Path):
        return ".".join(node.steps)
    return {"formula": formula_text(node)}


def _value(node: Node) -> Any:
    if isinstance(node, Literal):
        return plain_json(node.value)
    if isinstance(node, LinkKey):
        return {node.key: plain_json(node.value)}
    if isinstance(node, Many):
        return [_value(item) for item in node.items]
    if isinstance(node, Window):
        return _window(node)
    if isinstance(node, Span):
        return {"n": node.n, "unit": node.unit}
    if isinstance(node, Relative):
        return {"relative": {"n": node.n, "unit": node.unit}}
    if isinstance(node, Path):
        return {"field": ".".join(node.steps)}
    return {"formula": formula_text(node)}


def _window(node: Node | None) -> dict[str, Any]:
    assert isinstance(node, Window)
    if node.kind == "calendar":
        return {"calendar": node.name}
    if node.kind == "range":
        ends = {"from": node.start, "to": node.end}
        return {name: _value(end) for name, end in ends.items() if end is not None}
    return {node.kind: node.n, "unit": node.unit}


def plain_json(value: Any) -> Any:
    """A literal as JSON: whole numbers as numbers, other decimals as text, dates as ISO."""
    if isinstance(value, Decimal):
        whole = value == value.to_integral_value() and abs(value) < 2**53
        return int(value) if whole else f"{value:f}"
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value
