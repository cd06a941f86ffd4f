"""Several hops that are one step of a path: through rows that only connect. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from regulars.platform.expressions.tree import Hop
from regulars.platform.expressions.types import Kind, ValueType


def is_connected(hops: Sequence[Hop]) -> bool:
    """Whether the last two hops are one step: rows that connect, and the records meant."""
    return len(hops) > 1 and bool(hops[-2].field.through)


def type_at(hops: Sequence[Hop]) -> ValueType | None:
    """What a path with these hops gives."""
    if not hops:
        return None
    last = hops[-1].field
    if is_connected(hops):
        return ValueType(Kind.ROWS, form=last.type.form)
    return replace(last.type, exact=last.exact or last.type.exact)
