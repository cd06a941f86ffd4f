"""What the rules of a form say about one record: shown, required, read-only, offered. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Effects:
    """``hidden``, ``required`` and ``read_only`` are field keys, by rules alone.

    ``allowed`` are the option values that are left of a choice or tags field; ``narrowed`` says
    which rules' conditions (places in the compiled logic) narrow a link.
    """

    hidden: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    read_only: frozenset[str] = frozenset()
    allowed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    narrowed: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def requires(self, key: str, *, usually: bool) -> bool:
        """Whether a field has to be filled in; one that is hidden never."""
        return key not in self.hidden and (usually or key in self.required)


UNRULED = Effects()
"""Nothing is said: of forms without rules."""
