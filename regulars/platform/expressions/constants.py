"""Which parts of a tree do not depend on the record."""

from __future__ import annotations

from regulars.platform.expressions.functions import VOLATILE
from regulars.platform.expressions.tree import (
    Aggregate,
    Call,
    Consent,
    LinkKey,
    Node,
    Path,
    walk,
)


def is_constant(node: Node) -> bool:
    """Whether ``node`` has the same value for every record of one moment."""
    for part in walk(node):
        if isinstance(part, (Aggregate, Consent, LinkKey)) or (
            isinstance(part, Path) and part.steps
        ):
            return False
        if isinstance(part, Call) and part.name == VOLATILE:
            return False
    return True
