"""The canonical text of a tree. Parsing it gives the same tree again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from regulars.platform.expressions.calls import SURFACE_OF_OP
from regulars.platform.expressions.operators import AGGREGATE_NAMES
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

_OR, _AND, _NOT, _COMPARE, _CONCAT, _ADD, _MULTIPLY, _SIGN, _POWER, _ATOM = range(10)
_SIGNS = {
    "is": "=", "is_not": "<>", "lt": "<", "gt": ">", "lte": "<=", "gte": ">=",
    "before": "<", "after": ">", "on_or_before": "<=", "on_or_after": ">=",
}  # fmt: skip
_LEVELS = {"+": _ADD, "-": _ADD, "*": _MULTIPLY, "/": _MULTIPLY, "%": _MULTIPLY, "^": _POWER}
_RESERVED = frozenset({"and", "or", "not", "true", "false"})
_NAMES = {name: surface for surface, name in AGGREGATE_NAMES.items()}
Written = tuple[str, int]  # the text, and how tightly it holds together


def formula_text(tree: Node) -> str:
    """The formula that says ``tree``."""
    return _write(tree)[0]


def _write(node: Node) -> Written:
    return _WRITERS[type(node)](node)


def _at_least(node: Node, level: int) -> str:
    text, own = _write(node)
    return text if own >= level else f"({text})"


def _call(name: str, *args: str) -> Written:
    return f"{name}({', '.join(args)})", _ATOM


def _literal(node: Literal) -> Written:
    value = node.value
    if value is None:
        return "BLANK()", _ATOM
    if isinstance(value, bool):
        return ("TRUE" if value else "FALSE"), _ATOM
    if isinstance(value, (Decimal, int)):
        return f"{Decimal(value):f}", _SIGN if value < 0 else _ATOM
    if isinstance(value, (date, datetime)):
        return quoted(value.isoformat()), _ATOM
    return quoted(str(value)), _ATOM


def quoted(text: str) -> str:
    """A text literal."""
    return '"' + text.replace('"', '""') + '"'


def _path(node: Path) -> Written:
    steps = (f"[{step}]" if step.lower() in _RESERVED else step for step in node.steps)
    return ".".join(steps), _ATOM


def _group(word: str, level: int) -> Callable[[Any], Written]:
    def write(node: AllOf | AnyOf) -> Written:
        if len(node.items) < 2:
            return _call(word, *(_write(item)[0] for item in node.items))
        return f" {word} ".join(_at_least(item, level + 1) for item in node.items), level

    return write


def _not(node: Not) -> Written:
    return f"NOT {_at_least(node.item, _NOT)}", _NOT


def _compare(node: Compare) -> Written:
    bare = _leaf(node)
    return _call("OR_NONE", bare[0]) if node.if_none else bare


def _leaf(node: Compare) -> Written:
    if node.op in _SIGNS and node.right is not None:
        left, right = _at_least(node.left, _CONCAT), _at_least(node.right, _CONCAT)
        return f"{left} {_SIGNS[node.op]} {right}", _COMPARE
    left = _write(node.left)[0]
    right_node = node.right
    if isinstance(right_node, Window):
        return _window(left, right_node)
    if isinstance(right_node, Span):
        return _call("OLDER_THAN", left, str(right_node.n), quoted(right_node.unit))
    if right_node == Relative(0, "day") and node.op == "same_day_of_year":
        return _call("SAME_DAY_OF_YEAR", left)
    rest = right_node.items if isinstance(right_node, Many) else [right_node] if right_node else []
    return _call(SURFACE_OF_OP[node.op], left, *_texts(rest))


def _texts(nodes: Iterable[Node]) -> list[str]:
    return [_write(node)[0] for node in nodes]


def _window(left: str, window: Window) -> Written:
    if window.kind == "calendar":
        return _call("IN_PERIOD", left, quoted(window.name))
    if window.kind == "range":
        ends = (end or Literal(None) for end in (window.start, window.end))
        return _call("IN_RANGE", left, *_texts(ends))
    return _call(f"WITHIN_{window.kind.upper()}", left, str(window.n), quoted(window.unit))


def _relative(node: Relative) -> Written:
    start = "NOW()" if node.unit in EXACT_UNITS else "TODAY()"
    return _call("DATEADD", start, str(node.n), quoted(node.unit))


def _arithmetic(node: Arithmetic) -> Written:
    level = _LEVELS[node.op]
    if node.op == "^":
        return f"{_at_least(node.left, _ATOM)} ^ {_at_least(node.right, _SIGN)}", level
    left, right = _at_least(node.left, level), _at_least(node.right, level + 1)
    return f"{left} {node.op} {right}", level


def _function(node: Call) -> Written:
    if node.name == "NEGATE":
        item = node.args[0]
        bare = isinstance(item, Literal)  # -(5) is no literal: the sign stays apart
        text = f"({_write(item)[0]})" if bare else _at_least(item, _SIGN)
        return f"-{text}", _SIGN
    if node.name == "CONCAT" and len(node.args) > 1:
        return " & ".join(_at_least(arg, _ADD) for arg in node.args), _CONCAT
    return _call(node.name, *_texts(node.args))


def _aggregate(node: Aggregate) -> Written:
    parts = _texts(part for part in (node.of, node.value) if part is not None)
    if node.by is not None:
        parts.append(f"BY {_write(node.by)[0]}")
    if node.where is not None:
        parts.append(f"WHERE {_write(node.where)[0]}")
    return _call(_NAMES.get(node.name, node.name.upper()), *parts)


def _consent(node: Consent) -> Written:
    of = _texts([node.of]) if node.of.steps else []
    return _call("HAS_CONSENT", quoted(node.purpose), quoted(node.channel), *of)


def _link_key(node: LinkKey) -> Written:
    return _call("BYKEY", quoted(node.key), *_texts((Literal(node.value),)))


def _many(node: Many) -> Written:
    return ", ".join(_texts(node.items)), _ATOM


_WRITERS: dict[type[Node], Callable[[Any], Written]] = {
    Literal: _literal,
    Path: _path,
    AllOf: _group("AND", _AND),
    AnyOf: _group("OR", _OR),
    Not: _not,
    Compare: _compare,
    Relative: _relative,
    Arithmetic: _arithmetic,
    Call: _function,
    Aggregate: _aggregate,
    Consent: _consent,
    LinkKey: _link_key,
    Many: _many,
    Formula: lambda node: _write(node.body),
    LocalDay: lambda node: _write(node.item),
}
