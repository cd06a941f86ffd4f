"""Random trees of every kind of node, well typed over the shop of `expression_world`."""

from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import strategies as st

from regulars.platform.expressions.times import CALENDARS
from regulars.platform.expressions.tree import (
    Aggregate,
    AllOf,
    AnyOf,
    Arithmetic,
    Call,
    Compare,
    Consent,
    LinkKey,
    Literal,
    Many,
    Node,
    Not,
    Path,
    Relative,
    Span,
    Window,
)
from regulars.platform.expressions.types import Kind
from tests.support.expression_world import (
    AMOUNTS,
    CODES,
    DAYS,
    INSTANTS,
    RATES,
    STATUSES,
    TEXTS,
    TIERS,
    WHOLES,
    WORDS,
)

Trees = st.SearchStrategy[Node]
_LINKS = {
    "customers": {"referrer": "customers"},
    "orders": {"customer": "customers"},
    "orders.items": {"parent": "orders"},
}
_ROWS = {
    "customers": [
        (("orders",), "orders"),
        (("referred",), "customers"),
        (("orders", "items"), "orders.items"),
        (("referrer", "orders"), "orders"),
        (("helped",), "orders"),
        (("helped", "items"), "orders.items"),
    ],
    "orders": [
        (("items",), "orders.items"),
        (("customer", "orders"), "orders"),
        (("helpers",), "customers"),
        (("helpers", "orders"), "orders"),
    ],
    "orders.items": [],
}
_FIELDS: dict[str, dict[Kind, list[str]]] = {
    "customers": {
        Kind.TEXT: ["name", "code", "shout"],
        Kind.CHOICE: ["tier", "referrer_tier"],
        Kind.NUMBER: ["points", "balance", "rate", "spend", "weeks"],
        Kind.DATE: ["birthday", "since"],
        Kind.DATETIME: ["joined"],
        Kind.BOOLEAN: ["vip", "is_known"],
        Kind.TAGS: ["tags"],
        Kind.LINK: ["referrer", "store", "seller", "id"],
    },
    "orders": {
        Kind.TEXT: ["note", "buyer"],
        Kind.CHOICE: ["status"],
        Kind.NUMBER: ["amount", "weight", "total"],
        Kind.DATE: ["due"],
        Kind.DATETIME: ["paid_at"],
        Kind.BOOLEAN: ["gift", "is_first"],
        Kind.TAGS: ["labels"],
        Kind.LINK: ["customer", "id"],
    },
    "orders.items": {
        Kind.TEXT: ["product"],
        Kind.NUMBER: ["quantity", "price"],
        Kind.LINK: ["parent", "id"],
    },
}
_DAY_UNITS = ("day", "week", "month", "quarter", "year")
_UNITS = ("minute", "hour", *_DAY_UNITS)


def text_literals() -> Trees:
    """Texts of the pools and parts of them; never empty."""
    whole = st.sampled_from([text for text in (*TEXTS, *CODES) if text])
    parts = st.sampled_from(["a", "A", "ss", "ß", "i", "n", "%", "小", " ", "12", ".", '"', "ς"])
    return st.one_of(whole, parts).map(lambda text: Literal(text))


def number_literals() -> Trees:
    """Numbers of the pools and around them."""
    pool = st.sampled_from([*AMOUNTS, *WHOLES, *RATES, "0.005", "-2.5", "30", "12", "0.33333333"])
    return pool.map(lambda text: Literal(_plain(Decimal(text))))


def _plain(value: Decimal) -> Decimal:
    bare = value.normalize()
    return bare.quantize(Decimal(1)) if bare == bare.to_integral_value() else bare


def date_literals() -> Trees:
    """Days as ISO text, as people write them."""
    return st.sampled_from(DAYS).map(lambda day: Literal(day.isoformat()))


def datetime_literals() -> Trees:
    """Instants as ISO text, with an offset or in wall time."""
    aware = st.sampled_from(INSTANTS).map(lambda at: Literal(at.isoformat()))
    wall = st.sampled_from(INSTANTS).map(lambda at: Literal(at.replace(tzinfo=None).isoformat()))
    return st.one_of(aware, wall)


@cache
def paths(form: str, kind: Kind) -> Trees:
    """Fields of this kind, here or behind a link."""
    here = [Path((key,)) for key in _FIELDS[form].get(kind, ())]
    there = [
        Path((key, *rest))
        for key, target in _LINKS[form].items()
        for rest in ((name,) for name in _FIELDS[target].get(kind, ()))
    ]
    return st.sampled_from([*here, *here, *there]) if here or there else st.nothing()


