"""The tree as Python closures, for one record at a time.

`compile_python` is called once per tree; what it returns is called once per record and moment.
A condition gives True or False, never None. Records of other forms come from `Records`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from regulars.platform.expressions import aggregates, branches, leaves, numbers
from regulars.platform.expressions.constants import is_constant
from regulars.platform.expressions.fuel import Meter
from regulars.platform.expressions.functions import ARITHMETIC, FUNCTIONS, VOLATILE
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
    Hop,
    LinkKey,
    Literal,
    LocalDay,
    Node,
    Not,
    Path,
    Relative,
)
from regulars.platform.expressions.types import BOOLEAN, Kind, Moment, ValueType
from regulars.platform.expressions.windows import plain_constant
from regulars.platform.expressions.zones import local_day

Row = Mapping[str, Any]


class Records(Protocol):
    """Where closures find other records. Every row has ``id``."""

    def linked(self, form_key: str, record_id: int) -> Row | None:
        """The record of ``form_key`` with this id."""
        ...

    def related(self, form_key: str, via_field: str, record_id: int) -> Sequence[Row]:
        """The records of ``form_key`` whose field ``via_field`` holds ``record_id``."""
        ...

    def has_consent(self, form_key: str, record_id: int, purpose: str, channel: str) -> bool:
        """Whether this person agrees now."""
        ...

    def named(self, form_key: str, field_key: str, value: Any) -> int | None:
        """The id of the record whose unique field holds ``value``."""
        ...


class NoRecords:
    """For expressions that stay within one record."""

    def linked(self, form_key: str, record_id: int) -> Row | None:
        """Nothing."""
        return None

    def related(self, form_key: str, via_field: str, record_id: int) -> Sequence[Row]:
        """Nothing."""
        return ()

    def has_consent(self, form_key: str, record_id: int, purpose: str, channel: str) -> bool:
        """No."""
        return False

    def named(self, form_key: str, field_key: str, value: Any) -> int | None:
        """Nobody."""
        return None


NO_RECORDS = NoRecords()


@dataclass(frozen=True)
class Context:
    """What a closure needs beside the row. ``new_code`` serves RANDOM_CODE.

    ``meter`` limits the work of each evaluation; beyond it a closure raises FormulaError.
    """

    moment: Moment
    records: Records = NO_RECORDS
    new_code: Callable[[int], str] | None = None
    meter: Meter = field(default_factory=Meter, compare=False, repr=False)


Evaluate = Callable[[Row, Context], Any]


def compile_python(tree: Node, shapes: Shapes) -> Evaluate:
    """The closure that computes a checked tree: True/False for a condition, else a plain value."""
    compiler = PythonCompiler(shapes)
    is_condition = tree.type is not None and tree.type.kind is Kind.BOOLEAN
    return _metered(compiler, compiler.truth(tree) if is_condition else compiler.value(tree))


def compile_python_value(tree: Node, shapes: Shapes) -> Evaluate:
    """Like `compile_python`, but a yes/no field that is not filled in stays missing (None)."""
    compiler = PythonCompiler(shapes)
    return _metered(compiler, compiler.value(tree))


def _metered(compiler: PythonCompiler, evaluate: Evaluate) -> Evaluate:
    """A closure that begins with a full meter; one that stays in its record needs none."""
    if not compiler.looks_around:
        return evaluate

    def measured(row: Row, context: Context) -> Any:
        context.meter.refill()
        return evaluate(row, context)

    return measured


class PythonCompiler:
    """Makes closures; ``shapes`` must hold checked formula fields (`resolve_formulas`).

    ``looks_around`` tells afterwards whether what was made reads many other records.
    """

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self.looks_around = False

    def truth(self, node: Node) -> Evaluate:
        """The closure of a condition; what is missing does not hold."""
        if isinstance(node, Compare):
            return leaves.compile_leaf(self, node)
        if isinstance(node, (AllOf, AnyOf)):
            return _group(node, [self.truth(item) for item in node.items])
        if isinstance(node, Not):
            inner = self.truth(node.item)
            return lambda row, context: not inner(row, context)
        if isinstance(node, Formula):
            return self.truth(node.body)
        value = self.value(node)
        return lambda row, context: value(row, context) is True

    def value(self, node: Node) -> Evaluate:
        """The closure of any node; missing is None."""
        if isinstance(node, (AllOf, AnyOf, Not, Compare)):
            return self.truth(node)
        if is_constant(node) and not isinstance(node, Literal):
            return _once_per_moment(_VALUES[type(node)](self, node))
        return _VALUES[type(node)](self, node)

    def stored_key(self, node: Node) -> str | None:
        """The key of a field that is simply there in the row; None for anything computed."""
        if not isinstance(node, Path) or len(node.hops) != 1:
            return None
        form = self.shapes.find(node.hops[0].form)
        field = (form.field(node.steps[0]) if form else None) or node.hops[0].field
        return field.key if field.formula is None else None

    def rescaled(self, node: Node, wanted: ValueType) -> Evaluate:
        """The value of ``node`` with the scale of ``wanted``; missing when it does not fit."""
        evaluate, found = self.value(node), node.type
        if found is None or wanted.kind is not Kind.NUMBER or found.kind is not Kind.NUMBER:
            return evaluate
        if found.scale == wanted.scale:
            return evaluate
        scale = wanted.scale
        return lambda row, context: _fit(evaluate(row, context), scale)

    def hop(self, hop: Hop) -> Evaluate:
        """The value of one field of the row at hand, computed when it is a formula field."""
        form = self.shapes.find(hop.form)
        field = (form.field(hop.field.key) if form else None) or hop.field
        key, kind = field.key, field.type.kind
        if field.formula is not None:
            return self.rescaled(field.formula, field.type)
        if kind in (Kind.TEXT, Kind.CHOICE):
            return lambda row, context: row.get(key) or None
        if kind is Kind.NUMBER:
            return lambda row, context: _number(row.get(key))
        return lambda row, context: row.get(key)


def _number(value: Any) -> Any:
    return Decimal(value) if type(value) is int else value


def _fit(value: Any, scale: int) -> Any:
    return None if value is None else numbers.fit(value, scale)


def _group(node: AllOf | AnyOf, parts: list[Evaluate]) -> Evaluate:
    """Up to five parts are written out, without the loop: that is the usual case."""
    written = (_AND if isinstance(node, AllOf) else _OR).get(len(parts))
    if written is not None:
        return written(*parts)
    return _all(parts) if isinstance(node, AllOf) else _any(parts)


_AND: dict[int, Callable[..., Evaluate]] = {
    2: lambda a, b: lambda r, c: a(r, c) and b(r, c),
    3: lambda a, b, d: lambda r, c: a(r, c) and b(r, c) and d(r, c),
    4: lambda a, b, d, e: lambda r, c: a(r, c) and b(r, c) and d(r, c) and e(r, c),
    5: lambda a, b, d, e, f: lambda r, c: a(r, c) and b(r, c) and d(r, c) and e(r, c) and f(r, c),
}
_OR: dict[int, Callable[..., Evaluate]] = {
    2: lambda a, b: lambda r, c: a(r, c) or b(r, c),
    3: lambda a, b, d: lambda r, c: a(r, c) or b(r, c) or d(r, c),
    4: lambda a, b, d, e: lambda r, c: a(r, c) or b(r, c) or d(r, c) or e(r, c),
    5: lambda a, b, d, e, f: lambda r, c: a(r, c) or b(r, c) or d(r, c) or e(r, c) or f(r, c),
}


def _all(parts: list[Evaluate]) -> Evaluate:
    def evaluate(row: Row, context: Context) -> bool:
        for part in parts:  # noqa: SIM110 - half the time of all() with a generator
            if not part(row, context):
                return False
        return True

    return evaluate


def _any(parts: list[Evaluate]) -> Evaluate:
    def evaluate(row: Row, context: Context) -> bool:
        for part in parts:  # noqa: SIM110 - as above
            if part(row, context):
                return True
        return False

    return evaluate


def _once_per_moment(evaluate: Evaluate) -> Evaluate:
    """A constant is computed once for all rows of one moment."""
    seen: tuple[Moment | None, Any] = (None, None)

    def cached(row: Row, context: Context) -> Any:
        nonlocal seen
        moment, value = seen
        if moment is not context.moment:
            value = evaluate(row, context)
            seen = (context.moment, value)
        return value

    return cached


def _literal(compiler: PythonCompiler, node: Literal) -> Evaluate:
    value = node.value or None if isinstance(node.value, str) else node.value
    if plain_constant_needs_zone(node):
        return lambda row, context: plain_constant(value, context.moment)
    return lambda row, context: value


def plain_constant_needs_zone(node: Literal) -> bool:
    """Whether the literal is wall-clock time."""
    return getattr(node.value, "tzinfo", 0) is None


def _path(compiler: PythonCompiler, node: Path) -> Evaluate:
    steps = [compiler.hop(hop) for hop in node.hops]
    if len(steps) == 1:
        return steps[0]
    targets = [str(hop.field.type.form) for hop in node.hops[:-1]]
    last = steps.pop()

    def evaluate(row: Row, context: Context) -> Any:
        here: Row | None = row
        for step, target in zip(steps, targets, strict=True):
            found = step(here, context) if here is not None else None
            if found is None:
                return None
            here = context.records.linked(target, found)
        return None if here is None else last(here, context)

    return evaluate


def _relative(compiler: PythonCompiler, node: Relative) -> Evaluate:
    days = FUNCTIONS["DATEADD"].bind(node.type or BOOLEAN, ())
    n, unit = Decimal(node.n), node.unit
    if node.type is not None and node.type.kind is Kind.DATE:
        return lambda row, context: days(context.moment, context.moment.today, n, unit)
    return lambda row, context: days(context.moment, context.moment.now, n, unit)


def _arithmetic(compiler: PythonCompiler, node: Arithmetic) -> Evaluate:
    assert node.type is not None
    compute = ARITHMETIC[node.op](node.type, ())
    left, right = compiler.value(node.left), compiler.value(node.right)

    def evaluate(row: Row, context: Context) -> Any:
        first = left(row, context)
        second = right(row, context) if first is not None else None
        return None if second is None else compute(None, first, second)

    return evaluate


def _call(compiler: PythonCompiler, node: Call) -> Evaluate:
    if node.name in branches.CONDITIONAL:
        return branches.CONDITIONAL[node.name](compiler, node)
    if node.name == VOLATILE:
        return _random_code(node)
    function = FUNCTIONS[node.name]
    types = tuple(arg.type for arg in node.args if arg.type is not None)
    assert node.type is not None
    compute = function.bind(node.type, types)
    result = node.type
    if function.aligned:
        args = [compiler.rescaled(arg, result) for arg in node.args]
    else:
        args = [compiler.value(arg) for arg in node.args]
    if function.passes_missing:
        return lambda row, context: compute(context.moment, *(arg(row, context) for arg in args))

    def evaluate(row: Row, context: Context) -> Any:
        values = []
        for arg in args:
            value = arg(row, context)
            if value is None:
                return None
            values.append(value)
        return compute(context.moment, *values)

    return evaluate


def _random_code(node: Call) -> Evaluate:
    length = int(node.args[0].value) if isinstance(node.args[0], Literal) else 8  # type: ignore[arg-type]

    def evaluate(row: Row, context: Context) -> Any:
        if context.new_code is None:
            raise ValueError("RANDOM_CODE needs Context.new_code")
        return context.new_code(length)

    return evaluate


def _consent(compiler: PythonCompiler, node: Consent) -> Evaluate:
    purpose, channel = node.purpose, node.channel
    person = compiler.value(node.of) if node.of.steps else None
    form = node.form

    def evaluate(row: Row, context: Context) -> bool:
        record = row.get("id") if person is None else person(row, context)
        if record is None:
            return False
        return context.records.has_consent(form, record, purpose, channel)

    return evaluate


def _local_day(compiler: PythonCompiler, node: LocalDay) -> Evaluate:
    inner = compiler.value(node.item)

    def evaluate(row: Row, context: Context) -> Any:
        value = inner(row, context)
        return None if value is None else local_day(value, context.moment.zone)

    return evaluate


def _link_key(compiler: PythonCompiler, node: LinkKey) -> Evaluate:
    assert node.hop is not None
    form, key = node.hop.form, node.key
    value = node.read.value if isinstance(node.read, Literal) else node.value
    return lambda row, context: context.records.named(form, key, value)


def _formula(compiler: PythonCompiler, node: Formula) -> Evaluate:
    return compiler.value(node.body)


def _aggregate(compiler: PythonCompiler, node: Aggregate) -> Evaluate:
    return aggregates.compile_aggregate(compiler, node)


_VALUES: Mapping[type[Node], Callable[[PythonCompiler, Any], Evaluate]] = {
    Literal: _literal,
    Path: _path,
    Relative: _relative,
    Arithmetic: _arithmetic,
    Call: _call,
    Consent: _consent,
    LinkKey: _link_key,
    LocalDay: _local_day,
    Formula: _formula,
    Aggregate: _aggregate,
}
