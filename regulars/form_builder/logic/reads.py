"""Which fields of a record a tree reads of that record itself. Pure.

What is read behind a link belongs to another record, so that only the link counts; of rows that
are added up only the list counts, and what they ask their parent.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from regulars.platform.expressions.shapes import Shapes
from regulars.platform.expressions.tree import Aggregate, Node, Path, children, walk

PARENT = "parent"


def own_reads(tree: Node, shapes: Shapes, form: str) -> frozenset[str]:
    """The keys of the form's fields whose change may change the value of a checked tree."""
    found: set[str] = set()
    waiting = [tree]
    while waiting:
        for key in _named(waiting.pop(), form):
            if key not in found:
                found.add(key)
                shape = shapes.forms[form].field(key)
                if shape is not None and shape.formula is not None:
                    waiting.append(shape.formula)
    return frozenset(found)


def link_reads(tree: Node, shapes: Shapes, form: str) -> Iterator[tuple[str, str]]:
    """(link field, form it leads to) of every path that goes through one."""
    waiting, seen = [tree], set()
    while waiting:
        for node in walk(waiting.pop()):
            if not isinstance(node, Path) or not node.hops or node.hops[0].form != form:
                continue
            first = node.hops[0].field
            if len(node.hops) > 1 and first.type.form:
                yield first.key, first.type.form
            shape = shapes.forms[form].field(first.key)
            if shape is not None and shape.formula is not None and first.key not in seen:
                seen.add(first.key)
                waiting.append(shape.formula)


def _named(tree: Node, form: str) -> Iterator[str]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Path):
            yield from (hop.field.key for hop in node.hops[:1] if hop.form == form)
        elif isinstance(node, Aggregate):
            waiting.append(node.of)
            yield from _asked_of_parent(node, form)
        else:
            waiting.extend(children(node))


def _asked_of_parent(node: Aggregate, form: str) -> Iterator[str]:
    for part in (node.value, node.by, node.where):
        for each in walk(part) if part is not None else ():
            hops = each.hops if isinstance(each, Path) else ()
            for here, after in pairwise(hops):
                if here.field.key == PARENT and here.field.type.form == form:
                    yield after.field.key
