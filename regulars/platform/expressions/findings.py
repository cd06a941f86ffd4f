"""Why a record meets a condition, or why not: every leaf with the value it really found.

The same closures as `evaluate` decide, so that the explanation cannot differ from the decision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from regulars.platform.expressions.calls import FormulaError
from regulars.platform.expressions.evaluate import Context, Evaluate, PythonCompiler, Row
from regulars.platform.expressions.explain import Speaker
from regulars.platform.expressions.shapes import Shapes
from regulars.platform.expressions.tree import (
    AllOf,
    AnyOf,
    Compare,
    Consent,
    Formula,
    LinkKey,
    Literal,
    LocalDay,
    Many,
    Node,
    Not,
    Span,
    Window,
    unwrap,
)
from regulars.platform.formats import Formats
from regulars.platform.problems import Problem


@dataclass(frozen=True)
class Finding:
    """One part of a condition: what it asks, whether it holds, and what it found.

    ``kind`` is ``all``, ``any``, ``not`` or ``leaf``; ``actual`` is the plain value of a leaf's
    left side and ``shown`` the same in words. ``against`` says what it was compared with, where
    that is no constant.
    """

    kind: str
    text: str
    holds: bool
    actual: Any = None
    shown: str = ""
    items: tuple[Finding, ...] = ()
    against: str = ""

    def as_json(self) -> dict[str, Any]:
        """The shape traces keep and pages draw."""
        made: dict[str, Any] = {"kind": self.kind, "text": self.text, "holds": self.holds}
        if self.kind == "leaf":
            made["actual"] = self.shown
            if self.against:
                made["against"] = self.against
        else:
            made["items"] = [item.as_json() for item in self.items]
        return made

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Finding:
        """What `as_json` told; the plain value is gone, its words are there."""
        return cls(
            raw["kind"], raw["text"], raw["holds"], None, str(raw.get("actual", "")),
            tuple(cls.from_json(item) for item in raw.get("items", ())), raw.get("against", ""),
        )  # fmt: skip


def explain_result(
    tree: Node, shapes: Shapes, row: Row, context: Context, formats: Formats
) -> Finding:
    """What every part of a checked condition says about one record."""
    measured = list(LeafMeter(tree, shapes).measure(row, context))
    return tell_measured(tree, shapes, measured, formats)


def tell_measured(
    tree: Node, shapes: Shapes, measured: Sequence[Measured], formats: Formats
) -> Finding:
    """The same in words, of what a `LeafMeter` of this very tree measured earlier.

    ValueError when it was another tree.
    """
    teller = _Teller(Speaker(shapes, formats), iter(measured))
    found = teller.tell(tree)
    if next(teller.measured, None) is not None:
        raise ValueError("More was measured than this condition asks.")
    return found


@dataclass(frozen=True)
class Measured:
    """What one leaf found: whether it holds, its left side, and what that was compared with.

    ``problem`` is there instead where it would have been more work than an explanation is worth.
    """

    holds: bool
    actual: Any = None
    against: tuple[Any, ...] = ()
    problem: Problem | None = None

    def as_kept(self) -> list[Any]:
        """The shape that a trace keeps as JSON."""
        return [self.holds, _kept(self.actual), [_kept(each) for each in self.against]]

    @classmethod
    def from_kept(cls, kept: Sequence[Any]) -> Measured:
        """What `as_kept` told."""
        holds, actual, against = kept
        return cls(holds, _plain(actual), tuple(_plain(each) for each in against))


class LeafMeter:
    """The leaves of one checked condition, compiled once, in the order in which they are told."""

    def __init__(self, tree: Node, shapes: Shapes) -> None:
        compiler = PythonCompiler(shapes)
        self._leaves = [_Leaf.of(compiler, node) for node in _leaves_of(tree)]

    def measure(self, row: Row, context: Context) -> Iterator[Measured]:
        """What each leaf finds of one record, with a full meter for each of its parts."""
        return (leaf.measure(row, context) for leaf in self._leaves)


@dataclass(frozen=True)
class _Leaf:
    truth: Evaluate
    actual: Evaluate
    against: tuple[Evaluate, ...]

    @classmethod
    def of(cls, compiler: PythonCompiler, node: Node) -> _Leaf:
        against = tuple(compiler.value(item) for item in _compared_with(node))
        return cls(compiler.truth(node), _actual(compiler, node), against)

    def measure(self, row: Row, context: Context) -> Measured:
        def run(evaluate: Evaluate) -> Any:
            context.meter.refill()
            return evaluate(row, context)

        try:
            actual, holds = run(self.actual), run(self.truth) is True
            return Measured(holds, actual, tuple(run(each) for each in self.against))
        except FormulaError as error:
            return Measured(False, problem=error.problem())


def _leaves_of(node: Node) -> Iterator[Node]:
    if isinstance(node, Formula):
        yield from _leaves_of(node.body)
    elif isinstance(node, (AllOf, AnyOf)):
        for item in node.items:
            yield from _leaves_of(item)
    elif isinstance(node, Not):
        yield from _leaves_of(node.item)
    else:
        yield node


def _actual(compiler: PythonCompiler, node: Node) -> Evaluate:
    """The left side of a leaf; anything else by itself."""
    if isinstance(node, Compare) and not isinstance(node.left, Consent):
        left = node.left.item if isinstance(node.left, LocalDay) else node.left
        return compiler.value(left)
    return compiler.truth(node.left) if isinstance(node, Compare) else compiler.value(node)


def _compared_with(node: Node) -> Iterator[Node]:
    """A leaf's right side; nothing where the words say it already."""
    right = node.right if isinstance(node, Compare) else None
    for item in right.items if isinstance(right, Many) else (right,):
        if item is not None and not isinstance(unwrap(item), (Literal, Span, Window, LinkKey)):
            yield item


@dataclass
class _Teller:
    speaker: Speaker
    measured: Iterator[Measured]

    def tell(self, node: Node) -> Finding:
        if isinstance(node, Formula):
            return self.tell(node.body)
        if isinstance(node, (AllOf, AnyOf)):
            items = tuple(self.tell(item) for item in node.items)
            if isinstance(node, AllOf):
                return Finding("all", self.text(node), all(i.holds for i in items), items=items)
            return Finding("any", self.text(node), any(i.holds for i in items), items=items)
        if isinstance(node, Not):
            inner = self.tell(node.item)
            return Finding("not", self.text(node), not inner.holds, items=(inner,))
        found = next(self.measured, None)
        if found is None:
            raise ValueError("Less was measured than this condition asks.")
        if found.problem is not None:
            said = found.problem.message(self.speaker.formats.locale)
            return Finding("leaf", self.text(node), False, None, said)
        of = node.left if isinstance(node, Compare) else node
        words = (self.speaker.actual(of, each) for each in found.against)
        against, shown = (
            self.speaker.say("comma").join(words),
            self.speaker.actual(of, found.actual),
        )
        return Finding("leaf", self.text(node), found.holds, found.actual, shown, against=against)

    def text(self, node: Node) -> str:
        return self.speaker.condition(node)


def _kept(value: Any) -> Any:
    """A plain value as JSON that gives it back."""
    if isinstance(value, Decimal):
        return {"number": str(value)}
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    return {"tags": sorted(value)} if isinstance(value, frozenset) else value


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "number": Decimal, "at": datetime.fromisoformat, "day": date.fromisoformat, "tags": frozenset,
}  # fmt: skip


def _plain(kept: Any) -> Any:
    if not isinstance(kept, Mapping):
        return kept
    ((kind, value),) = kept.items()
    return _READERS[kind](value)
