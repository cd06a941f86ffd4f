"""The operators of leaves: which there are, and which kinds of value they are for."""

from __future__ import annotations

from regulars.platform.expressions.types import Kind

AGGREGATES = ("count", "count_distinct", "sum", "avg", "min", "max", "first", "last")
AGGREGATE_NAMES = {
    "COUNT": "count",
    "COUNT_DISTINCT": "count_distinct",
    "SUM": "sum",
    "AVG": "avg",
    "MINOF": "min",
    "MAXOF": "max",
    "FIRST": "first",
    "LAST": "last",
}

# Dates have words of their own; the tree of a checked date leaf uses them.
DATE_WORDS = {"lt": "before", "gt": "after", "lte": "on_or_before", "gte": "on_or_after"}
ORDER_OF_DATE_WORD = {word: op for op, word in DATE_WORDS.items()}
NO_VALUE_OPS = frozenset({"is_empty", "is_not_empty", "is_me", "in_my_units"})
LIST_OPS = frozenset({"in", "not_in", "has_any", "has_all", "has_none", "between"})
_ALWAYS = ("is_empty", "is_not_empty")
_ORDER = ("gt", "gte", "lt", "lte")
_DATES = (
    "is", "is_not", *_ORDER, *ORDER_OF_DATE_WORD, "between", "within", "older_than",
    "same_day_of_year", "in", "not_in",
)  # fmt: skip

OPS_OF_KIND: dict[Kind, tuple[str, ...]] = {
    Kind.TEXT: (
        "is", "is_not", "contains", "not_contains", "starts_with", "ends_with", "in", "not_in",
        *_ALWAYS,
    ),
    Kind.CHOICE: ("is", "is_not", "in", "not_in", "under", *_ALWAYS),
    Kind.NUMBER: ("is", "is_not", *_ORDER, "between", "in", "not_in", *_ALWAYS),
    Kind.BOOLEAN: ("is", "is_not", *_ALWAYS),
    Kind.DATE: (*_DATES, *_ALWAYS),
    Kind.DATETIME: (*_DATES, *_ALWAYS),
    Kind.TAGS: ("has", "has_any", "has_all", "has_none", *_ALWAYS),
    Kind.LINK: ("is", "is_not", "in", "not_in", "is_me", "in_my_units", *_ALWAYS),
    Kind.ROWS: ("has", "has_any", "has_all", "has_none", *_ALWAYS),
}  # fmt: skip
OPS = frozenset(op for ops in OPS_OF_KIND.values() for op in ops)


def order_of(op: str) -> str:
    """``before`` as ``lt``; every other op as it is."""
    return ORDER_OF_DATE_WORD.get(op, op)


def offered_ops(kind: Kind) -> tuple[str, ...]:
    """What an editor offers for a field of this kind: date words, not their aliases."""
    ops = OPS_OF_KIND.get(kind, ())
    if kind is Kind.ROWS:
        return _ALWAYS
    if kind in (Kind.DATE, Kind.DATETIME):
        return tuple(op for op in ops if op not in _ORDER)
    return ops
