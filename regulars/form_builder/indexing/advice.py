"""Which indexes the published definitions ask for. Pure.

Every builder says which conditions it asks again and again; lists speak for themselves, and sums
are kept by the index of their link.
What a form's table has anyway (key, links, unique values) is not wished for again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from regulars.form_builder.catalog import FormCatalog
from regulars.platform.db import UnitOfWork
from regulars.platform.expressions.tree import Aggregate, AllOf, Compare, Literal, Node, Path, walk
from regulars.platform.expressions.types import Kind
from regulars.platform.registry import Registry

MOST_PER_TABLE = 6
MOST_FIXED = 2  # columns in front of the one that a list is sorted by
PREFIX = "x_"  # names of indexes that come and go by advice
_WIDE_ENOUGH = (Kind.NUMBER, Kind.DATE, Kind.DATETIME, Kind.TEXT)
_ONE_VALUE = (Kind.CHOICE, Kind.LINK, Kind.BOOLEAN, Kind.NUMBER, Kind.DATE)
_BY_RANGE = frozenset({
    "is", "in", "gt", "gte", "lt", "lte", "between", "before", "after", "on_or_before",
    "on_or_after", "within", "older_than", "starts_with",
})  # fmt: skip
_WEIGHTS = {"rule": 4, "report": 3, "related": 3, "list": 2}


@dataclass(frozen=True)
class Use:
    """A condition that is asked of a form again and again; ``why`` is rule or report."""

    form: str
    tree: Node
    why: str


@dataclass(frozen=True)
class Wish:
    """An index over ``columns`` (``-`` for descending) of a form's table."""

    form: str
    columns: tuple[str, ...]
    why: str

    def name(self, table: sa.Table) -> str:
        """The index's name, the same for the same columns for ever."""
        spelled = f"{table.name}:{','.join(self.columns)}"
        return PREFIX + hashlib.sha256(spelled.encode()).hexdigest()[:24]


UseSource = Callable[[UnitOfWork], Iterable[Use]]
index_uses: Registry[UseSource] = Registry("source of index uses")


def advise(catalog: FormCatalog, uses: Iterable[Use]) -> list[Wish]:
    """The indexes worth having, at most `MOST_PER_TABLE` for each form, the most used first."""
    counted: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for wish in [*_of_uses(catalog, uses), *_of_forms(catalog)]:
        counted.setdefault((wish.form, wish.columns), []).append(wish.why)
    ranked = sorted(
        counted.items(), key=lambda item: (-sum(_WEIGHTS[why] for why in item[1]), item[0])
    )
    chosen: list[Wish] = []
    for (form, columns), reasons in ranked:
        best = max(reasons, key=lambda why: _WEIGHTS[why])
        chosen.append(Wish(form, columns, best))
    return [wish for wish in _few_enough(_without_prefixes(chosen)) if _is_new(catalog, wish)]


def _of_uses(catalog: FormCatalog, uses: Iterable[Use]) -> Iterator[Wish]:
    for use in uses:
        for node in walk(use.tree):
            if isinstance(node, Aggregate):
                yield from _aggregate(node, use.why)
        yield from _compares(use.form, _outer(use.tree), use.why)


def _aggregate(node: Aggregate, why: str) -> Iterator[Wish]:
    """(link, date, amount): what "spent in 30 days" reads, without touching the table."""
    if len(node.of.hops) != 1 or node.of.hops[0].field.via is None:
        return
    relation = node.of.hops[0].field
    rows, via = relation.type.form or "", relation.via or ""
    inside = [part for part in (node.where, node.value, node.by) if part is not None]
    paths = [path for part in inside for path in walk(part) if isinstance(path, Path)]
    dates = [p for p in paths if _kind(p) in (Kind.DATE, Kind.DATETIME)]
    amounts = [p for p in paths if _kind(p) is Kind.NUMBER]
    columns = [via, *(_column(p) for p in (*dates[:1], *amounts[:1]))]
    wanted = tuple(dict.fromkeys(c for c in columns if c))
    if len(wanted) > 1:
        yield Wish(rows, wanted, why)


