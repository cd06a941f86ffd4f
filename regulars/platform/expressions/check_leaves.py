"""Meaning of leaves: which operator suits which kind, and how literals are read."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from regulars.platform import i18n
from regulars.platform.expressions.calls import plain
from regulars.platform.expressions.numbers import MAX_SCALE, fits, scale_of
from regulars.platform.expressions.operators import (
    DATE_WORDS,
    LIST_OPS,
    NO_VALUE_OPS,
    OPS_OF_KIND,
)
from regulars.platform.expressions.shapes import FieldShape, FormShape
from regulars.platform.expressions.times import EXACT_UNITS
from regulars.platform.expressions.tree import (
    Aggregate,
    AllOf,
    AnyOf,
    Compare,
    Formula,
    Hop,
    LinkKey,
    Literal,
    LocalDay,
    Many,
    Node,
    Not,
    Path,
    Span,
    Window,
)
from regulars.platform.expressions.types import BOOLEAN, DATE, DATETIME, Kind, ValueType, number

if TYPE_CHECKING:
    from regulars.platform.expressions.check import Checker

_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,12})?\Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII)
_WHEN = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?\Z", re.ASCII
)
_WHOLE = frozenset({"is", "is_not", "in", "not_in", "gt", "gte", "lt", "lte", "between"})
_TURNED = {"is": "is", "is_not": "is_not", "gt": "lt", "lt": "gt", "gte": "lte", "lte": "gte"}
_DATES = (Kind.DATE, Kind.DATETIME)


def kind_word(kind: Kind) -> dict[str, str]:
    """What people call a kind, in every language."""
    return {locale: i18n.translate(f"expressions.kind.{kind}", locale) for locale in i18n.LOCALES}


def op_word(op: str) -> dict[str, str]:
    """What people call an operator, in every language."""
    return {locale: i18n.translate(f"expressions.op.{op}", locale) for locale in i18n.LOCALES}


def read_literal(node: Literal, want: ValueType) -> Literal | None:
    """The literal as a value of kind ``want``, or None when it cannot be read so."""
    value = node.value
    if isinstance(value, str):
        return _read_text(node, value, want)
    if isinstance(value, bool):
        return replace(node, type=BOOLEAN) if want.kind is Kind.BOOLEAN else None
    if isinstance(value, (Decimal, int)):
        return _read_number(node, value, want)
    if isinstance(value, datetime):
        return replace(node, type=DATETIME) if want.kind in _DATES else None
    if isinstance(value, date):
        return replace(node, type=DATE) if want.kind in _DATES else None
    return None


def is_storable(node: Literal) -> bool:
    """Whether a number has few enough places and fits 64 bits in them."""
    if node.type is None or not isinstance(node.value, Decimal):
        return True
    return node.type.scale <= MAX_SCALE and fits(node.value, node.type.scale)


def _read_number(node: Literal, value: Decimal | int, want: ValueType) -> Literal | None:
    if want.kind is Kind.NUMBER:
        exact = Decimal(value)
        return replace(node, value=exact, type=number(scale_of(exact)))
    if want.kind is Kind.LINK and value == int(value) and 0 < value < 2**63:
        return replace(node, value=int(value), type=want)
    return None


def _read_text(node: Literal, value: str, want: ValueType) -> Literal | None:
    if want.kind in (Kind.TEXT, Kind.CHOICE, Kind.TAGS):
        kind = Kind.CHOICE if want.kind is Kind.TAGS else want.kind
        return replace(node, type=replace(want, kind=kind))
    if want.kind is Kind.NUMBER and _NUMBER.match(value):
        exact = plain(Decimal(value))
        return replace(node, value=exact, type=number(scale_of(exact)))
    if want.kind in _DATES:
        return _read_date(node, value)
    return None


def _read_date(node: Literal, value: str) -> Literal | None:
    try:
        if _DAY.match(value):
            return replace(node, value=date.fromisoformat(value), type=DATE)
        if _WHEN.match(value):
            read = datetime.fromisoformat(value)
            aware = read.astimezone(UTC) if read.tzinfo else read
            return replace(node, value=aware, type=DATETIME)
    except (ValueError, OverflowError):
        return None
    return None


def check_compare(checker: Checker, node: Compare, form: FormShape, want: Any) -> Node:
    """A typed leaf; date leaves carry date words, instants met by days become days."""
    if (alone := _value_among_fields(node)) is not None:
        return checker.visit(alone, form, want)
    node = _value_behind(node)
    left = checker.visit(node.left, form)
    if isinstance(left, Literal) and node.right is not None:
        left = checker.visit(node.left, form, _kind_of_right(checker, node.right, form))
    found = left.type
    if found is None or found.kind is Kind.MISSING:
        right = node.right
        if right is not None and not isinstance(right, (Many, Span, Window)):
            right = checker.visit(right, form)
        return replace(node, left=left, right=right, type=BOOLEAN)
    if node.op not in OPS_OF_KIND.get(found.kind, ()):
        checker.problem(node, "op-not-for-kind", op=op_word(node.op), kind=kind_word(found.kind))
        return replace(node, left=left, type=BOOLEAN)
    if found.kind is Kind.ROWS:
        return _rows_leaf(checker, node, form)
    if node.op == "under":
        node = replace(node, op="in", right=_with_those_below(node.right, found))
    op = DATE_WORDS.get(node.op, node.op) if found.kind in _DATES else node.op
    node = replace(node, op=op, left=left, right=_spelled(node, left), type=BOOLEAN)
    if op in NO_VALUE_OPS:
        return node
    return _check_right(checker, node, form, found)


def _with_those_below(right: Any, found: ValueType) -> Any:
    """A choice and every choice below it: of ``food`` also ``food.tea`` and ``food.tea.green``."""
    if not isinstance(right, Literal) or not isinstance(right.value, str):
        return right
    below = [code for code in found.options if code.startswith(f"{right.value}.")]
    return Many((right, *(replace(right, value=code) for code in below)), place=right.place)


def _value_behind(node: Compare) -> Compare:
    """``"gold" = tier`` as ``tier = "gold"``: a value is read as what it is compared with."""
    turned, right = _TURNED.get(node.op), node.right
    if turned is None or not isinstance(node.left, Literal) or right is None:
        return node
    if isinstance(right, (Literal, Many, Span, Window)):
        return node
    return replace(node, op=turned, left=right, right=node.left)


def _value_among_fields(node: Compare) -> Node | None:
    """``IN("138…", mobile, phone)`` as ``mobile = "138…" OR phone = "138…"``, else None.

    Each field reads the text as it keeps its own: they may be of different kinds.
    """
    given, items = node.left, node.right.items if isinstance(node.right, Many) else ()
    if node.op not in ("in", "not_in") or not isinstance(given, Literal):
        return None
    if not isinstance(given.value, str) or not given.value:
        return None
    if all(isinstance(item, Literal) for item in items):
        return None
    spot: Any = {"at": node.at, "place": node.place}
    same = AnyOf(tuple(Compare("is", item, given, **spot) for item in items), **spot)
    return same if node.op == "in" else Not(same, **spot)


def named_record(checker: Checker, node: LinkKey, want: ValueType) -> LinkKey:
    """A record named by a unique field, to be looked up later."""
    form = checker.shapes.find(want.form or "")
    field = checker.field_of(form, node.key) if form is not None else None
    if form is None or field is None:
        label = form.label or form.key if form is not None else want.form
        checker.problem(node, "unknown-field", field=node.key, form=label)
        return node
    read = _read_name(node, field) if field.unique else None
    if read is None:
        code = "literal-not-of-kind" if field.unique else "link-key-not-unique"
        checker.problem(node, code, value=str(node.value)[:60], kind=kind_word(field.type.kind))
        return node
    return replace(node, type=want, hop=Hop(form.key, field), read=read)


def _read_name(node: LinkKey, field: FieldShape) -> Literal | None:
    read = read_literal(Literal(node.value), field.type)
    if read is None or field.spell is None or not isinstance(read.value, str):
        return read
    try:
        return replace(read, value=field.spell(read.value))
    except ValueError:
        return None


def _spelled(node: Compare, left: Node) -> Node | None:
    """Texts that are compared with a field as that field keeps them: a mobile however typed."""
    if node.op not in _WHOLE:
        return node.right
    if isinstance(node.right, Many):
        items = tuple(spelled_as(left, item) for item in node.right.items)
        return replace(node.right, items=items)
    return None if node.right is None else spelled_as(left, node.right)


def spelled_as(subject: Node, node: Node) -> Node:
    """A text as the field ``subject`` keeps it, where that is one and the text can be so kept."""
    bare = subject.body if isinstance(subject, Formula) else subject
    spell = bare.hops[-1].field.spell if isinstance(bare, Path) and bare.hops else None
    if (
        spell is None
        or not isinstance(node, Literal)
        or not isinstance(node.value, str)
        or not node.value
    ):
        return node
    try:
        return replace(node, value=spell(node.value))
    except ValueError:
        return node


def _kind_of_right(checker: Checker, right: Node, form: FormShape) -> ValueType | None:
    """What a literal on the left is read as: periods are about days, lists about their items."""
    if isinstance(right, (Window, Span)):
        return DATE
    items = right.items if isinstance(right, Many) else (right,)
    found = (checker.visit(item, form).type for item in items if not isinstance(item, Literal))
    return next((kind for kind in found if kind is not None), None)


def _rows_leaf(checker: Checker, node: Compare, form: FormShape) -> Node:
    """``orders is empty`` asks whether there are none, ``coupons has 7`` whether that is there."""
    assert isinstance(node.left, Path)
    if node.op in NO_VALUE_OPS:
        return checker.visit(_counted(node, None, some=node.op != "is_empty"), form)
    given = node.right.items if isinstance(node.right, Many) else (node.right,)
    items = tuple(each for each in given if each is not None)
    if not items:
        checker.problem(node, "value-needed", op=op_word(node.op))
        return replace(node, type=BOOLEAN)
    if node.op != "has_all":
        return checker.visit(_counted(node, items, some=node.op != "has_none"), form)
    each = tuple(_counted(node, (item,), some=True) for item in items)
    return checker.visit(AllOf(each, at=node.at, place=node.place), form)


def _counted(node: Compare, among: tuple[Node, ...] | None, *, some: bool) -> Compare:
    """Whether there are (no) rows, or among these."""
    where = None
    if among is not None:
        this = Path(("id",), at=node.left.at, place=node.left.place)
        where = Compare("in", this, Many(among, place=node.place), place=node.place)
    of: Any = node.left
    count = Aggregate("count", of, where=where, at=node.left.at, place=node.left.place)
    op = "gt" if some else "is"
    return replace(node, op=op, left=count, right=Literal(Decimal(0)), if_none=False)


def _check_right(checker: Checker, node: Compare, form: FormShape, found: ValueType) -> Node:
    right = node.right
    if node.op == "within":
        return _window(checker, node, form, found)
    if node.op == "older_than":
        return replace(node, right=_span(checker, right, found))
    if node.op in LIST_OPS:
        items = right.items if isinstance(right, Many) else (right,) if right else ()
        read = [_operand(checker, item, form, found) for item in items]
        return _aligned(replace(node, right=Many(tuple(read), place=node.place)), found, read)
    if right is None or isinstance(right, (Many, Span, Window)):
        checker.problem(node, "value-needed", op=op_word(node.op))
        return node
    read_one = _operand(checker, right, form, found)
    if node.op == "same_day_of_year":
        return _days(node, read_one)
    return _aligned(replace(node, right=read_one), found, [read_one])


def _operand(checker: Checker, node: Node, form: FormShape, want: ValueType) -> Node:
    """One right-hand value, of a kind that can be compared with ``want``."""
    read = checker.visit(node, form, want)
    bare = read.body if isinstance(read, Formula) else read
    if isinstance(bare, Literal):
        _check_literal(checker, bare, want, node)
    found = read.type
    if found is None or _may_compare(found, want):
        if found is not None and found.kind is Kind.LINK and found.form != want.form:
            checker.problem(node, "link-to-other-form", form=want.form, found=found.form)
        return read
    if isinstance(bare, Literal) and bare.value is not None:
        params = {"value": str(bare.value)[:60], "kind": kind_word(want.kind)}
        checker.problem(node, "literal-not-of-kind", **params)
    elif found.kind is not Kind.MISSING:
        checker.problem(
            node, "wrong-kind", wanted=kind_word(want.kind), found=kind_word(found.kind)
        )
    return replace(read, type=None)


def _may_compare(found: ValueType, want: ValueType) -> bool:
    if found.kind is want.kind or {found.kind, want.kind} <= set(_DATES):
        return True
    texts = {Kind.TEXT, Kind.CHOICE}
    return {found.kind, want.kind} <= texts or (want.kind is Kind.TAGS and found.kind in texts)


def _check_literal(checker: Checker, literal: Literal, want: ValueType, node: Node) -> None:
    if literal.value in (None, ""):
        checker.problem(node, "compare-with-empty")
    elif want.options and isinstance(literal.value, str) and literal.value not in want.options:
        checker.problem(
            node, "unknown-option", option=literal.value[:60], options=list(want.options[:20])
        )


def _aligned(node: Compare, found: ValueType, rights: list[Node]) -> Compare:
    """An instant compared with a day is compared by its day."""
    if found.kind not in _DATES:
        return node
    kinds = {found.kind, *(read.type.kind for read in rights if read.type)}
    return _days(node, node.right) if Kind.DATE in kinds and Kind.DATETIME in kinds else node


def _days(node: Compare, right: Node | None) -> Compare:
    if isinstance(right, Many):
        right = replace(right, items=tuple(_day(item) for item in right.items))
    elif right is not None:
        right = _day(right)
    return replace(node, left=_day(node.left), right=right)


def _day(node: Node) -> Node:
    if node.type is not None and node.type.kind is Kind.DATETIME:
        return LocalDay(node, type=DATE, at=node.at, place=node.place)
    return node


def _span(checker: Checker, right: Node | None, found: ValueType) -> Node | None:
    if isinstance(right, Span) and right.unit in EXACT_UNITS and found.kind is Kind.DATE:
        checker.problem(right, "unit-needs-time", unit=right.unit)
    return right


def _window(checker: Checker, node: Compare, form: FormShape, found: ValueType) -> Compare:
    right = node.right
    if not isinstance(right, Window):
        return node
    if right.unit in EXACT_UNITS and found.kind is Kind.DATE:
        checker.problem(right, "unit-needs-time", unit=right.unit)
    ends = [None if end is None else checker.visit(end, form, found) for end in _ends(right)]
    kinds = {end.type.kind for end in ends if end is not None and end.type is not None}
    for end in ends:
        if end is not None and end.type is not None and end.type.kind not in _DATES:
            wrong = {"wanted": kind_word(found.kind), "found": kind_word(end.type.kind)}
            checker.problem(end, "wrong-kind", **wrong)
    if kinds == set(_DATES) and found.kind is Kind.DATETIME:
        checker.problem(right, "range-ends-differ")
    left = node.left
    if Kind.DATE in kinds or found.kind is Kind.DATE:  # days are compared with days
        left, ends = _day(left), [None if end is None else _day(end) for end in ends]
    return replace(node, left=left, right=replace(right, start=ends[0], end=ends[1]))


def _ends(window: Window) -> tuple[Node | None, Node | None]:
    return window.start, window.end
