"""Closures of IF, IFS, SWITCH and COALESCE: only the branch that is meant is computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from regulars.platform.expressions import leaves
from regulars.platform.expressions.check_functions import is_result, is_test
from regulars.platform.expressions.tree import Call, Compare, Node
from regulars.platform.expressions.types import BOOLEAN

if TYPE_CHECKING:
    from regulars.platform.expressions.evaluate import Context, Evaluate, PythonCompiler, Row


def _result(compiler: PythonCompiler, node: Call, arg: Node) -> Evaluate:
    """One of the alternatives, with the scale they all share."""
    assert node.type is not None
    return compiler.rescaled(arg, node.type)


def _if(compiler: PythonCompiler, node: Call) -> Evaluate:
    """IF and IFS: the result behind the first condition that holds."""
    count = len(node.args)
    pairs = [
        (compiler.truth(node.args[place]), _result(compiler, node, node.args[place + 1]))
        for place in range(0, count - 1, 2)
        if is_test(node.name, place, count)
    ]
    rest = _result(compiler, node, node.args[-1]) if count % 2 else None

    def evaluate(row: Row, context: Context) -> Any:
        for test, result in pairs:
            if test(row, context):
                return result(row, context)
        return None if rest is None else rest(row, context)

    return evaluate


def _switch(compiler: PythonCompiler, node: Call) -> Evaluate:
    count = len(node.args)
    tests = [
        leaves.compile_leaf(compiler, Compare("is", node.args[0], node.args[place], type=BOOLEAN))
        for place in range(1, count)
        if not is_result("SWITCH", place, count)
    ]
    results = [
        _result(compiler, node, node.args[p])
        for p in range(1, count)
        if is_result("SWITCH", p, count)
    ]

    def evaluate(row: Row, context: Context) -> Any:
        for test, result in zip(tests, results, strict=False):
            if test(row, context):
                return result(row, context)
        return results[-1](row, context) if len(results) > len(tests) else None

    return evaluate


def _coalesce(compiler: PythonCompiler, node: Call) -> Evaluate:
    parts = [_result(compiler, node, arg) for arg in node.args]

    def evaluate(row: Row, context: Context) -> Any:
        for part in parts:
            value = part(row, context)
            if value is not None:
                return value
        return None

    return evaluate


CONDITIONAL: Mapping[str, Callable[[PythonCompiler, Call], Evaluate]] = {
    "IF": _if,
    "IFS": _if,
    "SWITCH": _switch,
    "COALESCE": _coalesce,
}
