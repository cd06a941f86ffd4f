"""A checked condition in plain words: what the owner reads back before publishing.

Words come from ``expressions.say.*`` in the catalogs, names of forms and fields from the owner's
labels; `explain_calls` says arithmetic and functions.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from regulars.platform import i18n
from regulars.platform.expressions import explain_calls
from regulars.platform.expressions.operators import DATE_WORDS
from regulars.platform.expressions.shapes import FieldShape, Shapes
from regulars.platform.expressions.tree import (
    Aggregate,
    AllOf,
    AnyOf,
    Arithmetic,
    Call,
    Compare,
    Consent,
    Formula,
    LinkKey,
    Literal,
    LocalDay,
    Many,
    Node,
    Not,
    Path,
    Relative,
    Span,
    Window,
    is_kind,
    unwrap,
)
from regulars.platform.expressions.types import Kind
from regulars.platform.formats import Formats

_SAY = "expressions.say."
_MOMENTS = {"TODAY": "relative.today", "NOW": "relative.now"}
_ALWAYS = ("count", "count_distinct", "sum")


def explain(tree: Node, shapes: Shapes, formats: Formats) -> str:
    """One sentence part such as “Points” is at least 100 and …, in the reader's language."""
    return Speaker(shapes, formats).condition(tree)


def explain_value(tree: Node, shapes: Shapes, formats: Formats) -> str:
    """What any checked tree gives, in words: the total of “Amount” in “Orders”."""
    speaker = Speaker(shapes, formats)
    is_condition = isinstance(unwrap(tree), (AllOf, AnyOf, Compare, Consent, Not))
    return speaker.condition(tree) if is_condition else speaker.value(tree)


