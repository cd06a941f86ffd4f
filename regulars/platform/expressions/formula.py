"""Formula text and the tree: what people type, close to what spreadsheets taught them.

The grammar knows ``+ - * / % ^ &``, comparisons (``=``, ``<>``, ``<`` …; ``==`` and ``!=`` are
read too), ``AND``, ``OR``, ``NOT`` between operands or as functions, and calls. Chinese
punctuation of the same meaning is read as well. `formula_writer` prints a tree canonically.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

from regulars.platform.expressions import calls
from regulars.platform.expressions.calls import Clause, FormulaError
from regulars.platform.expressions.tree import (
    MAX_DEPTH,
    MAX_LITERAL,
    MAX_NODES,
    MAX_TEXT,
    AllOf,
    AnyOf,
    Arithmetic,
    Call,
    Compare,
    Literal,
    Node,
    Not,
    Path,
    is_clean,
    measure,
)

__all__ = ["FormulaError", "parse_formula"]

_GRAMMAR = r"""
?start: either
?either: both | both (_OR both)+ -> any_of
?both: negated | negated (_AND negated)+ -> all_of
?negated: comparison | NOT negated -> negation
?comparison: joined | joined COMPARE joined -> compare
?joined: sum | sum ("&" sum)+ -> concat
?sum: product | sum PLUS_MINUS product -> binary
?product: signed | product TIMES signed -> binary
?signed: power | PLUS_MINUS signed -> sign
?power: atom | atom POWER signed -> binary
?atom: NUMBER -> number
    | STRING -> string
    | TRUE -> true
    | FALSE -> false
    | path
    | function _LEFT [arguments] _RIGHT suffix -> call
    | _LEFT either _RIGHT
function: NAME | _AND -> and_name | _OR -> or_name
arguments: argument (_COMMA argument)*
?argument: either | BY either -> clause | WHERE either -> clause
suffix: ("." key)*
path: key ("." key)*
key: NAME | "[" NAME "]"

