"""Closures of aggregates over related rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Context as DecimalContext
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from regulars.platform.expressions import numbers
from regulars.platform.expressions.tree import Aggregate, Hop, Node, walk
from regulars.platform.expressions.types import Kind

if TYPE_CHECKING:
    from regulars.platform.expressions.evaluate import Context, Evaluate, PythonCompiler, Row

_WIDE = DecimalContext(prec=200)
Rows = Callable[["Row", "Context"], Iterable["Row"]]


def compile_aggregate(compiler: PythonCompiler, node: Aggregate) -> Evaluate:
    """The closure of one aggregate."""
    rows = compile_rows(compiler, node)
    value = compiler.value(node.value) if node.value is not None else None
    if node.name in ("first", "last"):
        return _at_end(compiler, node, rows)
    if value is None:
        return lambda row, context: Decimal(sum(1 for _ in rows(row, context)))
    reduce = _REDUCERS[node.name](node)

    def evaluate(row: Row, context: Context) -> Any:
        found = (value(each, context) for each in rows(row, context))
        return reduce([each for each in found if each is not None])

    return evaluate


def compile_rows(compiler: PythonCompiler, node: Aggregate) -> Rows:
    """The rows an aggregate is about, already filtered."""
    steps = [_step(compiler, hop) for hop in node.of.hops]
    where = compiler.truth(node.where) if node.where is not None else None
    compiler.looks_around = True
    weight = 1 + sum(_size(part) for part in (node.value, node.where, node.order))

    def rows(row: Row, context: Context) -> Iterable[Row]:
        found: Iterable[Row] = (row,)
        for step in steps:
            found = [each for one in found for each in step(one, context)]
            context.meter.spend(weight * len(found))
        if where is None:
            return found
        return [each for each in found if where(each, context)]

    return rows


def _size(node: Node | None) -> int:
    return 0 if node is None else sum(1 for _ in walk(node))


def _step(compiler: PythonCompiler, hop: Hop) -> Rows:
    target = str(hop.field.type.form)
    if hop.field.type.kind is Kind.LINK:
        link = compiler.hop(hop)

        def follow(row: Row, context: Context) -> Iterable[Row]:
            record = link(row, context)
            found = None if record is None else context.records.linked(target, record)
            return () if found is None else (found,)

        return follow
    via = str(hop.field.via)
    return lambda row, context: context.records.related(target, via, row["id"])


def _at_end(compiler: PythonCompiler, node: Aggregate, rows: Rows) -> Evaluate:
    """FIRST and LAST: the row with the least or greatest key; rows without a key do not count."""
    assert node.value is not None
    value = compiler.value(node.value)
    order = compiler.value(node.order) if node.order is not None else None
    pick = min if node.name == "first" else max

    def evaluate(row: Row, context: Context) -> Any:
        best: Any = None
        for each in rows(row, context):
            key = 0 if order is None else order(each, context)
            if key is None:
                continue
            ranked = (key, each["id"])
            if best is None or pick(ranked, best[0]) == ranked:
                best = (ranked, each)
        return None if best is None else value(best[1], context)

    return evaluate


def _total(values: list[Decimal], scale: int) -> Decimal | None:
    total = Decimal(0)
    for value in values:
        total = _WIDE.add(total, value)
    return numbers.fit(total, scale)


def _sum(node: Aggregate) -> Callable[[list[Any]], Any]:
    scale = _scale(node)
    return lambda values: _total(values, scale)


def _avg(node: Aggregate) -> Callable[[list[Any]], Any]:
    scale = _scale(node)

    def average(values: list[Any]) -> Any:
        total = _total(values, scale)
        if total is None or not values:
            return None
        return numbers.divide(total, Decimal(len(values)))

    return average


def _scale(node: Aggregate) -> int:
    return node.value.type.scale if node.value is not None and node.value.type is not None else 0


def _distinct(node: Aggregate) -> Callable[[list[Any]], Any]:
    found = node.value.type if node.value is not None else None
    if found is not None and found.kind is Kind.TEXT and not found.exact:
        return lambda values: Decimal(len({value.casefold() for value in values}))
    return lambda values: Decimal(len(set(values)))


_REDUCERS: dict[str, Callable[[Aggregate], Callable[[list[Any]], Any]]] = {
    "count": lambda node: lambda values: Decimal(len(values)),
    "count_distinct": _distinct,
    "sum": _sum,
    "avg": _avg,
    "min": lambda node: lambda values: min(values, default=None),
    "max": lambda node: lambda values: max(values, default=None),
}
