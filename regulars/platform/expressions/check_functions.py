"""Meaning of function calls: how many arguments, of which kinds, and what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from regulars.platform.expressions.check_leaves import kind_word, spelled_as
from regulars.platform.expressions.functions import CONDITIONAL, FUNCTIONS, VOLATILE, Param
from regulars.platform.expressions.shapes import FormShape
from regulars.platform.expressions.times import EXACT_UNITS
from regulars.platform.expressions.tree import Call, Literal, Node, is_kind
from regulars.platform.expressions.types import MISSING, TEXT, Kind, ValueType, number

if TYPE_CHECKING:
    from regulars.platform.expressions.check import Checker

_LEAST = {"IF": 2, "IFS": 2, "SWITCH": 3, "COALESCE": 1}
_MOST = {"IF": 3, "IFS": 100, "SWITCH": 100, "COALESCE": 50}
MAX_ARGUMENTS = 50
MAX_CODE = 32


def check_call(checker: Checker, node: Call, form: FormShape, want: ValueType | None) -> Node:
    """A typed call."""
    if node.name in CONDITIONAL:
        return _conditional(checker, node, form, want)
    if node.name == VOLATILE:
        return _random_code(checker, node)
    function = FUNCTIONS[node.name]
    if not function.takes(len(node.args)) or len(node.args) > MAX_ARGUMENTS:
        least = len(function.params) - function.optional
        most = MAX_ARGUMENTS if function.repeats else len(function.params)
        _count_problem(checker, node, least, most)
        return node
    args = tuple(
        _argument(checker, node, function.param(position), arg, form)
        for position, arg in enumerate(node.args)
    )
    node = replace(node, args=args)
    if any(arg.type is None for arg in args):
        return node
    if function.aligned:
        return _aligned(checker, node)
    types = tuple(arg.type for arg in args if arg.type is not None)
    constants = tuple(arg.value if isinstance(arg, Literal) else None for arg in args)
    _special_rules(checker, node)
    return replace(node, type=function.result(types, constants))


def _count_problem(checker: Checker, node: Call, least: int, most: int) -> None:
    code = "formula-argument-count" if least == most else "formula-argument-range"
    checker.problem(node, code, name=node.name, least=least, most=most, n=least)


def _argument(checker: Checker, call: Call, param: Param, arg: Node, form: FormShape) -> Node:
    want = _preferred(param, arg)
    found = checker.visit(arg, form, want)
    if param.is_constant:
        return _constant(checker, call, param, arg, found)
    if found.type is None or found.type.kind in param.kinds or found.type.kind is Kind.MISSING:
        return found
    return checker.as_kind(found, want)


def _preferred(param: Param, arg: Node) -> ValueType:
    """The kind a literal is read as, and that a mismatch is reported against."""
    if len(param.kinds) == 1:
        return ValueType(next(iter(param.kinds)))
    if isinstance(arg, Literal) and isinstance(arg.value, str) and Kind.TEXT not in param.kinds:
        return ValueType(Kind.DATE)
    order = (Kind.NUMBER, Kind.DATE, Kind.DATETIME, Kind.TEXT)
    return ValueType(next(kind for kind in order if kind in param.kinds))


def _constant(checker: Checker, call: Call, param: Param, arg: Node, found: Node) -> Node:
    value = found.value if isinstance(found, Literal) else None
    if value is None or found.type is None or found.type.kind not in param.kinds:
        checker.problem(arg, "argument-must-be-written", name=call.name)
    elif param.choices and value not in param.choices:
        checker.problem(arg, "argument-not-known", name=call.name, options=list(param.choices))
    elif param.low is not None and param.high is not None and not _is_whole(value, param):
        checker.problem(
            arg, "argument-out-of-range", name=call.name, low=param.low, high=param.high
        )
    else:
        return found
    return replace(found, type=None)


def _is_whole(value: Any, param: Param) -> bool:
    if not isinstance(value, Decimal) or value != value.to_integral_value():
        return False
    return param.low is not None and param.high is not None and param.low <= value <= param.high


def _aligned(checker: Checker, node: Call) -> Node:
    """All arguments of one kind; numbers take the largest scale."""
    found = unified(checker, node, node.args)
    return replace(node, type=found)


def _special_rules(checker: Checker, node: Call) -> None:
    if not node.args:
        return
    first = node.args[0]
    if node.name == "DATEADD" and is_kind(first, Kind.DATE):
        unit = node.args[2]
        if isinstance(unit, Literal) and unit.value in EXACT_UNITS:
            checker.problem(unit, "unit-needs-time", unit=unit.value)
    if node.name == "TEXT" and len(node.args) > 1 and not is_kind(first, Kind.DATE, Kind.DATETIME):
        checker.problem(node, "pattern-only-for-dates")


def unified(checker: Checker, node: Node, values: Sequence[Node]) -> ValueType | None:
    """The one type of several alternatives, or None after a problem."""
    types = [value.type for value in values if value.type is not None]
    known = [found for found in types if found.kind is not Kind.MISSING]
    if len(types) < len(values):
        return None
    if not known:
        return MISSING
    first = known[0]
    if first.kind in (Kind.TAGS, Kind.ROWS):
        checker.problem(node, "no-result-of-kind", kind=kind_word(first.kind))
        return None
    texts = {Kind.TEXT, Kind.CHOICE}
    for found in known:
        same = found.kind is first.kind or {found.kind, first.kind} <= texts
        if not same or found.form != first.form:
            words = {"first": kind_word(first.kind), "other": kind_word(found.kind)}
            checker.problem(node, "kinds-differ", **words)
            return None
    if first.kind is Kind.NUMBER:
        return number(max(found.scale for found in known))
    exact = any(found.exact for found in known)
    if {found.kind for found in known} == texts:
        return replace(TEXT, exact=exact)
    options = first.options if all(found.options == first.options for found in known) else ()
    return replace(first, exact=exact, options=options)


def _conditional(checker: Checker, node: Call, form: FormShape, want: ValueType | None) -> Node:
    count = len(node.args)
    if not _LEAST[node.name] <= count <= _MOST[node.name]:
        _count_problem(checker, node, _LEAST[node.name], _MOST[node.name])
        return node
    if node.name == "SWITCH":
        return _switch(checker, node, form, want)
    args = []
    for position, arg in enumerate(node.args):
        if is_test(node.name, position, count):
            args.append(checker.condition(arg, form))
        else:
            args.append(checker.visit(arg, form, want))
    return _with_results(checker, replace(node, args=tuple(args)), form, want)


def is_test(name: str, position: int, count: int) -> bool:
    """Whether this argument of IF or IFS is a condition rather than a result."""
    if name == "IF":
        return position == 0
    return name == "IFS" and position % 2 == 0 and position + 1 < count


def is_result(name: str, position: int, count: int) -> bool:
    """Whether this argument may become the value of the call."""
    if name == "SWITCH":
        return position > 0 and (position % 2 == 0 or position + 1 == count)
    return not is_test(name, position, count)


def _switch(checker: Checker, node: Call, form: FormShape, want: ValueType | None) -> Node:
    subject = checker.visit(node.args[0], form)
    count = len(node.args)
    args = [subject]
    for position, arg in enumerate(node.args[1:], start=1):
        if is_result(node.name, position, count):
            args.append(checker.visit(arg, form, want))
            continue
        read = checker.visit(spelled_as(subject, arg), form, subject.type)
        if subject.type is not None and read.type is not None:
            read = checker.as_kind(read, subject.type)
        args.append(read)
    return _with_results(checker, replace(node, args=tuple(args)), form, want)


def _with_results(checker: Checker, node: Call, form: FormShape, want: ValueType | None) -> Node:
    """The call with its result type; literal results are read as the kind of the others."""
    count = len(node.args)
    places = [p for p in range(count) if is_result(node.name, p, count)]
    results = [node.args[place] for place in places]
    computed = (arg.type for arg in results if not isinstance(arg, Literal) and arg.type)
    leading = want or next(computed, None)
    args = list(node.args)
    for place in places:
        if isinstance(args[place], Literal) and leading is not None:
            args[place] = checker.visit(args[place], form, leading)
    node = replace(node, args=tuple(args))
    return replace(node, type=unified(checker, node, [args[p] for p in places]))


def _random_code(checker: Checker, node: Call) -> Node:
    arg = node.args[0] if len(node.args) == 1 else None
    value: Any = arg.value if isinstance(arg, Literal) else None
    if not isinstance(value, Decimal) or value != int(value) or not 4 <= value <= MAX_CODE:
        checker.problem(node, "argument-out-of-range", name=node.name, low=4, high=MAX_CODE)
    if not checker.volatile:
        checker.problem(node, "random-only-in-values", name=node.name)
    return replace(node, type=TEXT)