def _outer(tree: Node) -> Iterator[Node]:
    """What stands in the condition itself, not in the conditions of its aggregates."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (Aggregate, Compare)):
            waiting.extend(part for part in walk_once(node))


def walk_once(node: Node) -> list[Node]:
    """The parts directly below a node."""
    below = list(walk(node))[1:]
    deeper = {id(each) for part in below for each in list(walk(part))[1:]}
    return [part for part in below if id(part) not in deeper]


def _compares(form: str, nodes: Iterable[Node], why: str) -> Iterator[Wish]:
    for node in nodes:
        if not isinstance(node, Compare) or node.op not in _BY_RANGE:
            continue
        left = next((p for p in walk(node.left) if isinstance(p, Path)), None)
        if left is None or isinstance(node.left, Aggregate) or _kind(left) not in _WIDE_ENOUGH:
            continue
        column = _column(left)
        if column:
            folded = _kind(left) is Kind.TEXT and not left.hops[0].field.exact
            yield Wish(form, (f"{column}__ci" if folded else column,), why)


def _of_forms(catalog: FormCatalog) -> Iterator[Wish]:
    for form in catalog.forms.values():
        for view in form.views:
            yield from _of_view(catalog, form.key, view)
        for each in form.fields:
            order = str(each.settings.get("order", "")).removeprefix("-")
            source = catalog.forms.get(str(each.settings.get("from")))
            by = source.find(str(each.settings.get("via"))) if source else None
            if each.type == "related" and order and by is not None and by.type == "link":
                columns = (str(each.settings["via"]), order)
                yield Wish(str(each.settings["from"]), columns, "related")


def _of_view(catalog: FormCatalog, form: str, view: Mapping[str, Any]) -> Iterator[Wish]:
    """What a saved list is sorted by, behind what it holds fast: one look finds its first page."""
    fixed: list[str] = []
    if view.get("where"):
        tree, problems = catalog.condition(form, view["where"])
        if not problems:
            fixed = list(dict.fromkeys(_held_fast(tree)))[:MOST_FIXED]
            yield from _compares(form, _outer(tree), "list")
    sort = list(view.get("sort", ()))
    if len(sort) == 1 and "." not in sort[0]:
        tie = "-id" if sort[0].startswith("-") else "id"
        if sort[0].removeprefix("-") not in fixed:
            yield Wish(form, (*fixed, sort[0], tie), "list")


def _held_fast(tree: Node) -> Iterator[str]:
    """The columns that have one and the same value in every record that meets a condition."""
    if isinstance(tree, AllOf):
        for part in tree.items:
            yield from _held_fast(part)
    elif (
        isinstance(tree, Compare)
        and tree.op == "is"
        and isinstance(tree.left, Path)
        and isinstance(tree.right, Literal)
    ):
        column = _column(tree.left)
        if column and _kind(tree.left) in _ONE_VALUE:
            yield column


def _without_prefixes(wishes: Sequence[Wish]) -> list[Wish]:
    """A longer index serves whatever a shorter one with the same beginning would."""
    return [wish for wish in wishes if not any(_serves(other, wish) for other in wishes)]


def _serves(other: Wish, wish: Wish) -> bool:
    if other.form != wish.form or len(other.columns) <= len(wish.columns):
        return False
    longer, shorter = _plain(other.columns), _plain(wish.columns)
    return longer[: len(shorter)] == shorter


def _plain(columns: Sequence[str]) -> list[str]:
    """An index is read backwards as well, so for ranges the direction does not matter."""
    return [name.removeprefix("-") for name in columns]


def _few_enough(wishes: Iterable[Wish]) -> Iterator[Wish]:
    taken: dict[str, int] = {}
    for wish in wishes:
        taken[wish.form] = taken.get(wish.form, 0) + 1
        if taken[wish.form] <= MOST_PER_TABLE:
            yield wish


def _is_new(catalog: FormCatalog, wish: Wish) -> bool:
    """Whether the columns exist and no index of the form itself begins with them."""
    main, _dot, _rows = wish.form.partition(".")
    if main not in catalog.tables:
        return False
    table = catalog.source().table(wish.form)
    names = tuple(name.removeprefix("-") for name in wish.columns)
    if any(name not in table.c for name in names) or names[0] == "id":
        return False
    have = [tuple(column.name for column in index.columns) for index in table.indexes]
    return not any(each[: len(names)] == names for each in have)


def _kind(path: Path) -> Kind | None:
    return path.type.kind if path.type is not None else None


def _column(path: Path) -> str:
    """The stored column that a path reads, "" when it leads elsewhere or is worked out."""
    if len(path.hops) != 1 or path.hops[0].field.formula is not None:
        return ""
    return path.hops[0].field.key