class Speaker:
    """Says the parts of one tree."""

    def __init__(self, shapes: Shapes, formats: Formats) -> None:
        self.shapes = shapes
        self.formats = formats

    def say(self, key: str, **words: Any) -> str:
        """The words at ``expressions.say.<key>``."""
        return i18n.translate(_SAY + key, self.formats.locale, **words)

    def condition(self, node: Node) -> str:
        """A condition."""
        if isinstance(node, Formula):
            return self.condition(node.body)
        if isinstance(node, AllOf):
            return self._group(node.items, "and", "always")
        if isinstance(node, AnyOf):
            return self._group(node.items, "or", "never")
        if isinstance(node, Not):
            return self.say("not", item=self.condition(node.item))
        if isinstance(node, Compare):
            return self.leaf(node)
        if isinstance(node, Consent):
            return self.say("consent.yes", **self._consent(node))
        return self.say("holds", left=self.value(node))

    def _group(self, items: tuple[Node, ...], word: str, empty: str) -> str:
        if not items:
            return self.say(empty)
        parts = [self.condition(item) for item in items]
        if len(parts) == 1:
            return parts[0]
        said = (
            self.say("group", item=part) if isinstance(item, (AllOf, AnyOf)) else part
            for item, part in zip(items, parts, strict=True)
        )
        return self.say(word).join(said)

    def leaf(self, node: Compare) -> str:
        """One comparison, with what it means for records without a value."""
        if isinstance(node.left, Consent):
            agreed = isinstance(node.right, Literal) and node.right.value is True
            wanted = agreed is (node.op == "is")
            return self.say("consent.yes" if wanted else "consent.no", **self._consent(node.left))
        said = self._compared(node)
        missing = self._missing(node)
        return f"{said}{missing}"

    def _compared(self, node: Compare) -> str:
        left = self.value(node.left)
        if isinstance(node.right, Window):
            return self.say("within", left=left, window=self.window(node.right))
        if isinstance(node.right, Span):
            return self.say("older_than", left=left, span=self.span(node.right.n, node.right.unit))
        if isinstance(node.right, Many):
            if _is_whole_branch(node):
                return self.say(
                    "op.under", left=left, right=self._right(node, node.right.items[0])
                )
            items = [self._right(node, item) for item in node.right.items]
            if node.op == "between":
                return self.say("op.between", left=left, low=items[0], high=items[-1])
            return self.say(f"op.{node.op}", left=left, right=self.say("comma").join(items))
        if is_kind(node.left, Kind.BOOLEAN) and isinstance(node.right, Literal):
            wanted = (node.right.value is True) is (node.op == "is")
            return self.say("yes" if wanted else "no", left=left)
        right = "" if node.right is None else self._right(node, node.right)
        return self.say(f"op.{self._op_of(node)}", left=left, right=right)

    def _op_of(self, node: Compare) -> str:
        """Times of day are before and after each other, not less or more."""
        field = _last_field(node.left)
        is_time = field is not None and field.say is not None and not _is_counted(node.left)
        return DATE_WORDS.get(node.op, node.op) if is_time else node.op

    def _missing(self, node: Compare) -> str:
        if node.op in ("is_empty", "is_not_empty"):
            return ""
        if node.if_none:
            return self.say("missing.counts")
        left = node.left.item if isinstance(node.left, LocalDay) else node.left
        if isinstance(left, Aggregate) and left.name not in _ALWAYS:
            return self.say("missing.not")
        return ""

    def _right(self, node: Compare, right: Node) -> str:
        if isinstance(right, Literal) and isinstance(right.value, str):
            return self.option(_last_field(node.left), right.value)
        if isinstance(right, Literal) and right.value is not None:
            return self.actual(node.left, right.value)
        return self.value(right)

    def actual(self, of: Node, value: Any) -> str:
        """A plain value as the field it stands in, or is compared with, says it."""
        field = None if _is_counted(of) or value is None else _last_field(of)
        return field.say(value) if field is not None and field.say else self.plain(value)

    def option(self, field: FieldShape | None, code: str) -> str:
        """A choice by the owner's label; any other text in quotes."""
        labels = field.option_labels if field is not None else {}
        if code in labels:
            return self.quoted(i18n.pick(labels[code], self.formats.locale))
        return self.quoted(code)

    def quoted(self, text: str) -> str:
        """A name in quotation marks."""
        return self.say("quoted", text=text)

    def _consent(self, node: Consent) -> dict[str, str]:
        who = self.value(node.of) if node.of.hops else self.say("person")
        named = {
            name: i18n.find_text(f"expressions.{name}.{word}", self.formats.locale) or word
            for name, word in (("purpose", node.purpose), ("channel", node.channel))
        }
        return {"who": who, **named}

    def value(self, node: Node) -> str:
        """Anything that has a value."""
        if isinstance(node, Call) and node.name in _MOMENTS:
            return self.say(_MOMENTS[node.name])
        say = _VALUES.get(type(node))
        if say is not None:
            return say(self, node)
        return self.say("whether", item=self.condition(node))

    def plain(self, value: Any) -> str:
        """A plain value as people in this language write it."""
        if value is None:
            return self.say("nothing")
        if isinstance(value, bool):
            return self.say("true" if value else "false")
        if isinstance(value, (Decimal, int)):
            return self.formats.number(value)
        if isinstance(value, datetime):
            if value.tzinfo is None:
                value = value.replace(tzinfo=self.formats.tz)
            return self.formats.datetime(value)
        if isinstance(value, date):
            return self.formats.date(value)
        if isinstance(value, frozenset):
            return self.say("comma").join(sorted(value)) or self.say("nothing")
        return self.quoted(str(value))

    def field(self, field: FieldShape) -> str:
        """A field by its label."""
        return self.quoted(i18n.pick(field.label, self.formats.locale) or field.key)

    def form(self, key: str | None) -> str:
        """A form by its label."""
        shape = self.shapes.find(key or "")
        return self.quoted(i18n.pick(shape.label, self.formats.locale) if shape else key or "")

    def span(self, n: int, unit: str) -> str:
        """``30 days``."""
        return i18n.translate(f"expressions.span.{unit}", self.formats.locale, n=n)

    def window(self, window: Window) -> str:
        """``in the last 30 days``."""
        if window.kind == "calendar":
            return i18n.translate(f"expressions.calendar.{window.name}", self.formats.locale)
        if window.kind == "range":
            ends = {"from": window.start, "to": window.end}
            given = {name: self.value(end) for name, end in ends.items() if end is not None}
            if not given:
                return self.say("window.any")
            return self.say(
                f"window.{'_'.join(given)}", **{f"at_{k}": v for k, v in given.items()}
            )
        return self.say(f"window.{window.kind}", span=self.span(window.n, window.unit))

    def aggregate(self, node: Aggregate) -> str:
        """``the number of “Orders” (where “Status” is “paid”)``."""
        rows = self.path(node.of)
        if node.where is not None:
            rows = self.say("where", rows=rows, condition=self.condition(node.where))
        words = {"rows": rows}
        if node.value is not None:
            words["field"] = self.value(node.value)
        if node.name == "count":
            return self.say("count", **words)
        kind = "date" if node.name in ("min", "max") and _is_date(node) else "number"
        if node.name in ("first", "last") and _is_record(node):
            return self.say(f"{node.name}.record", **words)
        return self.say(
            f"{node.name}.{kind}" if node.name in ("min", "max") else node.name, **words
        )

    def path(self, node: Path) -> str:
        """``“Tier” of “Customer”``."""
        if not node.hops:
            return self.say("person")
        said = self.field(node.hops[0].field)
        for hop in node.hops[1:]:
            said = self.say("of", field=self.field(hop.field), link=said)
        return said

    def relative(self, node: Relative) -> str:
        """``30 days ago``."""
        if node.n == 0:
            return self.say(
                "relative.now" if node.unit in ("minute", "hour") else "relative.today"
            )
        key = "relative.ago" if node.n < 0 else "relative.ahead"
        return self.say(key, span=self.span(abs(node.n), node.unit))


