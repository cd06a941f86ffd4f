"""What a tree reads, and the formula fields of forms put in order.

`dependencies` says which fields and relations a checked tree touches: for permission checks, the
order of rollups and where-used. `resolve_formulas` types the derived fields of all forms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from regulars.platform.expressions.check import Checker
from regulars.platform.expressions.shapes import FieldShape, FormShape, Shapes
from regulars.platform.expressions.tree import (
    MAX_DEPTH,
    Aggregate,
    Consent,
    Hop,
    LinkKey,
    Node,
    Path,
    walk,
)
from regulars.platform.expressions.types import Kind
from regulars.platform.problems import Problem

Place = tuple[str, str]  # (form key, field key)


@dataclass(frozen=True)
class Dependencies:
    """``fields`` holds every field read, ``relations`` those of them that lead to many rows.

    ``consents`` holds the forms of people whose consent is asked.
    """

    fields: frozenset[Place]
    relations: frozenset[Place]
    consents: frozenset[str] = frozenset()


def dependencies(tree: Node, shapes: Shapes | None = None) -> Dependencies:
    """What a checked tree reads; with ``shapes`` also what the formula fields in it read."""
    fields: set[Place] = set()
    relations: set[Place] = set()
    consents: set[str] = set()
    waiting, seen = [tree], set()
    while waiting:
        for node in walk(waiting.pop()):
            if isinstance(node, Consent):
                consents.add(node.form)
            for hop in _hops(node):
                place = (hop.form, hop.field.key)
                fields.add(place)
                if hop.field.type.kind is Kind.ROWS:
                    relations.add(place)
                formula = _formula(shapes, place)
                if formula is not None and place not in seen:
                    seen.add(place)
                    waiting.append(formula)
    return Dependencies(frozenset(fields), frozenset(relations), frozenset(consents))


def hop_places(tree: Node) -> list[Place]:
    """Every field that a checked tree names itself, in order."""
    return [(hop.form, hop.field.key) for node in walk(tree) for hop in _hops(node)]


def _hops(node: Node) -> Iterator[Hop]:
    if isinstance(node, Path):
        yield from node.hops
    if isinstance(node, LinkKey) and node.hop is not None:
        yield node.hop
    if isinstance(node, Aggregate) and node.order is not None and node.by is None:
        yield from (hop for part in walk(node.order) for hop in _hops(part))


def _formula(shapes: Shapes | None, place: Place) -> Node | None:
    form = shapes.find(place[0]) if shapes else None
    field = form.field(place[1]) if form else None
    return field.formula if field else None


def resolve_formulas(shapes: Shapes) -> tuple[Shapes, dict[Place, list[Problem]]]:
    """The same shapes with every derived field checked, and problems per field.

    A derived field declared with type MISSING (a lookup) takes the type of its formula. A field
    that depends on itself gets the problem ``formula-cycle`` and stays without a type.
    """
    resolver = _Resolver(shapes)
    for form in shapes.forms.values():
        for field in form.fields.values():
            if field.formula is not None:
                resolver.resolve(form.key, field.key)
    return resolver.result(), resolver.problems


class _Resolver:
    """Checks each derived field after those it reads."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self.done: dict[Place, FieldShape] = {}
        self.open: list[Place] = []
        self.problems: dict[Place, list[Problem]] = {}

    def resolve(self, form: str, key: str) -> FieldShape:
        """The field with its formula checked."""
        place = (form, key)
        field = self.shapes.forms[form].fields[key]
        if place in self.done or field.formula is None:
            return self.done.get(place, field)
        if place in self.open:
            cycle = [key for _, key in self.open[self.open.index(place) :]]
            self.problems.setdefault(place, []).append(
                Problem("", "formula-cycle", {"fields": [*cycle, key]})
            )
            return replace(field, formula=None)
        if len(self.open) >= MAX_DEPTH:
            self.problems.setdefault(place, []).append(
                Problem("", "formula-too-large", {"depth": MAX_DEPTH})
            )
            return replace(field, formula=None)
        self.open.append(place)
        found = self._checked(place, field)
        self.open.pop()
        self.done[place] = found
        return found

    def _checked(self, place: Place, field: FieldShape) -> FieldShape:
        assert field.formula is not None
        checker = _LinkedChecker(self)
        wants_any = field.type.kind is Kind.MISSING
        tree = checker.whole(field.formula, place[0], None if wants_any else field.type)
        found = self.problems.setdefault(place, [])
        found.extend(checker.problems)
        if not found:
            del self.problems[place]
        declared = (tree.type or field.type) if wants_any else field.type
        return replace(field, formula=tree, type=declared)

    def result(self) -> Shapes:
        forms: dict[str, FormShape] = {}
        for key, form in self.shapes.forms.items():
            fields: Mapping[str, FieldShape] = {
                name: self.done.get((key, name), field) for name, field in form.fields.items()
            }
            forms[key] = replace(form, fields=fields)
        return Shapes(forms)


class _LinkedChecker(Checker):
    """A checker that resolves the derived fields it meets before it goes on."""

    def __init__(self, resolver: _Resolver) -> None:
        super().__init__(resolver.shapes)
        self.resolver = resolver

    def field_of(self, form: FormShape, key: str) -> FieldShape | None:
        found = super().field_of(form, key)
        if found is not None and found.formula is not None:
            return self.resolver.resolve(form.key, key)
        return found
