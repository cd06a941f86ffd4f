"""Why a record meets a condition, or why not: every leaf with the value it really found.

The same closures as `evaluate` decide, so that the explanation cannot differ from the decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
    return _Examiner(shapes, row, context, formats).examine(tree)


class _Examiner:
    def __init__(self, shapes: Shapes, row: Row, context: Context, formats: Formats) -> None:
        self.compiler = PythonCompiler(shapes)
        self.speaker = Speaker(shapes, formats)
        self.row = row
        self.context = context

    def examine(self, node: Node) -> Finding:
        if isinstance(node, Formula):
            return self.examine(node.body)
        if isinstance(node, (AllOf, AnyOf)):
            items = tuple(self.examine(item) for item in node.items)
            if isinstance(node, AllOf):
                return Finding("all", self.text(node), all(i.holds for i in items), items=items)
            return Finding("any", self.text(node), any(i.holds for i in items), items=items)
        if isinstance(node, Not):
            inner = self.examine(node.item)
            return Finding("not", self.text(node), not inner.holds, items=(inner,))
        try:
            actual, holds, against = self.actual(node), self.holds(node), self.against(node)
        except FormulaError as error:  # more work than an explanation is worth
            said = error.problem().message(self.speaker.formats.locale)
            return Finding("leaf", self.text(node), False, None, said)
        shown = self.speaker.plain(actual)
        return Finding("leaf", self.text(node), holds, actual, shown, against=against)

    def text(self, node: Node) -> str:
        return self.speaker.condition(node)

    def holds(self, node: Node) -> bool:
        """The answer of one leaf."""
        return self._run(self.compiler.truth(node)) is True

    def actual(self, node: Node) -> Any:
        """The left side of a leaf; anything else by itself."""
        if isinstance(node, Compare) and not isinstance(node.left, Consent):
            left = node.left.item if isinstance(node.left, LocalDay) else node.left
            return self._run(self.compiler.value(left))
        if isinstance(node, Compare):
            return self._run(self.compiler.truth(node.left))
        return self._run(self.compiler.value(node))

    def against(self, node: Node) -> str:
        """What a leaf's right side came to; nothing where the words say it already."""
        right = node.right if isinstance(node, Compare) else None
        items = right.items if isinstance(right, Many) else (right,)
        shown = [
            self.speaker.plain(self._run(self.compiler.value(item)))
            for item in items
            if item is not None and not isinstance(unwrap(item), (Literal, Span, Window, LinkKey))
        ]
        return self.speaker.say("comma").join(shown)

    def _run(self, evaluate: Evaluate) -> Any:
        self.context.meter.refill()
        return evaluate(self.row, self.context)
