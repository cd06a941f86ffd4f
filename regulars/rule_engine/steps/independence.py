"""Whether what a step writes for one person can show in what it does for another. Pure.

Only where it cannot may many runs take the step together: then all of them may read before any of
them writes, and nobody can tell that they did not go one after the other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from regulars.form_builder.catalog import FormCatalog
from regulars.form_builder.definition import FormDefinition
from regulars.form_builder.field_types.file import FILE_TYPES
from regulars.platform.expressions.dependencies import Place, dependencies
from regulars.platform.expressions.shapes import Shapes
from regulars.platform.expressions.tree import Aggregate, LinkKey, Node, Path, children
from regulars.rule_engine.scope import SUBJECT, Scope
from regulars.rule_engine.steps.values import is_formula

FILES = frozenset(FILE_TYPES)  # one file is held by one record


@dataclass(frozen=True)
class Writes:
    """What a step writes: a new record of ``form``, or the fields ``keys`` of one there is.

    With ``own`` the record is the subject itself, which no other run of a batch touches.
    """

    form: FormDefinition
    keys: Collection[str]
    creates: bool
    own: bool = False


def is_independent(scope: Scope, writes: Writes, formulas: Iterable[Node]) -> bool:
    """Whether runs at a step that computes ``formulas`` and then writes may go together."""
    catalog = scope.catalog
    keys = writes.form.by_key if writes.creates else writes.keys
    written = [each for key in keys if (each := writes.form.find(key)) is not None]
    if any(each.type in FILES for each in written if each.key in writes.keys):
        return False
    if not writes.creates and any(each.unique for each in written):
        return False
    shown = _Shown(writes, _moved(catalog, writes.form.key), frozenset(keys))
    return not any(
        shown.is_in(place, near=near)
        for shapes, trees, subject in (
            (scope.shapes(), formulas, writes.own or writes.creates),
            (catalog.shapes, _forms_own(catalog, writes.form), True),
        )
        for tree in trees
        for place, near in _read(tree, shapes, subject=subject)
    )


@dataclass(frozen=True)
class _Shown:
    """Where a written value can be seen: in the fields, in relations to the form, in rollups."""

    writes: Writes
    rollups: frozenset[Place]
    keys: frozenset[str]

    def is_in(self, place: tuple[str, str, str | None], *, near: bool) -> bool:
        """Whether what is read is moved by the writes of another run."""
        form, key, leads_to = place
        if (form, key) in self.rollups:
            return True
        if near:
            return False
        target = self.writes.form.key
        if form == target:
            return self.writes.creates or key in self.keys or leads_to == target
        return leads_to is not None and leads_to.split(".")[0] == target


def _read(
    node: Node, shapes: Shapes, *, subject: bool
) -> Iterator[tuple[tuple[str, str, str | None], bool]]:
    """Every field a tree reads, what form its rows are of, and whether it is the row's own."""
    if subject and isinstance(node, Path) and _is_near(node):
        hop = node.hops[-1]
        yield (hop.form, hop.field.key, None), True
        if hop.field.formula is not None:
            yield from _read(hop.field.formula, shapes, subject=True)
        return
    if isinstance(node, (Path, Aggregate, LinkKey)):
        for form, key in dependencies(node, shapes).fields:
            yield (form, key, _rows_of(shapes, form, key)), False
        return
    for child in children(node):
        yield from _read(child, shapes, subject=subject)


def _is_near(path: Path) -> bool:
    """A field of the row at hand, or of the subject by its name."""
    hops = path.hops
    plain = len(hops) == 1 or (len(hops) == 2 and hops[0].field.key == SUBJECT)
    return plain and hops[-1].field.via is None


def _rows_of(shapes: Shapes, form: str, key: str) -> str | None:
    found = shapes.find(form)
    field = found.field(key) if found is not None else None
    return field.type.form if field is not None and field.via is not None else None


def _moved(catalog: FormCatalog, form: str) -> frozenset[Place]:
    """Every rollup that a change of this form's records may move, and what builds on it."""
    found: set[Place] = set()
    waiting, seen = [form], set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        plans = [
            plan
            for plan in catalog.rollups
            if name in (each.split(".")[0] for each in plan.sources)
        ]
        found.update((plan.form, plan.field) for plan in plans)
        waiting += [plan.form for plan in plans]
    return frozenset(found)


def _forms_own(catalog: FormCatalog, form: FormDefinition) -> Iterator[Node]:
    """What the form itself computes when a record is written: checks, defaults, frozen values."""
    yield from (tree for _check, tree in catalog.checks(form.key))
    for field in form.fields:
        if isinstance(field.default, Mapping) and is_formula(field.default):
            yield catalog.formula(form.key, str(field.default["formula"]))
        if field.freeze:
            yield catalog.formula(form.key, str(field.settings["formula"]))