def _is_whole_branch(node: Compare) -> bool:
    """Whether a choice is asked for together with every choice below it."""
    if node.op != "in" or not isinstance(node.right, Many) or len(node.right.items) < 2:
        return False
    codes = [each.value for each in node.right.items if isinstance(each, Literal)]
    top, field = str(codes[0]) if codes else "", _last_field(node.left)
    below = [code for code in (field.option_labels if field else ()) if code.startswith(f"{top}.")]
    return codes == [top, *below]


def _is_counted(node: Node) -> bool:
    """Whether it gives a number of things, whatever their own kind is."""
    return isinstance(node, Aggregate) and node.name in _ALWAYS


def _is_date(node: Aggregate) -> bool:
    return node.value is not None and is_kind(node.value, Kind.DATE, Kind.DATETIME)


def _is_record(node: Aggregate) -> bool:
    """Whether the whole record is meant, or the very date it is the first or last by."""
    if isinstance(node.value, Path) and node.value.steps == ("id",):
        return True
    return node.value is not None and node.value == node.order and _is_date(node)


def _last_field(node: Node) -> FieldShape | None:
    while isinstance(node, (Formula, LocalDay, Aggregate)):
        inner = {Formula: "body", LocalDay: "item", Aggregate: "value"}[type(node)]
        node = getattr(node, inner) or Literal(None)
    return node.hops[-1].field if isinstance(node, Path) and node.hops else None


_VALUES: dict[type[Node], Callable[[Speaker, Any], str]] = {
    Literal: lambda speaker, node: speaker.plain(node.value),
    Path: Speaker.path,
    Aggregate: Speaker.aggregate,
    Arithmetic: explain_calls.say_arithmetic,
    Call: explain_calls.say_call,
    LinkKey: lambda speaker, node: speaker.plain(node.value),
    Relative: Speaker.relative,
    LocalDay: lambda speaker, node: speaker.value(node.item),
    Formula: lambda speaker, node: speaker.value(node.body),
}