@cache
@st.composite
def aggregates(draw: st.DrawFn, form: str, kind: Kind, depth: int) -> Node:
    """An aggregate over rows of ``form`` whose result is of this kind."""
    of, rows = draw(st.sampled_from(_ROWS[form]))
    names = {
        Kind.NUMBER: ("count", "count_distinct", "sum", "avg", "min", "max", "first", "last"),
        Kind.DATE: ("min", "max", "first", "last"),
        Kind.DATETIME: ("min", "max", "first", "last"),
    }.get(kind, ("first", "last"))
    name = draw(st.sampled_from(names))
    value: Node | None = None
    if name == "count":
        value = draw(st.none() | scalars(rows, depth - 1))
    elif name == "count_distinct":
        value = draw(scalars(rows, depth - 1))
    else:
        value = draw(values(rows, kind, depth - 1))
    by = None
    if name in ("first", "last"):
        by = draw(st.none() | st.one_of(*(paths(rows, each) for each in _ordered(rows))))
    where = draw(st.none() | conditions(rows, depth - 1))
    return Aggregate(name, Path(of), value, by, where)


def _ordered(form: str) -> list[Kind]:
    wanted = (Kind.NUMBER, Kind.DATE, Kind.DATETIME)
    return [kind for kind in wanted if _FIELDS[form].get(kind)]


@cache
def scalars(form: str, depth: int) -> Trees:
    """A value of some kind that can be counted."""
    kinds = [kind for kind in _FIELDS[form] if kind is not Kind.TAGS]
    return st.sampled_from(kinds).flatmap(lambda kind: values(form, kind, depth))


@cache
def values(form: str, kind: Kind, depth: int) -> Trees:
    """A value of ``kind``."""
    simple = paths(form, kind)
    literals = {
        Kind.TEXT: text_literals,
        Kind.NUMBER: number_literals,
        Kind.DATE: date_literals,
        Kind.DATETIME: datetime_literals,
    }.get(kind)
    options = [simple, simple]
    if depth <= 0:
        return st.one_of(
            *options, *([literals()] if literals and kind in (Kind.NUMBER, Kind.TEXT) else [])
        )
    if _ROWS[form] and kind not in (Kind.TAGS,):
        options.append(aggregates(form, kind, depth))
    makers: dict[Kind, Any] = {
        Kind.NUMBER: numbers,
        Kind.TEXT: texts,
        Kind.DATE: dates,
        Kind.DATETIME: datetimes,
        Kind.BOOLEAN: booleans,
        Kind.CHOICE: choices,
    }
    if kind in makers:
        options += [makers[kind](form, depth)] * 2
    return st.one_of(*options)


def _call(name: str, *args: Trees) -> Trees:
    return st.tuples(*args).map(lambda nodes: Call(name, nodes))


def _word(*words: str) -> Trees:
    return st.sampled_from(words).map(lambda word: Literal(word))


def _whole(low: int, high: int) -> Trees:
    return st.integers(low, high).map(lambda n: Literal(Decimal(n)))


@cache
def _branches(form: str, kind: Kind, depth: int) -> list[Trees]:
    """IF, IFS, SWITCH and COALESCE with results of this kind."""
    result = values(form, kind, depth - 1)
    test = conditions(form, depth - 1)
    return [
        _call("IF", test, result, result),
        _call("IF", test, result),
        _call("IFS", test, result, test, result),
        _call("COALESCE", result, result),
        _call(
            "SWITCH",
            paths(form, Kind.NUMBER),
            number_literals(),
            result,
            number_literals(),
            result,
            result,
        ),
    ]


@cache
def numbers(form: str, depth: int) -> Trees:
    """Computed numbers."""
    inner = values(form, Kind.NUMBER, depth - 1)
    day = st.one_of(values(form, Kind.DATE, depth - 1), values(form, Kind.DATETIME, depth - 1))
    day = day if _FIELDS[form].get(Kind.DATE) else st.just(Call("TODAY", ()))
    text = values(form, Kind.TEXT, depth - 1)
    op = st.sampled_from(["+", "-", "*", "/", "%"])
    made = [
        st.tuples(op, inner, inner).map(lambda parts: Arithmetic(*parts)),
        st.tuples(inner, _whole(0, 5)).map(lambda parts: Arithmetic("^", *parts)),
        _call("ROUND", inner, _whole(-3, 8)),
        _call("ROUND", inner),
        _call("CEIL", inner),
        _call("FLOOR", inner),
        _call("ABS", inner),
        _call("NEGATE", paths(form, Kind.NUMBER)),
        _call("MIN", inner, inner),
        _call("MAX", inner, inner, inner),
        _call("LEN", text),
        _call("VALUE", text),
        _call("YEAR", day),
        _call("MONTH", day),
        _call("DAY", day),
        _call("WEEKDAY", day),
        _call("DAYS_SINCE", day),
        _call("DAYS_BETWEEN", day, day),
        _call("MONTHS_BETWEEN", day, day),
        *_branches(form, Kind.NUMBER, depth),
    ]
    if _FIELDS[form].get(Kind.DATETIME):
        made.append(_call("HOUR", values(form, Kind.DATETIME, depth - 1)))
    return st.one_of(*made)


