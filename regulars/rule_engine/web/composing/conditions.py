"""A condition as the composer shows it: rows in groups, each with its place, all the way down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regulars.platform.expressions.explain import explain
from regulars.rule_engine.definition import Rule
from regulars.rule_engine.placing import find_at, match_of
from regulars.rule_engine.speaking import Speaker
from regulars.rule_engine.web.composing.rows import kind_of
from regulars.rule_engine.web.composing.scopes import Where, where_of


@dataclass(frozen=True)
class ShownRow:
    """A row, or a group with ``items`` joined by ``match``, at its place.

    ``only`` is the condition on the records that a row counts; ``only_place`` where it stands.
    """

    place: str
    words: str = ""
    raw: Mapping[str, Any] | None = None
    kind: str = ""
    match: str = ""
    negated: bool = False
    items: tuple[ShownRow, ...] = ()
    only: ShownRow | None = None
    only_place: str = ""


def shown_condition(
    say: Speaker, rule: Rule, raw: Mapping[str, Any], place: str
) -> ShownRow | None:
    """The condition at a place; None where everybody is meant."""
    node = find_at(raw, place)
    return _shown(say, rule, raw, place, node) if node else None


def _shown(say: Speaker, rule: Rule, raw: Mapping[str, Any], place: str, node: Any) -> ShownRow:
    match = match_of(node)
    if match is not None:
        items = tuple(
            _shown(say, rule, raw, f"{place}/{match}/{n}", each)
            for n, each in enumerate(node[match])
        )
        return ShownRow(place, match=match, items=items)
    if isinstance(node, Mapping) and set(node) == {"not"}:
        inner = _shown(say, rule, raw, f"{place}/not", node["not"])
        return ShownRow(place, negated=True, items=(inner,))
    where = where_of(rule, raw, say.catalog, place)
    told = row_words(say, where, node)
    if "aggregate" not in node:
        return ShownRow(place, told, node, kind_of(node))
    only_place = f"{place}/where"
    only = shown_condition(say, rule, raw, only_place)
    return ShownRow(place, told, node, kind_of(node), only=only, only_place=only_place)


def row_words(say: Speaker, where: Where, node: Mapping[str, Any]) -> str:
    """One row in words."""
    if where.scope is not None:
        tree, problems = where.scope.condition(node)
        shapes = where.scope.shapes()
    else:
        tree, problems = say.catalog.condition(where.form, node)
        shapes = say.catalog.shapes
    if problems:
        return "; ".join(problem.message(say.locale) for problem in problems)
    return explain(tree, shapes, say.formats)
