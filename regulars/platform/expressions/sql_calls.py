"""Arithmetic and function calls as SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from regulars.platform.expressions import fusing, sql_leaves
from regulars.platform.expressions.check_functions import is_result, is_test
from regulars.platform.expressions.functions import CONDITIONAL, FUNCTIONS, VOLATILE
from regulars.platform.expressions.sql_template import is_plain
from regulars.platform.expressions.tree import Arithmetic, Call, Compare, Node
from regulars.platform.expressions.types import BOOLEAN, DATE, Kind, ValueType, number

if TYPE_CHECKING:
    from regulars.platform.expressions.compile_sql import Element, Frame, SqlCompiler

Typed = tuple[sa.ColumnElement[Any], ValueType]
__all__ = ["CONDITIONAL", "arithmetic", "call", "conditional"]


def arithmetic(compiler: SqlCompiler, node: Arithmetic, frame: Frame) -> Element:
    """``left op right``."""
    if (fused := fused_value(compiler, node, frame)) is not None:
        return fused
    sides = [(compiler.value(side, frame), _kind(side)) for side in (node.left, node.right)]
    return _function(compiler, node.op, sides, _kind(node), frame)


def fused_value(compiler: SqlCompiler, node: Node, frame: Frame) -> Element | None:
    """A deep computation in one call, where the dialect does that."""
    shapes, moment = compiler.target.shapes, compiler.target.moment
    if (
        compiler.target.dialect != "sqlite"
        or fusing.computed_depth(node, shapes) <= fusing.SHALLOW
    ):
        return None
    fused = fusing.fuse(node, shapes)
    if fused is None:
        return None
    parts = [(compiler.value(part, frame), fusing.type_of_part(part)) for part in fused.parts]
    return compiler.dialect.formula(fused.text, parts, _kind(node), moment)


def _function(
    compiler: SqlCompiler, name: str, args: list[Typed], result: ValueType, frame: Frame
) -> Element:
    """The dialect's words; arguments they name several times are computed once."""
    moment = compiler.target.moment
    build = compiler.dialect.function
    held = [place for place, (value, _) in enumerate(args) if not is_plain(value)]

    def use(*values: Element) -> Element:
        given = list(args)
        for place, value in zip(held, values, strict=True):
            given[place] = (value, args[place][1])
        return build(name, given, result, moment)

    return compiler.holding(name, [args[place][0] for place in held], frame, use)


def _kind(node: Node) -> ValueType:
    return node.type or number()


def call(compiler: SqlCompiler, node: Call, frame: Frame) -> Element:
    """A function of the registry."""
    if (fused := fused_value(compiler, node, frame)) is not None:
        return fused
    if node.name in CONDITIONAL:
        return conditional(compiler, node, frame)
    if node.name == VOLATILE:
        raise ValueError("RANDOM_CODE has no place in a query")
    moment = compiler.target.moment
    name = node.name
    args = [(compiler.value(arg, frame), _kind(arg)) for arg in node.args]
    if name == "DAYS_SINCE":
        name, args = "DAYS_BETWEEN", [*args, (compiler.bound(moment.today, DATE), DATE)]
    if FUNCTIONS[name].aligned:
        result = _kind(node)
        args = [(compiler.rescaled(arg, result, frame), result) for arg in node.args]
    return _function(compiler, name, args, _kind(node), frame)


def conditional(compiler: SqlCompiler, node: Call, frame: Frame, *, fold: bool = False) -> Element:
    """IF, IFS, SWITCH and COALESCE."""
    count = len(node.args)
    results = [
        _result(compiler, arg, node, frame, fold=fold)
        for place, arg in enumerate(node.args)
        if is_result(node.name, place, count)
    ]
    if node.name == "COALESCE":
        return results[0] if len(results) == 1 else sa.func.coalesce(*results)
    tests = [
        _test(compiler, node, place, frame)
        for place in range(count)
        if _is_test(node.name, place, count)
    ]
    rest = results[len(tests)] if len(results) > len(tests) else None
    return sa.case(*zip(tests, results, strict=False), else_=rest)


def _is_test(name: str, place: int, count: int) -> bool:
    if name == "SWITCH":
        return place > 0 and not is_result(name, place, count)
    return is_test(name, place, count)


def _test(compiler: SqlCompiler, node: Call, place: int, frame: Frame) -> Element:
    if node.name == "SWITCH":
        leaf = Compare("is", node.args[0], node.args[place], type=BOOLEAN)
        return sql_leaves.compile_leaf(compiler, leaf, frame, two_valued=True)
    return compiler.condition(node.args[place], frame, two_valued=True)


def _result(compiler: SqlCompiler, arg: Node, node: Call, frame: Frame, *, fold: bool) -> Element:
    if fold:
        return compiler.folded(arg, frame)
    wanted = _kind(node)
    if arg.type is not None and arg.type.kind is Kind.MISSING:
        return compiler.bound(None, wanted)
    return compiler.rescaled(arg, wanted, frame)