@cache
def texts(form: str, depth: int) -> Trees:
    """Computed texts."""
    inner = values(form, Kind.TEXT, depth - 1)
    small = st.one_of(_whole(-1, 6), paths(form, Kind.NUMBER))
    made = [
        _call("CONCAT", inner, inner),
        _call("CONCAT", inner, inner, inner),
        _call("LEFT", inner, small),
        _call("RIGHT", inner, small),
        _call("MID", inner, small, small),
        _call("UPPER", inner),
        _call("LOWER", inner),
        _call("TRIM", inner),
        _call("REPLACE", inner, inner, inner),
        _call("TEXT", values(form, Kind.NUMBER, depth - 1)),
        *_branches(form, Kind.TEXT, depth),
    ]
    if _FIELDS[form].get(Kind.DATE):
        day, instant = values(form, Kind.DATE, depth - 1), values(form, Kind.DATETIME, depth - 1)
        made += [
            _call("TEXT", day),
            _call("TEXT", day, _word("DD.MM.YYYY", "YYYY", "day", "HH")),
            _call("TEXT", instant),
            _call("TEXT", instant, _word("YYYY-MM-DDTHH:mm", "o'clock")),
        ]
    return st.one_of(*made)


@cache
def dates(form: str, depth: int) -> Trees:
    """Computed days."""
    day = st.one_of(values(form, Kind.DATE, depth - 1), values(form, Kind.DATETIME, depth - 1))
    small = st.one_of(_whole(-40, 40), paths(form, Kind.NUMBER))
    return st.one_of(
        _call("TODAY"),
        _call("DATE", _whole(1960, 2030), _whole(0, 13), _whole(0, 31)),
        _call("DATE", values(form, Kind.NUMBER, depth - 1), _whole(1, 12), small),
        _call("DATEADD", values(form, Kind.DATE, depth - 1), small, _word(*_DAY_UNITS)),
        _call("STARTOF", day, _word(*_DAY_UNITS)),
        _call("ENDOF", day, _word(*_DAY_UNITS)),
        st.tuples(st.integers(-50, 50), st.sampled_from(_DAY_UNITS)).map(lambda p: Relative(*p)),
        _call("MIN", values(form, Kind.DATE, depth - 1), values(form, Kind.DATE, depth - 1)),
        *_branches(form, Kind.DATE, depth),
    )


@cache
def datetimes(form: str, depth: int) -> Trees:
    """Computed instants."""
    inner = values(form, Kind.DATETIME, depth - 1)
    small = st.one_of(_whole(-50, 50), paths(form, Kind.NUMBER))
    return st.one_of(
        _call("NOW"),
        _call("DATEADD", inner, small, _word(*_UNITS)),
        st.tuples(st.integers(-50, 50), st.sampled_from(["minute", "hour"])).map(
            lambda p: Relative(*p)
        ),
        _call("MAX", inner, inner),
        *_branches(form, Kind.DATETIME, depth),
    )


@cache
def booleans(form: str, depth: int) -> Trees:
    """Computed yes or no."""
    return st.one_of(conditions(form, depth - 1), *_branches(form, Kind.BOOLEAN, depth)[:4])


@cache
def choices(form: str, depth: int) -> Trees:
    """Computed choices."""
    return st.one_of(*_branches(form, Kind.CHOICE, depth))


def windows(day: Trees) -> st.SearchStrategy[Window]:
    """Every kind of window."""
    return st.one_of(
        st.builds(
            Window,
            st.sampled_from(["last", "next"]),
            st.integers(0, 400),
            st.sampled_from(_DAY_UNITS),
        ),
        st.builds(lambda name: Window("calendar", name=name), st.sampled_from(CALENDARS)),
        st.builds(lambda a, b: Window("range", start=a, end=b), st.none() | day, st.none() | day),
    )


@cache
@st.composite
def leaves(draw: st.DrawFn, form: str, depth: int) -> Node:
    """One comparison of any kind."""
    kinds = list(_FIELDS[form])
    kind = draw(st.sampled_from(kinds))
    left = draw(values(form, kind, depth - 1) if kind is not Kind.TAGS else paths(form, kind))
    if_none = draw(st.sampled_from([False, False, False, True]))
    op = draw(st.sampled_from(_ops(kind)))
    right = draw(_right(form, kind, op, depth - 1, left))
    return Compare(op, left, right, if_none)


