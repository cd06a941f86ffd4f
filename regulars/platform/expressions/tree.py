"""The nodes of the tree that condition JSON and formula text both become.

A node is a frozen value. `place` and `at` say where it was written (a path inside the JSON, an
offset in the text); `type` is filled in by `check`. None of the three takes part in equality.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from regulars.platform.expressions.types import Kind, ValueType

if TYPE_CHECKING:
    from regulars.platform.expressions.shapes import FieldShape

MAX_DEPTH = 40
MAX_NODES = 600
MAX_TEXT = 4000
MAX_LITERAL = 1000

Plain = str | Decimal | bool | int | date | datetime | frozenset[str] | None


@dataclass(frozen=True, kw_only=True)
class Node:
    """Base of every node."""

    type: ValueType | None = field(default=None, compare=False, repr=False)
    place: str = field(default="", compare=False, repr=False)
    at: int = field(default=-1, compare=False, repr=False)


@dataclass(frozen=True)
class Literal(Node):
    """A value written down. A naive datetime is wall-clock time in the workspace's zone."""

    value: Plain


@dataclass(frozen=True)
class Hop:
    """One resolved step of a path: field ``field`` of form ``form``."""

    form: str
    field: FieldShape


@dataclass(frozen=True)
class Path(Node):
    """``customer.tier``: a field of the record at hand, or of one it links to."""

    steps: tuple[str, ...]
    hops: tuple[Hop, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class LinkKey(Node):
    """A record named by a unique field of its form, looked up whenever it is asked for.

    `check` says which field of which form (``hop``) and reads the value as that field's
    (``read``); where it may look records up itself, it puts the id in place of the node.
    """

    key: str
    value: str | Decimal
    hop: Hop | None = field(default=None, compare=False, repr=False)
    read: Node | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Many(Node):
    """The listed values of ``in``, ``has_any`` or ``between``."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Span(Node):
    """A length of time: 30 days. ``unit`` is a member of `times.UNITS`."""

    n: int
    unit: str


@dataclass(frozen=True)
class Relative(Node):
    """Today (or now, for minutes and hours) moved by ``n`` units."""

    n: int
    unit: str


@dataclass(frozen=True)
class Window(Node):
    """A half-open stretch of time.

    ``kind`` is ``last`` or ``next`` (``n`` units), ``calendar`` (``name``) or ``range``
    (``start`` inclusive, ``end`` exclusive, either may be open).
    """

    kind: str
    n: int = 0
    unit: str = ""
    name: str = ""
    start: Node | None = None
    end: Node | None = None


@dataclass(frozen=True)
class Compare(Node):
    """One leaf: ``left op right``. ``if_none`` is the answer when ``left`` is missing."""

    op: str
    left: Node
    right: Node | None = None
    if_none: bool = False


@dataclass(frozen=True)
class AllOf(Node):
    """True when every item is."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class AnyOf(Node):
    """True when at least one item is."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Not(Node):
    """True when the item is not."""

    item: Node


@dataclass(frozen=True)
class Arithmetic(Node):
    """``+ - * / % ^`` on exact numbers."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Call(Node):
    """A function of `functions.FUNCTIONS`."""

    name: str
    args: tuple[Node, ...]


@dataclass(frozen=True)
class Aggregate(Node):
    """``name`` over the rows that ``of`` leads to.

    ``value``, ``by`` and ``where`` are about a row, not about the record at hand. ``by`` is what
    first and last go by; `check` puts what holds without it into ``order``.
    """

    name: str
    of: Path
    value: Node | None = None
    by: Node | None = None
    where: Node | None = None
    order: Node | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Consent(Node):
    """Whether a person agrees to ``purpose`` through ``channel``; ``of`` leads to the person."""

    purpose: str
    channel: str
    of: Path = field(default_factory=lambda: Path(()))
    form: str = field(default="", compare=False, repr=False)  # whose record; set by `check`


@dataclass(frozen=True)
class Formula(Node):
    """A part of a condition that was written as formula text."""

    body: Node


@dataclass(frozen=True)
class LocalDay(Node):
    """The workspace's calendar day of an instant; put in by `check`, never written."""

    item: Node


def is_clean(text: str) -> bool:
    """Whether both databases can hold the text: no NUL, no half of a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


_CHILD_FIELDS: dict[type[Node], tuple[str, ...]] = {}


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below ``node``."""
    names = _CHILD_FIELDS.get(type(node))
    if names is None:
        names = tuple(f.name for f in fields(node) if f.name not in ("type", "place", "at"))
        _CHILD_FIELDS[type(node)] = names
    for name in names:
        value: Any = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, Node))


def walk(node: Node) -> Iterator[Node]:
    """``node`` and everything below it, without recursion."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(children(current))


def measure(node: Node, depth_limit: int = MAX_DEPTH) -> tuple[int, int]:
    """Depth and number of nodes; stops counting once the depth passes ``depth_limit``."""
    deepest = count = 0
    waiting = [(node, 1)]
    while waiting:
        current, depth = waiting.pop()
        count += 1
        deepest = max(deepest, depth)
        if depth > depth_limit:
            return deepest, count
        waiting.extend((child, depth + 1) for child in children(current))
    return deepest, count


def is_kind(node: Node, *kinds: Kind) -> bool:
    """Whether a checked node is of one of ``kinds``."""
    return node.type is not None and node.type.kind in kinds


def unwrap(node: Node) -> Node:
    """The node inside `Formula` wrappers."""
    while isinstance(node, Formula):
        node = node.body
    return node