_OR.4: /or(?![A-Za-z0-9_])/i
_AND.4: /and(?![A-Za-z0-9_])/i
NOT.4: /not(?![A-Za-z0-9_])/i
TRUE.4: /true(?![A-Za-z0-9_])/i
FALSE.4: /false(?![A-Za-z0-9_])/i
BY.4: /by(?=\s+(?!(and|or)(?![A-Za-z0-9_(]))[A-Za-z\[("“0-9-])/i
WHERE.4: /where(?=\s+(?!(and|or)(?![A-Za-z0-9_(]))[A-Za-z\[("“0-9-])/i
NAME: /[A-Za-z_][A-Za-z0-9_]*/
NUMBER: /[0-9]+(\.[0-9]+)?/
STRING: /"(?:[^"]|"")*"|“[^”]*”/
COMPARE: /==|=|<>|!=|<=|>=|<|>|≠|≤|≥|＝|＜|＞/
PLUS_MINUS: /[+\-−＋－]/
TIMES: /[*\/%×÷]/
POWER: "^"
_LEFT: /[(（]/
_RIGHT: /[)）]/
_COMMA: /[,，]/
%ignore /[\s\u3000]+/
"""

_COMPARE = {
    "=": "is", "==": "is", "＝": "is", "<>": "is_not", "!=": "is_not", "≠": "is_not",
    "<": "lt", "＜": "lt", ">": "gt", "＞": "gt", "<=": "lte", "≤": "lte", ">=": "gte", "≥": "gte",
}  # fmt: skip
_MINUS = frozenset("-−－")
_TIMES = {"×": "*", "÷": "/"}


def parse_formula(text: str, *, place: str = "") -> Node:
    """The tree of a formula; FormulaError (and nothing else) when it cannot be read.

    ``place`` is where the formula stands in a larger definition; problems of its meaning name it.
    """
    if len(text) > MAX_TEXT:
        raise FormulaError("formula-too-long", MAX_TEXT, limit=MAX_TEXT)
    if not text.strip():
        raise FormulaError("formula-empty", 0)
    tree = parse_unlimited(text)
    depth, size = measure(tree)
    if depth > MAX_DEPTH or size > MAX_NODES:
        raise FormulaError("formula-too-large", 0, depth=MAX_DEPTH, size=MAX_NODES)
    return replace(tree, place=place) if place else tree


def parse_unlimited(text: str) -> Node:
    """Like `parse_formula`, for text that the product itself wrote from checked trees."""
    try:
        return _parser().parse(text)  # type: ignore[return-value]
    except UnexpectedInput as error:
        raise _unexpected(error, text) from None


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer="contextual", transformer=_Builder())


def _unexpected(error: UnexpectedInput, text: str) -> FormulaError:
    at_end = isinstance(error, UnexpectedEOF) or (
        isinstance(error, UnexpectedToken) and error.token.type == "$END"
    )
    if at_end:
        return FormulaError("formula-unfinished", len(text))
    place: Any = error.pos_in_stream
    position = int(place or 0)
    found = text[position : position + 1]
    if isinstance(error, UnexpectedCharacters) and found in '"“':
        return FormulaError("formula-open-quote", position)
    if isinstance(error, UnexpectedToken):
        found = str(error.token)
    return FormulaError("formula-unexpected", position, found=found[:40])


@v_args(inline=True)
class _Builder(Transformer[Token, Node]):
    """Makes nodes while the parser reduces; runs without recursion, whatever the nesting."""

    def any_of(self, *items: Node) -> Node:
        return AnyOf(items, at=items[0].at)

    def all_of(self, *items: Node) -> Node:
        return AllOf(items, at=items[0].at)

    def negation(self, word: Token, item: Node) -> Node:
        return Not(item, at=_position(word))

    def compare(self, left: Node, sign: Token, right: Node) -> Node:
        return Compare(_COMPARE[sign], left, right, at=_position(sign))

    def concat(self, *items: Node) -> Node:
        return Call("CONCAT", items, at=items[0].at)

    def binary(self, left: Node, sign: Token, right: Node) -> Node:
        op = "-" if sign in _MINUS else "+" if sign == "＋" else _TIMES.get(sign, str(sign))
        return Arithmetic(op, left, right, at=_position(sign))

    def sign(self, sign: Token, item: Node) -> Node:
        if sign not in _MINUS:
            return item
        if isinstance(item, Literal) and isinstance(item.value, Decimal) and item.value > 0:
            return Literal(-item.value, at=_position(sign))
        return Call("NEGATE", (item,), at=_position(sign))

    def number(self, token: Token) -> Node:
        if len(token) > 24:
            raise FormulaError("literal-too-large", _position(token))
        return Literal(calls.plain(Decimal(token)), at=_position(token))

    def string(self, token: Token) -> Node:
        text = token[1:-1].replace('""', '"') if token[0] == '"' else token[1:-1]
        if len(text) > MAX_LITERAL:
            raise FormulaError("text-too-long", _position(token), limit=MAX_LITERAL)
        if not is_clean(text):
            raise FormulaError("bad-characters", _position(token))
        return Literal(text, at=_position(token))

    def true(self, token: Token) -> Node:
        return Literal(True, at=_position(token))

    def false(self, token: Token) -> Node:
        return Literal(False, at=_position(token))

    def key(self, name: Token) -> Token:
        return name

    def path(self, *keys: Token) -> Node:
        return Path(tuple(map(str, keys)), at=_position(keys[0]))

    def function(self, name: Token) -> Token:
        return name

    def and_name(self) -> str:
        return "AND"

    def or_name(self) -> str:
        return "OR"

    def clause(self, word: Token, item: Node) -> Clause:
        return Clause(word.upper(), item, _position(word))

    def arguments(self, *items: Node | Clause) -> tuple[Node | Clause, ...]:
        return items

    def suffix(self, *keys: Token) -> tuple[str, ...]:
        return tuple(map(str, keys))

    def call(
        self, name: str, arguments: tuple[Node | Clause, ...] | None, suffix: tuple[str, ...]
    ) -> Node:
        at = _position(name) if isinstance(name, Token) else _first(arguments)
        return calls.build(name.upper(), arguments or (), suffix, at)


def _position(token: Token) -> int:
    return token.start_pos or 0


def _first(arguments: tuple[Node | Clause, ...] | None) -> int:
    return max(0, arguments[0].at - 1) if arguments else 0