def _ops(kind: Kind) -> list[str]:
    dates_ = [
        "is",
        "is_not",
        "before",
        "after",
        "on_or_before",
        "on_or_after",
        "between",
        "in",
        "not_in",
        "within",
        "within",
        "older_than",
        "older_than",
        "same_day_of_year",
    ]
    return {
        Kind.TEXT: [
            "is",
            "is_not",
            "contains",
            "not_contains",
            "starts_with",
            "ends_with",
            "in",
            "not_in",
        ],
        Kind.CHOICE: ["is", "is_not", "in", "not_in"],
        Kind.NUMBER: ["is", "is_not", "gt", "gte", "lt", "lte", "between", "in", "not_in"],
        Kind.BOOLEAN: ["is", "is_not"],
        Kind.DATE: dates_,
        Kind.DATETIME: dates_,
        Kind.TAGS: ["has", "has_any", "has_all", "has_none"],
        Kind.LINK: ["is", "is_not", "in", "not_in", "is_me", "in_my_units"],
    }[kind] + ["is_empty", "is_not_empty"]


def _right(form: str, kind: Kind, op: str, depth: int, left: Node) -> Any:
    if op in ("is_empty", "is_not_empty", "is_me", "in_my_units"):
        return st.none()
    one = _operand(form, kind, depth, left)
    if op == "within":
        return windows(one)
    if op == "older_than":
        units = _DAY_UNITS if kind is Kind.DATE else _UNITS
        return st.builds(Span, st.integers(0, 500), st.sampled_from(units))
    if op == "between":
        return st.tuples(one, one).map(Many)
    if op in ("in", "not_in", "has_any", "has_all", "has_none"):
        return st.lists(one, min_size=1, max_size=3).map(lambda items: Many(tuple(items)))
    return one


def _operand(form: str, kind: Kind, depth: int, left: Node) -> Trees:
    if kind is Kind.CHOICE:
        own = _options(left)
        return st.one_of(st.sampled_from(own).map(lambda word: Literal(word)), paths(form, kind))
    if kind is Kind.TAGS:
        return st.one_of(_word(*WORDS), _word(*WORDS), paths(form, Kind.TEXT))
    if kind is Kind.LINK:
        named = [LinkKey("name", "ANN"), LinkKey("code", "post"), LinkKey("points", Decimal(7))]
        return st.one_of(_whole(1, 8), _whole(1, 8), paths(form, kind), st.sampled_from(named))
    if kind is Kind.BOOLEAN:
        return st.one_of(st.booleans().map(lambda flag: Literal(flag)), paths(form, kind))
    literals = {
        Kind.TEXT: text_literals,
        Kind.NUMBER: number_literals,
        Kind.DATE: date_literals,
        Kind.DATETIME: datetime_literals,
    }[kind]()
    options = [literals, literals, values(form, kind, depth)]
    if kind is Kind.DATETIME:
        options += [date_literals(), values(form, Kind.DATE, depth)]
    if kind is Kind.DATE:
        options.append(paths(form, Kind.DATETIME))
    return st.one_of(*options)


def _options(left: Node) -> tuple[str, ...]:
    last = left.steps[-1] if isinstance(left, Path) else ""
    return {"tier": TIERS, "referrer_tier": TIERS, "status": STATUSES}.get(last, TIERS)


def _linked(field: str) -> Trees:
    """A leaf about several links: which of some records are among them."""
    ids = st.lists(st.integers(1, 20), min_size=1, max_size=3, unique=True)
    some = ids.map(lambda found: Many(tuple(Literal(Decimal(n)) for n in found)))
    several = st.builds(
        Compare, st.sampled_from(["has_any", "has_all", "has_none"]), st.just(Path((field,))), some
    )
    none = st.builds(
        Compare, st.sampled_from(["is_empty", "is_not_empty"]), st.just(Path((field,)))
    )
    return several | none


@cache
def conditions(form: str, depth: int) -> Trees:
    """Any condition about a record of ``form``."""
    leaf = leaves(form, max(depth, 0))
    options = [leaf, leaf, leaf, paths(form, Kind.BOOLEAN)]
    if form == "customers":
        options.append(
            st.builds(Consent, st.sampled_from(["marketing", "service"]), st.just("sms"))
        )
    if form == "orders":
        options.append(st.just(Consent("marketing", "email", Path(("customer",)))))
        options.append(_linked("helpers"))
    if form == "customers":
        options.append(_linked("helped"))
    if depth > 0:
        inner = conditions(form, depth - 1)
        several = st.lists(inner, min_size=1, max_size=3).map(tuple)
        options += [several.map(AllOf), several.map(AnyOf), inner.map(Not), inner.map(Not)]
    return st.one_of(*options)
