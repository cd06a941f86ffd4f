"""Arithmetic and functions in plain words: ``the length of “Name”``, ``“Price” × “Quantity”``.

Each function has its words at ``expressions.say.call.<NAME>`` (with the number of arguments behind
it where that changes the words); what it takes is said by the `Speaker` that asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from regulars.platform import i18n
from regulars.platform.expressions.check_functions import is_result, is_test
from regulars.platform.expressions.times import UNITS
from regulars.platform.expressions.tree import Arithmetic, Call, Literal, Node, unwrap

if TYPE_CHECKING:
    from regulars.platform.expressions.explain import Speaker

_SIGNS = {"+": "plus", "-": "minus", "*": "times", "/": "over", "%": "left_over", "^": "power"}
_LISTS = frozenset({"MIN", "MAX", "CONCAT", "COALESCE"})
_LETTERS = "abc"
_HIDDEN = frozenset({"RESCALE"})  # ours alone: the value stays what it is


def say_arithmetic(speaker: Speaker, node: Arithmetic) -> str:
    """``left × right``, with brackets around what is itself computed so."""
    sides = {name: _apart(speaker, side) for name, side in (("a", node.left), ("b", node.right))}
    return speaker.say(f"call.{_SIGNS[node.op]}", **sides)


def _apart(speaker: Speaker, node: Node) -> str:
    said = speaker.value(node)
    return speaker.say("group", item=said) if isinstance(unwrap(node), Arithmetic) else said


def say_call(speaker: Speaker, node: Call) -> str:
    """A function and what it takes."""
    if node.name in _HIDDEN:
        return speaker.value(node.args[0])
    special = _SPECIAL.get(node.name)
    if special is not None:
        return special(speaker, node)
    if node.name in _LISTS:
        said = speaker.say("comma").join(speaker.value(arg) for arg in node.args)
        return speaker.say(f"call.{node.name}", list=said)
    words = {
        letter: _argument(speaker, arg) for letter, arg in zip(_LETTERS, node.args, strict=False)
    }
    key = f"call.{node.name}.{len(node.args)}"
    if i18n.find_text(f"expressions.say.{key}", speaker.formats.locale) is None:
        key = f"call.{node.name}"
    return speaker.say(key, **words)


def _argument(speaker: Speaker, node: Node) -> str:
    """A value; a written unit of time by its word, a number or a pattern as it is."""
    value = node.value if isinstance(node, Literal) else None
    if isinstance(value, str) and value in UNITS:
        return speaker.say(f"unit.{value}")
    return speaker.value(node)


def _if(speaker: Speaker, node: Call) -> str:
    """IF and IFS: what comes out under which condition."""
    count = len(node.args)
    said = [
        speaker.say(
            "call.IF",
            test=speaker.condition(node.args[place]),
            then=speaker.value(node.args[place + 1]),
        )
        for place in range(0, count - 1, 2)
        if is_test(node.name, place, count)
    ]
    if count % 2:
        said.append(speaker.say("call.otherwise", then=speaker.value(node.args[-1])))
    return speaker.say("call.then").join(said)


def _switch(speaker: Speaker, node: Call) -> str:
    count = len(node.args)
    pairs = [
        speaker.say(
            "call.SWITCH.case",
            a=speaker.value(node.args[place]),
            then=speaker.value(node.args[place + 1]),
        )
        for place in range(1, count - 1, 2)
        if not is_result(node.name, place, count)
    ]
    if count % 2 == 0:
        pairs.append(speaker.say("call.otherwise", then=speaker.value(node.args[-1])))
    cases = speaker.say("call.then").join(pairs)
    return speaker.say("call.SWITCH", a=speaker.value(node.args[0]), cases=cases)


def _date_add(speaker: Speaker, node: Call) -> str:
    """A written number of units as a span; a computed one by itself."""
    start, n, unit = node.args
    count = n.value if isinstance(n, Literal) else None
    word = unit.value if isinstance(unit, Literal) else None
    if isinstance(count, Decimal) and isinstance(word, str):
        key = "call.DATEADD.before" if count < 0 else "call.DATEADD.after"
        return speaker.say(key, a=speaker.value(start), span=speaker.span(abs(int(count)), word))
    words = {"a": speaker.value(start), "b": speaker.value(n), "c": _argument(speaker, unit)}
    return speaker.say("call.DATEADD", **words)


_SPECIAL: Mapping[str, Callable[[Speaker, Call], str]] = {
    "IF": _if,
    "IFS": _if,
    "SWITCH": _switch,
    "DATEADD": _date_add,
}
